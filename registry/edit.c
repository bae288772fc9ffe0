#include "registry/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/check.h"
#include "registry/commands.h"
#include "registry/edit_parts.h"
#include "registry/edit_script.h"
#include "registry/keys.h"
#include "registry/storage.h"

struct write {
    const char *what; /* a word of the script */
    size_t key;
    char *first;
    char *second;
};

struct edit_key {
    char *name; /* without the prefix */
    const char *type;
};

/* What the edit makes, by its key. */
struct made {
    UT_hash_handle hh;
    char key[];
};

struct registry_edit {
    struct write *writes;
    size_t nwrites;
    struct edit_key *keys;
    size_t nkeys;
    struct edit_late *late;
    size_t nlate;
    struct made *made;
    struct registry *registry;
    bool trying;
    /* What Redis has answered: */
    enum registry_result result;
    char *text;
    bool *changed; /* of each write */
    size_t nchanged;
    registry_edit_fn *done;
    void *arg;
};

struct registry_edit *registry_edit_new(void)
{
    return xcalloc(1, sizeof(struct registry_edit));
}

void registry_edit_free(struct registry_edit *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->nwrites; i++) {
        free(e->writes[i].first);
        free(e->writes[i].second);
    }
    for (size_t i = 0; i < e->nkeys; i++)
        free(e->keys[i].name);
    for (size_t i = 0; i < e->nlate; i++) {
        free(e->late[i].name);
        free(e->late[i].text);
    }
    struct made *made = NULL;
    struct made *next = NULL;
    HASH_ITER(hh, e->made, made, next)
    {
        HASH_DEL(e->made, made);
        free(made);
    }
    free(e->text);
    free(e->changed);
    free(e->late);
    free(e->writes);
    free(e->keys);
    free(e);
}

size_t registry_edit_count(const struct registry_edit *e)
{
    return e->nwrites;
}

/* ---- Gathering ---- */

static size_t key_number(struct registry_edit *e, const char *name, const char *type)
{
    for (size_t i = e->nkeys; i-- > 0;) /* mostly the last one again */
        if (!strcmp(e->keys[i].name, name))
            return i;
    if ((e->nkeys & (e->nkeys - 1)) == 0)
        e->keys = xrealloc(e->keys, (e->nkeys ? e->nkeys * 2 : 1) * sizeof *e->keys);
    e->keys[e->nkeys] = (struct edit_key){xstrdup(name), type};
    return e->nkeys++;
}

int edit_write(struct registry_edit *e, const char *what, size_t key, const char *first,
               const char *second)
{
    if ((e->nwrites & (e->nwrites - 1)) == 0)
        e->writes = xrealloc(e->writes, (e->nwrites ? e->nwrites * 2 : 1) * sizeof *e->writes);
    e->writes[e->nwrites++] = (struct write){what, key, xstrdup(first), xstrdup(second)};
    return 0;
}

int edit_room(const struct registry_edit *e, char *why, size_t why_size)
{
    if (e->nwrites < EDIT_MAX_WRITES)
        return 0;
    snprintf(why, why_size, "these are more than %d edits at once", EDIT_MAX_WRITES);
    return -1;
}

int edit_check_network(const char *network, char *why, size_t why_size)
{
    if (!*network || registry_network_valid(network))
        return 0;
    snprintf(why, why_size, "\"%.80s\" is no name of a network: " REGISTRY_NETWORK_SAYS, network);
    return -1;
}

size_t edit_key(struct registry_edit *e, const struct registry_key *key, const char *type)
{
    char name[KEY_MAX];
    return key_number(e, key_write(key, name, sizeof name), type);
}

void edit_later(struct registry_edit *e, edit_late_fn *fn, const char *name, const char *text)
{
    e->late = xrealloc(e->late, (e->nlate + 1) * sizeof *e->late);
    e->late[e->nlate++] = (struct edit_late){fn, xstrdup(name), xstrdup(text)};
}

bool edit_makes(const struct registry_edit *e, const char *key)
{
    struct made *made = NULL;
    HASH_FIND_STR(e->made, key, made);
    return made != NULL;
}

