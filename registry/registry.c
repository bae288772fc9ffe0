#include "registry/registry.h"

#include <ctype.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/accounts.h"
#include "registry/commands.h"
#include "registry/embedded.h"
#include "registry/link.h"
#include "registry/load.h"
#include "registry/migrate.h"
#include "registry/settle.h"
#include "registry/storage.h"

#define DEFAULT_PREFIX       "seshet:"
#define DEFAULT_CLIENT       "seshetd"
#define DEFAULT_HEARTBEAT_MS 2000
#define DEFAULT_TIMEOUT_MS   5000
#define MAX_BACKOFF_MS       5000
#define EMBEDDED_BACKOFF_MS  500 /* it is ours, and near */
#define STOP_WAIT_MS         300 /* for answers, before an embedded Redis is asked to end */
#define MAX_REASON           512

/* A command somebody asked for. */
struct job {
    struct registry *registry;
    command_fn *fn;
    void *arg;
    int64_t sent_ms;
    bool told;                   /* that no answer came in time; it may still come */
    enum registry_result result; /* of one that failed before it was sent */
    char text[MAX_REASON];
    struct job *prev;
    struct job *next;
};

struct registry {
    struct registry_env env;
    struct registry_callbacks callbacks;
    struct registry_uri uri; /* of the socket, when embedded */
    char *prefix;
    struct redis_conn_tls *tls;
    struct embedded *embedded;
    struct link *link;
    struct loader *loader;
    struct settles *settles;
    struct model *model;
    struct snapshot *snapshot;
    enum registry_state state;
    char reason[MAX_REASON];
    char unwritable[MAX_REASON]; /* why Redis refuses to write; "": it does not */
    unsigned timeout_ms;
    struct job *sent;   /* in this order */
    struct event *late; /* pending while something may be sent */
    struct job *failed; /* to be told from the loop */
    struct event *tell_failed;
    size_t jobs;             /* not told yet */
    bool stopping;           /* registry_stop_begin was called */
    struct event *stop_wait; /* NULL before */
    bool closing;
    struct registry_stats stats;
};

const char *registry_state_name(enum registry_state state)
{
    static const char *const names[] = {"starting", "loading", "synced",
                                        "away",     "refused", "emptied"};
    return names[state];
}

static void set_state(struct registry *r, enum registry_state state, const char *reason)
{
    if (state == r->state && !strcmp(reason, r->reason))
        return;
    enum log_level level = state == REGISTRY_EMPTIED ? LOG_LEVEL_ERROR
                           : reason[0]               ? LOG_LEVEL_WARN
                                                     : LOG_LEVEL_INFO;
    log_write(level, "registry.state", LOG_NOBODY, "%s -> %s%s%s", registry_state_name(r->state),
              registry_state_name(state), reason[0] ? ": " : "", reason);
    r->state = state;
    str_copy(r->reason, sizeof r->reason, reason);
    r->callbacks.on_state(r->callbacks.arg, state, r->reason);
}

/* ---- Commands of others ---- */

const char *registry_prefix(const struct registry *r)
{
    return r->prefix;
}

static void stop_when_answered(const struct registry *r)
{
    if (r->stopping && !r->jobs)
        embedded_end(r->embedded);
}

static void job_end(struct job *job, enum registry_result result, const redisReply *reply,
                    const char *text)
{
    struct registry *r = job->registry;
    job->fn(job->arg, result, reply, text);
    free(job);
    r->jobs--;
    stop_when_answered(r);
}

static void on_job_reply(void *arg, const redisReply *reply)
{
    struct job *job = arg;
    char text[MAX_REASON];
    DL_DELETE(job->registry->sent, job);
    if (job->told) {
        free(job);
    } else if (!reply) {
        job_end(job, REGISTRY_UNSURE, NULL,
                "the connection to Redis was lost before it answered; it may or may not be done");
    } else if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(text, sizeof text, "Redis says: %.200s", reply->str);
        job_end(job, REGISTRY_DENIED, NULL, text);
    } else {
        job_end(job, REGISTRY_OK, reply, "");
    }
}

static void wait_for_late(struct registry *r, int64_t ms)
{
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    if (!event_pending(r->late, EV_TIMEOUT, NULL))
        event_add(r->late, &tv);
}

/* A slow line that still brings answers counts as alive, but nobody waits for it forever. */
static void on_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct registry *r = arg;
    for (struct job *job = r->sent; job; job = job->next) {
        int64_t left = job->sent_ms + r->timeout_ms - clock_now(r->env.clock);
        if (!job->told && left > 0) {
            wait_for_late(r, left);
            return;
        }
        if (!job->told) {
            job->told = true;
            job->fn(job->arg, REGISTRY_UNSURE, NULL,
                    "Redis does not answer in time; it may or may not be done");
        }
    }
}

