#include "server/supervise/supervisor.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/supervise/modhost.h"
#include "server/supervise/processor_watch.h"

enum { FREE_WAIT_MS = 1000 };

struct known_network {
    struct modhost_network facts;
    struct fault_book faults;
    bool unsettled; /* what it wants was said, and its hosts do not follow yet */
    UT_hash_handle hh;
};

/* A module that is switched off and on again soon needs no new process. */
#define SETTLE_SECONDS  2
#define SETTLE_AGAIN_US 250000

/* A process rests for as long as it may, and a part more. */
#define REST_PARTS 8

/* Somebody who waits until what the catalogue has is loaded. */
struct load_wait {
    struct load_wait *next;
    char *name;     /* NULL: everything */
    int64_t due_ms; /* by clock_now */
    void (*done)(void *arg);
    void *arg;
};

struct supervisor {
    struct modhost_shared shared; /* first: a host finds its supervisor by it */
    struct supervisor_env env;
    struct supervisor_callbacks callbacks;
    void *arg;
    struct catalogue *catalogue;
    struct known_network *networks;
    struct modhost *closed; /* hosts of dropped networks, whose processes have not ended */
    struct event *stopped;  /* tells that the last has ended */
    struct event *settle;   /* lets hosts follow what is wanted */
    struct event *rest;     /* looks for processes that had no event for long */
    struct event *look;     /* at how much processor they use */
    struct event *reap;     /* closes the hosts that are over, outside of their own callbacks */
    struct load_wait *waits;
    struct event *waited; /* looks at them, when a host has moved and when the time is over */
    void (*done)(void *arg);
    void *done_arg;
};

/* ---- Quarantine ------------------------------------------------------------------------------ */

static void lift(struct known_network *n, struct fault_record *record, const char *because)
{
    if (fault_book_lift(&n->faults, record))
        log_info("module.lifted", LOG_MODULE(n->facts.key, record->module),
                 "it gets events on this network again: %s", because);
}

/* Another version begins with a clean sheet. */
static void lift_replaced(struct supervisor *sup)
{
    for (struct known_network *n = sup->networks; n; n = n->hh.next)
        for (struct fault_record *r = n->faults.first; r && n->faults.quarantined; r = r->next) {
            const struct module_decl *module = catalogue_find(sup->catalogue, r->module);
            if (r->quarantine && module && module->serial != r->serial)
                lift(n, r, "there is another version of it");
        }
}

unsigned supervisor_lift(struct supervisor *sup, const char *network, const char *module)
{
    unsigned lifted = 0;
    for (struct known_network *n = sup->networks; n; n = n->hh.next) {
        struct fault_record *r = fault_book_find(&n->faults, module);
        if (!r || (network && strcmp(network, n->facts.key) != 0))
            continue;
        lifted += r->quarantine != NULL;
        lift(n, r, "somebody asked for it");
        for (struct modhost *host = n->facts.hosts; host; host = host->next)
            modhost_modules_changed(host);
    }
    return lifted;
}

const char *supervisor_quarantined(const struct supervisor *sup, const char *network,
                                   const char *module)
{
    const struct known_network *n;
    HASH_FIND_STR(sup->networks, network, n);
    return n ? fault_book_quarantined(&n->faults, module) : NULL;
}

const char *supervisor_refused(const struct supervisor *sup, const char *network,
                               const struct module_decl *module)
{
    const struct known_network *n;
    const char *why = NULL;
    HASH_FIND_STR(sup->networks, network, n);
    for (const struct modhost *host = n ? n->facts.hosts : NULL; host && !why; host = host->next)
        why = modhost_why_refused(host, module);
    return why;
}

void supervisor_each_fault(const struct supervisor *sup,
                           void (*fn)(void *arg, const char *network,
                                      const struct fault_record *record),
                           void *arg)
{
    for (const struct known_network *n = sup->networks; n; n = n->hh.next)
        for (const struct fault_record *r = n->faults.first; r; r = r->next)
            fn(arg, n->facts.key, r);
}

/* ---- Idle processes -------------------------------------------------------------------------- */

static void on_rest(evutil_socket_t fd, short what, void *arg)
{
    struct supervisor *sup = arg;
    (void)fd;
    (void)what;
    for (struct known_network *n = sup->networks; n && !sup->shared.stopping; n = n->hh.next)
        for (struct modhost *host = n->facts.hosts; host; host = host->next)
            modhost_rest(host, sup->shared.limits.idle_ms);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
    struct supervisor *sup = arg;
    (void)fd;
    (void)what;
    for (struct known_network *n = sup->networks; n && !sup->shared.stopping; n = n->hh.next)
        for (struct modhost *host = n->facts.hosts; host; host = host->next)
            if (host->current)
                processor_watch(host->current);
}

