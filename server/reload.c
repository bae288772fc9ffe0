#include "server/reload.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/dirwatch.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "server/first_values.h"
#include "server/module/faults.h"
#include "server/module/session_sweep.h"
#include "server/module/storage_quota.h"
#include "server/network.h"
#include "server/route/flood_guard.h"
#include "server/route/judge.h"
#include "server/worker.h"

#define SETTLE_MS 50   /* editors and Kubernetes change several names at once */
#define REOPEN_MS 2000 /* a folder that cannot be watched is tried again */
#define MAX_TEXTS 200

/* What is wrong, in sentences. */
struct texts {
    char *items[MAX_TEXTS];
    size_t count;
};

/* Somebody who asked for it. */
struct waiter {
    void (*done)(void *arg);
    void *arg;
    bool begun; /* the reading that runs began after the question */
    struct waiter *next;
};

struct reload {
    struct server *server;
    struct waiter *waiters;
    struct dirwatch *watch;
    struct event *watch_event;
    struct event *settle;
    struct event *reopen;
    bool running; /* a job is on a worker thread */
    bool again;   /* and something changed since it began */
    bool again_main;
    struct texts main_errors; /* of the main file, as it was read last */
    struct texts errors;      /* of the networks */
    struct texts told;        /* at this reading: errors and warnings */
    struct texts told_before; /* at the last one: not logged again because another file changed */
};

/* What a worker thread reads: it touches nothing else. */
struct job {
    struct reload *reload;
    char *main_path; /* NULL: only the networks */
    char *networks_dir;
    struct conf_main *conf;
    struct conf_errors main_errors;
    struct conf_networks *networks;
    struct conf_errors errors;
    bool worked;
};

/* ---- Errors -----------------------------------------------------------------------------------
 */

static void forget(struct texts *texts)
{
    while (texts->count)
        free(texts->items[--texts->count]);
}

static void add(struct texts *texts, const char *text)
{
    if (texts->count < MAX_TEXTS)
        texts->items[texts->count++] = xstrdup(text);
}

static bool has(const struct texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (!strcmp(texts->items[i], text))
            return true;
    return false;
}

static void report_text(struct reload *r, struct texts *errors, const char *network, bool warning,
                        const char *text)
{
    if (!warning)
        add(errors, text);
    add(&r->told, text);
    if (has(&r->told_before, text))
        return;
    if (warning)
        log_warn("conf.warning", LOG_NETWORK(network), "%s", text);
    else
        log_error("conf.error", LOG_NETWORK(network), "%s", text);
}

static void report(struct reload *r, struct texts *list, const struct conf_errors *errors,
                   const char *network)
{
    for (size_t i = 0; i < errors->count; i++) {
        char *text = conf_error_text(&errors->items[i]);
        report_text(r, list, network, errors->items[i].warning, text);
        free(text);
    }
    char *rest = conf_errors_rest(errors);
    if (rest)
        report_text(r, list, network, false, rest);
    free(rest);
}

const char *reload_error(const struct reload *r, size_t i)
{
    if (i < r->main_errors.count)
        return r->main_errors.items[i];
    i -= r->main_errors.count;
    return i < r->errors.count ? r->errors.items[i] : NULL;
}

/* ---- Taking over ------------------------------------------------------------------------------
 */

static void apply_network(struct reload *r, struct conf_network_file *file)
{
    char *error = NULL;
    int failed = 0;
    struct network *n = network_find(r->server, file->key);
    report(r, &r->errors, &file->errors, file->key);
    if (!file->network || (n && conf_network_equal(n->conf, file->network)))
        return;
    struct conf_network *conf = file->network;
    file->network = NULL;
    if (n) {
        log_info("conf.changed", LOG_NETWORK(file->key), "%s changed", file->path);
        failed = network_reconfigure(n, conf, &error);
    } else {
        log_info("conf.added", LOG_NETWORK(file->key), "%s", file->path);
        failed = network_new(r->server, conf, &error) ? 0 : -1;
    }
    if (failed) {
        char *text = xasprintf("%s: %s", file->path, error);
        report_text(r, &r->errors, file->key, false, text);
        free(text);
        free(error);
    }
}

static bool has_file(const struct conf_networks *networks, const char *key)
{
    for (size_t i = 0; i < networks->count; i++)
        if (!strcmp(networks->files[i].key, key))
            return true;
    return false;
}