static void fail_later(struct registry *r, struct job *job, enum registry_result result,
                       const char *text)
{
    job->result = result;
    str_copy(job->text, sizeof job->text, text);
    DL_APPEND(r->failed, job);
    event_active(r->tell_failed, EV_TIMEOUT, 0);
}

static void tell_failed(struct registry *r)
{
    struct job *job;
    while ((job = r->failed)) {
        DL_DELETE(r->failed, job);
        job_end(job, job->result, NULL, job->text);
    }
}

static void on_tell_failed(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    tell_failed(arg);
}

static struct job *job_new(struct registry *r, command_fn *fn, void *arg)
{
    struct job *job = xcalloc(1, sizeof *job);
    *job = (struct job){.registry = r, .fn = fn, .arg = arg};
    r->jobs++;
    return job;
}

void registry_deny(struct registry *r, command_fn *fn, void *arg, const char *text)
{
    fail_later(r, job_new(r, fn, arg), REGISTRY_DENIED, text);
}

static void job_sent(struct registry *r, struct job *job)
{
    job->sent_ms = clock_now(r->env.clock);
    DL_APPEND(r->sent, job);
    wait_for_late(r, r->timeout_ms);
}

void registry_command(struct registry *r, command_fn *fn, void *arg, int argc,
                      const char *const *argv, const size_t *lens)
{
    struct job *job = job_new(r, fn, arg);
    char text[MAX_REASON];
    snprintf(text, sizeof text, "the registry is %s%s%.200s", registry_state_name(r->state),
             r->reason[0] ? ": " : "", r->reason);
    if (r->closing || r->stopping)
        fail_later(r, job, REGISTRY_GONE, "the server is ending");
    else if (r->state == REGISTRY_REFUSED || r->state == REGISTRY_EMPTIED)
        fail_later(r, job, REGISTRY_DENIED, text);
    else if (link_full(r->link))
        fail_later(r, job, REGISTRY_DENIED, "too many commands wait for Redis; try again later");
    else if (link_command(r->link, on_job_reply, job, argc, argv, lens))
        fail_later(r, job, REGISTRY_GONE, text);
    else
        job_sent(r, job);
}

/* ---- Following Redis ---- */

static void commit(struct registry *r)
{
    struct snapshot *next = model_commit(r->model, r->snapshot);
    bool changed = next != r->snapshot;
    snapshot_unref(r->snapshot);
    r->snapshot = next;
    if (!changed)
        return;
    r->stats.swaps++;
    log_debug("registry.snapshot", LOG_NOBODY, "generation %llu, %zu modules",
              (unsigned long long)next->generation, next->nmodules);
    r->callbacks.on_snapshot(r->callbacks.arg);
}

static void on_problem(void *arg, const char *status, const char *field, const char *text)
{
    struct registry *r = arg;
    const char *colon = strchr(status, ':');
    const struct log_tag tag = {.module = colon ? colon + 1 : NULL};
    if (text)
        log_warn("registry.invalid", tag, "%s: %s", field, text);
    else
        log_info("registry.valid", tag, "%s is right again", field);
    registry_status_set(r, status, field, text);
    if (text && !strcmp(field, module_field_rows[FIELD_EVENT_TYPES].name) &&
        r->callbacks.on_wrong_events)
        r->callbacks.on_wrong_events(r->callbacks.arg);
}

static void load_everything(struct registry *r)
{
    r->stats.full_loads++;
    size_t modules = r->snapshot->nmodules;
    /* Accounts without a module are something to lose, too. */
    loader_full(r->loader, modules ? modules : snapshot_accounts(r->snapshot)->nusers > 0);
}

static void on_loaded(void *arg, bool full)
{
    struct registry *r = arg;
    commit(r);
    if (full) {
        set_state(r, REGISTRY_SYNCED, r->unwritable);
        model_tell_problems(r->model);
    }
    settles_look(r->settles);
}

/* After a while without writing something may have been missed: the heartbeat was blind. */
static void on_writable(void *arg, const char *refused)
{
    struct registry *r = arg;
    if (refused) {
        snprintf(r->unwritable, sizeof r->unwritable,
                 "read, but not written: Redis refuses writes: %.200s", refused);
        if (r->state == REGISTRY_SYNCED)
            set_state(r, REGISTRY_SYNCED, r->unwritable);
    } else {
        r->unwritable[0] = '\0';
        load_everything(r);
    }
}

static void on_refused(void *arg, const char *reason)
{
    struct registry *r = arg;
    set_state(r, REGISTRY_REFUSED, reason);
    settles_look(r->settles);
}

