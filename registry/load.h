#ifndef REGISTRY_LOAD_H
#define REGISTRY_LOAD_H

#include "registry/identity.h"
#include "registry/link.h"
#include "registry/model.h"

/*
 * Brings the model up to what Redis holds: everything after each connect, and single keys when they
 * change. A key that changes while its reading is under way is read again. What is read together is
 * committed together, so a MULTI becomes one snapshot. A registry of an older schema, or without
 * any, is taken over and stamped with ours (migrate.h).
 */
struct loader;

struct loader_callbacks {
    /* The model is whole, and worth a commit. full: after a reading of everything. */
    void (*on_loaded)(void *arg, bool full);
    /* Nothing can be read (a newer schema); it is tried again when seshet:meta changes, and after a
     * reconnect. What Redis refuses to answer fails the link instead, which is tried again soon. */
    void (*on_refused)(void *arg, const char *reason);
    /* What Redis holds may not be followed (verdict is not IDENTITY_SAME): nothing was applied. It
     * is tried again when seshet:meta or seshet:modules change. known: the id to be accepted, or
     * "". */
    void (*on_emptied)(void *arg, enum identity_verdict verdict, const char *known);
    /* What every registry has went away: call loader_full, which finds out what is left. */
    void (*on_vanished)(void *arg);
    /* A hash that tells of problems, from before this reading of everything; with the prefix. */
    void (*on_old_status)(void *arg, const char *key);
    void *arg;
};

struct loader *loader_new(struct link *link, struct model *model, const struct clock *clock,
                          const char *prefix, const struct loader_callbacks *callbacks);
/* After the link was closed. NULL is fine. */
void loader_free(struct loader *l);

/* Reads everything. modules_before: so many would be lost if there were none. */
void loader_full(struct loader *l, size_t modules_before);
/* A key changed, without the prefix. Before the first reading of everything, and while refused or
 * emptied, only what may end that counts. Returns true when the caller must call loader_full. */
bool loader_changed(struct loader *l, const char *key);
/* Whether the key, without the prefix, is yet to be read. */
bool loader_reads(const struct loader *l, const char *key);
/* The link was lost: forget what is under way. */
void loader_stop(struct loader *l);

#endif