static void apply_networks(struct reload *r, struct conf_networks *networks)
{
    struct network *n;
    struct network *next;
    HASH_ITER(hh, r->server->networks, n, next)
    {
        if (!has_file(networks, n->key)) {
            log_info("conf.removed", LOG_NETWORK(n->key), "its file is gone");
            network_leave(n, "Removed from the configuration");
        }
    }
    for (size_t i = 0; i < networks->count; i++)
        apply_network(r, &networks->files[i]);
}

static void warn_restart(const char *key, const char *before, const char *now)
{
    if (strcmp(before ? before : "", now ? now : "") != 0)
        log_warn("conf.restart", LOG_NOBODY,
                 "%s changed: that takes effect when seshetd is started again", key);
}

static void swap_text(char **a, char **b)
{
    char *text = *a;
    *a = *b;
    *b = text;
}

/* What cannot change while the server runs stays as it is in force, so that status tells the truth
 * and the next SIGHUP warns again. */
static void apply_main(struct server *server, struct conf_main *conf)
{
    struct conf_main *now = server->conf;
    now->log = conf->log;
    log_configure(now->log.level, now->log.format);
    now->modules.enable_new = conf->modules.enable_new;
    swap_text(&now->modules.quarantine, &conf->modules.quarantine);
    swap_text(&now->modules.idle, &conf->modules.idle);
    now->modules.files_mb = conf->modules.files_mb;
    struct supervisor_limits limits = module_limits(now);
    supervisor_set_limits(server->supervisor, &limits);
    now->modules.storage_mb = conf->modules.storage_mb;
    storage_quota_set(server->quota, (uint64_t)now->modules.storage_mb << 20);
    session_sweep_wait(server->sweep);
    swap_text(&now->flood.source, &conf->flood.source);
    swap_text(&now->flood.ignore, &conf->flood.ignore);
    swap_text(&now->flood.register_host, &conf->flood.register_host);
    swap_text(&now->flood.register_network, &conf->flood.register_network);
    flood_guard_configure(server->guard);
    swap_text(&now->networks_dir, &conf->networks_dir);
    warn_restart("state_dir", now->state_dir, conf->state_dir);
    warn_restart("modules.system_dir", now->modules.system_dir, conf->modules.system_dir);
    warn_restart("modules.user_dir", now->modules.user_dir, conf->modules.user_dir);
    warn_restart("control.socket", now->control.socket, conf->control.socket);
    warn_restart("registry.uri", now->registry.uri, conf->registry.uri);
    warn_restart("registry.prefix", now->registry.prefix, conf->registry.prefix);
    warn_restart("registry's password", now->registry.password, conf->registry.password);
}

/* ---- Reading ----------------------------------------------------------------------------------
 */

static void work(void *arg)
{
    struct job *job = arg;
    const char *dir = job->networks_dir;
    struct judge judge;
    judge_init(&judge);
    if (job->main_path) {
        job->conf = conf_main_load(job->main_path, &judge.conf, &job->main_errors);
        if (job->conf)
            dir = job->conf->networks_dir;
    }
    job->networks = conf_networks_load(dir, &judge.conf, &job->errors);
    judge_clear(&judge);
    job->worked = true;
}

static void job_free(struct job *job)
{
    conf_main_free(job->conf);
    conf_networks_free(job->networks);
    conf_errors_free(&job->main_errors);
    conf_errors_free(&job->errors);
    free(job->main_path);
    free(job->networks_dir);
    free(job);
}

static void open_watch(struct reload *r);
static void start(struct reload *r, bool with_main);

static void apply(struct reload *r, struct job *job)
{
    forget(&r->told_before);
    r->told_before = r->told;
    r->told.count = 0;
    if (job->main_path) {
        forget(&r->told_before); /* whoever asks is told everything */
        forget(&r->main_errors);
        report(r, &r->main_errors, &job->main_errors, NULL);
        if (job->conf) {
            apply_main(r->server, job->conf);
            if (strcmp(job->conf->networks_dir, r->server->conf->networks_dir) != 0)
                open_watch(r);
        }
    }
    forget(&r->errors);
    report(r, &r->errors, &job->errors, NULL);
    if (job->networks)
        apply_networks(r, job->networks);
    if (job->main_path) /* also what is to be given again, though no file has changed */
        for (const struct network *n = r->server->networks; n; n = n->hh.next)
            first_values_give(n);
    unsigned networks = HASH_COUNT(r->server->networks);
    size_t errors = r->main_errors.count + r->errors.count;
    log_info("conf.loaded", LOG_NOBODY, "%u network%s, %zu error%s", networks,
             networks == 1 ? "" : "s", errors, errors == 1 ? "" : "s");
}

