#include "server/server.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "modules/ipc/codec.h"
#include "net/link/loop.h"
#include "registry/flood.h"
#include "registry/ignores.h"
#include "registry/register.h"
#include "registry/registry.h"
#include "server/admin/admin.h"
#include "server/auth/auth.h"
#include "server/control/control.h"
#include "server/first_values.h"
#include "server/follow.h"
#include "server/identities.h"
#include "server/life.h"
#include "server/module/ask.h"
#include "server/module/faults.h"
#include "server/module/log.h"
#include "server/module/say.h"
#include "server/module/session.h"
#include "server/module/session_sweep.h"
#include "server/module/storage_quota.h"
#include "server/network.h"
#include "server/notify.h"
#include "server/paths.h"
#include "server/registration.h"
#include "server/reload.h"
#include "server/route/facts.h"
#include "server/route/flood_guard.h"
#include "server/runtime.h"
#include "server/sandbox_check.h"
#include "server/say/raw_line.h"
#include "server/say/say.h"
#include "server/supervise/supervisor.h"
#include "server/worker.h"

#define WORKERS          2
#define REGISTRY_WAIT_MS 5000 /* then the networks are started without it */
#define STOP_MS          3500
#define CORRECT_MS       10000

static void set_timer(struct event *timer, int ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(timer, &tv);
}

/* ---- Registry and modules ---------------------------------------------------------------------
 */

static void start_networks(struct server *server)
{
    if (server->networks_started)
        return;
    server->networks_started = true;
    event_del(server->registry_wait);
    for (struct network *n = server->networks; n; n = n->hh.next)
        if (n->conf->connect)
            conn_start(n->conn);
    if (server->on_ready)
        server->on_ready(server->on_ready_arg);
    notify_send("READY=1");
}

/* Modules that are there, and not yet in the snapshot. */
static unsigned missing_modules(const struct server *server)
{
    const struct snapshot *snapshot = registry_snapshot(server->registry);
    const struct module_decl *module;
    unsigned missing = 0;
    for (size_t i = 0; (module = supervisor_module(server->supervisor, i)); i++)
        missing += module->present && !snapshot_module(snapshot, module->name);
    return missing;
}

/* Whoever speaks to us at once, when we are there, shall be answered. */
static void start_when_ready(struct server *server)
{
    if (!server->networks_started && server->modules_known && !server->registering &&
        !server->stopping && registry_state(server->registry) == REGISTRY_SYNCED &&
        missing_modules(server) <= server->unregistered)
        start_networks(server);
}

static void registered(void *arg, enum registry_result result, const char *text)
{
    struct server *server = arg;
    if (result == REGISTRY_DENIED)
        log_warn("module.unregistered", LOG_NOBODY, "a module could not be registered: %s", text);
    server->registering--;
    server->unregistered += result != REGISTRY_OK;
    start_when_ready(server);
}

static void register_modules(struct server *server)
{
    const struct module_decl *module;
    if (registry_state(server->registry) != REGISTRY_SYNCED)
        return;
    server->unregistered = 0;
    for (size_t i = 0; (module = supervisor_module(server->supervisor, i)); i++) {
        if (!module->present)
            continue;
        server->registering++;
        registration_begin(server, module, registered);
    }
}

/* ---- What servers write stays theirs -----------------------------------------------------------
 */

static void on_correct(evutil_socket_t fd, short what, void *arg)
{
    const struct server *server = arg;
    const struct module_decl *module;
    (void)fd;
    (void)what;
    if (registry_state(server->registry) != REGISTRY_SYNCED)
        return;
    for (size_t i = 0; (module = supervisor_module(server->supervisor, i)); i++)
        if (module->present)
            registry_correct_events(server->registry, module->name, facts_handles(module));
}

/* Soon, but not often: a server with another version of a module, on the same registry, writes what
 * that one handles. */
