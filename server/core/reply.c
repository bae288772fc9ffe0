#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/core/core.h"
#include "server/core/run.h"
#include "server/say/say.h"

/* To whom, on which network. */
struct way {
    struct network *network;
    struct more_person who;
    const char *reply_to;
    bool is_private;
};

static struct say core_say_of(enum say_kind kind, const char *target, const char *text, size_t len)
{
    return (struct say){
        .kind = kind, .target = target, .text = text, .len = len, .module = CORE_MODULE};
}

static void reply(const struct way *way, const char *body)
{
    struct buf text = {0};
    if (!way->is_private)
        buf_printf(&text, "%s: ", way->who.nick);
    buf_append(&text, body, strlen(body));
    struct say say = core_say_of(SAY_PRIVMSG, way->reply_to, buf_data(&text), text.len);
    say_answer(way->network, &say, &way->who, NULL);
    buf_free(&text);
}

static struct way way_of(const struct command_call *call)
{
    return (struct way){.network = call->network,
                        .who = {call->event->nick, call->event->user, call->event->host},
                        .reply_to = call->event->reply_to,
                        .is_private = call->event->is_private};
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
    struct say say = core_say_of(SAY_NOTICE, call->event->nick, body, strlen(body));
    say_text(call->network, &say);
    free(body);
}

void core_more(const struct command_call *call)
{
    if (!say_more(call->network, call->event))
        command_reply(call, "There is no more.");
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
                          .is_private = later->is_private};
        reply(&way, body);
    }
    free(body);
    core_later_free(later);
}