/* How to reach this Redis by hand. */
static void write_redis_cli(const struct registry *r, char *dst, size_t size)
{
    char db[24] = "";
    if (r->uri.db)
        snprintf(db, sizeof db, " -n %d", r->uri.db);
    if (r->uri.kind == URI_UNIX)
        snprintf(dst, size, "redis-cli -s %s%s", r->uri.path, db);
    else
        snprintf(dst, size, "redis-cli -h %.100s -p %d%s%s", r->uri.host, r->uri.port, db,
                 r->uri.kind == URI_TLS ? " --tls" : "");
}

static void on_emptied(void *arg, enum identity_verdict verdict, const char *known)
{
    static const char *const what[] = {
        [IDENTITY_LOST] = "Redis came back empty",
        [IDENTITY_OTHER] = "Redis lost the registry, and a server that did not know it began a new "
                           "one",
        [IDENTITY_LOST_MODULES] = "the set of modules was deleted or renamed, or emptied at once"};
    struct registry *r = arg;
    char cli[192];
    char schema[12];
    char text[MAX_REASON];
    write_redis_cli(r, cli, sizeof cli);
    snprintf(schema, sizeof schema, "%d", REGISTRY_SCHEMA);
    /* Without an id, which Redis has refused to write, a schema that a person writes is as good. */
    snprintf(
        text, sizeof text,
        "%s; what was known before (%zu modules) stays in force, and nothing is written. Bring "
        "the data back, or accept what is there now: %s HSET %smeta %s %s",
        what[verdict], r->snapshot->nmodules, cli, r->prefix, *known ? "accepted" : "schema",
        *known ? known : schema);
    set_state(r, REGISTRY_EMPTIED, text);
    settles_look(r->settles);
}

static void on_vanished(void *arg)
{
    load_everything(arg);
}

static void forget_status(void *arg, enum registry_result result, const redisReply *reply,
                          const char *text)
{
    (void)arg;
    (void)reply;
    if (result != REGISTRY_OK)
        log_debug("registry.status", LOG_NOBODY, "not written: %s", text);
}

static void on_old_status(void *arg, const char *key)
{
    const char *argv[] = {"DEL", key};
    registry_command(arg, forget_status, NULL, 2, argv, NULL);
}

static void on_ready(void *arg)
{
    struct registry *r = arg;
    if (r->stats.full_loads)
        r->stats.reconnects++;
    set_state(r, REGISTRY_LOADING, "");
    load_everything(r);
}

static void on_lost(void *arg, bool refused, const char *reason)
{
    struct registry *r = arg;
    loader_stop(r->loader);
    settles_look(r->settles);
    if (r->stopping)
        return;
    r->unwritable[0] = '\0';
    bool connected = r->state == REGISTRY_LOADING || r->state == REGISTRY_SYNCED;
    if (!connected && r->embedded && embedded_is_starting(r->embedded))
        return; /* it is not listening yet: no news */
    const char *problem = r->embedded ? embedded_problem(r->embedded) : "";
    set_state(r, refused ? REGISTRY_REFUSED : REGISTRY_AWAY, problem[0] ? problem : reason);
}

static void on_changed(void *arg, const char *key)
{
    struct registry *r = arg;
    r->stats.invalidations++;
    /* Without a key: everything. */
    if (!key || loader_changed(r->loader, key))
        load_everything(r);
}

void registry_settle(struct registry *r, const char *const *keys, size_t count,
                     void (*fn)(void *arg), void *arg)
{
    for (size_t i = 0; i < count; i++)
        if (loader_changed(r->loader, keys[i]))
            load_everything(r);
    settles_add(r->settles, keys, count, fn, arg);
}

static void on_embedded_started(void *arg)
{
    struct registry *r = arg;
    link_retry_now(r->link);
}

static void on_embedded_ended(void *arg)
{
    struct registry *r = arg;
    link_fail(r->link, false, embedded_problem(r->embedded));
    set_state(r, REGISTRY_AWAY, embedded_problem(r->embedded));
}

/* ---- Opening and closing ---- */

static bool prefix_valid(const char *prefix)
{
    size_t len = strlen(prefix);
    for (const char *s = prefix; *s; s++)
        if (!isgraph((unsigned char)*s))
            return false;
    return len && len <= KEY_MAX_PREFIX;
}

static int open_embedded(struct registry *r, const struct registry_config *config, char *why,
                         size_t why_size)
{
    const struct embedded_callbacks callbacks = {on_embedded_started, on_embedded_ended, r};
    if (!config->state_dir) {
        snprintf(why, why_size, "the embedded registry needs state_dir");
        return -1;
    }
    r->embedded =
        embedded_start(r->env.base, r->env.clock, config->state_dir, &callbacks, why, why_size);
    if (!r->embedded)
        return -1;
    r->uri.kind = URI_UNIX;
    r->uri.path = xstrdup(embedded_socket(r->embedded));
    return 0;
}

