#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/link/conn_internal.h"

/* What the server says, as far as the connection itself is concerned. Each handler that may end the
 * connection does so as its last act. */

const struct isupport *conn_isupport(const struct conn *c)
{
    return c->callbacks.isupport(c->arg);
}

static struct log_tag tag(const struct conn *c)
{
    return LOG_NETWORK(c->settings->key);
}

static bool wants_sasl(const struct conn *c)
{
    return c->settings->config.sasl.mechanism != CONN_SASL_NONE;
}

static const char *last_param(const struct irc_msg *msg)
{
    return msg->nparams ? msg->params[msg->nparams - 1] : "";
}

/* NICK and USER follow at once: a server without CAP goes on with them, one with CAP waits for
 * CAP END. */
void conn_register(struct conn *c)
{
    struct conn_settings *s = c->settings;
    struct sink out = conn_sink_urgent(c);
    caps_begin(&c->caps, wants_sasl(c), &out);
    if (s->server_password)
        sink_printf(&out, "PASS :%s", s->server_password);
    nick_begin(&c->nick, &out);
    sink_printf(&out, "USER %s 0 * :%s", s->username, s->realname);
}

static void start_sasl(struct conn *c)
{
    struct sink out = conn_sink_urgent(c);
    if (!c->tls_up && !c->sasl.external)
        log_warn("irc.sasl_plain", tag(c), "The SASL password goes unencrypted: set tls = true");
    sasl_start(&c->sasl, &out);
}

static void end_negotiation(struct conn *c)
{
    struct sink out = conn_sink_urgent(c);
    if (c->negotiated)
        return;
    c->negotiated = true;
    sink_printf(&out, "CAP END");
}

static void sasl_missing(struct conn *c)
{
    conn_end(c, CONN_CAUSE_SASL, false,
             "SASL %s is configured, but the server does not offer it now (its services may be "
             "down)",
             c->sasl.external ? "EXTERNAL" : "PLAIN");
}

static void handle_cap(struct conn *c, const struct irc_msg *msg)
{
    struct sink out = conn_sink_urgent(c);
    unsigned changed = caps_feed(&c->caps, msg, &out);
    bool usable = caps_enabled(&c->caps, "sasl") && caps_sasl_offers(&c->caps, c->sasl.external);
    if (c->state == CONN_ONLINE) {
        if (changed & CAPS_SASL_ON && usable)
            start_sasl(c); /* the services are back */
        return;
    }
    if (c->state != CONN_REGISTERING || c->welcomed || !(changed & CAPS_SETTLED))
        return;
    if (!wants_sasl(c) || c->sasl.logged_in)
        end_negotiation(c);
    else if (c->sasl.running)
        return;
    else if (usable)
        start_sasl(c);
    else
        sasl_missing(c);
}

static void handle_sasl(struct conn *c, const struct irc_msg *msg)
{
    struct sink out = conn_sink_urgent(c);
    const char *why = last_param(msg);
    enum sasl_result result = sasl_feed(&c->sasl, msg, &out);
    if (result == SASL_NOTHING)
        return;
    if (result == SASL_SUCCESS) {
        end_negotiation(c);
        return;
    }
    if (c->welcomed) {
        log_warn("irc.sasl_failed", tag(c), "Could not log in again with SASL: %s", why);
        return;
    }
    bool for_good = result == SASL_REFUSED && !c->sasl.mechanism_refused;
    conn_end(c, CONN_CAUSE_SASL, for_good, "The SASL login%s%s was refused: %s%s",
             c->sasl.account ? " as " : "", c->sasl.account ? c->sasl.account : "", why,
             for_good ? " (check account and password, or the certificate)" : "");
}

static void handle_welcome(struct conn *c, const struct irc_msg *msg)
{
    if (c->state != CONN_REGISTERING || c->welcomed)
        return;
    if (wants_sasl(c) && !c->sasl.logged_in) {
        sasl_missing(c); /* a server without CAP */
        return;
    }
    c->welcomed = true;
    nick_welcomed(&c->nick, irc_param(msg, 0));
}

