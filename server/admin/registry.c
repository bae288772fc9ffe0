#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/dotted.h"
#include "registry/flood.h"
#include "registry/ignores.h"
#include "registry/inspect.h"
#include "registry/keys.h"
#include "registry/registry.h"
#include "server/admin/admin.h"
#include "server/admin/check_accounts.h"
#include "server/admin/report.h"
#include "server/auth/auth.h"
#include "server/network.h"
#include "server/supervise/supervisor.h"

#define MAX_FINDINGS 1000

/* ---- registry show ----------------------------------------------------------------------------
 */

static int run_show(void *arg, json_t *args, json_t **result, char **error)
{
    const struct server *server = arg;
    struct registry_stats stats = registry_stats(server->registry);
    struct flood_stats flood = flood_stats(server->flood);
    const struct snapshot *s = registry_snapshot(server->registry);
    size_t overlays = 0;
    (void)args;
    (void)error;
    for (size_t i = 0; i < s->nnetworks; i++)
        overlays += s->networks[i]->count;
    json_t *object = report_registry(server);
    json_object_set_new(object, "prefix", control_text(server->conf->registry.prefix));
    json_object_set_new(object, "overlays", json_integer((json_int_t)overlays));
    json_object_set_new(object, "swaps", json_integer((json_int_t)stats.swaps));
    json_object_set_new(object, "full_loads", json_integer((json_int_t)stats.full_loads));
    json_object_set_new(object, "reconnects", json_integer((json_int_t)stats.reconnects));
    json_object_set_new(object, "invalidations", json_integer((json_int_t)stats.invalidations));
    json_object_set_new(object, "pending", json_integer((json_int_t)stats.pending));
    json_object_set_new(object, "heartbeat_age_ms",
                        json_integer((json_int_t)stats.heartbeat_age_ms));
    json_object_set_new(object, "flood_windows", json_integer((json_int_t)flood.windows));
    json_object_set_new(object, "ignores_in_memory",
                        json_integer((json_int_t)ignores_count(server->ignores)));
    *result = json_pack("{s:o}", "registry", object);
    return 0;
}

/* ---- registry check ---------------------------------------------------------------------------
 */

struct check {
    struct server *server;
    struct control_request *request;
    const struct snapshot *snapshot; /* a reference */
    json_t *findings;
    size_t counts[3];
    size_t unanswered; /* questions for the types of keys */
    char *next;        /* where the looking through goes on then; NULL: it is over */
    char *failure;
};

enum level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_HINT };
static const char *const level_names[] = {"error", "warning", "hint"};

/* key: without the prefix. fix: what to type, or NULL. Both texts are taken over. */
static void find(struct check *c, enum level level, const char *key, char *text, char *fix)
{
    c->counts[level]++;
    if (json_array_size(c->findings) < MAX_FINDINGS)
        json_array_append_new(c->findings,
                              json_pack("{s:s, s:o, s:o, s:o}", "level", level_names[level], "key",
                                        control_text(key), "text", control_text(text), "fix",
                                        control_text(fix)));
    free(text);
    free(fix);
}

static void add_problem(void *arg, const char *key, const char *status, const char *field,
                        const char *text)
{
    (void)status;
    find(arg, LEVEL_ERROR, key, xasprintf("%s: %s", field, text), NULL);
}

static bool network_known(const struct check *c, const char *key)
{
    return network_find(c->server, key) != NULL;
}

/* "did you mean libera?", or a word on other servers. */
static char *unknown_network(const struct check *c, const char *what, const char *key)
{
    char *error = NULL;
    json_t *args = json_pack("{s:o}", "network", control_text(key));
    admin_network(c->server, args, &error);
    char *text = xasprintf("%s: %s (that is right if another server has it)", what, error);
    json_decref(args);
    free(error);
    return text;
}

static void check_scopes(struct check *c, const struct module_def *def)
{
    for (int list = 0; list < LIST_COUNT; list++) {
        const struct item_list *items = def->lists[list];
        for (size_t i = 0; items && def->scoped && i < items->count; i++) {
            const char *item;
            size_t len;
            list_item_split(items->items[i], &item, &len);
            char *network = xstrndup(items->items[i], len);
            if (len && !network_known(c, network)) {
                char *key = xasprintf("module:%s:%s", def->name, module_list_rows[list].name);
                char *what = xasprintf("the item %.100s is for one network", items->items[i]);
                find(c, LEVEL_WARNING, key, unknown_network(c, what, network),
                     xasprintf("seshetctl module remove %s %s '%s'", def->name,
                               module_list_rows[list].name, items->items[i]));
                free(key);
                free(what);
            }
            free(network);
        }
    }
}

static void check_module(struct check *c, const struct module_def *def)
{
    const struct module_decl *module = supervisor_find(c->server->supervisor, def->name);
    char *key = xasprintf("module:%s", def->name);
    if (!module || !module->present)
        find(c, LEVEL_WARNING, key,
             xasprintf("the module %s has no file%s", def->name,
                       module && module->error ? " that can be loaded" : ""),
             xasprintf("seshetctl module unregister %s", def->name));
    check_scopes(c, def);
    free(key);
}