void edit_made(struct registry_edit *e, const char *key)
{
    if (edit_makes(e, key))
        return;
    size_t size = strlen(key) + 1;
    struct made *made = xcalloc(1, sizeof *made + size);
    memcpy(made->key, key, size);
    HASH_ADD_STR(e->made, key, made);
}

static int check_place(const struct registry_edit *e, struct edit_place place, char *why,
                       size_t why_size)
{
    if (edit_room(e, why, why_size) || edit_check_network(place.network, why, why_size))
        return -1;
    if (registry_name_valid(place.module))
        return 0;
    snprintf(why, why_size, "\"%.80s\" is no name for a module: letters, digits, '-' and '_'",
             place.module);
    return -1;
}

static size_t hash_of(struct registry_edit *e, struct edit_place place, const char *type)
{
    char name[KEY_MAX];
    struct registry_key key = {.kind = KEY_HASH};
    str_copy(key.network, sizeof key.network, place.network);
    str_copy(key.module, sizeof key.module, place.module);
    return key_number(e, key_write(&key, name, sizeof name), type);
}

static size_t list_of(struct registry_edit *e, struct edit_place place, int list, const char *type)
{
    char name[KEY_MAX];
    struct registry_key key = {.kind = KEY_LIST, .list = (enum module_list)list};
    str_copy(key.network, sizeof key.network, place.network);
    str_copy(key.module, sizeof key.module, place.module);
    str_copy(key.list_name, sizeof key.list_name, module_list_rows[list].name);
    return key_number(e, key_write(&key, name, sizeof name), type);
}

static size_t ignores_of(struct registry_edit *e, const char *network)
{
    char name[KEY_MAX];
    snprintf(name, sizeof name, "%s%s%signores", *network ? "network:" : "", network,
             *network ? ":" : "");
    return key_number(e, name, "hash");
}

int registry_edit_set(struct registry_edit *e, struct edit_place place, const char *field,
                      const char *value, char *why, size_t why_size)
{
    if (check_place(e, place, why, why_size) ||
        registry_check_field(place.module, field, value, *place.network, why, why_size))
        return -1;
    return edit_write(e, "set", hash_of(e, place, "hash"), field, value);
}

int registry_edit_unset(struct registry_edit *e, struct edit_place place, const char *field,
                        char *why, size_t why_size)
{
    if (check_place(e, place, why, why_size) ||
        registry_check_unset(field, *place.network, why, why_size))
        return -1;
    return edit_write(e, "unset", hash_of(e, place, "hash"), field, "");
}

static int find_list(const char *list, char *why, size_t why_size)
{
    int found = module_list_find(list);
    if (found >= 0)
        return found;
    const char *near = module_field_nearest(list);
    snprintf(why, why_size, "there is no list \"%.60s\"%s%s%s", list, near ? "; did you mean " : "",
             near ? near : "", near ? "?" : "");
    return -1;
}

int registry_edit_add(struct registry_edit *e, struct edit_place place, const char *list,
                      const char *item, char *why, size_t why_size)
{
    int number = check_place(e, place, why, why_size) ? -1 : find_list(list, why, why_size);
    if (number < 0 || registry_check_item(list, item, why, why_size))
        return -1;
    return edit_write(e, "add", list_of(e, place, number, "set"), item, "");
}

int registry_edit_remove(struct registry_edit *e, struct edit_place place, const char *list,
                         const char *item, char *why, size_t why_size)
{
    int number = check_place(e, place, why, why_size) ? -1 : find_list(list, why, why_size);
    if (number < 0)
        return -1;
    return edit_write(e, "remove", list_of(e, place, number, "set"), item, "");
}

int registry_edit_ignore(struct registry_edit *e, const char *network, const char *mask,
                         int64_t expires_s, char *why, size_t why_size)
{
    char expires[24];
    snprintf(expires, sizeof expires, "%lld", (long long)expires_s);
    if (edit_room(e, why, why_size) || edit_check_network(network, why, why_size) ||
        registry_check_ignore(mask, expires, why, why_size))
        return -1;
    return edit_write(e, "set", ignores_of(e, network), mask, expires);
}

