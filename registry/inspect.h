#ifndef REGISTRY_INSPECT_H
#define REGISTRY_INSPECT_H

#include "registry/registry.h"

/*
 * Looking at Redis itself, past the snapshot: which keys there are, and what stands in one. For
 * checks and exports; deciding never needs it. Each callback runs exactly once, from the event
 * loop; what an answer points to is valid during the call.
 */
struct scan_answer {
    enum registry_result result;
    const char *text;        /* for GONE and DENIED, a sentence; otherwise "" */
    const char *next;        /* the cursor for the next step; NULL: this was the last one */
    const char *const *keys; /* without the prefix; one may come twice */
    size_t count;
};
typedef void registry_scan_fn(void *arg, const struct scan_answer *answer);

/* One step through the keys that match, a glob as Redis knows it, without the prefix. cursor: "0"
 * to begin. */
void registry_scan(struct registry *r, const char *cursor, const char *glob, registry_scan_fn *done,
                   void *arg);

struct hash_answer {
    enum registry_result result; /* NOT_FOUND: no such key */
    const char *text;
    const char *const *pairs; /* field, value, field, value... */
    const size_t *lens;
    size_t count; /* of pairs */
};
typedef void registry_hash_fn(void *arg, const struct hash_answer *answer);

/* type: as Redis calls it, "hash"; "none": there is no such key; valid during the call. text: for
 * GONE and DENIED, a sentence; otherwise "". */
typedef void registry_type_fn(void *arg, enum registry_result result, const char *type,
                              const char *text);

/* Of what type a key is; key without the prefix. */
void registry_type(struct registry *r, const char *key, registry_type_fn *done, void *arg);

/* A whole hash; key without the prefix. */
void registry_hash(struct registry *r, const char *key, registry_hash_fn *done, void *arg);

#endif
