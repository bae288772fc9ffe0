#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "net/proto/wrap.h"
#include "server/core/core.h"
#include "server/core/memory.h"
#include "server/core/run.h"
#include "server/say.h"

#define MAX_REPLY 1500 /* bytes at once, about four lines; the rest is kept for `more` */

/* To whom, on which network. */
struct way {
    struct network *network;
    struct core_who who;
    const char *reply_to;
    bool is_private;
    char prefix; /* of commands there */
};

static void send_text(struct network *n, enum say_kind kind, const char *target, const char *text,
                      size_t len)
{
    struct say say = {
        .kind = kind, .target = target, .text = text, .len = len, .module = CORE_MODULE};
    say_text(n, &say);
}

static void reply(const struct way *way, const char *body)
{
    struct buf text = {0};
    size_t len = strlen(body);
    if (!way->is_private)
        buf_printf(&text, "%s: ", way->who.nick);
    if (len <= MAX_REPLY) {
        buf_append(&text, body, len);
    } else {
        const char *rest;
        size_t piece = wrap_next(body, len, MAX_REPLY, &rest);
        buf_append(&text, body, piece);
        core_memory_keep(way->network, &way->who, rest, len - (size_t)(rest - body));
        buf_printf(&text, " (%cmore gives the rest)", way->prefix);
    }
    send_text(way->network, SAY_PRIVMSG, way->reply_to, buf_data(&text), text.len);
    buf_free(&text);
}

static struct core_who who_of(const struct command_call *call)
{
    return (struct core_who){call->event->nick, call->event->user, call->event->host};
}

static struct way way_of(const struct command_call *call)
{
    return (struct way){.network = call->network,
                        .who = who_of(call),
                        .reply_to = call->event->reply_to,
                        .is_private = call->event->is_private,
                        .prefix = *call->network->conf->command_prefix};
}

void command_reply(const struct command_call *call, const char *fmt, ...)
{
    struct way way = way_of(call);
    va_list ap;
    va_start(ap, fmt);
    char *body = xvasprintf(fmt, ap);
    va_end(ap);
    reply(&way, body);
    free(body);
}

void core_reply_buf(const struct command_call *call, struct buf *text)
{
    struct way way = way_of(call);
    buf_append(text, "", 1);
    reply(&way, buf_data(text));
    buf_free(text);
}

void core_notice(const struct command_call *call, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *body = xvasprintf(fmt, ap);
    va_end(ap);
    send_text(call->network, SAY_NOTICE, call->event->nick, body, strlen(body));
    free(body);
}

void core_more(const struct command_call *call)
{
    const struct core_who who = who_of(call);
    char *rest = core_memory_take(call->network, &who);
    command_reply(call, "%s", rest ? rest : "There is no more.");
    free(rest);
}

/* ---- Later ------------------------------------------------------------------------------------
 */

struct core_later {
    struct server *server;
    char *network;
    char *nick;
    char *user;
    char *host;
    char *reply_to;
    bool is_private;
};

struct core_later *core_later_new(const struct command_call *call)
{
    struct core_later *later = xmalloc(sizeof *later);
    *later = (struct core_later){.server = call->network->server,
                                 .network = xstrdup(call->network->key),
                                 .nick = xstrdup(call->event->nick),
                                 .user = xstrdup(call->event->user),
                                 .host = xstrdup(call->event->host),
                                 .reply_to = xstrdup(call->event->reply_to),
                                 .is_private = call->event->is_private};
    return later;
}

void core_later_free(struct core_later *later)
{
    if (!later)
        return;
    free(later->network);
    free(later->nick);
    free(later->user);
    free(later->host);
    free(later->reply_to);
    free(later);
}

struct server *core_later_server(const struct core_later *later)
{
    return later->server;
}

struct network *core_later_network(const struct core_later *later)
{
    return network_find(later->server, later->network);
}

/* Whether the nick is not somebody else's meanwhile, as far as we see. */
static bool is_same(const struct network *n, const struct core_later *later)
{
    const struct irc_user *user = irc_user_find(n->state, later->nick);
    return !user || !*irc_user_user(user) || !*irc_user_host(user) ||
           (!strcmp(irc_user_user(user), later->user) && !strcmp(irc_user_host(user), later->host));
}

void core_later_end(struct core_later *later, const char *fmt, ...)
{
    struct network *n = core_later_network(later);
    va_list ap;
    va_start(ap, fmt);
    char *body = xvasprintf(fmt, ap);
    va_end(ap);
    if (n && (!later->is_private || is_same(n, later))) {
        struct way way = {.network = n,
                          .who = {later->nick, later->user, later->host},
                          .reply_to = later->reply_to,
                          .is_private = later->is_private,
                          .prefix = *n->conf->command_prefix};
        reply(&way, body);
    }
    free(body);
    core_later_free(later);
}
