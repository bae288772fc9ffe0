#include "server/admin/report.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/permission.h"
#include "net/link/conn.h"
#include "registry/registry.h"
#include "registry/uri.h"
#include "server/admin/admin.h"
#include "server/module/faults.h"
#include "server/network.h"
#include "server/reload.h"
#include "server/supervise/supervisor.h"

json_t *report_registry(const struct server *server)
{
    char text[512] = "";
    char why[REGISTRY_WHY_SIZE];
    struct registry_uri uri;
    const struct snapshot *snapshot = registry_snapshot(server->registry);
    if (!uri_parse(&uri, server->conf->registry.uri, why, sizeof why)) {
        uri_describe(&uri, text, sizeof text);
        uri_clear(&uri);
    }
    return json_pack("{s:o, s:s, s:o, s:I, s:I}", "uri", control_text(text), "state",
                     registry_state_name(registry_state(server->registry)), "reason",
                     control_text(registry_state_reason(server->registry)), "generation",
                     (json_int_t)snapshot->generation, "modules", (json_int_t)snapshot->nmodules);
}

json_t *report_network(const struct network *n)
{
    struct conn_counters counters = conn_counters(n->conn);
    int64_t since = clock_now(n->server->clock) - n->state_since_ms;
    enum conn_state state = conn_state(n->conn);
    /* Why it ended last says nothing of one that is up again. */
    const char *reason = state == CONN_ONLINE ? "" : conn_reason(n->conn);
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "network",
                     control_text(n->key), "state", conn_state_name(state), "reason",
                     control_text(reason), "nick", control_text(conn_nick(n->conn)), "server",
                     control_text(conn_server_name(n->conn)), "tls", conn_is_tls(n->conn),
                     "channels", (json_int_t)irc_channel_count(n->state), "lag_ms",
                     (json_int_t)conn_lag_ms(n->conn), "since_ms", (json_int_t)since, "queue",
                     (json_int_t)conn_queue_length(n->conn), "lines_in",
                     (json_int_t)counters.lines_in, "lines_out", (json_int_t)counters.lines_out);
}

static void add_host(void *arg, const struct modhost_status *status)
{
    json_t *modules = json_array();
    char permissions[PERMISSIONS_TEXT_SIZE];
    for (size_t i = 0; i < status->nmodules; i++)
        json_array_append_new(modules, control_text(status->modules[i].module->name));
    json_array_append_new(
        arg, json_pack("{s:o, s:o, s:s, s:i, s:s, s:I, s:o, s:I, s:I, s:I}", "network",
                       control_text(status->network), "group", control_text(status->group),
                       "permissions", permissions_write(permissions, status->permissions), "pid",
                       status->pid, "state", modhost_state_name(status->state), "generation",
                       (json_int_t)status->generation, "modules", modules, "queued",
                       (json_int_t)status->queued, "faults", (json_int_t)status->faults, "restarts",
                       (json_int_t)status->restarts));
}

static json_t *errors_array(const struct server *server)
{
    json_t *errors = json_array();
    const char *text;
    for (size_t i = 0; (text = reload_error(server->reload, i)); i++)
        json_array_append_new(errors, control_text(text));
    return errors;
}

/* "on", "off", or "partial" with what is missing. */
static json_t *sandbox_object(const struct server *server)
{
    const char *lines = server->sandbox_missing;
    json_t *missing = json_array();
    const char *state = *lines ? "partial" : server->conf->modules.sandbox ? "on" : "off";
    for (size_t len; *lines; lines += len + (lines[len] == '\n')) {
        len = strcspn(lines, "\n");
        json_array_append_new(missing, json_stringn(lines, len));
    }
    return json_pack("{s:s, s:o}", "state", state, "missing", missing);
}

static int run_status(void *arg, json_t *args, json_t **result, char **error)
{
    struct server *server = arg;
    json_t *networks = json_array();
    json_t *hosts = json_array();
    (void)args;
    (void)error;
    for (const struct network *n = server->networks; n; n = n->hh.next)
        json_array_append_new(networks, report_network(n));
    supervisor_each_host(server->supervisor, add_host, hosts);
    int64_t uptime = clock_now(server->clock) - server->started_ms;
    *result =
        json_pack("{s:s, s:i, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version", SESHET_VERSION,
                  "pid", (int)getpid(), "uptime_ms", (json_int_t)uptime, "config",
                  control_text(server->conf->path), "registry", report_registry(server), "networks",
                  networks, "modhosts", hosts, "sandbox", sandbox_object(server), "errors",
                  errors_array(server), "faults", module_faults(server, "", NULL));
    return 0;
}

static json_t *module_networks(struct server *server, const char *name,
                               const struct module_decl *module)
{
    json_t *list = json_array();
    for (struct network *n = server->networks; n; n = n->hh.next) {
        network_refresh(n);
        const struct module_view *m = registry_view_find(n->view, name);
        json_array_append_new(
            list,
            json_pack("{s:o, s:b, s:b, s:b}", "network", control_text(n->key), "enabled",
                      m && m->fields.enabled, "quarantined",
                      supervisor_quarantined(server->supervisor, n->key, name) != NULL, "refused",
                      module && supervisor_refused(server->supervisor, n->key, module)));
    }
    return list;
}

static json_t *module_object(struct server *server, const char *name, const struct module_def *def,
                             const struct module_decl *module)
{
    json_t *commands = json_array();
    for (size_t i = 0; module && i < module->ncommands; i++)
        json_array_append_new(commands, control_text(module->commands[i].name));
    json_t *capabilities = json_array();
    for (size_t i = 0; module && i < module->ncapabilities; i++)
        json_array_append_new(capabilities, json_string(module->capabilities[i]));
    const char *state = "no file";
    if (module && module->present)
        state = module->error ? "old version" : "ready";
    else if (module && module->error)
        state = "error";
    const char *description = def && *def->fields.description ? def->fields.description
                              : module                        ? module->description
                                                              : "";
    return json_pack(
        "{s:o, s:b, s:b, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "name", control_text(name),
        "registered", def != NULL, "enabled", def && def->fields.enabled, "version",
        control_text(module ? module->version : ""), "description", control_text(description),
        "file", control_text(module ? module->path : NULL), "state", state, "error",
        control_text(module ? module->error : NULL), "commands", commands, "capabilities",
        capabilities, "networks", module_networks(server, name, module));
}

/* Those that are registered, and those that have a file but could not be registered. */
static int run_module_list(void *arg, json_t *args, json_t **result, char **error)
{
    struct server *server = arg;
    const struct snapshot *snapshot = registry_snapshot(server->registry);
    json_t *list = json_array();
    const struct module_decl *module;
    (void)args;
    (void)error;
    for (size_t i = 0; i < snapshot->nmodules; i++) {
        const struct module_def *def = snapshot->modules[i];
        json_array_append_new(list, module_object(server, def->name, def,
                                                  supervisor_find(server->supervisor, def->name)));
    }
    for (size_t i = 0; (module = supervisor_module(server->supervisor, i)); i++)
        if ((module->present || module->error) && !snapshot_module(snapshot, module->name))
            json_array_append_new(list, module_object(server, module->name, NULL, module));
    *result = json_pack("{s:o, s:o}", "modules", list, "user_dir",
                        control_text(server->conf->modules.user_dir));
    return 0;
}

void report_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_STATUS].run = run_status;
    handlers[COMMAND_MODULE_LIST].run = run_module_list;
}
