#include "registry/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/dotted.h"

/* ---- Sets of folded names ---- */

struct set_builder {
    enum casemapping casemapping;
    const char *network;
    struct name_set set;
    size_t cap;
};

static void builder_add(struct set_builder *b, const char *name)
{
    if (!strcmp(name, LIST_ITEM_ME)) {
        b->set.me = true;
        return;
    }
    if (b->set.count == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 8;
        b->set.names = xrealloc(b->set.names, b->cap * sizeof *b->set.names);
    }
    char *copy = xstrdup(name);
    irc_fold(b->casemapping, copy);
    b->set.names[b->set.count++] = copy;
}

/* Items for another network are left out. */
static void builder_add_list(struct set_builder *b, const struct item_list *list)
{
    for (size_t i = 0; list && i < list->count; i++) {
        const char *item;
        size_t len;
        list_item_split(list->items[i], &item, &len);
        if (!len ||
            (b->network && strlen(b->network) == len && !memcmp(b->network, list->items[i], len)))
            builder_add(b, item);
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct name_set builder_finish(struct set_builder *b)
{
    struct name_set *set = &b->set;
    if (set->count) {
        qsort(set->names, set->count, sizeof *set->names, compare_names);
        size_t kept = 1;
        for (size_t i = 1; i < set->count; i++) {
            if (!strcmp(set->names[i], set->names[kept - 1]))
                free(set->names[i]);
            else
                set->names[kept++] = set->names[i];
        }
        set->count = kept;
    }
    return *set;
}

bool name_set_has(const struct name_set *set, enum casemapping casemapping, const char *name)
{
    char folded[FIELD_MAX_ITEM + 2];
    if (!set->count || irc_fold_copy(casemapping, folded, sizeof folded, name) > FIELD_MAX_ITEM)
        return false;
    const char *key = folded;
    return bsearch(&key, set->names, set->count, sizeof *set->names, compare_names) != NULL;
}

/* ---- Lists of masks ---- */

/* Compiles the items that hold on all networks (network NULL), or on that one alone. */
static void add_masks(const struct item_list *list, const char *network, const char **masks,
                      size_t *count)
{
    size_t network_len = network ? strlen(network) : 0;
    for (size_t i = 0; list && i < list->count; i++) {
        const char *item;
        size_t len;
        list_item_split(list->items[i], &item, &len);
        if (len == network_len && !memcmp(list->items[i], network ? network : "", len))
            masks[(*count)++] = item;
    }
}

static const struct maskset *shared_masks(struct item_list *list, enum casemapping casemapping)
{
    struct maskset **cached = &list->masks[casemapping];
    if (!*cached) {
        const char **masks = xcalloc(list->count, sizeof *masks);
        size_t count = 0;
        add_masks(list, NULL, masks, &count);
        *cached = maskset_new(casemapping, masks, count);
        free(masks);
    }
    return *cached;
}

/* What the network adds to a list that it shares: the shared items for it alone, and its overlay's.
 */
static struct maskset *own_masks(const struct item_list *shared, const struct item_list *overlay,
                                 const char *network, enum casemapping casemapping)
{
    size_t most = (shared ? shared->count : 0) + 2 * (overlay ? overlay->count : 0);
    if (!most || !network)
        return NULL;
    const char **masks = xcalloc(most, sizeof *masks);
    size_t count = 0;
    add_masks(shared, network, masks, &count);
    add_masks(overlay, NULL, masks, &count);
    add_masks(overlay, network, masks, &count);
    struct maskset *set = count ? maskset_new(casemapping, masks, count) : NULL;
    free(masks);
    return set;
}

/* scoped: some shared item is for one network only. */
static struct mask_list mask_list_make(struct item_list *shared, bool scoped,
                                       const struct item_list *overlay, const char *network,
                                       enum casemapping casemapping)
{
    struct mask_list list = {.own =
                                 own_masks(scoped ? shared : NULL, overlay, network, casemapping)};
    if (shared) {
        list.list = item_list_ref(shared);
        list.shared = shared_masks(shared, casemapping);
    }
    return list;
}

static void mask_list_clear(struct mask_list *list)
{
    item_list_unref(list->list);
    maskset_free(list->own);
}

const char *mask_list_match(const struct mask_list *list, const struct mask_source *source)
{
    const char *mask = maskset_match(list->shared, source);
    return mask ? mask : maskset_match(list->own, source);
}

/* ---- One module ---- */

void module_view_unref(struct module_view *m)
{
    if (!m || --m->refs)
        return;
    module_def_unref(m->shared);
    module_def_unref(m->overlay);
    module_fields_clear(&m->fields);
    for (size_t i = 0; i < LIST_FIRST_OF_MASKS; i++) {
        for (size_t j = 0; j < m->lists[i].count; j++)
            free(m->lists[i].names[j]);
        free(m->lists[i].names);
    }
    for (size_t i = LIST_FIRST_OF_MASKS; i < LIST_COUNT; i++)
        mask_list_clear(&m->masks[i - LIST_FIRST_OF_MASKS]);
    free(m);
}

/* network and overlay may be NULL. */
static struct module_view *merge(const struct module_def *shared, const struct module_def *overlay,
                                 const char *network, enum casemapping casemapping)
{
    struct module_view *m = xcalloc(1, sizeof *m);
    m->refs = 1;
    m->casemapping = casemapping;
    str_copy(m->name, sizeof m->name, shared->name);
    module_fields_init(&m->fields);
    for (int i = 0; i < FIELD_COUNT; i++) {
        bool over = overlay && (overlay->set & (UINT32_C(1) << i));
        module_fields_copy_one(&m->fields, over ? &overlay->fields : &shared->fields, i);
    }
    dotted_merge(&m->fields, &shared->fields);
    if (overlay)
        dotted_merge(&m->fields, &overlay->fields);
    for (int i = 0; i < LIST_COUNT; i++) {
        struct set_builder b = {.casemapping = casemapping, .network = network};
        struct item_list *inherited = m->fields.inherit & LIST_BIT(i) ? shared->lists[i] : NULL;
        const struct item_list *own = overlay ? overlay->lists[i] : NULL;
        if (i >= LIST_FIRST_OF_MASKS) {
            m->masks[i - LIST_FIRST_OF_MASKS] =
                mask_list_make(inherited, shared->scoped, own, network, casemapping);
            continue;
        }
        builder_add_list(&b, inherited);
        builder_add_list(&b, own);
        m->lists[i] = builder_finish(&b);
    }
    return m;
}

static bool has_items_for(const struct module_def *def, const char *network)
{
    size_t network_len = strlen(network);
    for (size_t i = 0; i < LIST_COUNT; i++) {
        const struct item_list *list = def->lists[i];
        for (size_t j = 0; list && j < list->count; j++) {
            const char *item;
            size_t len;
            list_item_split(list->items[j], &item, &len);
            if (len == network_len && !memcmp(list->items[j], network, len))
                return true;
        }
    }
    return false;
}

static struct module_view *merge_for(struct module_def *shared, struct module_def *overlay,
                                     const char *network, enum casemapping casemapping)
{
    struct module_view *m = merge(shared, overlay, network, casemapping);
    m->shared = module_def_ref(shared);
    m->overlay = overlay ? module_def_ref(overlay) : NULL;
    return m;
}

/* Whether a view of the same network, made earlier, still says what stands now. */
static bool still_right(const struct module_view *old, const struct module_def *shared,
                        const struct module_def *overlay, enum casemapping casemapping)
{
    if (!old || old->casemapping != casemapping || old->overlay != overlay)
        return false;
    return old->shared == shared || (!overlay && old == shared->merged[casemapping]);
}

/* A new reference. old: what the network's last view had for this module, or NULL. */
static struct module_view *view_of(struct module_def *shared, struct module_def *overlay,
                                   struct module_view *old, const struct registry_view *view)
{
    enum casemapping map = view->casemapping;
    if (!still_right(old, shared, overlay, map)) {
        if (overlay || (shared->scoped && has_items_for(shared, view->network)))
            return merge_for(shared, overlay, view->network, map);
        if (!shared->merged[map])
            shared->merged[map] = merge(shared, NULL, NULL, map);
        old = shared->merged[map];
    }
    old->refs++;
    return old;
}

/* ---- The view ---- */

static int compare_module(const void *key, const void *element)
{
    return strcmp(key, (*(const struct module_view *const *)element)->name);
}

static const struct module_view *const *find_module(const struct registry_view *view,
                                                    const char *name)
{
    return bsearch(name, view->modules, view->count, sizeof(struct module_view *), compare_module);
}

/* The next of some definitions, sorted by name, if it is the one of that name. */
static struct module_def *take_def(struct module_def *const *defs, size_t count, size_t *at,
                                   const char *name)
{
    int order = 1;
    while (*at < count && (order = strcmp(defs[*at]->name, name)) < 0)
        (*at)++;
    return order ? NULL : defs[*at];
}

static void take_ignores(struct registry_view *view, const struct snapshot *s)
{
    const struct network_overlays *overlays = snapshot_network(s, view->network);
    const struct ignore_list *const now[VIEW_IGNORES] = {overlays ? overlays->ignores : NULL,
                                                         s->ignores};
    for (size_t i = 0; i < VIEW_IGNORES; i++) {
        struct ignore_list *before = view->ignores[i];
        view->ignores[i] = ignore_list_ref((struct ignore_list *)now[i]);
        ignore_list_unref(before);
    }
}

static void take_snapshot(struct registry_view *view, const struct snapshot *s)
{
    take_ignores(view, s);
    snapshot_unref(view->from);
    view->from = snapshot_ref(s);
    view->generation = s->generation;
}

struct registry_view *registry_view_new(const struct snapshot *s, const char *network,
                                        enum casemapping casemapping, char default_prefix)
{
    struct registry_view *view = xcalloc(1, sizeof *view);
    const struct network_overlays *overlays = snapshot_network(s, network);
    size_t at = 0;
    str_copy(view->network, sizeof view->network, network);
    view->casemapping = casemapping;
    view->default_prefix = default_prefix;
    view->count = s->nmodules;
    view->modules = xcalloc(s->nmodules ? s->nmodules : 1, sizeof(struct module_view *));
    for (size_t i = 0; i < s->nmodules; i++) {
        struct module_def *overlay =
            overlays ? take_def(overlays->modules, overlays->count, &at, s->modules[i]->name)
                     : NULL;
        view->modules[i] = view_of(s->modules[i], overlay, NULL, view);
    }
    view->groups = rate_groups_new(view->modules, view->count);
    take_snapshot(view, s);
    return view;
}

/* ---- Following edits ---- */

struct follower {
    struct registry_view *view;
    const struct snapshot *s;
    const struct network_overlays *was;
    const struct network_overlays *is;
    registry_view_fn *changed;
    void *arg;
    bool groups_changed; /* maybe: a member of one did */
};

static bool in_group(const struct module_view *m)
{
    return m && *m->fields.rate_group;
}

static void tell(struct follower *f, const struct module_view *old, const struct module_view *now)
{
    f->groups_changed = f->groups_changed || (old != now && (in_group(old) || in_group(now)));
    if (f->changed && old != now)
        f->changed(f->arg, old, now);
}

static bool same_names(const struct snapshot *a, const struct snapshot *b)
{
    if (a->nmodules != b->nmodules)
        return false;
    for (size_t i = 0; i < a->nmodules; i++)
        if (a->modules[i] != b->modules[i] && strcmp(a->modules[i]->name, b->modules[i]->name) != 0)
            return false;
    return true;
}

/* Makes one module's view anew, if it has to be. */
static void follow_one(struct follower *f, size_t i)
{
    struct module_view *old = (struct module_view *)f->view->modules[i];
    struct module_def *shared = f->s->modules[i];
    const struct module_def *overlay = snapshot_overlay(f->is, shared->name);
    struct module_view *new = view_of(shared, (struct module_def *)overlay, old, f->view);
    f->view->modules[i] = new;
    tell(f, old, new);
    module_view_unref(old);
}

static void follow_overlay(struct follower *f, const char *module)
{
    const struct module_view *const *found = find_module(f->view, module);
    if (found)
        follow_one(f, (size_t)(found - f->view->modules));
}

/* Looks at nothing but pointers, except where they differ. */
static void follow_overlays(struct follower *f)
{
    size_t nwas = f->was ? f->was->count : 0;
    size_t nis = f->is ? f->is->count : 0;
    for (size_t w = 0, i = 0; w < nwas || i < nis;) {
        const struct module_def *was = w < nwas ? f->was->modules[w] : NULL;
        const struct module_def *is = i < nis ? f->is->modules[i] : NULL;
        int order = !was ? 1 : !is ? -1 : was == is ? 0 : strcmp(was->name, is->name);
        w += order <= 0;
        i += order >= 0;
        if (was != is)
            follow_overlay(f, order <= 0 ? was->name : is->name);
    }
}

/* Modules were registered or removed: all is made anew that cannot be kept. */
static void follow_names(struct follower *f)
{
    struct registry_view *view = f->view;
    const struct module_view **old = view->modules;
    size_t nold = view->count;
    size_t o = 0;
    view->count = f->s->nmodules;
    view->modules = xcalloc(view->count ? view->count : 1, sizeof(struct module_view *));
    for (size_t i = 0; i < view->count; i++) {
        struct module_def *shared = f->s->modules[i];
        const struct module_def *overlay = snapshot_overlay(f->is, shared->name);
        int order = 1;
        while (o < nold && (order = strcmp(old[o]->name, shared->name)) < 0)
            tell(f, old[o++], NULL);
        struct module_view *before = order ? NULL : (struct module_view *)old[o++];
        view->modules[i] = view_of(shared, (struct module_def *)overlay, before, view);
        tell(f, before, view->modules[i]);
    }
    while (o < nold)
        tell(f, old[o++], NULL);
    for (size_t i = 0; i < nold; i++)
        module_view_unref((struct module_view *)old[i]);
    free(old);
}

void registry_view_follow(struct registry_view *view, const struct snapshot *s,
                          registry_view_fn *changed, void *arg)
{
    struct follower f = {view,
                         s,
                         snapshot_network(view->from, view->network),
                         snapshot_network(s, view->network),
                         changed,
                         arg,
                         false};
    if (!same_names(view->from, s)) {
        follow_names(&f);
    } else {
        for (size_t i = 0; i < s->nmodules; i++)
            if (view->from->modules[i] != s->modules[i])
                follow_one(&f, i);
        if (f.was != f.is)
            follow_overlays(&f);
    }
    if (f.groups_changed) {
        rate_groups_free(view->groups);
        view->groups = rate_groups_new(view->modules, view->count);
    }
    take_snapshot(view, s);
}

void registry_view_free(struct registry_view *view)
{
    if (!view)
        return;
    for (size_t i = 0; i < view->count; i++)
        module_view_unref((struct module_view *)view->modules[i]);
    for (size_t i = 0; i < VIEW_IGNORES; i++)
        ignore_list_unref(view->ignores[i]);
    rate_groups_free(view->groups);
    snapshot_unref(view->from);
    free(view->modules);
    free(view);
}

const struct module_view *registry_view_find(const struct registry_view *view, const char *name)
{
    const struct module_view *const *found = find_module(view, name);
    return found ? *found : NULL;
}

char registry_view_prefix(const struct registry_view *view, const struct module_view *m)
{
    return m->fields.cmd_prefix ? m->fields.cmd_prefix : view->default_prefix;
}
