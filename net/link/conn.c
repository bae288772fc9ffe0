#include "net/link/conn.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "net/link/conn_internal.h"

static void begin_attempt(struct conn *c);

static void log_transition(const struct conn *c, enum conn_state old, const char *reason)
{
    struct log_tag tag = LOG_NETWORK(c->settings->key);
    char wait[64];
    switch (c->state) {
    case CONN_ONLINE:
        log_info("irc.online", tag, "Online as %s on %s%s", c->nick.current, c->server_name,
                 c->tls_up ? " (TLS)" : " (not encrypted)");
        break;
    case CONN_WAITING:
        str_duration(wait, sizeof wait, conn_retry_ms(c));
        log_warn("irc.waiting", tag, "%s; trying again in %s", reason, wait);
        break;
    case CONN_STOPPED:
        if (c->cause == CONN_CAUSE_ASKED)
            log_info("irc.stopped", tag, "Disconnected: %s", reason);
        else
            log_error("irc.gave_up", tag, "%s; gave up until told to connect again", reason);
        break;
    default:
        log_debug("irc.state", tag, "%s, was %s (%s)", conn_state_name(c->state),
                  conn_state_name(old), c->server_name ? c->server_name : "");
        break;
    }
}

/* The only place where the state changes. Calls back: the caller looks at c->life after it. */
static void move(struct conn *c, enum conn_state now, const char *reason)
{
    enum conn_state old = c->state;
    c->state = now;
    log_transition(c, old, reason);
    conn_wake(c);
    c->callbacks.on_state(c->arg, old, now, reason);
}

/* ---- the link and its end ---- */

static void drop_link(struct conn *c)
{
    c->life++;
    stream_close(c->stream);
    if (!c->feeding)
        line_free(&c->splitter);
    sendq_clear(&c->queue);
    joins_offline(&c->joins);
    c->tls_up = c->welcomed = c->pinging = c->nick.online = false;
    c->nick.current[0] = '\0';
    c->nick.due_ms = INT64_MAX;
    c->caps = (struct caps){0};
    c->due_ms = INT64_MAX;
}

static void note_end(struct conn *c, enum conn_cause cause, char *reason)
{
    free(c->reason);
    c->reason = reason;
    c->cause = cause;
}

static void plan_retry(struct conn *c)
{
    int64_t now = conn_now(c);
    if (c->online_ms && now - c->online_ms >= c->settings->config.lasting_ms) {
        backoff_reset(&c->backoff);
        c->server = 0;
    } else {
        c->server = (c->server + 1) % c->settings->nservers;
    }
    /* Counted from the last attempt: who was long online comes back at once. */
    c->due_ms = c->attempt_ms + backoff_next(&c->backoff);
    if (c->due_ms < now)
        c->due_ms = now;
}

void conn_end(struct conn *c, enum conn_cause cause, bool for_good, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap); /* before the link goes, and the message with it */
    va_end(ap);
    bool closing = c->state == CONN_CLOSING;
    drop_link(c);
    if (closing && c->after == CONN_AFTER_RECONNECT) {
        free(text);
        begin_attempt(c);
        return;
    }
    if (closing) {
        free(text); /* what conn_quit said stays the reason */
        move(c, CONN_STOPPED, c->reason);
        return;
    }
    note_end(c, cause, text);
    if (!for_good)
        plan_retry(c);
    /* A callback may end things again, and replace the reason while it is read. */
    char *reason = xstrdup(text);
    move(c, for_good ? CONN_STOPPED : CONN_WAITING, reason);
    free(reason);
}

/* ---- the stream's events ---- */

static void on_stage(void *arg, enum stream_stage stage)
{
    struct conn *c = arg;
    if (stage == STREAM_CONNECTING) {
        move(c, CONN_CONNECTING, "");
    } else if (stage == STREAM_SECURING) {
        move(c, CONN_SECURING, "");
    } else if (stage == STREAM_OPEN) {
        unsigned life = c->life;
        c->tls_up = c->tls_used;
        c->due_ms = conn_now(c) + c->settings->config.register_ms;
        move(c, CONN_REGISTERING, "");
        if (c->life == life)
            conn_register(c);
    }
}

static void on_data(void *arg, char *data, size_t len)
{
    conn_input(arg, data, len);
}

static void on_room(void *arg)
{
    conn_flush(arg);
}

static void on_closed(void *arg, enum stream_end end, const char *reason)
{
    static const enum conn_cause causes[] = {
        [STREAM_END_RESOLVE] = CONN_CAUSE_RESOLVE, [STREAM_END_CONNECT] = CONN_CAUSE_CONNECT,
        [STREAM_END_TLS] = CONN_CAUSE_TLS,         [STREAM_END_CLOSED] = CONN_CAUSE_CLOSED,
        [STREAM_END_BROKEN] = CONN_CAUSE_CLOSED,
    };
    conn_end(arg, causes[end], false, "%s", reason);
}