static void handle_nick_refused(struct conn *c, const struct irc_msg *msg)
{
    struct sink out = conn_sink_urgent(c);
    if (c->welcomed) {
        nick_feed(&c->nick, conn_isupport(c), msg, conn_now(c), &out);
        return;
    }
    /* 437 and 438 during registration: unavailable for now, like one in use. */
    if (c->state != CONN_REGISTERING || !nick_refused(&c->nick, msg->numeric, &out))
        return;
    bool for_good = c->nick.rejected >= c->nick.tries;
    conn_end(c, CONN_CAUSE_NICK, for_good, "No nick was accepted, neither %s nor an alternate: %s",
             c->settings->nick, last_param(msg));
}

static bool speaks_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

/* What servers say when they do not want us at all (RFC 1459 leaves the text to them). */
static bool speaks_of_ban(const char *text)
{
    static const char *const words[] = {"k-line", "kline",  "g-line", "gline",
                                        "z-line", "zline",  "d-line", "dline",
                                        "akill",  "banned", "klined", "not welcome"};
    return speaks_of(text, words, sizeof words / sizeof *words);
}

/* Some (ngircd) refuse a wrong password by ERROR alone, without ERR_PASSWDMISMATCH. */
static bool speaks_of_password(const char *text)
{
    static const char *const words[] = {"bad password",       "wrong password",
                                        "invalid password",   "incorrect password",
                                        "password incorrect", "password mismatch"};
    return speaks_of(text, words, sizeof words / sizeof *words);
}

static void end_by_password(struct conn *c, const char *text)
{
    conn_end(c, CONN_CAUSE_PASSWORD, true,
             "The server refused its password: %s (check server_password_file)", text);
}

/* InspIRCd says no more to a wrong password, or to whoever fits none of its classes. */
static bool speaks_of_configuration(const char *text)
{
    return strcasestr(text, "denied by configuration");
}

static bool speaks_of_haste(const char *text)
{
    return strcasestr(text, "throttle") || strcasestr(text, "too fast") ||
           strcasestr(text, "too many");
}

/* Where the reason begins in "Closing Link: nick[host] (reason)" and InspIRCd's "Closing link:
 * (user@host) [reason]": the names before it may hold any word. */
static const char *closing_reason(const char *text)
{
    static const char inspircd[] = "Closing link: (";
    if (!strncmp(text, inspircd, sizeof inspircd - 1)) {
        const char *reason = strstr(text, ") [");
        return reason ? reason : text;
    }
    const char *reason = strchr(text, '(');
    return reason ? reason : text;
}

/* ERROR instead of a welcome. */
static void end_unwelcome(struct conn *c, const char *text)
{
    const char *reason = closing_reason(text);
    bool denied = speaks_of_configuration(reason);
    if (speaks_of_ban(reason))
        conn_end(c, CONN_CAUSE_BANNED, true, "Banned by the server: %s", text);
    else if (speaks_of_password(reason) || (denied && c->settings->server_password))
        end_by_password(c, text);
    else
        conn_end(c, CONN_CAUSE_REGISTER, false, "The server closed the connection: %s%s", text,
                 denied ? " (it may want a password: server_password_file)" : "");
}

/* Who was welcome once may come back, also after a KILL: whether it is a ban, the next registration
 * tells. */
static void handle_error(struct conn *c, const struct irc_msg *msg)
{
    const char *text = last_param(msg);
    if (c->state != CONN_CLOSING && speaks_of_haste(text))
        c->backoff.failures += 2; /* come back later than usual */
    if (c->state == CONN_CLOSING)
        conn_end(c, CONN_CAUSE_ASKED, false, "The server closed the connection: %s", text);
    else if (c->welcomed)
        conn_end(c, CONN_CAUSE_CLOSED, false, "The server closed the connection: %s", text);
    else
        end_unwelcome(c, text);
}

static void handle_ping(struct conn *c, const struct irc_msg *msg)
{
    struct sink out = conn_sink_urgent(c);
    sink_printf(&out, "PONG :%s", irc_param(msg, 0));
}

static void handle_pong(struct conn *c, const struct irc_msg *msg)
{
    char *rest;
    long long sent = strtoll(last_param(msg), &rest, 10);
    int64_t now = conn_now(c);
    if (*rest || sent < c->online_ms || sent > now)
        return; /* not to one of ours */
    c->lag_ms = now - sent;
    if (sent == c->ping_ms)
        c->pinging = false;
}

