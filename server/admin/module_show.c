#include "server/admin/module_show.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "net/proto/event_type.h"
#include "registry/dotted.h"
#include "registry/registry.h"
#include "server/admin/admin.h"
#include "server/module/faults.h"
#include "server/network.h"
#include "server/supervise/supervisor.h"

/* What is shown: the module's parts, each of which may be missing. */
struct shown {
    struct server *server;
    const char *name;
    const char *network;                 /* "": the shared definition */
    const struct module_def *shared;     /* NULL: not registered */
    const struct module_def *overlay;    /* NULL: none, or no network asked for */
    const struct module_decl *module;    /* NULL: no such file was ever seen */
    const struct network_overlays *here; /* NULL: none of that network */
};

/* ---- Fields -----------------------------------------------------------------------------------
 */

static json_t *take_text(struct buf *b)
{
    buf_append(b, "", 1);
    json_t *text = control_text(buf_data(b));
    buf_free(b);
    return text;
}

static json_t *field_value(const struct module_fields *fields, enum module_field field)
{
    struct buf out = {0};
    module_fields_write(fields, field, &out);
    return take_text(&out);
}

static bool is_set(const struct module_def *def, enum module_field field)
{
    return def && (def->set & UINT32_C(1) << field);
}

static void add_field(const struct shown *s, json_t *list, enum module_field field)
{
    const struct field_row *row = &module_field_rows[field];
    const struct module_def *from = is_set(s->overlay, field)  ? s->overlay
                                    : is_set(s->shared, field) ? s->shared
                                                               : NULL;
    if (field == FIELD_NAME || (row->flags & FIELD_FREE_KEYS) ||
        ((row->flags & FIELD_OVERLAY_ONLY) && !*s->network))
        return;
    struct module_fields defaults;
    module_fields_init(&defaults);
    json_t *object = json_pack("{s:s, s:o, s:s, s:s}", "field", row->name, "value",
                               field_value(from ? &from->fields : &defaults, field), "from",
                               !from                ? "default"
                               : from == s->overlay ? "overlay"
                                                    : "shared",
                               "help", row->help);
    if (from == s->overlay && is_set(s->shared, field))
        json_object_set_new(object, "shared", field_value(&s->shared->fields, field));
    module_fields_clear(&defaults);
    json_array_append_new(list, object);
}

/* The limits of single commands, and what is configured, of one definition. */
static void add_dotted(const struct module_def *def, const char *from,
                       const struct module_def *over, json_t *list)
{
    for (size_t i = 0; def && i < dotted_count(&def->fields); i++) {
        struct dotted_field d = dotted_at(&def->fields, i);
        char *hidden = over ? dotted_text(&over->fields, d.field, d.key) : NULL;
        char *text = dotted_text(&def->fields, d.field, d.key);
        if (!hidden)
            json_array_append_new(
                list, json_pack("{s:o, s:o, s:s, s:s}", "field", control_text(d.name), "value",
                                control_text(text), "from", from, "help",
                                d.field == FIELD_CONFIG ? "what the module is configured with"
                                                        : "the same for this command alone"));
        free(hidden);
        free(text);
    }
}

static json_t *fields_array(const struct shown *s)
{
    json_t *list = json_array();
    for (int field = 0; field < FIELD_COUNT; field++)
        add_field(s, list, (enum module_field)field);
    add_dotted(s->overlay, "overlay", NULL, list);
    add_dotted(s->shared, "shared", s->overlay, list);
    return list;
}

/* ---- Lists ------------------------------------------------------------------------------------
 */

/* Whether the item counts on the network that is shown. */
static bool counts_here(const struct shown *s, const char *text)
{
    const char *item;
    size_t len;
    list_item_split(text, &item, &len);
    return !*s->network || !len || (len == strlen(s->network) && !strncmp(text, s->network, len));
}

static void add_items(const struct shown *s, json_t *items, const struct module_def *def,
                      enum module_list list, const char *from, bool inherited)
{
    const struct item_list *found = def ? def->lists[list] : NULL;
    for (size_t i = 0; found && i < found->count; i++)
        json_array_append_new(
            items, json_pack("{s:o, s:s, s:b}", "item", control_text(found->items[i]), "from", from,
                             "counts", inherited && counts_here(s, found->items[i])));
}

static json_t *lists_array(const struct shown *s)
{
    json_t *lists = json_array();
    for (int list = 0; list < LIST_COUNT; list++) {
        json_t *items = json_array();
        bool inherited =
            !is_set(s->overlay, FIELD_INHERIT) || (s->overlay->fields.inherit & LIST_BIT(list));
        add_items(s, items, s->shared, (enum module_list)list, "shared", inherited);
        add_items(s, items, s->overlay, (enum module_list)list, "overlay", true);
        json_array_append_new(lists,
                              json_pack("{s:s, s:o, s:s}", "list", module_list_rows[list].name,
                                        "items", items, "help", module_list_rows[list].help));
    }
    return lists;
}

/* ---- Where it runs, and what is wrong ---------------------------------------------------------
 */

struct hosts {
    const struct shown *shown;
    json_t *list;
};

