/*
 * Commands whose source is to be authorized first: kept for a minute, and run when he is. A nick is
 * no person: what waits is dropped as soon as the nick may be another's.
 */

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/auth/internal.h"
#include "server/route/router.h"

#define WAIT_MS     60000
#define ASK_MS      5000 /* NickServ is asked again: nobody tells us that he has identified */
#define MAX_PENDING 500  /* of one network */

struct pending {
    char *nick; /* as he writes it now */
    char *user;
    char *host;
    char *account; /* services; or NULL */
    char *channel; /* or NULL */
    char *text;
    char *reply_to;
    char *group;
    bool is_private;
    int64_t time_ms;
    int64_t until_ms;
    struct pending *prev;
    struct pending *next;
};

struct pendings {
    struct auth *auth;
    struct pending *first;
    size_t count;
    int64_t until_ms; /* of the one that runs now, when it must wait again; 0: none runs */
    struct event *timer;
};

static void drop(struct pendings *p, struct pending *w)
{
    DL_DELETE(p->first, w);
    p->count--;
    free(w->nick);
    free(w->user);
    free(w->host);
    free(w->account);
    free(w->channel);
    free(w->text);
    free(w->reply_to);
    free(w->group);
    free(w);
}

static struct pending *find(const struct auth *a, const char *nick)
{
    for (struct pending *w = a->pendings->first; w; w = w->next)
        if (irc_equal(auth_casemapping(a), w->nick, nick))
            return w;
    return NULL;
}

const char *pending_group(const struct auth *a, const char *nick)
{
    const struct pending *w = find(a, nick);
    return w ? w->group : NULL;
}

static void set_timer(struct pendings *p)
{
    static const struct timeval interval = {.tv_sec = ASK_MS / 1000};
    if (p->first && !event_pending(p->timer, EV_TIMEOUT, NULL))
        event_add(p->timer, &interval);
}

bool pending_add(struct auth *a, const struct irc_event *event, const char *group)
{
    struct pendings *p = a->pendings;
    struct pending *before = find(a, event->nick);
    int64_t now_ms = auth_now(a);
    int64_t until_ms = p->until_ms ? p->until_ms : now_ms + WAIT_MS;
    if (before)
        drop(p, before);
    if (until_ms <= now_ms)
        return false;
    if (p->count >= MAX_PENDING)
        drop(p, p->first);
    struct pending *w = xcalloc(1, sizeof *w);
    *w = (struct pending){.nick = xstrdup(event->nick),
                          .user = xstrdup(event->user),
                          .host = xstrdup(event->host),
                          .account = xstrdup_null(event->account),
                          .channel = xstrdup_null(event->channel),
                          .text = xstrdup(event->text),
                          .reply_to = xstrdup(event->reply_to),
                          .group = xstrdup(group),
                          .is_private = event->is_private,
                          .time_ms = event->time_ms,
                          .until_ms = until_ms};
    DL_APPEND(p->first, w);
    p->count++;
    set_timer(p);
    return true;
}

/* ---- Running ----------------------------------------------------------------------------------
 */

/* Whether we see the nick in a channel, and by all that is known it is still him. An address that
 * was not told yet speaks against nobody: who takes the nick or leaves has been dropped. */
static bool is_seen(const struct auth *a, const struct pending *w)
{
    const struct irc_user *user = irc_user_find(a->network->state, w->nick);
    return user && (!*irc_user_user(user) || !strcmp(irc_user_user(user), w->user)) &&
           (!*irc_user_host(user) || !strcmp(irc_user_host(user), w->host));
}

/* What is known of his services account by now. */
static const char *account_now(const struct auth *a, const struct pending *w, bool *known)
{
    const struct irc_user *user = irc_user_find(a->network->state, w->nick);
    *known = user && irc_user_account_known(user);
    return *known ? irc_user_account(user) : w->account;
}

/* The event as it would come now. False: its place is gone. */
static bool revive(const struct auth *a, const struct pending *w, struct irc_event *event,
                   const struct channel **place)
{
    *event = (struct irc_event){.type = EVENT_MESSAGE,
                                .nick = w->nick,
                                .user = w->user,
                                .host = w->host,
                                .is_private = w->is_private,
                                .channel = w->channel,
                                .text = w->text,
                                .reply_to = w->is_private ? w->nick : w->reply_to,
                                .time_ms = w->time_ms};
    event->account = account_now(a, w, &event->account_known);
    if (irc_user_find(a->network->state, w->nick) && !is_seen(a, w))
        return false;
    if (w->is_private)
        return true;
    *place = irc_channel_find(a->network->state, w->channel);
    event->places = place;
    event->nplaces = 1;
    return *place && irc_channel_has(*place, w->nick);
}

