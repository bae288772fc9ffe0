#ifndef REGISTRY_VIEW_H
#define REGISTRY_VIEW_H

#include "registry/maskset.h"
#include "registry/rate_groups.h"
#include "registry/snapshot.h"

/*
 * What the registry says to one network: each module's shared definition under the network's
 * overlay, with the lists folded under its casemapping. It follows later snapshots; make a
 * new one when the casemapping changed. A module's view is immutable; modules that the network does
 * not overlay share theirs among networks, so that a view costs one pointer for each of them.
 *
 * Overlay rule: a scalar replaces the shared one; lists are the union of both, unless `inherit` is
 * "no" or names the shared lists that still count. "NET/item" counts on NET only.
 */

/* Folded names, sorted bytewise. */
struct name_set {
    size_t count;
    char **names;
    bool me; /* holds $me, which is not among the names */
};

/* A list of masks: what all networks share, and what this network adds. */
struct mask_list {
    struct item_list *list;       /* holds `shared`; or NULL */
    const struct maskset *shared; /* NULL: none */
    struct maskset *own;          /* NULL: none */
};

struct module_view {
    unsigned refs;
    char name[REGISTRY_MAX_NAME + 1];
    struct module_fields fields;
    struct name_set lists[LIST_FIRST_OF_MASKS];
    struct mask_list masks[LIST_COUNT - LIST_FIRST_OF_MASKS]; /* see module_view_masks */
    enum casemapping casemapping;
    /* What it was made from when it is for one network alone; otherwise NULL. */
    struct module_def *shared;
    struct module_def *overlay;
};

#define VIEW_IGNORES 2

struct registry_view {
    char network[REGISTRY_MAX_NAME + 1];
    uint64_t generation; /* of the snapshot it was made from */
    enum casemapping casemapping;
    char default_prefix;
    size_t count;
    const struct module_view **modules; /* sorted by name */
    const struct snapshot *from;
    struct rate_groups *groups;                /* NULL: none has a limit */
    struct ignore_list *ignores[VIEW_IGNORES]; /* of this network, of all networks; NULL: nobody */
};

/* default_prefix: the network's own command prefix. Holds a reference to the snapshot. */
struct registry_view *registry_view_new(const struct snapshot *s, const char *network,
                                        enum casemapping casemapping, char default_prefix);
/* A module's view is another one now; NULL: there was, or is, none. The old one lives until the
 * return.
 */
typedef void registry_view_fn(void *arg, const struct module_view *old,
                              const struct module_view *now);
/* Brings the view up to a later snapshot. The cost of an edit is what it changed: besides that,
 * pointers are compared. changed: may be NULL. */
void registry_view_follow(struct registry_view *view, const struct snapshot *s,
                          registry_view_fn *changed, void *arg);
void registry_view_free(struct registry_view *view); /* NULL is fine */

/* NULL when no such module is registered. */
const struct module_view *registry_view_find(const struct registry_view *view, const char *name);
/* The character before the module's commands: its own, or else the network's. */
char registry_view_prefix(const struct registry_view *view, const struct module_view *m);

/* list: one of masks. */
static inline const struct mask_list *module_view_masks(const struct module_view *m,
                                                        enum module_list list)
{
    return &m->masks[list - LIST_FIRST_OF_MASKS];
}
/* The mask that matches the source, or NULL. */
const char *mask_list_match(const struct mask_list *list, const struct mask_source *source);
/* Folds the name first. */
bool name_set_has(const struct name_set *set, enum casemapping casemapping, const char *name);

/* For registry/snapshot.c. */
void module_view_unref(struct module_view *m); /* NULL is fine */

#endif
