#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "net/proto/event_type.h"
#include "registry/accounts.h"
#include "registry/register.h"
#include "registry/registry.h"
#include "server/admin/admin.h"
#include "server/admin/module_show.h"
#include "server/module/faults.h"
#include "server/module/log.h"
#include "server/network.h"
#include "server/supervise/supervisor.h"

#define MAX_OVERLAYS 20 /* that a note names */

/* ---- Edits ------------------------------------------------------------------------------------
 */

/* One edit on its way: what is edited, and what is going to be answered. */
struct editing {
    struct server *server;
    const json_t *args;
    struct control_request *request;
    struct edit_place place;
    struct registry_edit *edit;
    json_t *result;
};

/* Whether anything is set of a network that may be another server's. */
static bool network_in_registry(const struct server *server, const char *network)
{
    const struct snapshot *s = registry_snapshot(server->registry);
    const struct accounts *a = snapshot_accounts(s);
    bool channel = false;
    for (size_t i = 0; i < a->nchannels && !channel; i++)
        channel = !strcmp(a->channels[i]->network, network);
    return channel || snapshot_network(s, network) || accounts_policy(a, network) ||
           accounts_network(a, network);
}

/* 0, or -1 after the request has failed. */
static int begin_edit(struct editing *e, void *arg, json_t *args, struct control_request *request)
{
    struct server *server = arg;
    const char *network = command_text(args, "network");
    char *error = NULL;
    *e = (struct editing){.server = server,
                          .args = args,
                          .request = request,
                          .place = {.network = network, .module = command_text(args, "name")}};
    if (!snapshot_module(registry_snapshot(server->registry), e->place.module)) {
        char *text = admin_no_module(server, e->place.module);
        control_fail(request, "%s", text);
        free(text);
        return -1;
    }
    if (*network && !network_in_registry(server, network) && !admin_network(server, args, &error)) {
        control_fail(request,
                     "%s; of networks of other servers those are known that the registry has "
                     "anything about: for the first edit ask the server that has it",
                     error);
        free(error);
        return -1;
    }
    e->edit = registry_edit_new();
    e->result = json_pack("{s:s, s:s}", "module", e->place.module, "network", network);
    return 0;
}

/* Says of which field or list, unless the text does. */
static void refuse(struct editing *e, const char *why)
{
    const char *field = command_text(e->args, "field");
    const char *about = *field ? field : command_text(e->args, "list");
    bool said = !*about || strstr(why, about);
    registry_edit_free(e->edit);
    json_decref(e->result);
    control_fail(e->request, "%.80s%s%s", said ? "" : about, said ? "" : ": ", why);
}

static void commit(struct editing *e)
{
    admin_commit(e->server, e->edit, e->result, e->request);
}

/* A limit of a command that the module does not have: a slip, or one of a version to come. */
static void note_command(struct editing *e, const char *field)
{
    enum module_field found;
    const char *command = NULL;
    char why[REGISTRY_WHY_SIZE];
    const struct module_decl *module = supervisor_find(e->server->supervisor, e->place.module);
    if (!module || !module->present ||
        module_field_parse_name(field, &found, &command, why, sizeof why) || !command ||
        !(module_field_rows[found].flags & FIELD_PER_COMMAND))
        return;
    const char **names = xcalloc(module->ncommands + 1, sizeof *names);
    bool has = false;
    for (size_t i = 0; i < module->ncommands; i++) {
        names[i] = module->commands[i].name;
        has = has || !strcasecmp(names[i], command);
    }
    const char *near = has ? NULL : str_nearest(command, names, module->ncommands);
    if (!has)
        admin_note(e->result, xasprintf("%s has no command \"%s\" now, and the limit counts for "
                                        "nothing%s%s%s",
                                        e->place.module, command, near ? "; did you mean " : "",
                                        near ? near : "", near ? "?" : ""));
    free(names);
}

static void begin_set(void *arg, json_t *args, struct control_request *request)
{
    struct editing e;
    char why[REGISTRY_WHY_SIZE];
    const char *field = command_text(args, "field");
    const char *value = command_text(args, "value");
    if (begin_edit(&e, arg, args, request))
        return;
    if (registry_edit_set(e.edit, e.place, field, value, why, sizeof why)) {
        refuse(&e, why);
        return;
    }
    json_object_set_new(e.result, "field", json_string(field));
    json_object_set_new(e.result, "value", json_string(value));
    note_command(&e, field);
    commit(&e);
}