void supervisor_set_limits(struct supervisor *sup, const struct supervisor_limits *limits)
{
    int64_t interval = limits->idle_ms / REST_PARTS;
    struct timeval tv = {.tv_sec = interval / 1000, .tv_usec = interval % 1000 * 1000};
    sup->shared.limits = *limits;
    sup->shared.generations.data_most = limits->data_most;
    event_del(sup->rest);
    if (interval)
        event_add(sup->rest, &tv);
}

/* ---- Waiting for a load ---------------------------------------------------------------------- */

/* Outside of the host's own callbacks. */
static void look_at_waits(struct supervisor *sup)
{
    if (sup->waits)
        event_active(sup->waited, EV_TIMEOUT, 0);
}

static bool is_loaded(const struct supervisor *sup, const char *name)
{
    const struct module_decl *module = name ? catalogue_find(sup->catalogue, name) : NULL;
    if (name && !module)
        return true;
    for (const struct known_network *n = sup->networks; n; n = n->hh.next)
        for (const struct modhost *host = n->facts.hosts; host; host = host->next)
            if (modhost_is_pending(host, module))
                return false;
    return true;
}

static void on_waited(evutil_socket_t fd, short what, void *arg)
{
    struct supervisor *sup = arg;
    int64_t now = clock_now(sup->env.clock);
    int64_t first = 0;
    (void)fd;
    (void)what;
    event_del(sup->waited);
    for (struct load_wait **link = &sup->waits; *link;) {
        struct load_wait *w = *link;
        if (!sup->shared.stopping && now < w->due_ms && !is_loaded(sup, w->name)) {
            first = first && first < w->due_ms ? first : w->due_ms;
            link = &w->next;
            continue;
        }
        *link = w->next;
        w->done(w->arg);
        free(w->name);
        free(w);
    }
    if (first)
        event_add(sup->waited, &(struct timeval){.tv_sec = (first - now) / 1000,
                                                 .tv_usec = (first - now) % 1000 * 1000});
}

void supervisor_load(struct supervisor *sup, const char *name, void (*done)(void *arg), void *arg)
{
    const struct module_decl *module = name ? catalogue_find(sup->catalogue, name) : NULL;
    struct load_wait *w = xmalloc(sizeof *w);
    *w = (struct load_wait){.next = sup->waits,
                            .name = xstrdup_null(name),
                            .due_ms = clock_now(sup->env.clock) + SUPERVISOR_LOAD_MS,
                            .done = done,
                            .arg = arg};
    sup->waits = w;
    for (struct known_network *n = sup->networks; n; n = n->hh.next)
        for (struct modhost *host = n->facts.hosts; host; host = host->next)
            modhost_load_now(host, module);
    look_at_waits(sup);
}

/* ---- What the catalogue tells ---------------------------------------------------------------- */

static void update_hosts(struct supervisor *sup)
{
    for (struct known_network *n = sup->networks; n; n = n->hh.next)
        for (struct modhost *host = n->facts.hosts; host; host = host->next)
            modhost_modules_changed(host);
}

static void on_catalogue_changed(void *arg)
{
    struct supervisor *sup = arg;
    /* First the user: what it wants now is then part of the generations that start. */
    sup->callbacks.on_modules(sup->arg);
    lift_replaced(sup);
    update_hosts(sup);
}

static void on_catalogue_error(void *arg, const char *name, const char *text)
{
    struct supervisor *sup = arg;
    if (sup->callbacks.on_module_error)
        sup->callbacks.on_module_error(sup->arg, name, text);
}

/* ---- Hosts that are over --------------------------------------------------------------------- */

static void free_host(void *host)
{
    modhost_free(host, 0);
}

static void on_process_ready(struct modhost *host)
{
    look_at_waits((struct supervisor *)(void *)host->shared);
}

static void on_process_ended(struct modhost *host)
{
    struct supervisor *sup = (struct supervisor *)(void *)host->shared;
    look_at_waits(sup);
    if (!host->network && !modhost_has_process(host)) {
        struct modhost **at = &sup->closed;
        while (*at && *at != host)
            at = &(*at)->next;
        if (*at) {
            *at = host->next;
            modhost_forget_modules(host); /* while there is a catalogue */
            defer_call(sup->env.defer, free_host, host);
        }
    }
    if (host->network && !sup->shared.stopping && modhost_is_over(host))
        event_active(sup->reap, EV_TIMEOUT, 0);
    if (sup->shared.stopping && !sup->shared.generations.alive)
        event_active(sup->stopped, EV_TIMEOUT, 0);
}

