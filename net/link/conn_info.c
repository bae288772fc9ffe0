#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/link/conn_internal.h"

static const char *const state_names[] = {
    [CONN_IDLE] = "idle",
    [CONN_RESOLVING] = "resolving",
    [CONN_CONNECTING] = "connecting",
    [CONN_SECURING] = "securing",
    [CONN_REGISTERING] = "registering",
    [CONN_ONLINE] = "online",
    [CONN_CLOSING] = "closing",
    [CONN_WAITING] = "waiting",
    [CONN_STOPPED] = "stopped",
};

static const char *const cause_names[] = {
    [CONN_CAUSE_NONE] = "none",         [CONN_CAUSE_RESOLVE] = "resolve",
    [CONN_CAUSE_CONNECT] = "connect",   [CONN_CAUSE_TLS] = "tls",
    [CONN_CAUSE_CLOSED] = "closed",     [CONN_CAUSE_TIMEOUT] = "timeout",
    [CONN_CAUSE_REGISTER] = "register", [CONN_CAUSE_PASSWORD] = "password",
    [CONN_CAUSE_BANNED] = "banned",     [CONN_CAUSE_SASL] = "sasl",
    [CONN_CAUSE_NICK] = "nick",         [CONN_CAUSE_ASKED] = "asked",
};

/* ---- changes ---- */

void conn_take_settings(struct conn *c, struct conn_settings *settings)
{
    const struct conn_config *config = &settings->config;
    c->settings = settings;
    c->nick.wanted = settings->nick;
    c->nick.alternates = (const char *const *)settings->alternates;
    c->nick.nalternates = settings->nalternates;
    c->sasl.account = settings->account;
    c->sasl.password = settings->password;
    c->backoff.first_ms = config->backoff_first_ms;
    c->backoff.max_ms = config->backoff_max_ms;
    c->queue.max_lines = config->queue_lines;
    c->queue.max_bytes = config->queue_bytes;
    if (c->queue.bucket.burst != config->pacing.burst ||
        c->queue.bucket.interval_ms != config->pacing.interval_ms)
        sendq_pace(&c->queue, config->pacing.burst, config->pacing.interval_ms, conn_now(c));
}

void conn_set_channels(struct conn *c, const struct conn_channel *channels, size_t n)
{
    struct sink out = conn_sink_normal(c);
    struct joins_context ctx = conn_joins_context(c, &out);
    joins_set(&c->joins, channels, n, &ctx);
    conn_wake(c);
}

void conn_set_nick(struct conn *c, const char *nick)
{
    struct conn_settings *s = c->settings;
    if (!strcmp(s->nick, nick))
        return;
    char *old = s->nick;
    s->nick = xstrdup(nick);
    s->config.nick = c->nick.wanted = s->nick;
    struct sink out = conn_sink_normal(c);
    nick_change(&c->nick, conn_isupport(c), old, conn_now(c), &out);
    free(old);
    conn_wake(c);
}

static bool same_modes(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

int conn_set_config(struct conn *c, const struct conn_config *config, char **error)
{
    struct conn_settings *settings = conn_settings_new(c->loop, config, error);
    if (!settings)
        return -1;
    struct conn_settings *old = c->settings;
    bool same_link = conn_settings_same_link(old, settings);
    conn_take_settings(c, settings);
    /* The server in use may stand elsewhere in the list now, or not at all. */
    if (!same_link && c->state == CONN_WAITING)
        c->server = 0;
    struct sink out = conn_sink_normal(c);
    nick_change(&c->nick, conn_isupport(c), old->nick, conn_now(c), &out);
    if (c->state == CONN_ONLINE && !same_modes(old->user_modes, settings->user_modes))
        conn_send_user_modes(c);
    conn_set_channels(c, config->channels, config->nchannels);
    conn_settings_free(c->loop, old);
    return same_link ? 0 : 1;
}

/* ---- what is known ---- */

enum conn_state conn_state(const struct conn *c)
{
    return c->state;
}

const char *conn_state_name(enum conn_state state)
{
    return state_names[state];
}

enum conn_cause conn_cause(const struct conn *c)
{
    return c->cause;
}

const char *conn_cause_name(enum conn_cause cause)
{
    return cause_names[cause];
}

const char *conn_reason(const struct conn *c)
{
    return c->reason ? c->reason : "";
}

const char *conn_nick(const struct conn *c)
{
    return c->nick.current[0] ? c->nick.current : c->nick.wanted;
}

bool conn_has_cap(const struct conn *c, const char *name)
{
    return caps_enabled(&c->caps, name);
}

int64_t conn_lag_ms(const struct conn *c)
{
    int64_t pending = c->pinging ? conn_now(c) - c->ping_ms : 0;
    return pending > c->lag_ms && c->lag_ms >= 0 ? pending : c->lag_ms;
}

const char *conn_server_name(const struct conn *c)
{
    return c->server_name ? c->server_name : "";
}

bool conn_is_tls(const struct conn *c)
{
    return c->tls_up;
}

int64_t conn_retry_ms(const struct conn *c)
{
    if (c->state != CONN_WAITING)
        return -1;
    int64_t left = c->due_ms - conn_now(c);
    return left > 0 ? left : 0;
}

struct conn_counters conn_counters(const struct conn *c)
{
    struct conn_counters counters = c->counters;
    counters.cut_in = c->splitter.cut;
    counters.cut_out = c->queue.cut;
    counters.dropped = c->queue.dropped;
    return counters;
}
