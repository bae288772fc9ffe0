#ifndef REGISTRY_SNAPSHOT_H
#define REGISTRY_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "net/proto/casemap.h"
#include "registry/fields.h"

/*
 * The registry in memory at one moment: immutable, counted by reference, shared freely within the
 * loop's thread. A new snapshot shares every part that did not change.
 */

struct accounts;
struct maskset;
struct module_view;

#define SNAPSHOT_CASEMAPPINGS (CASEMAPPING_ASCII + 1)

/* A list as it stands in Redis: sorted bytewise, no item twice. */
struct item_list {
    unsigned refs;
    size_t count;
    char **items;
    /* A list of masks: those for all networks, built on first use and shared by all (view.c). */
    struct maskset *masks[SNAPSHOT_CASEMAPPINGS];
};

/* Who is ignored: a hash of mask -> expiry. Sorted bytewise by mask. */
struct ignore {
    char *mask;
    int64_t expires_s; /* since 1970; 0: never */
};
struct ignore_list {
    unsigned refs;
    size_t count;
    struct ignore *items;
    struct maskset *masks[SNAPSHOT_CASEMAPPINGS]; /* built on first use */
};

/* A module's shared definition, or what one network overlays. */
struct module_def {
    unsigned refs;
    char name[REGISTRY_MAX_NAME + 1];
    uint32_t set; /* bit for each enum module_field that stands in Redis */
    struct module_fields fields;
    struct item_list *lists[LIST_COUNT]; /* NULL: empty */
    bool scoped;                         /* some item is for one network only */
    /* Built on first use and kept: what networks without an overlay share (registry/view.c). */
    struct module_view *merged[SNAPSHOT_CASEMAPPINGS];
};

struct network_overlays {
    unsigned refs;
    char network[REGISTRY_MAX_NAME + 1];
    size_t count;
    struct module_def **modules; /* sorted by name */
    struct ignore_list *ignores; /* NULL: nobody */
};

struct snapshot {
    unsigned refs;
    uint64_t generation; /* rises by at least one with each swap; 0 is the empty one */
    size_t nmodules;
    struct module_def **modules; /* sorted by name */
    size_t nnetworks;
    struct network_overlays **networks; /* with an overlay or ignores, sorted by name */
    struct ignore_list *ignores;        /* on every network; NULL: nobody */
    struct accounts *accounts;          /* see accounts.h */
};

/* Of no registry at all. */
struct snapshot *snapshot_new(void);

struct snapshot *snapshot_ref(const struct snapshot *s);
void snapshot_unref(const struct snapshot *s); /* NULL is fine */

/* NULL when there is none. */
const struct module_def *snapshot_module(const struct snapshot *s, const char *name);
const struct network_overlays *snapshot_network(const struct snapshot *s, const char *network);
const struct module_def *snapshot_overlay(const struct network_overlays *n, const char *module);

struct module_def *module_def_new(const char *name);
struct module_def *module_def_ref(struct module_def *def);
void module_def_unref(struct module_def *def); /* NULL is fine */
bool module_def_equal(const struct module_def *a, const struct module_def *b);

/* Takes copies of the items, which need not be sorted. NULL for no items. */
struct item_list *item_list_new(const char *const *items, size_t count);
struct item_list *item_list_ref(struct item_list *list);
void item_list_unref(struct item_list *list); /* NULL is fine */
bool item_list_equal(const struct item_list *a, const struct item_list *b);

/* Takes copies of the masks; items need not be sorted, and no mask is there twice. NULL for no
 * items. */
struct ignore_list *ignore_list_new(const struct ignore *items, size_t count);
struct ignore_list *ignore_list_ref(struct ignore_list *list);
void ignore_list_unref(struct ignore_list *list); /* NULL is fine */
bool ignore_list_equal(const struct ignore_list *a, const struct ignore_list *b);

struct network_overlays *network_overlays_ref(struct network_overlays *n);
void network_overlays_unref(struct network_overlays *n);

#endif
