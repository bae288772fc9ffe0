#include "registry/ignores.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/str.h"
#include "base/xmalloc.h"

/* Those of one network (or "" for all), in the order they were added. */
struct group {
    char network[REGISTRY_MAX_NAME + 1];
    size_t count;
    struct ignore *items;
    struct maskset *masks[SNAPSHOT_CASEMAPPINGS]; /* NULL until asked after a change */
    UT_hash_handle hh;
};

struct ignores {
    struct group *groups;
};

struct ignores *ignores_new(void)
{
    return xcalloc(1, sizeof(struct ignores));
}

static void group_changed(struct group *g)
{
    for (size_t i = 0; i < SNAPSHOT_CASEMAPPINGS; i++) {
        maskset_free(g->masks[i]);
        g->masks[i] = NULL;
    }
}

static void group_drop(struct group *g, size_t at)
{
    free(g->items[at].mask);
    memmove(&g->items[at], &g->items[at + 1], (--g->count - at) * sizeof *g->items);
    group_changed(g);
}

static void group_remove(struct ignores *ig, struct group *g)
{
    while (g->count)
        group_drop(g, g->count - 1);
    HASH_DEL(ig->groups, g);
    free(g->items);
    free(g);
}

void ignores_free(struct ignores *ig)
{
    struct group *g = NULL;
    struct group *next = NULL;
    if (!ig)
        return;
    HASH_ITER(hh, ig->groups, g, next)
    {
        group_remove(ig, g);
    }
    free(ig);
}

static struct group *group_find(const struct ignores *ig, const char *network)
{
    struct group *g = NULL;
    if (ig)
        HASH_FIND_STR(ig->groups, network, g);
    return g;
}

/* The entry's place, or the count. */
static size_t item_find(const struct group *g, const char *mask)
{
    size_t i = 0;
    while (i < g->count && strcmp(g->items[i].mask, mask) != 0)
        i++;
    return i;
}

static bool ends_before(const struct ignore *a, const struct ignore *b)
{
    return a->expires_s && (!b->expires_s || a->expires_s < b->expires_s);
}

static void make_room(struct group *g)
{
    size_t first = 0;
    for (size_t i = 1; i < g->count; i++)
        if (ends_before(&g->items[i], &g->items[first]))
            first = i;
    group_drop(g, first);
}

int ignores_add(struct ignores *ig, const char *network, const char *mask, int64_t expires_s,
                char *why, size_t why_size)
{
    if (mask_check(mask, why, why_size))
        return -1;
    struct group *g = group_find(ig, network);
    if (!g) {
        g = xcalloc(1, sizeof *g);
        str_copy(g->network, sizeof g->network, network);
        g->items = xcalloc(IGNORES_MAX, sizeof *g->items);
        HASH_ADD_STR(ig->groups, network, g);
    }
    size_t at = item_find(g, mask);
    if (at == g->count) {
        if (g->count == IGNORES_MAX)
            make_room(g);
        at = g->count++;
        g->items[at].mask = xstrdup(mask);
        group_changed(g);
    }
    g->items[at].expires_s = expires_s;
    return 0;
}

bool ignores_same(enum casemapping casemapping, const char *a, const char *b)
{
    return irc_equal(casemapping, a, b);
}

size_t ignores_remove(struct ignores *ig, const char *network, enum casemapping casemapping,
                      const char *mask)
{
    struct group *g = group_find(ig, network);
    size_t before = g ? g->count : 0;
    for (size_t i = before; i--;)
        if (ignores_same(casemapping, g->items[i].mask, mask))
            group_drop(g, i);
    size_t removed = before - (g ? g->count : 0);
    if (g && !g->count)
        group_remove(ig, g);
    return removed;
}

static int by_mask(const void *key, const void *element)
{
    return strcmp(key, ((const struct ignore *)element)->mask);
}