static void add_host(void *arg, const struct modhost_status *status)
{
    const struct hosts *hosts = arg;
    const struct shown *s = hosts->shown;
    if (*s->network && strcmp(s->network, status->network) != 0)
        return;
    for (size_t i = 0; i < status->nmodules; i++) {
        const struct modhost_module_status *m = &status->modules[i];
        if (m->module != s->module || (!m->version && !m->refused))
            continue;
        json_array_append_new(
            hosts->list,
            json_pack("{s:o, s:o, s:i, s:s, s:b, s:o, s:I}", "network",
                      control_text(status->network), "group", control_text(status->group), "pid",
                      status->pid, "state", modhost_state_name(status->state), "current",
                      m->version == s->module->serial, "refused", control_text(m->refused),
                      "faults", (json_int_t)status->faults));
    }
}

struct problems_of {
    const struct shown *shown;
    char *status;
    json_t *list;
};

static void add_problem(void *arg, const char *key, const char *status, const char *field,
                        const char *text)
{
    const struct problems_of *of = arg;
    if (!strcmp(status, of->status))
        json_array_append_new(of->list,
                              json_pack("{s:o, s:o, s:o}", "key", control_text(key), "field",
                                        control_text(field), "text", control_text(text)));
}

static json_t *problems_array(const struct shown *s)
{
    struct problems_of of = {s, xasprintf("module:%s", s->name), json_array()};
    registry_each_problem(s->server->registry, add_problem, &of);
    free(of.status);
    return of.list;
}

static json_t *networks_array(const struct shown *s)
{
    json_t *list = json_array();
    for (struct network *n = s->server->networks; n; n = n->hh.next) {
        network_refresh(n);
        const struct module_view *m = registry_view_find(n->view, s->name);
        const struct network_overlays *o =
            snapshot_network(registry_snapshot(s->server->registry), n->key);
        char prefix[2] = {m ? registry_view_prefix(n->view, m) : *n->conf->command_prefix, '\0'};
        json_array_append_new(list,
                              json_pack("{s:o, s:b, s:b, s:s}", "network", control_text(n->key),
                                        "enabled", m && m->fields.enabled, "overlay",
                                        o && snapshot_overlay(o, s->name), "prefix", prefix));
    }
    return list;
}

/* ---- The file ---------------------------------------------------------------------------------
 */

static json_t *commands_array(const struct module_decl *module)
{
    json_t *list = json_array();
    for (size_t i = 0; module && i < module->ncommands; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "command",
                                              control_text(module->commands[i].name), "usage",
                                              control_text(module->commands[i].usage), "help",
                                              control_text(module->commands[i].help)));
    return list;
}

static json_t *capabilities_array(const struct module_decl *module)
{
    json_t *list = json_array();
    for (size_t i = 0; module && i < module->ncapabilities; i++)
        json_array_append_new(list, json_string(module->capabilities[i]));
    return list;
}

static json_t *events_array(const struct module_decl *module)
{
    json_t *list = json_array();
    for (int type = 1; module && type < EVENT_TYPE_END; type++)
        if (module->events & EVENT_BIT(type))
            json_array_append_new(list, json_string(event_type_name(type)));
    for (unsigned type = IPC_EVENT_ENABLED; module && type <= IPC_EVENT_CONFIG; type++)
        if (module->life >> type & 1)
            json_array_append_new(list, json_string(ipc_event_of_life(type)));
    return list;
}

static void add_file(const struct shown *s, json_t *object)
{
    const struct module_decl *m = s->module;
    const char *state = !m || (!m->present && !m->error) ? "no file"
                        : !m->present                    ? "error"
                        : m->error                       ? "old version"
                                                         : "ready";
    json_object_set_new(object, "state", json_string(state));
    json_object_set_new(object, "file", control_text(m && *m->path ? m->path : NULL));
    json_object_set_new(object, "version", control_text(m ? m->version : NULL));
    json_object_set_new(object, "error", control_text(m ? m->error : NULL));
    json_object_set_new(object, "loaded_ms", json_integer(m ? (json_int_t)m->loaded_ms : 0));
    json_object_set_new(object, "commands", commands_array(m));
    json_object_set_new(object, "events", events_array(m));
    json_object_set_new(object, "capabilities", capabilities_array(m));
}

int module_show(void *arg, json_t *args, json_t **result, char **error)
{
    struct server *server = arg;
    const struct snapshot *snapshot = registry_snapshot(server->registry);
    struct shown s = {.server = server,
                      .name = command_text(args, "name"),
                      .network = command_text(args, "network")};
    s.shared = snapshot_module(snapshot, s.name);
    s.module = supervisor_find(server->supervisor, s.name);
    s.here = *s.network ? snapshot_network(snapshot, s.network) : NULL;
    s.overlay = s.here ? snapshot_overlay(s.here, s.name) : NULL;
    if (!s.shared && (!s.module || (!s.module->present && !s.module->error))) {
        *error = admin_no_module(server, s.name);
        return -1;
    }
    if (*s.network && !s.here && !network_find(server, s.network) &&
        !admin_network(server, args, error))
        return -1;
    struct hosts hosts = {&s, json_array()};
    supervisor_each_host(server->supervisor, add_host, &hosts);
    *result = json_pack("{s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "module",
                        control_text(s.name), "network", s.network, "registered", s.shared != NULL,
                        "fields", fields_array(&s), "lists", lists_array(&s), "networks",
                        networks_array(&s), "hosts", hosts.list, "problems", problems_array(&s),
                        "failures", module_faults(server, s.network, s.name));
    add_file(&s, *result);
    return 0;
}