static void override_login(struct registry *r, const struct registry_config *config)
{
    if (config->username) {
        free(r->uri.username);
        r->uri.username = xstrdup(config->username);
    }
    if (config->password) {
        str_free_secret(r->uri.password);
        r->uri.password = xstrdup(config->password);
    }
}

static int prepare(struct registry *r, const struct registry_config *config, char *why,
                   size_t why_size)
{
    if (!prefix_valid(r->prefix)) {
        snprintf(why, why_size, "the registry's prefix must be 1 to %d characters without spaces",
                 KEY_MAX_PREFIX);
        return -1;
    }
    if (uri_parse(&r->uri, config->uri, why, why_size))
        return -1;
    if (r->uri.kind == URI_EMBEDDED)
        return open_embedded(r, config, why, why_size);
    override_login(r, config);
    if (r->uri.kind == URI_TLS && !(r->tls = redis_conn_tls_new(&r->uri, why, why_size)))
        return -1;
    return 0;
}

static void open_link(struct registry *r, const struct registry_config *config)
{
    const struct link_callbacks link_callbacks = {on_ready, on_lost, on_changed, on_writable, r};
    const struct loader_callbacks loader_callbacks = {on_loaded,   on_refused,    on_emptied,
                                                      on_vanished, on_old_status, r};
    const struct link_config link_config = {
        .uri = &r->uri,
        .tls = r->tls,
        .prefix = r->prefix,
        .client_name = config->client_name ? config->client_name : DEFAULT_CLIENT,
        .heartbeat_ms = config->heartbeat_ms ? config->heartbeat_ms : DEFAULT_HEARTBEAT_MS,
        .timeout_ms = r->timeout_ms,
        .max_backoff_ms = r->embedded ? EMBEDDED_BACKOFF_MS : MAX_BACKOFF_MS};
    r->link = link_open(&r->env, &link_config, &link_callbacks);
    r->model = model_new(on_problem, r);
    r->loader = loader_new(r->link, r->model, r->env.clock, r->prefix, &loader_callbacks);
    r->settles = settles_new(r->env.base, r->loader);
    if (!r->embedded)
        link_retry_now(r->link);
}

struct registry *registry_open(const struct registry_env *env, const struct registry_config *config,
                               const struct registry_callbacks *callbacks, char *why,
                               size_t why_size)
{
    struct registry *r = xcalloc(1, sizeof *r);
    r->env = *env;
    r->callbacks = *callbacks;
    r->prefix = xstrdup(config->prefix ? config->prefix : DEFAULT_PREFIX);
    r->snapshot = snapshot_new();
    r->timeout_ms = config->timeout_ms ? config->timeout_ms : DEFAULT_TIMEOUT_MS;
    r->tell_failed = event_new(env->base, -1, 0, on_tell_failed, r);
    r->late = event_new(env->base, -1, 0, on_late, r);
    if (prepare(r, config, why, why_size)) {
        registry_close(r);
        return NULL;
    }
    open_link(r, config);
    return r;
}

static void on_stop_wait(evutil_socket_t fd, short what, void *arg)
{
    struct registry *r = arg;
    (void)fd;
    (void)what;
    embedded_end(r->embedded);
}

void registry_stop_begin(struct registry *r)
{
    struct timeval tv = {.tv_usec = STOP_WAIT_MS * 1000};
    if (!r->embedded || r->stopping)
        return;
    r->stopping = true;
    r->stop_wait = event_new(r->env.base, -1, 0, on_stop_wait, r);
    event_add(r->stop_wait, &tv);
    stop_when_answered(r);
}

void registry_close(struct registry *r)
{
    if (!r)
        return;
    r->closing = true;
    link_close(r->link);
    settles_free(r->settles);
    loader_free(r->loader);
    tell_failed(r);
    model_free(r->model);
    embedded_stop(r->embedded);
    redis_conn_tls_free(r->tls);
    snapshot_unref(r->snapshot);
    event_free(r->tell_failed);
    event_free(r->late);
    if (r->stop_wait)
        event_free(r->stop_wait);
    uri_clear(&r->uri);
    free(r->prefix);
    free(r);
}

const struct snapshot *registry_snapshot(const struct registry *r)
{
    return r->snapshot;
}

enum registry_state registry_state(const struct registry *r)
{
    return r->state;
}

const char *registry_state_reason(const struct registry *r)
{
    return r->reason;
}

struct registry_stats registry_stats(const struct registry *r)
{
    struct registry_stats stats = r->stats;
    stats.pending = link_pending(r->link);
    stats.heartbeat_age_ms = link_heartbeat_age(r->link);
    return stats;
}

void registry_each_problem(const struct registry *r, problems_each_fn *fn, void *arg)
{
    model_each_problem(r->model, fn, arg);
}