static void close_host(struct supervisor *sup, struct modhost **at)
{
    struct modhost *host = *at;
    *at = host->next;
    host->next = sup->closed;
    sup->closed = host;
    modhost_close(host);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
    struct supervisor *sup = arg;
    (void)fd;
    (void)what;
    for (struct known_network *n = sup->networks; n; n = n->hh.next)
        for (struct modhost **at = &n->facts.hosts; *at;) {
            if (modhost_is_over(*at))
                close_host(sup, at);
            else
                at = &(*at)->next;
        }
}

static void on_settle(evutil_socket_t fd, short what, void *arg)
{
    struct supervisor *sup = arg;
    bool again = false;
    for (struct known_network *n = sup->networks; n; n = n->hh.next) {
        bool lingers = false;
        for (struct modhost *host = n->unsettled ? n->facts.hosts : NULL; host; host = host->next)
            lingers = modhost_want_settled(host) || lingers;
        n->unsettled = lingers;
        again = again || lingers;
    }
    if (again && !sup->shared.stopping)
        event_add(sup->settle, &(struct timeval){.tv_usec = SETTLE_AGAIN_US});
    if (!sup->shared.stopping)
        on_reap(fd, what, sup);
}

static void on_unsettled(struct modhost *host)
{
    supervisor_want_end((struct supervisor *)(void *)host->shared, host->name);
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static void on_stopped(evutil_socket_t fd, short what, void *arg)
{
    struct supervisor *sup = arg;
    void (*done)(void *arg) = sup->done;
    (void)fd;
    (void)what;
    sup->done = NULL;
    if (done)
        done(sup->done_arg);
}

struct supervisor *supervisor_new(const struct supervisor_env *env,
                                  const struct supervisor_config *config,
                                  const struct supervisor_callbacks *callbacks, void *arg,
                                  char **error)
{
    static const struct timeval look_interval = {.tv_sec = PROCESSOR_WATCH_MS / 1000};
    static const struct catalogue_hooks hooks = {on_catalogue_changed, on_catalogue_error};
    struct supervisor *sup = xcalloc(1, sizeof *sup);
    sup->env = *env;
    sup->callbacks = *callbacks;
    sup->arg = arg;
    sup->catalogue = catalogue_new(env, config, &hooks, sup, error);
    if (!sup->catalogue) {
        free(sup);
        return NULL;
    }
    sup->shared = (struct modhost_shared){
        .generations = {.base = env->base,
                        .clock = env->clock,
                        .defer = env->defer,
                        .modhost_path = xstrdup(config->modhost_path),
                        .data_dir = xasprintf("%s/module-data", config->state_dir),
                        .sandboxed = config->sandboxed,
                        .memory = config->memory,
                        .ops = &modhost_generation_ops},
        .callbacks = &sup->callbacks,
        .arg = arg,
        .process_ready = on_process_ready,
        .process_ended = on_process_ended,
        .unsettled = on_unsettled,
    };
    generation_shared_init(&sup->shared.generations);
    start_queue_init(&sup->shared.starts, env->base, env->clock);
    sup->stopped = event_new(env->base, -1, 0, on_stopped, sup);
    sup->settle = evtimer_new(env->base, on_settle, sup);
    sup->reap = event_new(env->base, -1, 0, on_reap, sup);
    sup->waited = evtimer_new(env->base, on_waited, sup);
    sup->rest = event_new(env->base, -1, EV_PERSIST, on_rest, sup);
    sup->look = event_new(env->base, -1, EV_PERSIST, on_look, sup);
    event_add(sup->look, &look_interval);
    supervisor_set_limits(sup, &config->limits);
    /* A pipe to a module host that has just died is an error, not the end of the server. */
    signal(SIGPIPE, SIG_IGN);
    return sup;
}

void supervisor_stop(struct supervisor *sup, void (*done)(void *arg), void *arg)
{
    sup->done = done;
    sup->done_arg = arg;
    if (!sup->shared.stopping) {
        sup->shared.stopping = true;
        catalogue_stop(sup->catalogue);
        on_waited(-1, 0, sup);
        for (struct known_network *n = sup->networks; n; n = n->hh.next)
            for (struct modhost *host = n->facts.hosts; host; host = host->next)
                modhost_stop(host);
    }
    if (!sup->shared.generations.alive)
        event_active(sup->stopped, EV_TIMEOUT, 0);
}

static void network_free(struct known_network *n)
{
    free(n->facts.key);
    free(n->facts.own_nick);
    free(n->facts.casemapping);
    fault_book_free(&n->faults);
    free(n);
}

static void free_hosts(struct modhost *first, int64_t until)
{
    for (struct modhost *host = first, *next; host; host = next) {
        int64_t left = until - clock_now(&clock_system);
        next = host->next;
        modhost_free(host, left > 0 ? (int)left : 0);
    }
}

void supervisor_free(struct supervisor *sup)
{
    if (!sup)
        return;
    sup->shared.stopping = true;
    on_waited(-1, 0, sup);
    /* The loop's own clock may stand still outside of the loop. */
    int64_t until = clock_now(&clock_system) + FREE_WAIT_MS;
    /* All are killed before the first is waited for. */
    for (struct known_network *n = sup->networks; n; n = n->hh.next)
        for (struct modhost *host = n->facts.hosts; host; host = host->next)
            modhost_kill(host);
    for (struct modhost *host = sup->closed; host; host = host->next)
        modhost_kill(host);
    free_hosts(sup->closed, until);
    struct known_network *first = sup->networks;
    HASH_CLEAR(hh, sup->networks);
    for (struct known_network *n = first, *next; n; n = next) {
        next = n->hh.next;
        free_hosts(n->facts.hosts, until);
        network_free(n);
    }
    catalogue_free(sup->catalogue);
    start_queue_free(&sup->shared.starts);
    generation_shared_free(&sup->shared.generations);
    event_free(sup->stopped);
    event_free(sup->settle);
    event_free(sup->reap);
    event_free(sup->waited);
    event_free(sup->rest);
    event_free(sup->look);
    free(sup);
}

/* ---- The catalogue --------------------------------------------------------------------------- */

const struct module_decl *supervisor_find(const struct supervisor *sup, const char *name)
{
    return catalogue_find(sup->catalogue, name);
}

const struct module_decl *supervisor_module(const struct supervisor *sup, size_t i)
{
    return catalogue_get(sup->catalogue, i);
}

void supervisor_reload(struct supervisor *sup, const char *name, void (*done)(void *arg), void *arg)
{
    catalogue_reload(sup->catalogue, name, done, arg);
}

/* ---- Networks -------------------------------------------------------------------------------- */

static bool replace(char **text, const char *with)
{
    if (*text && !strcmp(*text, with))
        return false;
    free(*text);
    *text = xstrdup(with);
    return true;
}

void supervisor_set_network(struct supervisor *sup, const char *network,
                            const struct network_facts *facts)
{
    struct known_network *n;
    HASH_FIND_STR(sup->networks, network, n);
    if (!n) {
        n = xcalloc(1, sizeof *n);
        n->facts.key = xstrdup(network);
        n->facts.faults = &n->faults;
        HASH_ADD_KEYPTR(hh, sup->networks, n->facts.key, strlen(n->facts.key), n);
    }
    n->facts.user = facts->user;
    bool changed = replace(&n->facts.own_nick, facts->own_nick);
    changed |= replace(&n->facts.casemapping, facts->casemapping);
    for (struct modhost *host = changed ? n->facts.hosts : NULL; host; host = host->next)
        modhost_network_changed(host);
}

void supervisor_drop_network(struct supervisor *sup, const char *network)
{
    struct known_network *n;
    HASH_FIND_STR(sup->networks, network, n);
    if (!n)
        return;
    HASH_DEL(sup->networks, n);
    while (n->facts.hosts)
        close_host(sup, &n->facts.hosts);
    network_free(n);
}

struct modhost *supervisor_host(struct supervisor *sup, const char *network,
                                const struct modhost_kind *kind)
{
    struct known_network *n;
    HASH_FIND_STR(sup->networks, network, n);
    if (!n)
        return NULL;
    for (struct modhost *host = n->facts.hosts; host; host = host->next)
        if (modhost_is_of(host, kind))
            return host;
    struct modhost *host = modhost_new(&sup->shared, &n->facts, kind);
    host->next = n->facts.hosts;
    n->facts.hosts = host;
    return host;
}

void supervisor_want_begin(struct supervisor *sup, const char *network)
{
    struct known_network *n;
    HASH_FIND_STR(sup->networks, network, n);
    for (struct modhost *host = n ? n->facts.hosts : NULL; host; host = host->next)
        modhost_want_nothing(host);
}

void supervisor_want_end(struct supervisor *sup, const char *network)
{
    static const struct timeval soon = {.tv_sec = SETTLE_SECONDS};
    struct known_network *n;
    HASH_FIND_STR(sup->networks, network, n);
    if (!n)
        return;
    n->unsettled = true;
    if (!event_pending(sup->settle, EV_TIMEOUT, NULL))
        event_add(sup->settle, &soon);
}

void supervisor_each_host(const struct supervisor *sup,
                          void (*fn)(void *arg, const struct modhost_status *status), void *arg)
{
    for (const struct known_network *n = sup->networks; n; n = n->hh.next)
        for (const struct modhost *host = n->facts.hosts; host; host = host->next) {
            struct modhost_status status;
            struct modhost_module_status *modules = xcalloc(host->nslots + 1, sizeof *modules);
            modhost_fill_status(host, &status, modules);
            fn(arg, &status);
            free(modules);
        }
}
