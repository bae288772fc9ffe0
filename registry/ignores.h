#ifndef REGISTRY_IGNORES_H
#define REGISTRY_IGNORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/maskset.h"
#include "registry/view.h"

/*
 * Whose events reach no module and no command. What stands in Redis (seshet:ignores and
 * seshet:network:NET:ignores: mask -> expiry in seconds since 1970, 0 for never) is in the snapshot
 * (struct ignore_list) and in the view; beside it, this is what one server remembers by itself
 * while Redis cannot be written.
 */
struct ignores;

#define IGNORES_MAX 1000 /* in memory, on one network; the one that ends first makes room */

struct ignores *ignores_new(void);
void ignores_free(struct ignores *ig); /* NULL is fine */

/* network "": all networks. Replaces an entry of the same mask. 0, or -1 and what is wrong with the
 * mask. */
int ignores_add(struct ignores *ig, const char *network, const char *mask, int64_t expires_s,
                char *why, size_t why_size);
/* Whether they are one mask for who compares as that network does. */
bool ignores_same(enum casemapping casemapping, const char *a, const char *b);
/* All that are the same as that mask. Returns how many. */
size_t ignores_remove(struct ignores *ig, const char *network, enum casemapping casemapping,
                      const char *mask);
/* Drops what the snapshot has too, and for as long: from then on the registry's word counts,
 * whoever lifts it. */
void ignores_follow(struct ignores *ig, const struct snapshot *s);
/* Drops those that have ended. */
void ignores_sweep(struct ignores *ig, int64_t now_s);
size_t ignores_count(const struct ignores *ig);

/* fn may not change ig. network NULL: every one. */
typedef void ignores_fn(void *arg, const char *network, const char *mask, int64_t expires_s);
void ignores_each(const struct ignores *ig, const char *network, ignores_fn *fn, void *arg);

struct ignore_match {
    const char *mask; /* as it was written */
    int64_t expires_s;
    bool in_memory; /* this server's own; not in Redis */
};

/* One list alone, of a channel for instance. */
bool ignore_list_match(struct ignore_list *list, const struct mask_source *source, int64_t now_s,
                       struct ignore_match *match);
/* Whether an ignore covers the source at wall-clock second now_s: of the network, of all networks,
 * or in memory (ig may be NULL). *match may be NULL, and holds until the view or ig changes. */
bool ignores_match(const struct registry_view *view, struct ignores *ig,
                   const struct mask_source *source, int64_t now_s, struct ignore_match *match);

#endif
