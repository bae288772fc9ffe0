#include <limits.h>
#include <seshet/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/stage/stage.h"

enum { TIMERS_MAX = 1000 }; /* as seshet/module.h says */

static void timer_free(struct stage_timer *t)
{
    free(t->nick);
    free(t->known);
    rights_unref(t->rights);
    free(t);
}

/* Behind those that are due at the same time. */
static void put(struct generation *g, struct stage_timer *t)
{
    struct stage_timer **at = &g->timers;
    while (*at && (*at)->due_ms <= t->due_ms)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
}

static int32_t set(struct generation *g, const struct ipc_ask *ask, int64_t *number)
{
    if (ask->by < 1 || ask->by > INT_MAX)
        return SESHET_EINVAL;
    if (g->ntimers == TIMERS_MAX)
        return SESHET_ESIZE;
    const struct ipc_event *in = g->running;
    struct stage_timer *t = xmalloc(sizeof *t);
    *t = (struct stage_timer){.number = ++g->last_timer,
                              .due_ms = g->test->now_ms + ask->by,
                              .every_ms = strcmp(ask->key, "every") == 0 ? ask->by : 0,
                              .nick = xstrdup(in ? in->nick : ""),
                              .known = xstrdup(in ? in->known : ""),
                              .rights = rights_ref(g->rights)};
    put(g, t);
    g->ntimers++;
    *number = t->number;
    return 0;
}

int32_t timers_ask(struct generation *g, const struct ipc_ask *ask, int64_t *number)
{
    *number = 0;
    if (ask->op == IPC_TIMER)
        return set(g, ask, number);
    for (struct stage_timer **at = &g->timers; *at; at = &(*at)->next) {
        struct stage_timer *t = *at;
        if (t->number == ask->by) {
            *at = t->next;
            g->ntimers--;
            timer_free(t);
            return 1;
        }
    }
    return 0;
}

void timers_forget(struct generation *g)
{
    while (g->timers) {
        struct stage_timer *t = g->timers;
        g->timers = t->next;
        timer_free(t);
    }
    g->ntimers = 0;
}

/* The first of the list. It may cancel itself. */
static void run(struct generation *g)
{
    struct stage_timer *t = g->timers;
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)t->number);
    struct stage_timer was = {
        .nick = xstrdup(t->nick), .known = xstrdup(t->known), .rights = rights_ref(t->rights)};
    g->timers = t->next;
    if (t->every_ms) {
        t->due_ms += t->every_ms;
        put(g, t);
    } else {
        g->ntimers--;
        timer_free(t);
    }
    struct ipc_event event = {.type = IPC_EVENT_TIMER,
                              .command_index = IPC_SUBSCRIPTION,
                              .args = number,
                              .nick = was.nick,
                              .known = was.known};
    generation_send(g, &event, was.rights);
    free(was.nick);
    free(was.known);
    rights_unref(was.rights);
}

int seshet_test_forward(seshet_test *t, int64_t ms)
{
    int64_t end;
    int count = 0;
    if (ms < 0 || __builtin_add_overflow(t->now_ms, ms, &end))
        return -1;
    while (t->generation && t->generation->timers && t->generation->timers->due_ms <= end) {
        if (t->generation->timers->due_ms > t->now_ms)
            t->now_ms = t->generation->timers->due_ms;
        run(t->generation);
        count += count < INT_MAX;
    }
    t->now_ms = end;
    return count;
}

int64_t seshet_test_now(const seshet_test *t)
{
    return t->now_ms;
}