static void begin_unset(void *arg, json_t *args, struct control_request *request)
{
    struct editing e;
    char why[REGISTRY_WHY_SIZE];
    const char *field = command_text(args, "field");
    if (begin_edit(&e, arg, args, request))
        return;
    if (registry_edit_unset(e.edit, e.place, field, why, sizeof why)) {
        refuse(&e, why);
        return;
    }
    json_object_set_new(e.result, "field", json_string(field));
    commit(&e);
}

/* What the edit of the shared definition does not change. */
static void note_overlays(struct editing *e, bool enabled)
{
    const struct snapshot *s = registry_snapshot(e->server->registry);
    size_t told = 0;
    for (size_t i = 0; i < s->nnetworks && told < MAX_OVERLAYS; i++) {
        const struct module_def *overlay = snapshot_overlay(s->networks[i], e->place.module);
        if (!overlay || !(overlay->set & UINT32_C(1) << FIELD_ENABLED) ||
            overlay->fields.enabled == enabled)
            continue;
        admin_note(e->result, xasprintf("on %s it is still %s, by the overlay there",
                                        s->networks[i]->network, enabled ? "disabled" : "enabled"));
        told++;
    }
}

static void enable(void *arg, json_t *args, struct control_request *request, bool enabled)
{
    struct editing e;
    char why[REGISTRY_WHY_SIZE];
    if (begin_edit(&e, arg, args, request))
        return;
    if (registry_edit_set(e.edit, e.place, "enabled", enabled ? "yes" : "no", why, sizeof why)) {
        refuse(&e, why);
        return;
    }
    json_object_set_new(e.result, "field", json_string("enabled"));
    json_object_set_new(e.result, "value", json_string(enabled ? "yes" : "no"));
    if (!*e.place.network)
        note_overlays(&e, enabled);
    const struct module_decl *module = supervisor_find(e.server->supervisor, e.place.module);
    /* Whoever switches it on wants it to run, now. */
    unsigned lifted =
        enabled ? supervisor_lift(e.server->supervisor, *e.place.network ? e.place.network : NULL,
                                  e.place.module)
                : 0;
    if (lifted)
        admin_note(e.result, xasprintf("it was quarantined for its faults on %u network%s, and "
                                       "gets events there again",
                                       lifted, lifted == 1 ? "" : "s"));
    if (enabled && (!module || !module->present))
        admin_note(e.result, xstrdup("there is no file of this module that can be loaded"));
    commit(&e);
}

static void begin_enable(void *arg, json_t *args, struct control_request *request)
{
    enable(arg, args, request, true);
}

static void begin_disable(void *arg, json_t *args, struct control_request *request)
{
    enable(arg, args, request, false);
}

static void edit_items(void *arg, json_t *args, struct control_request *request,
                       int (*edit)(struct registry_edit *e, struct edit_place place,
                                   const char *list, const char *item, char *why, size_t why_size))
{
    struct editing e;
    char why[REGISTRY_WHY_SIZE];
    const char *list = command_text(args, "list");
    json_t *items = json_object_get(args, "items");
    if (begin_edit(&e, arg, args, request))
        return;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const char *item = json_string_value(json_array_get(items, i));
        if (edit(e.edit, e.place, list, item, why, sizeof why)) {
            refuse(&e, why);
            return;
        }
    }
    json_object_set_new(e.result, "list", json_string(list));
    json_object_set(e.result, "items", items);
    commit(&e);
}

static void begin_add(void *arg, json_t *args, struct control_request *request)
{
    edit_items(arg, args, request, registry_edit_add);
}

static void begin_remove(void *arg, json_t *args, struct control_request *request)
{
    edit_items(arg, args, request, registry_edit_remove);
}

/* ---- Registering ------------------------------------------------------------------------------
 */

struct registering {
    struct control_request *request;
    json_t *result;
};

static void on_registered(void *arg, enum registry_result result, const char *text)
{
    struct registering *r = arg;
    if (result == REGISTRY_OK) {
        control_answer(r->request, r->result);
    } else {
        control_fail(r->request, "%s: %s", admin_failure(result), text);
        json_decref(r->result);
    }
    free(r);
}