void pending_run(struct auth *a, const struct auth_source *source)
{
    struct pendings *p = a->pendings;
    struct pending *w = p->until_ms ? NULL : find(a, source->nick);
    const struct channel *place = NULL;
    struct irc_event event;
    if (!w)
        return;
    if (strcmp(w->user, source->user) != 0 || strcmp(w->host, source->host) != 0) {
        drop(p, w);
        return;
    }
    p->until_ms = w->until_ms;
    /* It keeps the event's strings; if it must wait again, that is another one. */
    DL_DELETE(p->first, w);
    if (p->until_ms > auth_now(a) && revive(a, w, &event, &place))
        router_command(a->network, &event);
    DL_PREPEND(p->first, w);
    drop(p, w);
    p->until_ms = 0;
}

void pending_say_again(struct auth *a, const char *nick, bool identified)
{
    char text[400];
    const char *nickserv = a->network->conf->services.nickserv;
    struct pending *w = find(a, nick);
    if (!w)
        return;
    if (identified)
        snprintf(text, sizeof text,
                 "We share no channel, so I cannot see whether you are still the one who said "
                 "that. Say it again within %d seconds.",
                 AUTH_UNSEEN_KNOWN_MS / 1000);
    else
        snprintf(text, sizeof text,
                 "That is for members of %s: identify to %s (/msg %s IDENTIFY ...), then say it "
                 "again. We share no channel, so it cannot wait for you.",
                 w->group, nickserv, nickserv);
    auth_tell(a, w->nick, text);
    drop(a->pendings, w);
}

/* Those whose services account only NickServ knows are asked about again and again. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct pendings *p = arg;
    struct auth *a = p->auth;
    int64_t now_ms = auth_now(a);
    struct pending *w;
    struct pending *next;
    (void)fd;
    (void)what;
    nickserv_sweep(a);
    DL_FOREACH_SAFE(p->first, w, next)
    {
        const char *why;
        struct auth_source source = {w->nick, w->user, w->host, w->account};
        bool asking = auth_group_verdict(a->network, &source, w->group) == AUTH_ASKING;
        if (w->until_ms > now_ms) {
            if (asking && is_seen(a, w))
                nickserv_ask(a, &source, &why);
            continue;
        }
        if (asking)
            auth_tell(a, w->nick,
                      "I could not learn from NickServ who you are, so your command did not run. "
                      "Try it again later.");
        drop(p, w);
    }
    set_timer(p);
}

/* ---- Following the network --------------------------------------------------------------------
 */

static void rename_to(struct pending *w, const char *nick)
{
    free(w->nick);
    w->nick = xstrdup(nick);
}

/* He leaves a channel; with his last one we lose sight of him. */
static void on_leave(struct auth *a, const char *nick)
{
    const struct channel *one[1];
    struct pending *w = find(a, nick);
    const struct irc_user *user = irc_user_find(a->network->state, nick);
    if (w && user && irc_user_channels(user, one, 1) <= 1)
        drop(a->pendings, w);
}

static void on_own_leave(struct auth *a, const struct channel *channel)
{
    struct pending *w;
    struct pending *next;
    DL_FOREACH_SAFE(a->pendings->first, w, next)
    {
        if (channel && irc_channel_has(channel, w->nick))
            on_leave(a, w->nick);
    }
}

/* Somebody, maybe one who has nothing waiting, leaves a channel or takes a nick. */
static void observe_moves(struct auth *a, const struct irc_event *event)
{
    const struct channel *channel = event->nplaces ? event->places[0] : NULL;
    const char *leaver = event->type == EVENT_PART   ? event->nick
                         : event->type == EVENT_KICK ? event->target
                                                     : NULL;
    if (leaver && irc_state_is_me(a->network->state, leaver))
        on_own_leave(a, channel);
    else if (leaver)
        on_leave(a, leaver);
    if (event->type == EVENT_NICK && !irc_equal(auth_casemapping(a), event->nick, event->target)) {
        struct pending *other = find(a, event->target);
        if (other)
            drop(a->pendings, other);
    }
}

void pending_observe(struct auth *a, const struct irc_event *event)
{
    struct pendings *p = a->pendings;
    if (!p->first)
        return;
    if (event->type == EVENT_DISCONNECTED) {
        while (p->first)
            drop(p, p->first);
        return;
    }
    observe_moves(a, event);
    struct pending *w = *event->nick ? find(a, event->nick) : NULL;
    if (!w)
        return;
    const struct auth_source source = auth_source_of(event);
    bool has_address = *event->user && *event->host;
    if (event->type == EVENT_QUIT ||
        (has_address && (strcmp(w->user, event->user) != 0 || strcmp(w->host, event->host) != 0)))
        drop(p, w);
    else if (event->type == EVENT_NICK)
        rename_to(w, event->target);
    else if (has_address && event->account_known && event->account)
        pending_run(a, &source);
}

/* ---- Life -------------------------------------------------------------------------------------
 */

struct pendings *pendings_new(struct auth *a)
{
    struct pendings *p = xcalloc(1, sizeof *p);
    p->auth = a;
    p->timer = evtimer_new(a->network->server->base, on_timer, p);
    return p;
}

void pendings_free(struct pendings *p)
{
    while (p->first)
        drop(p, p->first);
    event_free(p->timer);
    free(p);
}
