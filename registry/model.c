#include "registry/model.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/account_model.h"
#include "registry/dotted.h"
#include "registry/model_read.h"

#define PARTS (1 + LIST_COUNT) /* the hash and each list: the keys that make one definition */

struct entry {
    char module[REGISTRY_MAX_NAME + 1];
    struct module_def *def;
    uint32_t read[PARTS]; /* the full reading that saw each part last */
    UT_hash_handle hh;
};

/* One network's overlays; the network "" holds the shared definitions. */
struct group {
    char network[REGISTRY_MAX_NAME + 1];
    struct entry *entries;
    struct ignore_list *ignores;
    uint32_t ignores_read; /* the full reading that saw them last */
    bool changed;
    struct network_overlays *built; /* what the last commit made of it */
    UT_hash_handle hh;
};

struct model {
    struct group *groups;
    struct item_list *index; /* names of modules */
    struct problems problems;
    struct account_model *accounts;
    uint32_t full; /* number of the current full reading */
    bool index_changed;
};

#define STATUS_REGISTRY "registry"

struct model *model_new(problems_fn *tell, void *arg)
{
    struct model *m = xcalloc(1, sizeof *m);
    problems_init(&m->problems, tell, arg);
    m->accounts = account_model_new(&m->problems);
    return m;
}

struct account_model *model_accounts(const struct model *m)
{
    return m->accounts;
}

static void entry_remove(struct group *g, struct entry *e)
{
    HASH_DEL(g->entries, e);
    module_def_unref(e->def);
    free(e);
    g->changed = true;
}

static void group_remove(struct model *m, struct group *g)
{
    struct entry *e = NULL;
    struct entry *next = NULL;
    HASH_ITER(hh, g->entries, e, next)
    {
        entry_remove(g, e);
    }
    HASH_DEL(m->groups, g);
    network_overlays_unref(g->built);
    ignore_list_unref(g->ignores);
    free(g);
}

void model_free(struct model *m)
{
    if (!m)
        return;
    struct group *g = NULL;
    struct group *next = NULL;
    HASH_ITER(hh, m->groups, g, next)
    {
        group_remove(m, g);
    }
    account_model_free(m->accounts);
    item_list_unref(m->index);
    problems_clear(&m->problems);
    free(m);
}

static struct group *group_find(const struct model *m, const char *network)
{
    struct group *g = NULL;
    HASH_FIND_STR(m->groups, network, g);
    return g;
}

static struct entry *entry_find(const struct group *g, const char *module)
{
    struct entry *e = NULL;
    if (g)
        HASH_FIND_STR(g->entries, module, e);
    return e;
}

static struct group *group_get(struct model *m, const char *network)
{
    struct group *g = group_find(m, network);
    if (!g) {
        g = xcalloc(1, sizeof *g);
        str_copy(g->network, sizeof g->network, network);
        HASH_ADD_STR(m->groups, network, g);
    }
    return g;
}

static struct entry *entry_get(struct group *g, const char *module)
{
    struct entry *e = entry_find(g, module);
    if (!e) {
        e = xcalloc(1, sizeof *e);
        str_copy(e->module, sizeof e->module, module);
        e->def = module_def_new(module);
        HASH_ADD_STR(g->entries, module, e);
        g->changed = true;
    }
    return e;
}

/* ---- Problems ---- */

/* Where an operator finds what is wrong in this key, and under which name. */
static void problem(struct model *m, const struct registry_key *key, const char *what,
                    const char *text)
{
    char name[KEY_MAX];
    char status[REGISTRY_MAX_NAME + 16];
    char field[3 * REGISTRY_MAX_NAME + 8];
    key_write(key, name, sizeof name);
    if (key->module[0])
        snprintf(status, sizeof status, "module:%s", key->module);
    else
        snprintf(status, sizeof status, STATUS_REGISTRY);
    snprintf(field, sizeof field, "%s%s%.*s", key->network, key->network[0] ? "/" : "",
             REGISTRY_MAX_NAME, what);
    problems_add(&m->problems, name, status, field, text);
}

