#include "registry/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/accounts.h"
#include "registry/maskset.h"
#include "registry/view.h"

struct snapshot *snapshot_new(void)
{
    struct snapshot *s = xcalloc(1, sizeof *s);
    s->refs = 1;
    s->accounts = accounts_new();
    return s;
}

struct snapshot *snapshot_ref(const struct snapshot *s)
{
    struct snapshot *mine = (struct snapshot *)s;
    mine->refs++;
    return mine;
}

void snapshot_unref(const struct snapshot *s)
{
    struct snapshot *mine = (struct snapshot *)s;
    if (!mine || --mine->refs)
        return;
    for (size_t i = 0; i < mine->nmodules; i++)
        module_def_unref(mine->modules[i]);
    for (size_t i = 0; i < mine->nnetworks; i++)
        network_overlays_unref(mine->networks[i]);
    ignore_list_unref(mine->ignores);
    accounts_unref(mine->accounts);
    free(mine->modules);
    free(mine->networks);
    free(mine);
}

/* ---- Finding ---- */

static int compare_def(const void *key, const void *element)
{
    return strcmp(key, (*(struct module_def *const *)element)->name);
}

static int compare_network(const void *key, const void *element)
{
    return strcmp(key, (*(struct network_overlays *const *)element)->network);
}

static const struct module_def *find_def(struct module_def *const *defs, size_t count,
                                         const char *name)
{
    struct module_def *const *found =
        count ? bsearch(name, defs, count, sizeof(struct module_def *), compare_def) : NULL;
    return found ? *found : NULL;
}

const struct module_def *snapshot_module(const struct snapshot *s, const char *name)
{
    return find_def(s->modules, s->nmodules, name);
}

const struct network_overlays *snapshot_network(const struct snapshot *s, const char *network)
{
    struct network_overlays *const *found =
        s->nnetworks ? bsearch(network, s->networks, s->nnetworks,
                               sizeof(struct network_overlays *), compare_network)
                     : NULL;
    return found ? *found : NULL;
}

const struct module_def *snapshot_overlay(const struct network_overlays *n, const char *module)
{
    return n ? find_def(n->modules, n->count, module) : NULL;
}

/* ---- Definitions ---- */

struct module_def *module_def_new(const char *name)
{
    struct module_def *def = xcalloc(1, sizeof *def);
    def->refs = 1;
    strncpy(def->name, name, sizeof def->name - 1);
    module_fields_init(&def->fields);
    return def;
}

struct module_def *module_def_ref(struct module_def *def)
{
    def->refs++;
    return def;
}

void module_def_unref(struct module_def *def)
{
    if (!def || --def->refs)
        return;
    module_fields_clear(&def->fields);
    for (size_t i = 0; i < LIST_COUNT; i++)
        item_list_unref(def->lists[i]);
    for (size_t i = 0; i < SNAPSHOT_CASEMAPPINGS; i++)
        module_view_unref(def->merged[i]);
    free(def);
}

bool module_def_equal(const struct module_def *a, const struct module_def *b)
{
    if (a == b)
        return true;
    if (strcmp(a->name, b->name) != 0 || a->set != b->set)
        return false;
    for (size_t i = 0; i < LIST_COUNT; i++)
        if (!item_list_equal(a->lists[i], b->lists[i]))
            return false;
    return module_fields_equal(&a->fields, &b->fields);
}

/* ---- Lists ---- */

static int compare_items(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct item_list *item_list_new(const char *const *items, size_t count)
{
    if (!count)
        return NULL;
    struct item_list *list = xcalloc(1, sizeof *list);
    list->refs = 1;
    list->items = xcalloc(count, sizeof(char *));
    for (size_t i = 0; i < count; i++)
        list->items[i] = xstrdup(items[i]);
    qsort(list->items, count, sizeof(char *), compare_items);
    list->count = 1;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(list->items[i], list->items[list->count - 1]) == 0)
            free(list->items[i]);
        else
            list->items[list->count++] = list->items[i];
    }
    return list;
}

struct item_list *item_list_ref(struct item_list *list)
{
    if (list)
        list->refs++;
    return list;
}

void item_list_unref(struct item_list *list)
{
    if (!list || --list->refs)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    for (size_t i = 0; i < SNAPSHOT_CASEMAPPINGS; i++)
        maskset_free(list->masks[i]);
    free(list->items);
    free(list);
}

bool item_list_equal(const struct item_list *a, const struct item_list *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

/* ---- Ignores ---- */

static int compare_ignores(const void *a, const void *b)
{
    return strcmp(((const struct ignore *)a)->mask, ((const struct ignore *)b)->mask);
}

struct ignore_list *ignore_list_new(const struct ignore *items, size_t count)
{
    if (!count)
        return NULL;
    struct ignore_list *list = xcalloc(1, sizeof *list);
    list->refs = 1;
    list->count = count;
    list->items = xcalloc(count, sizeof *list->items);
    for (size_t i = 0; i < count; i++)
        list->items[i] = (struct ignore){xstrdup(items[i].mask), items[i].expires_s};
    qsort(list->items, count, sizeof *list->items, compare_ignores);
    return list;
}

struct ignore_list *ignore_list_ref(struct ignore_list *list)
{
    if (list)
        list->refs++;
    return list;
}

void ignore_list_unref(struct ignore_list *list)
{
    if (!list || --list->refs)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].mask);
    for (size_t i = 0; i < SNAPSHOT_CASEMAPPINGS; i++)
        maskset_free(list->masks[i]);
    free(list->items);
    free(list);
}

bool ignore_list_equal(const struct ignore_list *a, const struct ignore_list *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].expires_s != b->items[i].expires_s ||
            strcmp(a->items[i].mask, b->items[i].mask) != 0)
            return false;
    return true;
}

/* ---- Overlays ---- */

struct network_overlays *network_overlays_ref(struct network_overlays *n)
{
    n->refs++;
    return n;
}

void network_overlays_unref(struct network_overlays *n)
{
    if (!n || --n->refs)
        return;
    for (size_t i = 0; i < n->count; i++)
        module_def_unref(n->modules[i]);
    ignore_list_unref(n->ignores);
    free(n->modules);
    free(n);
}
