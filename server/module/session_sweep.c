#include "server/module/session_sweep.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "registry/registry.h"
#include "registry/snapshot.h"
#include "server/module/faults.h"
#include "server/module/session.h"
#include "server/supervise/supervisor.h"

#define USUAL_MS (60 * 60 * 1000)

struct session_sweep {
    struct server *server;
    struct event *timer;
};

static bool exists(void *arg, const char *module)
{
    const struct server *server = arg;
    const struct module_decl *decl = supervisor_find(server->supervisor, module);
    return decl && decl->present && snapshot_module(registry_snapshot(server->registry), module);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct session_sweep *sweep = arg;
    (void)fd;
    (void)what;
    module_sessions_sweep(sweep->server->sessions, exists, sweep->server);
    session_sweep_wait(sweep);
}

void session_sweep_wait(struct session_sweep *sweep)
{
    int64_t idle = module_limits(sweep->server->conf).idle_ms;
    int64_t ms = idle ? idle : USUAL_MS;
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(sweep->timer, &tv);
}

struct session_sweep *session_sweep_new(struct server *server)
{
    struct session_sweep *sweep = xmalloc(sizeof *sweep);
    *sweep = (struct session_sweep){.server = server,
                                    .timer = evtimer_new(server->base, on_timer, sweep)};
    session_sweep_wait(sweep);
    return sweep;
}

void session_sweep_free(struct session_sweep *sweep)
{
    if (!sweep)
        return;
    event_free(sweep->timer);
    free(sweep);
}