/* all: also those who wait for a reading that has not begun. */
static void tell_waiters(struct reload *r, bool all)
{
    for (struct waiter **link = &r->waiters; *link;) {
        struct waiter *w = *link;
        if (!w->begun && !all) {
            link = &w->next;
            continue;
        }
        *link = w->next;
        w->done(w->arg);
        free(w);
    }
}

static void done(void *arg)
{
    struct job *job = arg;
    struct reload *r = job->reload;
    r->running = false;
    if (job->worked && !r->server->stopping)
        apply(r, job);
    job_free(job);
    tell_waiters(r, false);
    if (r->again && !r->server->stopping)
        start(r, r->again_main);
}

static void start(struct reload *r, bool with_main)
{
    if (r->running) {
        r->again = true;
        r->again_main |= with_main;
        return;
    }
    r->again = r->again_main = false;
    for (struct waiter *w = r->waiters; w; w = w->next)
        w->begun = true;
    struct job *job = xcalloc(1, sizeof *job);
    job->reload = r;
    job->main_path = with_main ? xstrdup(r->server->conf->path) : NULL;
    job->networks_dir = xstrdup(r->server->conf->networks_dir);
    r->running = worker_submit(r->server->workers, work, done, job) == 0;
    if (!r->running) {
        log_error("conf.busy", LOG_NOBODY, "too much work waits: the configuration was not read");
        job_free(job);
        tell_waiters(r, true);
    }
}

/* ---- Watching ---------------------------------------------------------------------------------
 */

static void set_timer(struct event *timer, int ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(timer, &tv);
}

static void on_change(void *arg, enum dirwatch_kind kind, const char *name)
{
    struct reload *r = arg;
    (void)name;
    if (kind == DIRWATCH_WRITING)
        return;
    set_timer(r->settle, SETTLE_MS);
    if (kind == DIRWATCH_GONE)
        set_timer(r->reopen, 0);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct reload *r = arg;
    (void)fd;
    (void)what;
    dirwatch_read(r->watch, on_change, r);
}

static void on_settled(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    start(arg, false);
}

static void close_watch(struct reload *r)
{
    if (r->watch_event)
        event_free(r->watch_event);
    dirwatch_close(r->watch);
    r->watch_event = NULL;
    r->watch = NULL;
}

static void open_watch(struct reload *r)
{
    char *error = NULL;
    close_watch(r);
    r->watch = dirwatch_open(r->server->conf->networks_dir, true, &error);
    if (!r->watch) {
        log_warn("conf.unwatched", LOG_NOBODY, "%s; SIGHUP still reads it", error);
        free(error);
        set_timer(r->reopen, REOPEN_MS);
        return;
    }
    r->watch_event =
        event_new(r->server->base, dirwatch_fd(r->watch), EV_READ | EV_PERSIST, on_readable, r);
    event_add(r->watch_event, NULL);
}

static void on_reopen(evutil_socket_t fd, short what, void *arg)
{
    struct reload *r = arg;
    (void)fd;
    (void)what;
    open_watch(r);
    if (r->watch)
        set_timer(r->settle, SETTLE_MS);
}

struct reload *reload_new(struct server *server)
{
    struct reload *r = xcalloc(1, sizeof *r);
    r->server = server;
    r->settle = evtimer_new(server->base, on_settled, r);
    r->reopen = evtimer_new(server->base, on_reopen, r);
    open_watch(r);
    return r;
}

void reload_first(struct reload *r, struct conf_networks *networks)
{
    apply_networks(r, networks);
    conf_networks_free(networks);
}

void reload_all(struct reload *r, void (*fn)(void *arg), void *arg)
{
    if (fn) {
        struct waiter *w = xmalloc(sizeof *w);
        *w = (struct waiter){.done = fn, .arg = arg, .next = r->waiters};
        r->waiters = w;
    }
    start(r, true);
}

void reload_free(struct reload *r)
{
    if (!r)
        return;
    tell_waiters(r, true);
    close_watch(r);
    event_free(r->settle);
    event_free(r->reopen);
    forget(&r->main_errors);
    forget(&r->errors);
    forget(&r->told);
    forget(&r->told_before);
    free(r);
}