int registry_edit_unignore(struct registry_edit *e, const char *network, const char *mask,
                           char *why, size_t why_size)
{
    if (edit_room(e, why, why_size) || edit_check_network(network, why, why_size))
        return -1;
    return edit_write(e, "unset", ignores_of(e, network), mask, "");
}

int registry_edit_expire(struct registry_edit *e, const char *network, const char *mask,
                         int64_t expires_s, char *why, size_t why_size)
{
    char expires[24];
    snprintf(expires, sizeof expires, "%lld", (long long)expires_s);
    if (edit_room(e, why, why_size) || edit_check_network(network, why, why_size))
        return -1;
    return edit_write(e, "expire", ignores_of(e, network), mask, expires);
}

static int clear_all(struct registry_edit *e, struct edit_place place, const char *what, char *why,
                     size_t why_size)
{
    if (check_place(e, place, why, why_size))
        return -1;
    edit_write(e, what, hash_of(e, place, "any"), "", "");
    for (int list = 0; list < LIST_COUNT; list++)
        edit_write(e, what, list_of(e, place, list, "any"), "", "");
    return 0;
}

int registry_edit_clear(struct registry_edit *e, struct edit_place place, char *why,
                        size_t why_size)
{
    return clear_all(e, place, "clear", why, why_size);
}

int registry_edit_purge(struct registry_edit *e, struct edit_place place, char *why,
                        size_t why_size)
{
    return clear_all(e, place, "drop", why, why_size);
}

int registry_edit_store(struct registry_edit *e, const char *key, const char *field,
                        const char *value, char *why, size_t why_size)
{
    char name[KEY_MAX];
    if (edit_room(e, why, why_size))
        return -1;
    if (strncmp(key, "storage:", 8) != 0 || !str_copy(name, sizeof name, key)) {
        snprintf(why, why_size, "\"%.80s\" is no key of storage", key);
        return -1;
    }
    if (!*field || strlen(field) > STORAGE_MAX_KEY || strlen(value) > STORAGE_MAX_VALUE) {
        snprintf(why, why_size, "%.80s: a stored key has 1 to %d bytes, a value at most %d", key,
                 STORAGE_MAX_KEY, STORAGE_MAX_VALUE);
        return -1;
    }
    return edit_write(e, "set", key_number(e, name, "hash"), field, value);
}

int registry_edit_enlist(struct registry_edit *e, const char *module, char *why, size_t why_size)
{
    if (check_place(e, (struct edit_place){"", module}, why, why_size))
        return -1;
    return edit_write(e, "add", key_number(e, "modules", "set"), module, "");
}

int registry_edit_delist(struct registry_edit *e, const char *module, char *why, size_t why_size)
{
    char meta[24];
    if (check_place(e, (struct edit_place){"", module}, why, why_size))
        return -1;
    snprintf(meta, sizeof meta, "%zu", key_number(e, "meta", "hash") + 1); /* from 1 there */
    return edit_write(e, "delist", key_number(e, "modules", "set"), module, meta);
}

/* ---- First values ---- */

static int check_first(struct edit_place place, const char *name, const char *const *values,
                       size_t count, char *why, size_t why_size)
{
    if (module_list_find(name) < 0)
        return registry_check_field(place.module, name, values[0], *place.network, why, why_size);
    for (size_t i = 0; i < count; i++)
        if (registry_check_item(name, values[i], why, why_size))
            return -1;
    return 0;
}

int registry_edit_first(struct registry_edit *e, struct edit_place place, const char *name,
                        const char *const *values, size_t count, char *why, size_t why_size)
{
    char marks[KEY_MAX];
    char mark[3 * REGISTRY_MAX_NAME];
    char number[24] = "";
    int list = module_list_find(name);
    if (check_place(e, place, why, why_size) ||
        check_first(place, name, values, count, why, why_size))
        return -1;
    snprintf(marks, sizeof marks, "network:%s:first", place.network);
    snprintf(mark, sizeof mark, "%s:%s", place.module, name);
    if (list >= 0) /* counted from 1 there */
        snprintf(number, sizeof number, "%zu", list_of(e, place, list, "set") + 1);
    edit_write(e, "once", key_number(e, marks, "set"), mark, number);
    if (list < 0)
        return edit_write(e, "first", hash_of(e, place, "hash"), name, values[0]);
    for (size_t i = 0; i < count; i++)
        edit_write(e, "firstitem", list_of(e, place, list, "set"), values[i], "");
    return 0;
}

