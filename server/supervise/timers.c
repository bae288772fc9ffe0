#include "server/supervise/timers.h"

#include <event2/event.h>
#include <limits.h>
#include <seshet/module.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"

struct generation_timer {
    struct generation *generation;
    struct generation_timer *next;
    int64_t number;
    uint16_t module;
    char *nick; /* whose event it was set in; "": nobody's */
    char *known;
    bool again;
    uint64_t called; /* the last event of one that repeats */
    struct event *due;
};

static void timer_free(struct generation_timer *t)
{
    t->generation->ntimers--;
    event_free(t->due);
    free(t->nick);
    free(t->known);
    free(t);
}

static struct generation_timer *take(struct generation *g, int64_t number)
{
    for (struct generation_timer **at = &g->timers; *at; at = &(*at)->next) {
        struct generation_timer *t = *at;
        if (t->number == number) {
            *at = t->next;
            return t;
        }
    }
    return NULL;
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
    struct generation_timer *t = arg;
    struct generation *g = t->generation;
    (void)fd;
    (void)what;
    const struct timer_due call = {
        .module = t->module, .number = t->number, .nick = t->nick, .known = t->known};
    /* One that repeats is not called again before its last call is over: a slow one would fill the
     * queue. */
    bool waits = g->state != GENERATION_READY || (t->called && outbox_has(&g->out, t->called));
    uint64_t event = waits ? 0 : g->shared->ops->timer(g, &call);
    if (t->again) {
        t->called = event ? event : t->called;
    } else if (event) {
        take(g, t->number);
        timer_free(t);
    } else if (g->state != GENERATION_STOPPING) {
        /* Set in load and due before there are events, or there is no room: a moment later. */
        event_add(t->due, &(struct timeval){.tv_usec = 20000});
    }
}

static int32_t set(struct generation *g, const struct ipc_ask *ask, int64_t *number)
{
    bool again = !strcmp(ask->key, "every");
    if ((!again && strcmp(ask->key, "once") != 0) || ask->by < 1 || ask->by > INT_MAX)
        return SESHET_EINVAL;
    if (g->ntimers == GENERATION_TIMERS_MAX)
        return SESHET_ESIZE;
    struct timeval tv = {.tv_sec = ask->by / 1000, .tv_usec = ask->by % 1000 * 1000};
    struct ipc_event in = {.nick = "", .known = ""};
    size_t size;
    if (ask->event)
        event_list_first(&g->out.queue, &in, &size);
    struct generation_timer *t = xmalloc(sizeof *t);
    *t = (struct generation_timer){.generation = g,
                                   .next = g->timers,
                                   .number = ++g->last_timer,
                                   .module = ask->module,
                                   .nick = xstrdup(in.nick),
                                   .known = xstrdup(in.known),
                                   .again = again};
    t->due = event_new(g->shared->base, -1, again ? EV_PERSIST : 0, on_due, t);
    event_add(t->due, &tv);
    g->timers = t;
    g->ntimers++;
    *number = t->number;
    return 0;
}

int32_t timers_ask(struct generation *g, const struct ipc_ask *ask, int64_t *number)
{
    *number = 0;
    if (ask->op == IPC_TIMER)
        return set(g, ask, number);
    struct generation_timer *t = take(g, ask->by);
    if (!t)
        return 0;
    timer_free(t);
    return 1;
}

void timers_free(struct generation *g)
{
    while (g->timers) {
        struct generation_timer *t = g->timers;
        g->timers = t->next;
        timer_free(t);
    }
}