static void correct_soon(void *arg)
{
    struct server *server = arg;
    int64_t now = clock_now(server->clock);
    int64_t next = server->corrected_ms + CORRECT_MS;
    if (event_pending(server->correct, EV_TIMEOUT, NULL) || server->stopping)
        return;
    server->corrected_ms = server->corrected_ms && next > now ? next : now;
    set_timer(server->correct, (int)(server->corrected_ms - now));
}

static bool events_are_ours(const struct server *server)
{
    const struct snapshot *snapshot = registry_snapshot(server->registry);
    const struct module_decl *module;
    for (size_t i = 0; (module = supervisor_module(server->supervisor, i)); i++) {
        const struct module_def *def = snapshot_module(snapshot, module->name);
        if (module->present && def && def->fields.event_types != facts_handles(module))
            return false;
    }
    return true;
}

static void on_registry_wait(evutil_socket_t fd, short what, void *arg)
{
    struct server *server = arg;
    (void)fd;
    (void)what;
    const char *reason = registry_state_reason(server->registry);
    log_warn("server.late", LOG_NOBODY, "joining the networks, though the registry is %s%s%s%s",
             registry_state_name(registry_state(server->registry)), *reason ? ": " : "", reason,
             server->registering ? ", and not every module is registered yet" : "");
    start_networks(server);
}

/* Networks look at the snapshot by themselves, when an event comes. */
static void on_snapshot(void *arg)
{
    struct server *server = arg;
    ignores_follow(server->ignores, registry_snapshot(server->registry));
    if (server->networks_started && !server->registering && !events_are_ours(server))
        correct_soon(server);
    start_when_ready(server);
    for (struct network *n = server->networks; n; n = n->hh.next)
        runtime_follow(n);
    admin_snapshot(server);
    follow_soon(server->follow);
}

static void on_registry_state(void *arg, enum registry_state state, const char *reason)
{
    struct server *server = arg;
    char text[400];
    snprintf(text, sizeof text, "STATUS=registry %s%s%s", registry_state_name(state),
             *reason ? ": " : "", reason);
    notify_send(text);
    if (state != REGISTRY_SYNCED)
        return;
    register_modules(server);
    for (const struct network *n = server->networks; n; n = n->hh.next)
        first_values_give(n);
    start_when_ready(server);
}

static void on_modules(void *arg)
{
    struct server *server = arg;
    server->catalogue++;
    server->modules_known = true;
    for (struct network *n = server->networks; n; n = n->hh.next)
        life_files_gone(n);
    register_modules(server);
    start_when_ready(server);
    follow_soon(server->follow);
}

static void on_say(void *arg, const struct modhost_origin *from, const struct ipc_say *said)
{
    (void)arg;
    if (from->user)
        module_say(from, said);
}

static void on_ask(void *arg, const struct modhost_origin *from, const struct ipc_ask *ask,
                   struct ask_ticket *ticket)
{
    struct server *server = arg;
    module_ask(server, from, ask, ticket);
}

static void on_module_log(void *arg, const struct modhost_origin *from, enum log_level level,
                          const char *text)
{
    (void)arg;
    log_write(level, "module.log", LOG_MODULE(from->network, from->module->name), "%s", text);
}

static void on_quarantine(void *arg, const struct modhost_origin *from, const char *why)
{
    server_module_quarantined(arg, from->network, from->module->name, why);
}

/* ---- Starting ---------------------------------------------------------------------------------
 */