static bool same_value(const struct module_def *a, const struct module_def *b,
                       enum module_field field)
{
    const struct field_row *row = &module_field_rows[field];
    return row->type->equal((const char *)&a->fields + row->offset,
                            (const char *)&b->fields + row->offset);
}

static bool has_item(const struct item_list *list, const char *item)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (!strcmp(list->items[i], item))
            return true;
    return false;
}

/* Whether everything in the overlay would be so without it. A field that is not set in the shared
 * definition stands at its default there. */
static bool says_nothing(const struct module_def *overlay, const struct module_def *shared)
{
    if (overlay->set & UINT32_C(1) << FIELD_INHERIT)
        return false;
    for (int field = 0; field < FIELD_COUNT; field++)
        if ((overlay->set & UINT32_C(1) << field) &&
            !same_value(overlay, shared, (enum module_field)field))
            return false;
    for (size_t i = 0; i < dotted_count(&overlay->fields); i++) {
        struct dotted_field d = dotted_at(&overlay->fields, i);
        char *here = dotted_text(&overlay->fields, d.field, d.key);
        char *there = dotted_text(&shared->fields, d.field, d.key);
        bool same = there && !strcmp(here, there);
        free(here);
        free(there);
        if (!same)
            return false;
    }
    for (int list = 0; list < LIST_COUNT; list++)
        for (size_t i = 0; overlay->lists[list] && i < overlay->lists[list]->count; i++)
            if (!has_item(shared->lists[list], overlay->lists[list]->items[i]))
                return false;
    return true;
}

static void check_overlay(struct check *c, const char *network, const struct module_def *overlay)
{
    const struct module_def *shared = snapshot_module(c->snapshot, overlay->name);
    const char *prefix = c->server->conf->registry.prefix;
    char *key = xasprintf("network:%s:module:%s", network, overlay->name);
    if (!shared)
        find(c, LEVEL_WARNING, key,
             xasprintf("an overlay on %s for the module %s, which is not registered", network,
                       overlay->name),
             xasprintf("seshetctl module register %s; or redis-cli DEL %s%s", overlay->name, prefix,
                       key));
    else if (says_nothing(overlay, shared))
        find(c, LEVEL_HINT, key,
             xasprintf("the overlay on %s says nothing that the shared definition of %s does not",
                       network, overlay->name),
             xasprintf("redis-cli DEL %s%s", prefix, key));
    free(key);
}

static bool capability_declared(void *arg, const char *capability)
{
    const struct check *c = arg;
    return auth_is_declared(c->server, capability);
}

static void check_network(struct check *c, const struct network_overlays *o)
{
    for (size_t i = 0; i < o->count; i++)
        check_overlay(c, o->network, o->modules[i]);
    if (network_known(c, o->network))
        return;
    char *key = xasprintf("network:%s", o->network);
    char *what = xasprintf("%zu overlay%s%s", o->count, o->count == 1 ? "" : "s",
                           o->ignores ? " and ignores" : "");
    find(c, LEVEL_WARNING, key, unknown_network(c, what, o->network), NULL);
    free(key);
    free(what);
}

/* ---- What stands in Redis and counts for nothing ---- */

static bool begins(const char *text, const char *start)
{
    return !strncmp(text, start, strlen(start));
}

/* Keys that are of use, but not read by the registry. */
static bool is_other_use(const char *key)
{
    static const char *const starts[] = {"status:", "storage:", "presence:", "lease:"};
    const char *rest;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (begins(key, starts[i]))
            return true;
    if (!begins(key, "network:") || !(rest = strchr(key + 8, ':')))
        return false;
    return !strcmp(rest, ":first") || !strcmp(rest, ":installed");
}

/* Of what type a key must be that the registry does not read; NULL: that does not matter. */
static const char *type_wanted(const char *key)
{
    const char *rest = begins(key, "network:") ? strchr(key + 8, ':') : NULL;
    if (rest)
        return is_other_use(key) ? "set" : NULL;
    return begins(key, "storage:") || begins(key, "status:") ? "hash" : NULL;
}

struct typing {
    struct check *check;
    char *key;
};

static void go_on(struct check *c);

static void on_type(void *arg, enum registry_result result, const char *type, const char *text)
{
    struct typing *t = arg;
    struct check *c = t->check;
    const char *wanted = type_wanted(t->key);
    if (result != REGISTRY_OK && !c->failure)
        c->failure = xstrdup(text);
    else if (result == REGISTRY_OK && strcmp(type, "none") != 0 && strcmp(type, wanted) != 0)
        find(c, LEVEL_ERROR, t->key,
             xasprintf("the key has the wrong type: it must be a %s; until then what would be "
                       "written there is refused",
                       wanted),
             xasprintf("redis-cli RENAME %s%s NEWKEY", c->server->conf->registry.prefix, t->key));
    free(t->key);
    free(t);
    c->unanswered--;
    go_on(c);
}