static void begin_attempt(struct conn *c)
{
    struct conn_settings *s = c->settings;
    c->server %= s->nservers;
    const struct conn_server_settings *server = &s->servers[c->server];
    c->attempt_ms = conn_now(c);
    c->online_ms = 0;
    c->due_ms = INT64_MAX;
    c->lag_ms = -1;
    c->negotiated = false;
    c->sasl = (struct sasl){.external = s->config.sasl.mechanism == CONN_SASL_EXTERNAL,
                            .account = s->account,
                            .password = s->password};
    c->tls_used = server->tls;
    c->counters.attempts++;
    free(c->server_name);
    c->server_name =
        xasprintf(strchr(server->host, ':') ? "[%s]:%u" : "%s:%u", server->host, server->port);
    struct tls *tls = NULL;
    if (server->tls)
        tls = tls_new(&(struct tls_peer){.trust = server->trust,
                                         .identity = s->identity,
                                         .host = server->host,
                                         .verify = server->verify,
                                         .pin = server->pinned ? server->pin : NULL});
    stream_open(c->stream, server->host, server->port, tls, s->config.connect_ms);
    move(c, CONN_RESOLVING, "");
}

/* ---- online ---- */

struct joins_context conn_joins_context(const struct conn *c, const struct sink *out)
{
    return (struct joins_context){.network = c->settings->key,
                                  .isupport = conn_isupport(c),
                                  .me = c->nick.current,
                                  .now = conn_now(c),
                                  .out = out};
}

void conn_send_user_modes(struct conn *c)
{
    struct sink out = conn_sink_normal(c);
    if (c->settings->user_modes && *c->settings->user_modes)
        sink_printf(&out, "MODE %s %s", c->nick.current, c->settings->user_modes);
}

void conn_enter_online(struct conn *c)
{
    struct sink out = conn_sink_normal(c);
    c->due_ms = INT64_MAX;
    c->online_ms = conn_now(c);
    c->next_ping_ms = c->online_ms; /* the first one measures the lag */
    c->negotiated = true;
    conn_send_user_modes(c);
    nick_online(&c->nick, conn_isupport(c), c->online_ms, &out);
    struct joins_context ctx = conn_joins_context(c, &out);
    joins_online(&c->joins, &ctx);
    move(c, CONN_ONLINE, "");
}