static int start_loop(struct server *server, char **error)
{
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    server->base = event_base_new_with_config(config);
    event_config_free(config);
    if (server->base)
        server->dns = evdns_base_new(server->base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
                                                       EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    /* Without a usable /etc/resolv.conf numeric addresses and unix sockets still work. */
    if (server->base && !server->dns)
        server->dns = evdns_base_new(server->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (!server->base || !server->dns) {
        *error = xstrdup("cannot make an event loop");
        return -1;
    }
    defer_init(&server->defer, NULL, NULL); /* server_run runs it after every turn */
    server->link = link_loop_new(server->base, server->dns, server->clock, &server->defer);
    server->workers = worker_pool_new(server->base, WORKERS, error);
    return server->workers ? 0 : -1;
}

static int start_registry(struct server *server, char **error)
{
    char why[REGISTRY_WHY_SIZE] = "";
    struct registry_env env = {.base = server->base, .dns = server->dns, .clock = server->clock};
    struct registry_config config = {.uri = server->conf->registry.uri,
                                     .password = server->conf->registry.password,
                                     .prefix = server->conf->registry.prefix,
                                     .state_dir = server->conf->state_dir};
    struct registry_callbacks callbacks = {.on_snapshot = on_snapshot,
                                           .on_state = on_registry_state,
                                           .on_wrong_events = correct_soon,
                                           .arg = server};
    server->registry = registry_open(&env, &config, &callbacks, why, sizeof why);
    if (!server->registry)
        *error = xasprintf("registry: %s", why);
    return server->registry ? 0 : -1;
}

static int start_supervisor(struct server *server, char **error)
{
    char *modhost = path_modhost();
    struct supervisor_env env = {
        .base = server->base, .clock = server->clock, .defer = &server->defer};
    struct supervisor_config config = {.modhost_path = modhost,
                                       .user_dir = server->conf->modules.user_dir,
                                       .system_dir = server->conf->modules.system_dir,
                                       .state_dir = server->conf->state_dir,
                                       .sandboxed = server->conf->modules.sandbox,
                                       .memory = (uint64_t)server->conf->modules.memory_mb << 20,
                                       .limits = module_limits(server->conf)};
    struct supervisor_callbacks callbacks = {.on_modules = on_modules,
                                             .on_say = on_say,
                                             .on_ask = on_ask,
                                             .on_log = on_module_log,
                                             .on_quarantine = on_quarantine};
    server->supervisor = supervisor_new(&env, &config, &callbacks, server, error);
    free(modhost);
    return server->supervisor ? 0 : -1;
}

static int start_control(struct server *server, char **error)
{
    struct control_env env = {.base = server->base, .defer = &server->defer};
    server->commands = admin_table_new();
    server->control =
        control_open(&env, server->conf->control.socket, server->commands, server, error);
    return server->control ? 0 : -1;
}

int server_start(struct server *server, struct conf_main *conf, struct conf_networks *networks,
                 char **error)
{
    server->conf = conf;
    loop_clock_init(&server->loop_clock);
    server->clock = &server->loop_clock.clock;
    server->started_ms = clock_now(server->clock);
    server->identities = identities_new();
    if (start_loop(server, error)) {
        conf_networks_free(networks);
        return -1;
    }
    server->registry_wait = evtimer_new(server->base, on_registry_wait, server);
    server->correct = evtimer_new(server->base, on_correct, server);
    server->flood = flood_new(server->clock);
    server->ignores = ignores_new();
    server->guard = flood_guard_new(server);
    server->desk = auth_desk_new(server);
    server->sessions = module_sessions_new(SESSION_MAX_BYTES);
    server->quota =
        storage_quota_new(server->clock, (uint64_t)server->conf->modules.storage_mb << 20);
    server->module_log = module_log_new();
    if (sandbox_check(server->conf, &server->sandbox_missing, error) ||
        start_registry(server, error) || start_supervisor(server, error) ||
        start_control(server, error)) {
        conf_networks_free(networks);
        return -1;
    }
    server->sweep = session_sweep_new(server);
    server->follow = follow_new(server);
    server->reload = reload_new(server);
    reload_first(server->reload, networks);
    set_timer(server->registry_wait, REGISTRY_WAIT_MS);
    return 0;
}

/* ---- Running and stopping ---------------------------------------------------------------------
 */

static void on_modhosts_ended(void *arg)
{
    struct server *server = arg;
    server->modhosts_ended = true;
    registry_stop_begin(server->registry); /* nobody is left who writes */
}

static void on_stop_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct server *server = arg;
    (void)fd;
    (void)what;
    log_warn("server.stop_late", LOG_NOBODY, "not everything ended in time");
    registry_stop_begin(server->registry);
    event_base_loopbreak(server->base);
}

/* QUIT on all networks, end the module hosts, then end the loop. */
static void stop(struct server *server, const char *why)
{
    if (server->stopping)
        return;
    server->stopping = true;
    log_info("server.stop", LOG_NOBODY, "%s: leaving all networks", why);
    notify_send("STOPPING=1");
    for (struct network *n = server->networks; n; n = n->hh.next)
        conn_quit(n->conn, "Shutting down");
    supervisor_stop(server->supervisor, on_modhosts_ended, server);
    server->stop_deadline = evtimer_new(server->base, on_stop_deadline, server);
    set_timer(server->stop_deadline, STOP_MS);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
    struct server *server = arg;
    (void)what;
    if (sig == SIGHUP) {
        log_info("server.reload", LOG_NOBODY, "SIGHUP: reading the configuration again");
        reload_all(server->reload, NULL, NULL);
    } else {
        stop(server, sig == SIGTERM ? "SIGTERM" : "SIGINT");
    }
}

static bool all_stopped(const struct server *server)
{
    for (const struct network *n = server->networks; n; n = n->hh.next)
        if (conn_state(n->conn) != CONN_STOPPED && conn_state(n->conn) != CONN_IDLE)
            return false;
    return server->modhosts_ended;
}

/* The order of the loop: what the system tells is handled first, then what was put off to the end
 * of the turn. */
void server_run(struct server *server)
{
    static const int signals[] = {SIGHUP, SIGTERM, SIGINT};
    struct event *handlers[3];
    for (int i = 0; i < 3; i++) {
        handlers[i] = evsignal_new(server->base, signals[i], on_signal, server);
        event_add(handlers[i], NULL);
    }
    while (!server->stopping || !all_stopped(server)) {
        if (event_base_loop(server->base, EVLOOP_ONCE) != 0 || event_base_got_break(server->base))
            break;
        defer_run(&server->defer);
        loop_clock_turn(&server->loop_clock);
    }
    /* One more of them must not cut short what is left to do. */
    sigset_t told;
    sigemptyset(&told);
    for (int i = 0; i < 3; i++)
        sigaddset(&told, signals[i]);
    sigprocmask(SIG_BLOCK, &told, NULL);
    for (int i = 0; i < 3; i++)
        event_free(handlers[i]);
}

void server_free(struct server *server)
{
    struct network *n;
    struct network *next;
    server->stopping = true;           /* what is still answered starts nothing */
    worker_pool_free(server->workers); /* first: a job that is done tells the others */
    reload_free(server->reload);
    follow_free(server->follow);
    session_sweep_free(server->sweep);
    control_close(server->control);
    HASH_ITER(hh, server->networks, n, next)
    {
        network_free(n);
    }
    DL_FOREACH_SAFE(server->leaving, n, next)
    {
        network_free(n);
    }
    if (server->base)
        defer_run(&server->defer);
    supervisor_free(server->supervisor);
    registry_close(server->registry);
    registrations_free(&server->registrations);
    admin_snapshot(server);
    auth_desk_free(server->desk);
    flood_guard_free(server->guard);
    module_sessions_free(server->sessions);
    storage_quota_free(server->quota);
    module_log_free(server->module_log);
    ignores_free(server->ignores);
    flood_free(server->flood);
    if (server->base)
        defer_run(&server->defer);
    if (server->link)
        link_loop_free(server->link);
    if (server->registry_wait)
        event_free(server->registry_wait);
    if (server->stop_deadline)
        event_free(server->stop_deadline);
    if (server->correct)
        event_free(server->correct);
    if (server->dns)
        evdns_base_free(server->dns, 0);
    if (server->base)
        event_base_free(server->base);
    identities_free(server->identities);
    free(server->sandbox_missing);
    free(server->commands);
    conf_main_free(server->conf);
}