static void ask_type(struct check *c, const char *key)
{
    if (!type_wanted(key))
        return;
    struct typing *t = xmalloc(sizeof *t);
    *t = (struct typing){c, xstrdup(key)};
    c->unanswered++;
    registry_type(c->server->registry, key, on_type, t);
}

static void check_stored(struct check *c, const char *key)
{
    const char *module = strstr(key, "module:");
    if (!begins(key, "storage:") || !module || snapshot_module(c->snapshot, module + 7))
        return;
    find(c, LEVEL_HINT, key,
         xasprintf("what the module %s has stored, which is not registered", module + 7), NULL);
}

/* A part of a user or a profile that no set names. */
static bool is_of_nobody(const struct check *c, const struct registry_key *key)
{
    const struct accounts *a = snapshot_accounts(c->snapshot);
    if (key->kind >= KEY_USER && key->kind <= KEY_USER_SERVICES)
        return !accounts_user(a, key->name);
    return key->kind == KEY_GROUP_MEMBERS && !accounts_group(a, key->name);
}

static void check_key(struct check *c, const char *text)
{
    const char *prefix = c->server->conf->registry.prefix;
    struct registry_key key = key_parse(text);
    bool shared = key.kind == KEY_HASH || key.kind == KEY_LIST || key.kind == KEY_UNKNOWN_LIST;
    if (shared && !*key.network && !snapshot_module(c->snapshot, key.module))
        find(c, LEVEL_WARNING, text,
             xasprintf("it defines the module %s, which is not in the set %smodules", key.module,
                       prefix),
             xasprintf("redis-cli SADD %smodules %s; or DEL %s%s", prefix, key.module, prefix,
                       text));
    else if (key.kind == KEY_OTHER && !is_other_use(text))
        find(c, LEVEL_WARNING, text, xstrdup("no such key means anything here: misspelled?"), NULL);
    else if (is_of_nobody(c, &key))
        find(c, LEVEL_WARNING, text,
             xasprintf("it does not count: %s is not in the set %s%s", key.name, prefix,
                       key.kind <= KEY_USER_SERVICES ? "users" : "auth_groups"),
             xasprintf("redis-cli DEL %s%s", prefix, text));
    check_stored(c, text);
    ask_type(c, text);
}

static void finish(struct check *c)
{
    if (c->failure) {
        control_fail(c->request, "Redis could not be looked through: %s", c->failure);
        json_decref(c->findings);
    } else {
        control_answer(c->request, json_pack("{s:o, s:I, s:I, s:I}", "findings", c->findings,
                                             "errors", (json_int_t)c->counts[LEVEL_ERROR],
                                             "warnings", (json_int_t)c->counts[LEVEL_WARNING],
                                             "hints", (json_int_t)c->counts[LEVEL_HINT]));
    }
    snapshot_unref(c->snapshot);
    free(c->next);
    free(c->failure);
    free(c);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void on_scanned(void *arg, const struct scan_answer *answer)
{
    struct check *c = arg;
    free(c->next);
    c->next = answer->next ? xstrdup(answer->next) : NULL;
    if (answer->result != REGISTRY_OK)
        c->failure = xstrdup(answer->text);
    const char **keys = xmemdup(answer->keys, (answer->count + 1) * sizeof *keys);
    qsort(keys, answer->count, sizeof *keys, by_text);
    for (size_t i = 0; i < answer->count; i++)
        if (!i || strcmp(keys[i], keys[i - 1]) != 0)
            check_key(c, keys[i]);
    free(keys);
    go_on(c);
}

/* The next step, when all types of the last one are known. */
static void go_on(struct check *c)
{
    if (c->unanswered)
        return;
    if (c->next && !c->failure)
        registry_scan(c->server->registry, c->next, "*", on_scanned, c);
    else
        finish(c);
}

static void warn_account(void *arg, const char *key, char *text, char *fix)
{
    find(arg, LEVEL_WARNING, key, text, fix);
}

static void hint_account(void *arg, const char *key, char *text, char *fix)
{
    find(arg, LEVEL_HINT, key, text, fix);
}

static bool account_network_known(void *arg, const char *network)
{
    return network_known(arg, network);
}

static void begin_check(void *arg, json_t *args, struct control_request *request)
{
    struct server *server = arg;
    struct check *c = xcalloc(1, sizeof *c);
    (void)args;
    c->server = server;
    c->request = request;
    c->snapshot = snapshot_ref(registry_snapshot(server->registry));
    c->findings = json_array();
    registry_each_problem(server->registry, add_problem, c);
    for (size_t i = 0; i < c->snapshot->nmodules; i++)
        check_module(c, c->snapshot->modules[i]);
    for (size_t i = 0; i < c->snapshot->nnetworks; i++)
        check_network(c, c->snapshot->networks[i]);
    const struct account_finder finder = {warn_account, hint_account, account_network_known,
                                          capability_declared, c};
    check_accounts(c->snapshot, &finder);
    registry_scan(server->registry, "0", "*", on_scanned, c);
}

void admin_registry_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_REGISTRY_SHOW].run = run_show;
    handlers[COMMAND_REGISTRY_CHECK].begin = begin_check;
}