/* False when the link is dead, and ended. */
static bool check_ping(struct conn *c, int64_t now)
{
    const struct conn_config *config = &c->settings->config;
    bool silent = c->pinging && c->heard_ms <= c->ping_ms;
    if (silent && now - c->ping_ms >= config->timeout_ms) {
        conn_end(c, CONN_CAUSE_TIMEOUT, false, "The server has not answered for %lld s",
                 (long long)(now - c->heard_ms) / 1000);
        return false;
    }
    if (silent || now < c->next_ping_ms)
        return true;
    struct sink out = conn_sink_urgent(c);
    sink_printf(&out, "PING :%lld", (long long)now);
    c->ping_ms = now;
    c->pinging = true;
    c->next_ping_ms = now + config->ping_ms;
    stream_shrink(c->stream);
    sendq_shrink(&c->queue);
    return true;
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_deadline(struct conn *c, int64_t now)
{
    int64_t at = c->due_ms;
    int64_t wait = sendq_wait(&c->queue, now);
    if (wait > 0) /* 0: waits for the socket, not for time */
        at = earliest(at, now + wait);
    if (c->state != CONN_ONLINE)
        return at;
    at = earliest(at, c->joins.due_ms);
    at = earliest(at, c->nick.due_ms);
    at = earliest(at, c->next_ping_ms);
    return c->pinging ? earliest(at, c->ping_ms + c->settings->config.timeout_ms) : at;
}

static void on_turn_end(void *arg)
{
    struct conn *c = arg;
    unsigned life = c->life;
    conn_flush(c);
    if (c->life != life || c->freed)
        return;
    int64_t now = conn_now(c);
    int64_t at = next_deadline(c, now);
    if (at >= c->timer_at)
        return; /* fires in time, and looks again */
    c->timer_at = at;
    link_timer_set(c->timer, at - now);
}

static void tick_online(struct conn *c, int64_t now)
{
    if (!check_ping(c, now))
        return;
    struct sink out = conn_sink_normal(c);
    struct joins_context ctx = conn_joins_context(c, &out);
    nick_tick(&c->nick, ctx.isupport, now, &out);
    joins_tick(&c->joins, &ctx);
}

static void on_timer(void *arg)
{
    struct conn *c = arg;
    int64_t now = conn_now(c);
    c->timer_at = INT64_MAX;
    conn_wake(c);
    if (c->state == CONN_ONLINE) {
        tick_online(c, now);
        return;
    }
    if (now < c->due_ms)
        return;
    if (c->state == CONN_WAITING)
        begin_attempt(c);
    else if (c->state == CONN_CLOSING)
        conn_end(c, CONN_CAUSE_ASKED, false, "The server did not close");
    else if (c->state == CONN_REGISTERING && c->welcomed)
        conn_enter_online(c); /* a server that ends its MOTD in no known way */
    else if (c->state == CONN_REGISTERING)
        conn_end(c, CONN_CAUSE_REGISTER, false, "The server did not complete the registration");
}

/* ---- from outside ---- */

struct conn *conn_new(struct link_loop *loop, const struct conn_config *config,
                      const struct conn_callbacks *callbacks, void *arg, char **error)
{
    static const struct stream_callbacks stream_callbacks = {
        .on_stage = on_stage, .on_data = on_data, .on_room = on_room, .on_closed = on_closed};
    struct conn_settings *settings = conn_settings_new(loop, config, error);
    if (!settings)
        return NULL;
    struct conn *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->callbacks = *callbacks;
    c->arg = arg;
    c->stream = stream_new(loop, &stream_callbacks, c);
    c->timer = link_timer_new(loop, on_timer, c);
    c->turn = (struct link_turn){.fn = on_turn_end, .arg = c};
    c->timer_at = c->due_ms = c->nick.due_ms = INT64_MAX;
    c->lag_ms = -1;
    sendq_init(&c->queue, 0, 0, conn_now(c));
    joins_init(&c->joins);
    conn_take_settings(c, settings);
    conn_set_channels(c, config->channels, config->nchannels);
    return c;
}

void conn_start(struct conn *c)
{
    if (c->state == CONN_STOPPED || c->state == CONN_CLOSING)
        backoff_reset(&c->backoff);
    if (c->state == CONN_CLOSING)
        c->after = CONN_AFTER_RECONNECT;
    if (c->state == CONN_IDLE || c->state == CONN_WAITING || c->state == CONN_STOPPED)
        begin_attempt(c);
}

/* How many of the lines that wait are still sent: at once the server bears a burst. */
static uint32_t last_lines(const struct conn *c)
{
    const struct conn_config *config = &c->settings->config;
    bool paced = config->pacing.interval_ms && config->pacing.burst < CONN_LAST_LINES;
    return paced ? config->pacing.burst : CONN_LAST_LINES;
}

/* QUIT, then the server's close. */
static void say_goodbye(struct conn *c, const char *reason, enum conn_after after)
{
    struct sink out = conn_sink_urgent(c);
    if (c->state == CONN_ONLINE)
        conn_send_last(c, last_lines(c));
    sendq_clear(&c->queue);
    sink_printf(&out, "QUIT :%s", reason);
    c->after = after;
    c->due_ms = conn_now(c) + c->settings->config.quit_ms;
    move(c, CONN_CLOSING, reason);
}

void conn_quit(struct conn *c, const char *reason)
{
    if (c->state == CONN_STOPPED)
        return;
    note_end(c, CONN_CAUSE_ASKED, xstrdup(reason));
    switch (c->state) {
    case CONN_REGISTERING:
    case CONN_ONLINE:
        say_goodbye(c, reason, CONN_AFTER_STOP);
        break;
    case CONN_CLOSING:
        c->after = CONN_AFTER_STOP;
        break;
    default:
        drop_link(c);
        move(c, CONN_STOPPED, reason);
        break;
    }
}

void conn_reconnect(struct conn *c, const char *reason)
{
    switch (c->state) {
    case CONN_REGISTERING:
    case CONN_ONLINE:
        note_end(c, CONN_CAUSE_ASKED, xstrdup(reason));
        say_goodbye(c, reason, CONN_AFTER_RECONNECT);
        break;
    case CONN_CLOSING:
        c->after = CONN_AFTER_RECONNECT;
        break;
    default:
        drop_link(c);
        begin_attempt(c);
        break;
    }
}

static void destroy(void *arg)
{
    struct conn *c = arg;
    stream_free(c->stream);
    link_timer_free(c->timer);
    line_free(&c->splitter);
    sendq_free(&c->queue);
    joins_free(&c->joins);
    conn_settings_free(c->loop, c->settings);
    free(c->reason);
    free(c->server_name);
    free(c);
}

void conn_free(struct conn *c)
{
    if (!c || c->freed)
        return;
    drop_link(c);
    c->freed = true;
    link_timer_stop(c->timer);
    link_turn_cancel(&c->turn);
    defer_call(c->loop->defer, destroy, c);
}