static void problems_of_key(struct model *m, const struct registry_key *key, bool begin)
{
    char name[KEY_MAX];
    key_write(key, name, sizeof name);
    if (begin)
        problems_begin(&m->problems, name);
    else
        problems_end(&m->problems, name);
}

/* ---- The index ---- */

void model_apply_index(struct model *m, const struct model_bytes *names, size_t count)
{
    const struct registry_key key = {.kind = KEY_MODULES};
    const char **kept = xcalloc(count ? count : 1, sizeof *kept);
    size_t nkept = 0;
    char why[REGISTRY_WHY_SIZE] = "";
    problems_of_key(m, &key, true);
    for (size_t i = 0; i < count; i++) {
        if (!model_bytes_text(&names[i]) || !registry_name_valid(names[i].data))
            snprintf(why, sizeof why,
                     "\"%.80s\" is no name for a module: letters, digits, '-' and '_', at most %d",
                     names[i].data, REGISTRY_MAX_NAME);
        else if (nkept == REGISTRY_MAX_MODULES)
            snprintf(why, sizeof why, "more than %d modules: the rest is ignored",
                     REGISTRY_MAX_MODULES);
        else
            kept[nkept++] = names[i].data;
    }
    if (why[0])
        problem(m, &key, "modules", why);
    problems_of_key(m, &key, false);
    struct item_list *index = item_list_new(kept, nkept);
    free(kept);
    if (!item_list_equal(index, m->index))
        m->index_changed = true;
    item_list_unref(m->index);
    m->index = index;
}

const struct item_list *model_index(const struct model *m)
{
    return m->index;
}

static int compare_name(const void *key, const void *element)
{
    return strcmp(key, *(char *const *)element);
}

bool model_in_index(const struct model *m, const char *module)
{
    return m->index && bsearch(module, m->index->items, m->index->count, sizeof *m->index->items,
                               compare_name) != NULL;
}

/* ---- One definition ---- */

static struct module_def *def_clone(const struct module_def *def)
{
    struct module_def *copy = module_def_new(def->name);
    copy->set = def->set;
    for (int i = 0; i < FIELD_COUNT; i++)
        module_fields_copy_one(&copy->fields, &def->fields, i);
    dotted_merge(&copy->fields, &def->fields);
    for (int i = 0; i < LIST_COUNT; i++)
        copy->lists[i] = item_list_ref(def->lists[i]);
    return copy;
}

static bool list_scoped(const struct item_list *list)
{
    for (size_t i = 0; list && i < list->count; i++) {
        const char *item;
        size_t network_len;
        list_item_split(list->items[i], &item, &network_len);
        if (network_len)
            return true;
    }
    return false;
}

static bool def_empty(const struct module_def *def)
{
    for (int i = 0; i < LIST_COUNT; i++)
        if (def->lists[i])
            return false;
    return !def->set && !dotted_count(&def->fields);
}

/* Takes the definition. An overlay that says nothing goes away. */
static void entry_replace(struct group *g, struct entry *e, struct module_def *def)
{
    def->scoped = false;
    for (int i = 0; i < LIST_COUNT; i++)
        def->scoped = def->scoped || list_scoped(def->lists[i]);
    if (g->network[0] && def_empty(def)) {
        module_def_unref(def);
        entry_remove(g, e);
    } else if (module_def_equal(def, e->def)) {
        module_def_unref(def);
    } else {
        module_def_unref(e->def);
        e->def = def;
        g->changed = true;
    }
}

static void apply_field(struct model *m, const struct registry_key *key, struct module_def *def,
                        const struct module_def *old, const struct model_bytes *pair)
{
    char text[2 * REGISTRY_WHY_SIZE];
    if (model_read_field(key, def, old, pair, text, sizeof text))
        problem(m, key, pair[0].data, text);
}