static bool is_stored(const struct ignore_list *list, const struct ignore *ignore)
{
    const struct ignore *stored =
        list ? bsearch(ignore->mask, list->items, list->count, sizeof *list->items, by_mask) : NULL;
    return stored && !ends_before(stored, ignore);
}

void ignores_follow(struct ignores *ig, const struct snapshot *s)
{
    struct group *g = NULL;
    struct group *next = NULL;
    HASH_ITER(hh, ig->groups, g, next)
    {
        const struct network_overlays *here = *g->network ? snapshot_network(s, g->network) : NULL;
        const struct ignore_list *list = *g->network ? (here ? here->ignores : NULL) : s->ignores;
        for (size_t i = g->count; i--;)
            if (is_stored(list, &g->items[i]))
                group_drop(g, i);
        if (!g->count)
            group_remove(ig, g);
    }
}

static bool ended(const struct ignore *ignore, int64_t now_s)
{
    return ignore->expires_s && ignore->expires_s <= now_s;
}

void ignores_sweep(struct ignores *ig, int64_t now_s)
{
    struct group *g = NULL;
    struct group *next = NULL;
    HASH_ITER(hh, ig->groups, g, next)
    {
        for (size_t i = g->count; i--;)
            if (ended(&g->items[i], now_s))
                group_drop(g, i);
        if (!g->count)
            group_remove(ig, g);
    }
}

size_t ignores_count(const struct ignores *ig)
{
    size_t count = 0;
    for (const struct group *g = ig->groups; g; g = g->hh.next)
        count += g->count;
    return count;
}

void ignores_each(const struct ignores *ig, const char *network, ignores_fn *fn, void *arg)
{
    for (const struct group *g = ig->groups; g; g = g->hh.next)
        for (size_t i = 0; i < g->count && (!network || !strcmp(network, g->network)); i++)
            fn(arg, g->network, g->items[i].mask, g->items[i].expires_s);
}

/* ---- Matching ---- */

struct still {
    const struct ignore *items;
    int64_t now_s;
};

static bool still_holds(const void *arg, size_t number)
{
    const struct still *still = arg;
    return !ended(&still->items[number], still->now_s);
}

static bool match_items(const struct ignore *items, size_t count, struct maskset **cached,
                        const struct mask_source *source, int64_t now_s, struct ignore_match *match)
{
    const struct still still = {items, now_s};
    if (!*cached) {
        const char **masks = xcalloc(count, sizeof *masks);
        for (size_t i = 0; i < count; i++)
            masks[i] = items[i].mask;
        *cached = maskset_new(source->casemapping, masks, count);
        free(masks);
    }
    long found = maskset_find(*cached, source, still_holds, &still);
    if (found >= 0 && match)
        *match =
            (struct ignore_match){.mask = items[found].mask, .expires_s = items[found].expires_s};
    return found >= 0;
}

static bool match_memory(struct ignores *ig, const char *network, const struct mask_source *source,
                         int64_t now_s, struct ignore_match *match)
{
    struct group *g = group_find(ig, network);
    if (!g ||
        !match_items(g->items, g->count, &g->masks[source->casemapping], source, now_s, match))
        return false;
    if (match)
        match->in_memory = true;
    return true;
}

bool ignore_list_match(struct ignore_list *list, const struct mask_source *source, int64_t now_s,
                       struct ignore_match *match)
{
    return match_items(list->items, list->count, &list->masks[source->casemapping], source, now_s,
                       match);
}

bool ignores_match(const struct registry_view *view, struct ignores *ig,
                   const struct mask_source *source, int64_t now_s, struct ignore_match *match)
{
    for (size_t i = 0; i < VIEW_IGNORES; i++) {
        struct ignore_list *list = view->ignores[i];
        if (list && ignore_list_match(list, source, now_s, match))
            return true;
    }
    return match_memory(ig, view->network, source, now_s, match) ||
           match_memory(ig, "", source, now_s, match);
}