static void handle_joins(struct conn *c, const struct irc_msg *msg)
{
    struct sink out = conn_sink_normal(c);
    struct joins_context ctx = conn_joins_context(c, &out);
    joins_feed(&c->joins, msg, &ctx);
}

static void handle_nick(struct conn *c, const struct irc_msg *msg)
{
    struct sink out = conn_sink_urgent(c);
    nick_feed(&c->nick, conn_isupport(c), msg, conn_now(c), &out);
}

static void handle_word(struct conn *c, const struct irc_msg *msg)
{
    switch (msg->word) {
    case IRC_PING:
        handle_ping(c, msg);
        break;
    case IRC_PONG:
        handle_pong(c, msg);
        break;
    case IRC_JOIN:
    case IRC_PART:
    case IRC_KICK:
        handle_joins(c, msg);
        break;
    case IRC_NICK:
    case IRC_QUIT:
        handle_nick(c, msg);
        break;
    case IRC_CAP:
        handle_cap(c, msg);
        break;
    case IRC_AUTHENTICATE:
        handle_sasl(c, msg);
        break;
    case IRC_ERROR:
        handle_error(c, msg);
        break;
    default:
        break;
    }
}

static void handle_refusal(struct conn *c, const struct irc_msg *msg)
{
    if (c->welcomed)
        return;
    if (msg->numeric == 464)
        end_by_password(c, last_param(msg));
    else
        conn_end(c, CONN_CAUSE_BANNED, true, "Banned by the server: %s", last_param(msg));
}

static void handle_numeric(struct conn *c, const struct irc_msg *msg)
{
    switch (msg->numeric) {
    case 1: /* RPL_WELCOME */
        handle_welcome(c, msg);
        break;
    case 376: /* RPL_ENDOFMOTD */
    case 422: /* ERR_NOMOTD */
        if (c->state == CONN_REGISTERING && c->welcomed)
            conn_enter_online(c);
        break;
    case 437: /* ERR_UNAVAILRESOURCE: a nick or a channel */
        handle_joins(c, msg);
        handle_nick_refused(c, msg);
        break;
    case 432: /* ERR_ERRONEUSNICKNAME */
    case 433: /* ERR_NICKNAMEINUSE */
    case 436: /* ERR_NICKCOLLISION */
    case 438: /* ERR_NICKTOOFAST */
        handle_nick_refused(c, msg);
        break;
    case 303: /* RPL_ISON */
    case 731: /* RPL_MONOFFLINE */
        handle_nick(c, msg);
        break;
    case 403: /* ERR_NOSUCHCHANNEL and others that may answer a JOIN */
    case 405:
    case 470:
    case 471:
    case 473:
    case 474:
    case 475:
    case 476:
    case 477:
        handle_joins(c, msg);
        break;
    case 463: /* ERR_NOPERMFORHOST */
    case 464: /* ERR_PASSWDMISMATCH */
    case 465: /* ERR_YOUREBANNEDCREEP */
        handle_refusal(c, msg);
        break;
    case 900:
    case 901:
    case 902:
    case 903:
    case 904:
    case 905:
    case 906:
    case 907:
    case 908:
        handle_sasl(c, msg);
        break;
    default:
        break;
    }
}

/* Non-zero when the connection is no longer the one whose lines these are. */
static int take_line(void *arg, char *line, size_t len)
{
    (void)len;
    struct conn *c = arg;
    struct irc_msg msg;
    unsigned life = c->life;
    c->counters.lines_in++;
    if (irc_parse(&msg, line)) {
        c->counters.rubbish++;
        return 0;
    }
    if (msg.numeric)
        handle_numeric(c, &msg);
    else
        handle_word(c, &msg);
    if (c->life == life)
        c->callbacks.on_message(c->arg, &msg);
    return c->life != life;
}

void conn_input(struct conn *c, char *data, size_t len)
{
    c->heard_ms = conn_now(c);
    c->counters.bytes_in += len;
    c->feeding = true;
    if (line_feed(&c->splitter, data, len, take_line, c))
        line_free(&c->splitter);
    c->feeding = false;
    conn_wake(c);
}
