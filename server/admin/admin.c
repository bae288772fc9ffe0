#include "server/admin/admin.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/registry.h"
#include "server/network.h"
#include "server/supervise/supervisor.h"

#define MAX_SUGGESTED 200 /* networks that an error looks through */

struct control_command *admin_table_new(void)
{
    struct admin_handler handlers[COMMAND_COUNT] = {{0}};
    struct control_command *table = xcalloc(COMMAND_COUNT + 1, sizeof *table);
    report_handlers(handlers);
    admin_module_handlers(handlers);
    admin_reload_handlers(handlers);
    admin_network_handlers(handlers);
    admin_registry_handlers(handlers);
    admin_export_handlers(handlers);
    admin_import_handlers(handlers);
    admin_user_handlers(handlers);
    admin_capability_handlers(handlers);
    admin_policy_handlers(handlers);
    admin_group_handlers(handlers);
    why_handlers(handlers);
    struct control_command *next = table;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (!handlers[i].run && !handlers[i].begin)
            continue; /* seshetctl does it by itself, or makes others of it */
        *next++ = (struct control_command){.name = command_specs[i].name,
                                           .help = command_specs[i].help,
                                           .spec = &command_specs[i],
                                           .run = handlers[i].run,
                                           .begin = handlers[i].begin};
    }
    return table;
}

struct network *admin_network(const struct server *server, const json_t *args, char **error)
{
    const char *names[MAX_SUGGESTED];
    size_t count = 0;
    const char *key = command_text(args, "network");
    struct network *n = network_find(server, key);
    if (n)
        return n;
    for (n = server->networks; n && count < MAX_SUGGESTED; n = n->hh.next)
        names[count++] = n->key;
    const char *near = str_nearest(key, names, count);
    *error = near ? xasprintf("there is no network \"%.60s\"; did you mean \"%s\"?", key, near)
                  : xasprintf("there is no network \"%.60s\"; network list names them", key);
    return NULL;
}

char *admin_no_module(const struct server *server, const char *name)
{
    const struct snapshot *s = registry_snapshot(server->registry);
    const struct module_decl *module = supervisor_find(server->supervisor, name);
    if (module && (module->present || module->error))
        return xasprintf("the module \"%.64s\" is not registered, though its file is there (%s): "
                         "say first \"module register %.64s\"",
                         name, module->path, name);
    const char **names = xcalloc(s->nmodules + 1, sizeof *names);
    for (size_t i = 0; i < s->nmodules; i++)
        names[i] = s->modules[i]->name;
    const char *near = str_nearest(name, names, s->nmodules);
    free(names);
    if (near)
        return xasprintf("there is no module \"%.64s\"; did you mean \"%s\"?", name, near);
    return xasprintf("there is no module \"%.64s\"; module list names them, and module register "
                     "makes one known before its file is there",
                     name);
}

void admin_note(json_t *object, char *text)
{
    json_t *notes = json_object_get(object, "notes");
    if (!notes)
        json_object_set_new(object, "notes", notes = json_array());
    json_array_append_new(notes, control_text(text));
    free(text);
}

/* ---- Waiting for the snapshot ------------------------------------------------------------------
 */

struct admin_wait {
    struct server *server;
    void (*done)(void *arg);
    void *arg;
    struct event *timer;
    struct admin_wait *prev;
    struct admin_wait *next;
};

static void end_wait(struct admin_wait *wait)
{
    void (*done)(void *arg) = wait->done;
    void *arg = wait->arg;
    DL_DELETE(wait->server->admin_waits, wait);
    event_free(wait->timer);
    free(wait);
    done(arg);
}

static void on_waited(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    end_wait(arg);
}

void admin_after_snapshot(struct server *server, void (*done)(void *arg), void *arg)
{
    static const struct timeval most = {.tv_usec = 500000};
    struct admin_wait *wait = xmalloc(sizeof *wait);
    *wait = (struct admin_wait){.server = server, .done = done, .arg = arg};
    wait->timer = evtimer_new(server->base, on_waited, wait);
    event_add(wait->timer, &most);
    DL_APPEND(server->admin_waits, wait);
}

void admin_snapshot(struct server *server)
{
    while (server->admin_waits)
        end_wait(server->admin_waits);
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

struct commit {
    json_t *result;
    struct control_request *request;
};

const char *admin_failure(enum registry_result result)
{
    return result == REGISTRY_GONE     ? "not written"
           : result == REGISTRY_UNSURE ? "perhaps written"
                                       : "refused";
}

static void on_written(void *arg, const struct edit_answer *written)
{
    struct commit *commit = arg;
    if (written->result != REGISTRY_OK) {
        control_fail(commit->request, "%s: %s", admin_failure(written->result), written->text);
        json_decref(commit->result);
    } else {
        json_object_set_new(commit->result, "changed", json_integer((json_int_t)written->nchanged));
        control_answer(commit->request, commit->result);
    }
    free(commit);
}

void admin_commit(struct server *server, struct registry_edit *edit, json_t *result,
                  struct control_request *request)
{
    struct commit *commit = xmalloc(sizeof *commit);
    *commit = (struct commit){result, request};
    registry_edit_commit(edit, server->registry, on_written, commit);
}
