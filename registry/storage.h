#ifndef REGISTRY_STORAGE_H
#define REGISTRY_STORAGE_H

#include <stdbool.h>

#include "registry/registry.h"

/*
 * What modules store: hashes, one for each module on each network
 * (seshet:storage:network:NET:module:NAME) and one that a module shares over all networks
 * (seshet:storage:module:NAME). Each call's callback runs exactly once, from the event loop, and
 * REGISTRY_OK means that Redis has it. Values may hold any bytes; keys no NUL.
 */
#define STORAGE_MAX_KEY   256
#define STORAGE_MAX_VALUE 65536

struct storage_place {
    const char *network; /* NULL: shared over all networks */
    const char *module;
};

struct storage_answer {
    enum registry_result result;
    const char *text; /* for GONE and DENIED, a sentence; otherwise "" */
    const char
        *value; /* get, keys: the value and a NUL; otherwise NULL. Valid during the callback */
    size_t value_len;
    int64_t number; /* increment: the new number */
    bool no_number; /* increment, DENIED: the old value or the new one is no number of 64 bits */
};
typedef void storage_fn(void *arg, const struct storage_answer *answer);

void storage_get(struct registry *r, struct storage_place place, const char *key, storage_fn *done,
                 void *arg);
void storage_set(struct registry *r, struct storage_place place, const char *key, const char *value,
                 size_t value_len, storage_fn *done, void *arg);
/* REGISTRY_NOT_FOUND when it was not there. */
void storage_delete(struct registry *r, struct storage_place place, const char *key,
                    storage_fn *done, void *arg);
/* A missing key counts as 0. */
void storage_increment(struct registry *r, struct storage_place place, const char *key, int64_t by,
                       storage_fn *done, void *arg);

/* One page of the keys that begin with prefix; cursor 0 begins. The answer's value is the keys, a
 * line each, with %XX for control bytes and '%'; its number is the cursor of the next page, 0 at
 * the end. A page may be empty, and a key that is written meanwhile may come twice (HSCAN). */
void storage_keys(struct registry *r, struct storage_place place, const char *prefix,
                  int64_t cursor, storage_fn *done, void *arg);

/* How many bytes of Redis' memory the place takes, as the answer's number; REGISTRY_NOT_FOUND:
 * nothing is stored. Redis looks at each key. */
void storage_size(struct registry *r, struct storage_place place, storage_fn *done, void *arg);

/* The first time that a module is at home on a network: the set seshet:network:NET:installed has
 * it from now on. place.network is not NULL. The answer's number is 1 when it was new there, or
 * 0. */
void storage_first(struct registry *r, struct storage_place place, storage_fn *done, void *arg);

/*
 * Writes field = value into the hash seshet:status:KEY (value NULL: removes the field), for
 * operators to read. Not waited for: a failure is logged at level debug and forgotten.
 * "module:NAME" is written by the registry's own checks alone.
 */
void registry_status_set(struct registry *r, const char *key, const char *field, const char *value);

#endif