static void begin_register(void *arg, json_t *args, struct control_request *request)
{
    struct server *server = arg;
    const char *name = command_text(args, "name");
    const char *description = command_text(args, "description");
    const struct module_decl *module = supervisor_find(server->supervisor, name);
    if (!strcmp(name, MODULE_NAME_CORE)) {
        control_fail(request,
                     "\"%s\" is the name of the server's own commands: give the module "
                     "another",
                     name);
        return;
    }
    if (snapshot_module(registry_snapshot(server->registry), name)) {
        control_fail(request, "the module \"%s\" is registered already", name);
        return;
    }
    struct registry_module entry = {.name = name,
                                    .description = *description ? description
                                                   : module     ? module->description
                                                                : "",
                                    .usage = ""};
    struct registering *r = xmalloc(sizeof *r);
    *r = (struct registering){request, json_pack("{s:s, s:b}", "module", name, "enabled",
                                                 server->conf->modules.enable_new)};
    if (!module || !module->present)
        admin_note(r->result, xasprintf("put %s.so into %s to have it loaded", name,
                                        server->conf->modules.user_dir));
    registry_register_module(server->registry, &entry, server->conf->modules.enable_new,
                             on_registered, r);
}

/* Its definition and its overlays go with it: what it has stored stays. 0, or -1 with why. */
static int purge(const struct server *server, struct registry_edit *edit, const char *name,
                 char *why, size_t why_size)
{
    const struct snapshot *s = registry_snapshot(server->registry);
    struct edit_place place = {"", name};
    if (registry_edit_purge(edit, place, why, why_size))
        return -1;
    for (size_t i = 0; i < s->nnetworks; i++) {
        place.network = s->networks[i]->network;
        if (snapshot_overlay(s->networks[i], name) &&
            registry_edit_purge(edit, place, why, why_size))
            return -1;
    }
    return 0;
}

static void begin_unregister(void *arg, json_t *args, struct control_request *request)
{
    struct editing e;
    char why[REGISTRY_WHY_SIZE];
    bool purged = command_flag(args, "purge");
    if (begin_edit(&e, arg, args, request))
        return;
    const struct module_decl *module = supervisor_find(e.server->supervisor, e.place.module);
    if (registry_edit_delist(e.edit, e.place.module, why, sizeof why) ||
        (purged && purge(e.server, e.edit, e.place.module, why, sizeof why))) {
        refuse(&e, why);
        return;
    }
    json_object_set_new(e.result, "purged", json_boolean(purged));
    if (module && module->present)
        admin_note(e.result, xasprintf("its file %s is still there: the module is registered again "
                                       "when the server starts or reads everything anew; to keep "
                                       "it off, disable it or take the file away",
                                       module->path));
    commit(&e);
}

/* ---- Its log ----------------------------------------------------------------------------------
 */

static int run_logs(void *arg, json_t *args, json_t **result, char **error)
{
    const struct server *server = arg;
    const char *module = command_text(args, "name");
    const char *network = command_text(args, "network");
    int64_t after = 0;
    if (!supervisor_find(server->supervisor, module) &&
        !snapshot_module(registry_snapshot(server->registry), module)) {
        *error = admin_no_module(server, module);
        return -1;
    }
    if (*command_text(args, "after") &&
        str_parse_int(command_text(args, "after"), 0, INT64_MAX, &after)) {
        *error = xstrdup("\"after\" must be a number that an answer gave");
        return -1;
    }
    *result = module_log_lines(server->module_log, module, network, (uint64_t)after);
    json_object_set_new(*result, "faults", module_faults(server, network, module));
    return 0;
}

void admin_module_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_MODULE_SHOW].run = module_show;
    handlers[COMMAND_MODULE_REGISTER].begin = begin_register;
    handlers[COMMAND_MODULE_UNREGISTER].begin = begin_unregister;
    handlers[COMMAND_MODULE_ENABLE].begin = begin_enable;
    handlers[COMMAND_MODULE_DISABLE].begin = begin_disable;
    handlers[COMMAND_MODULE_SET].begin = begin_set;
    handlers[COMMAND_MODULE_UNSET].begin = begin_unset;
    handlers[COMMAND_MODULE_ADD].begin = begin_add;
    handlers[COMMAND_MODULE_REMOVE].begin = begin_remove;
    handlers[COMMAND_MODULE_LOGS].run = run_logs;
}
