#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/registry.h"
#include "server/admin/admin.h"
#include "server/network.h"
#include "server/supervise/supervisor.h"

/*
 * A reload, in three steps: the catalogue looks at the files, what is new is registered, and the
 * networks' processes load it. The answer tells what came of it, since a file that is in order may
 * still be refused by its `load`.
 */
struct reloading {
    struct server *server;
    struct control_request *request;
    char *name; /* NULL: all */
    uint32_t last_serial;
};

static uint32_t last_serial(const struct server *server)
{
    const struct module_decl *module;
    uint32_t last = 0;
    for (size_t i = 0; (module = supervisor_module(server->supervisor, i)); i++)
        last = module->serial > last ? module->serial : last;
    return last;
}

/* ---- What came of it --------------------------------------------------------------------------
 */

/* Of one module, on all networks. */
struct outcome {
    const struct module_decl *module;
    json_t *loaded;  /* the networks that run it */
    json_t *refused; /* a row for each network that does not, though it was to be loaded */
};

static json_t *refused_row(const struct module_decl *module, const char *network, const char *why,
                           bool goes_on)
{
    char *error = xasprintf("%s%s", why, goes_on ? "; the last good version goes on" : "");
    json_t *row =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "module", control_text(module->name), "network",
                  control_text(network), "version", control_text(module->version), "file",
                  control_text(module->path), "error", control_text(error));
    free(error);
    return row;
}

static void look_at_host(void *arg, const struct modhost_status *status)
{
    const struct outcome *o = arg;
    for (size_t i = 0; i < status->nmodules; i++) {
        const struct modhost_module_status *m = &status->modules[i];
        if (m->module != o->module)
            continue;
        if (m->refused)
            json_array_append_new(
                o->refused, refused_row(o->module, status->network, m->refused, m->version > 0));
        else if (m->pending)
            json_array_append_new(o->refused,
                                  refused_row(o->module, status->network,
                                              "it is not loaded yet: seshetctl status tells of its "
                                              "process",
                                              m->version > 0));
        else if (m->version && m->version == o->module->serial)
            json_array_append_new(o->loaded, control_text(status->network));
    }
}

static void add_outcome(const struct reloading *r, const struct module_decl *module, json_t *loaded,
                        json_t *refused)
{
    struct outcome o = {module, json_array(), refused};
    size_t before = json_array_size(refused);
    if (module->error)
        json_array_append_new(refused, refused_row(module, "", module->error, module->present));
    else if (module->present)
        supervisor_each_host(r->server->supervisor, look_at_host, &o);
    bool runs = json_array_size(o.loaded) || json_array_size(refused) == before;
    bool asked = r->name || module->serial > r->last_serial;
    if (module->present && !module->error && asked && runs)
        json_array_append_new(loaded, json_pack("{s:o, s:o, s:o, s:O}", "module",
                                                control_text(module->name), "version",
                                                control_text(module->version), "file",
                                                control_text(module->path), "networks", o.loaded));
    json_decref(o.loaded);
}

static void answer(const struct reloading *r)
{
    const struct module_decl *module;
    json_t *loaded = json_array();
    json_t *refused = json_array();
    for (size_t i = 0; (module = supervisor_module(r->server->supervisor, i)); i++)
        if (!r->name || !strcmp(r->name, module->name))
            add_outcome(r, module, loaded, refused);
    control_answer(r->request, json_pack("{s:o, s:o}", "loaded", loaded, "refused", refused));
}

/* ---- The steps --------------------------------------------------------------------------------
 */

static void on_loaded(void *arg)
{
    struct reloading *r = arg;
    const struct module_decl *module =
        r->name ? supervisor_find(r->server->supervisor, r->name) : NULL;
    if (r->server->stopping)
        control_fail(r->request, "the server is ending");
    else if (r->name && (!module || (!module->present && !module->error)))
        control_fail(r->request, "there is no file %s.so in %s or %s", r->name,
                     r->server->conf->modules.user_dir, r->server->conf->modules.system_dir);
    else if (r->name && module->error)
        control_fail(r->request, "%s: %s%s", module->path, module->error,
                     module->present ? "; the last good version goes on" : "");
    else
        answer(r);
    free(r->name);
    free(r);
}

static void load(void *arg)
{
    struct reloading *r = arg;
    if (r->server->stopping) {
        on_loaded(r);
        return;
    }
    /* What is new is wanted by a network when it has looked. */
    for (struct network *n = r->server->networks; n; n = n->hh.next)
        if (n->index)
            network_refresh(n);
    supervisor_load(r->server->supervisor, r->name, on_loaded, r);
}

/* A module that is new is answered for when it is registered too. */
static void on_found(void *arg)
{
    struct reloading *r = arg;
    const struct snapshot *s = registry_snapshot(r->server->registry);
    const struct module_decl *module;
    bool missing = false;
    for (size_t i = 0; (module = supervisor_module(r->server->supervisor, i)); i++)
        missing = missing || (module->present && !snapshot_module(s, module->name));
    if (missing && !r->server->stopping && registry_state(r->server->registry) == REGISTRY_SYNCED)
        admin_after_snapshot(r->server, load, r);
    else
        load(r);
}

static void begin_reload(void *arg, json_t *args, struct control_request *request)
{
    struct reloading *r = xmalloc(sizeof *r);
    const char *name = command_text(args, "name");
    *r =
        (struct reloading){.server = arg, .request = request, .name = *name ? xstrdup(name) : NULL};
    r->last_serial = last_serial(r->server);
    supervisor_reload(r->server->supervisor, r->name, on_found, r);
}

void admin_reload_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_MODULE_RELOAD].begin = begin_reload;
}