/* ---- Writing ---- */

static void on_settled(void *arg)
{
    struct registry_edit *e = arg;
    const char *refused = strstr(e->text, EDIT_REFUSED);
    struct edit_answer answer = {.result = e->result,
                                 .text = refused ? refused + strlen(EDIT_REFUSED) : e->text,
                                 .changed = e->changed,
                                 .count = e->nwrites,
                                 .nchanged = e->nchanged};
    e->done(e->arg, &answer);
    registry_edit_free(e);
}

/* Who is told that it is done sees it done with his next command: the snapshot has it by then. */
static void on_answer(void *arg, enum registry_result result, const redisReply *reply,
                      const char *text)
{
    struct registry_edit *e = arg;
    size_t given = reply && reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
    e->result = result;
    e->text = xstrdup(text);
    e->changed = xcalloc(e->nwrites ? e->nwrites : 1, sizeof *e->changed);
    for (size_t i = 0; i < given && i < e->nwrites; i++) {
        e->changed[i] = reply->element[i]->integer != 0;
        e->nchanged += e->changed[i];
    }
    size_t nkeys = e->nchanged && !e->trying ? e->nkeys : 0;
    const char **keys = xcalloc(nkeys + 1, sizeof *keys);
    for (size_t i = 0; i < nkeys; i++)
        keys[i] = e->keys[i].name;
    registry_settle(e->registry, keys, nkeys, on_settled, e);
    free(keys);
}

/* EVAL script nkeys key... type... write... */
static void run(struct registry_edit *e, struct registry *r)
{
    const char *prefix = registry_prefix(r);
    size_t argc = 3 + 2 * e->nkeys + 4 * e->nwrites;
    const char **argv = xcalloc(argc, sizeof *argv);
    char **owned = xcalloc(e->nkeys + e->nwrites + 1, sizeof *owned);
    size_t nowned = 0;
    size_t n = 0;
    char count[24];
    snprintf(count, sizeof count, "%zu", e->nkeys);
    argv[n++] = "EVAL";
    argv[n++] = edit_script;
    argv[n++] = count;
    for (size_t i = 0; i < e->nkeys; i++)
        argv[n++] = owned[nowned++] = xasprintf("%s%s", prefix, e->keys[i].name);
    for (size_t i = 0; i < e->nkeys; i++)
        argv[n++] = e->keys[i].type;
    for (size_t i = 0; i < e->nwrites; i++) {
        const struct write *w = &e->writes[i];
        argv[n++] = w->what;
        argv[n++] = owned[nowned++] = xasprintf("%zu", w->key + 1);
        argv[n++] = w->first;
        argv[n++] = w->second;
    }
    registry_command(r, on_answer, e, (int)argc, argv, NULL);
    while (nowned)
        free(owned[--nowned]);
    free(owned);
    free(argv);
}

/* What can be told only now; then the rest is Redis' to say. */
static void finish(struct registry_edit *e, struct registry *r, registry_edit_fn *done, void *arg,
                   bool writes)
{
    char why[REGISTRY_WHY_SIZE] = "";
    bool refused = false;
    e->registry = r;
    e->trying = !writes;
    e->done = done;
    e->arg = arg;
    for (size_t i = 0; i < e->nlate && !refused; i++)
        refused = e->late[i].fn(e, &e->late[i], registry_snapshot(r), why, sizeof why) != 0;
    if (!writes && e->nkeys)
        edit_write(e, "?try", 0, "", "");
    if (refused)
        registry_deny(r, on_answer, e, why);
    else
        run(e, r);
}

void registry_edit_commit(struct registry_edit *e, struct registry *r, registry_edit_fn *done,
                          void *arg)
{
    finish(e, r, done, arg, true);
}

void registry_edit_try(struct registry_edit *e, struct registry *r, registry_edit_fn *done,
                       void *arg)
{
    finish(e, r, done, arg, false);
}