/* An overlay's key that is not there, of an overlay nobody knows. */
static bool nothing_to_apply(struct model *m, const struct registry_key *key, size_t count)
{
    if (count || !key->network[0] || entry_find(group_find(m, key->network), key->module))
        return false;
    problems_of_key(m, key, true);
    problems_of_key(m, key, false);
    return true;
}

void model_apply_hash(struct model *m, const struct registry_key *key,
                      const struct model_bytes *pairs, size_t count)
{
    if (nothing_to_apply(m, key, count))
        return;
    struct group *g = group_get(m, key->network);
    struct entry *e = entry_get(g, key->module);
    struct module_def *def = module_def_new(key->module);
    for (int i = 0; i < LIST_COUNT; i++)
        def->lists[i] = item_list_ref(e->def->lists[i]);
    problems_of_key(m, key, true);
    for (size_t i = 0; i + 1 < count; i += 2)
        apply_field(m, key, def, e->def, &pairs[i]);
    problems_of_key(m, key, false);
    e->read[0] = m->full;
    entry_replace(g, e, def);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of too many items none may push out one that counts; which of a set Redis gives first is chance,
 * and the same on no two servers. */
static struct item_list *bounded_list(const char **items, size_t count, struct item_list *last)
{
    if (count > FIELD_MAX_ITEMS && last)
        return item_list_ref(last);
    if (count > FIELD_MAX_ITEMS)
        qsort(items, count, sizeof *items, by_text);
    return item_list_new(items, count > FIELD_MAX_ITEMS ? FIELD_MAX_ITEMS : count);
}

/* What is wrong with a list, of which so many items are. */
static void list_problem(struct model *m, const struct registry_key *key, size_t good, size_t bad,
                         const char *why, bool known)
{
    char text[2 * REGISTRY_WHY_SIZE];
    if (good > FIELD_MAX_ITEMS)
        snprintf(text, sizeof text, "%zu items, and at most %d may be; until then %s count", good,
                 FIELD_MAX_ITEMS, known ? "the last good ones" : "the first of the alphabet");
    else
        snprintf(text, sizeof text, "%s; %zu wrong item%s do%s not count", why, bad,
                 bad == 1 ? "" : "s", bad == 1 ? "es" : "");
    if (bad || good > FIELD_MAX_ITEMS)
        problem(m, key, key->list_name, text);
}

void model_apply_list(struct model *m, const struct registry_key *key,
                      const struct model_bytes *items, size_t count)
{
    if (nothing_to_apply(m, key, count))
        return;
    struct group *g = group_get(m, key->network);
    struct entry *e = entry_get(g, key->module);
    struct module_def *def = def_clone(e->def);
    const char **kept = xcalloc(count ? count : 1, sizeof *kept);
    size_t nkept = 0;
    size_t bad = 0;
    char why[REGISTRY_WHY_SIZE] = "";
    char one[REGISTRY_WHY_SIZE];
    problems_of_key(m, key, true);
    for (size_t i = 0; i < count; i++) {
        bool text = model_bytes_text(&items[i]);
        if (!text)
            snprintf(one, sizeof one, "an item holds a zero byte");
        else if (!list_item_check(key->list, items[i].data, one, sizeof one)) {
            kept[nkept++] = items[i].data;
            continue;
        }
        /* Redis gives a set in any order: the same one is told each time. */
        if (!bad++ || strcmp(one, why) < 0)
            str_copy(why, sizeof why, one);
    }
    struct item_list *last = def->lists[key->list];
    list_problem(m, key, nkept, bad, why, last != NULL);
    problems_of_key(m, key, false);
    def->lists[key->list] = bounded_list(kept, nkept, last);
    item_list_unref(last);
    free(kept);
    e->read[1 + key->list] = m->full;
    entry_replace(g, e, def);
}

void model_apply_ignores(struct model *m, const struct registry_key *key,
                         const struct model_bytes *pairs, size_t count)
{
    char why[2 * REGISTRY_WHY_SIZE] = "";
    struct group *g = count ? group_get(m, key->network) : group_find(m, key->network);
    struct ignore_list *list =
        model_read_ignores(pairs, count, g ? g->ignores : NULL, why, sizeof why);
    problems_of_key(m, key, true);
    if (why[0])
        problem(m, key, "ignores", why);
    problems_of_key(m, key, false);
    if (!g)
        return;
    g->ignores_read = m->full;
    if (ignore_list_equal(list, g->ignores)) {
        ignore_list_unref(list);
        return;
    }
    ignore_list_unref(g->ignores);
    g->ignores = list;
    g->changed = true;
}

void model_apply_unknown_list(struct model *m, const struct registry_key *key, bool there)
{
    problems_of_key(m, key, true);
    if (there) {
        const char *near = module_field_nearest(key->list_name);
        char text[REGISTRY_WHY_SIZE];
        snprintf(text, sizeof text, "there is no such list%s%s%s", near ? "; did you mean " : "",
                 near ? near : "", near ? "?" : "");
        problem(m, key, key->list_name, text);
    }
    problems_of_key(m, key, false);
}

void model_apply_unreadable(struct model *m, const struct registry_key *key, const char *why)
{
    char text[2 * REGISTRY_WHY_SIZE];
    snprintf(text, sizeof text, "%s; until then what was known of it counts", why);
    problems_of_key(m, key, true);
    problem(m, key,
            key->list_name[0]          ? key->list_name
            : key->kind == KEY_HASH    ? "(hash)"
            : key->kind == KEY_IGNORES ? "ignores"
                                       : "modules",
            text);
    problems_of_key(m, key, false);
    struct group *g = group_find(m, key->network);
    if (g && key->kind == KEY_IGNORES)
        g->ignores_read = m->full;
    struct entry *e = entry_find(g, key->module);
    if (e && key->kind == KEY_HASH)
        e->read[0] = m->full;
    else if (e && key->kind == KEY_LIST)
        e->read[1 + key->list] = m->full;
}

/* ---- Full readings ---- */

void model_begin_full(struct model *m)
{
    m->full++;
    problems_begin(&m->problems, NULL);
    account_model_begin_full(m->accounts);
}

static struct registry_key part_key(const struct group *g, const struct entry *e, int part)
{
    struct registry_key key = {.kind = part ? KEY_LIST : KEY_HASH};
    str_copy(key.network, sizeof key.network, g->network);
    str_copy(key.module, sizeof key.module, e->module);
    if (part) {
        key.list = (enum module_list)(part - 1);
        str_copy(key.list_name, sizeof key.list_name, module_list_rows[part - 1].name);
    }
    return key;
}

/* Whether a part is known to hold something, and was not there any more. */
static bool part_is_gone(const struct model *m, const struct entry *e, int part)
{
    bool holds = part ? e->def->lists[part - 1] != NULL : e->def->set != 0;
    return holds && e->read[part] != m->full;
}

/* Applies every part that was not seen as missing; the entry may be gone after that. */
static void entry_sweep(struct model *m, struct group *g, struct entry *e)
{
    for (int i = 0; i < PARTS && e; i++) {
        if (!part_is_gone(m, e, i))
            continue;
        struct registry_key key = part_key(g, e, i);
        if (i)
            model_apply_list(m, &key, NULL, 0);
        else
            model_apply_hash(m, &key, NULL, 0);
        e = entry_find(g, key.module);
    }
}

/* A shared definition whose module is not registered any more. */
static void entry_forget(struct model *m, struct group *g, struct entry *e)
{
    for (int i = 0; i < PARTS; i++) {
        struct registry_key key = part_key(g, e, i);
        problems_of_key(m, &key, true);
        problems_of_key(m, &key, false);
    }
    entry_remove(g, e);
}

void model_end_full(struct model *m)
{
    struct group *g = NULL;
    struct group *next_group = NULL;
    HASH_ITER(hh, m->groups, g, next_group)
    {
        struct entry *e = NULL;
        struct entry *next = NULL;
        HASH_ITER(hh, g->entries, e, next)
        {
            entry_sweep(m, g, e);
        }
        if (g->ignores_read != m->full) {
            struct registry_key key = {.kind = KEY_IGNORES};
            str_copy(key.network, sizeof key.network, g->network);
            model_apply_ignores(m, &key, NULL, 0);
        }
    }
    account_model_end_full(m->accounts);
    problems_end(&m->problems, NULL);
}

/* ---- Snapshots ---- */

static int by_def_name(const void *a, const void *b)
{
    return strcmp((*(struct module_def *const *)a)->name, (*(struct module_def *const *)b)->name);
}

static int by_network(const void *a, const void *b)
{
    return strcmp((*(struct network_overlays *const *)a)->network,
                  (*(struct network_overlays *const *)b)->network);
}

static void group_build(struct group *g)
{
    network_overlays_unref(g->built);
    struct network_overlays *n = xcalloc(1, sizeof *n);
    n->refs = 1;
    str_copy(n->network, sizeof n->network, g->network);
    n->ignores = ignore_list_ref(g->ignores);
    n->modules = xcalloc(HASH_COUNT(g->entries) + 1, sizeof(struct module_def *));
    for (struct entry *e = g->entries; e; e = e->hh.next)
        n->modules[n->count++] = module_def_ref(e->def);
    qsort(n->modules, n->count, sizeof(struct module_def *), by_def_name);
    g->built = n;
}

static void commit_overlays(struct model *m, struct snapshot *s)
{
    struct group *g = NULL;
    struct group *next;
    s->networks = xcalloc(HASH_COUNT(m->groups) + 1, sizeof(struct network_overlays *));
    HASH_ITER(hh, m->groups, g, next)
    {
        if (!g->network[0])
            continue;
        if (!g->entries && !g->ignores) {
            group_remove(m, g);
            continue;
        }
        if (g->changed || !g->built)
            group_build(g);
        g->changed = false;
        s->networks[s->nnetworks++] = network_overlays_ref(g->built);
    }
    qsort(s->networks, s->nnetworks, sizeof(struct network_overlays *), by_network);
}

static void commit_modules(struct model *m, struct snapshot *s)
{
    struct group *shared = group_get(m, "");
    struct entry *e = NULL;
    struct entry *next = NULL;
    HASH_ITER(hh, shared->entries, e, next)
    {
        if (!model_in_index(m, e->module))
            entry_forget(m, shared, e);
    }
    size_t count = m->index ? m->index->count : 0;
    s->modules = xcalloc(count + 1, sizeof(struct module_def *));
    for (size_t i = 0; i < count; i++)
        s->modules[s->nmodules++] = module_def_ref(entry_get(shared, m->index->items[i])->def);
    s->ignores = ignore_list_ref(shared->ignores);
    shared->changed = false;
}

struct snapshot *model_commit(struct model *m, const struct snapshot *last)
{
    bool changed = m->index_changed || account_model_changed(m->accounts);
    for (struct group *g = m->groups; g; g = g->hh.next)
        changed = changed || g->changed;
    if (!changed)
        return snapshot_ref(last);
    struct snapshot *s = xcalloc(1, sizeof *s);
    s->refs = 1;
    s->generation = last->generation + 1;
    commit_modules(m, s);
    commit_overlays(m, s);
    s->accounts = account_model_commit(m->accounts, last->accounts);
    m->index_changed = false;
    return s;
}

void model_tell_problems(struct model *m)
{
    problems_tell_all(&m->problems);
}

void model_each_problem(const struct model *m, problems_each_fn *fn, void *arg)
{
    problems_each(&m->problems, fn, arg);
}
