#include <event2/event.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "base/log.h"
#include "base/rate.h"
#include "server/supervise/generation.h"
#include "server/supervise/ticket.h"

/*
 * Deadlines of events. Nothing is set or measured for a single event: while some are not
 * acknowledged, the process is looked at now and then, and the time counts for which the oldest of
 * them has been the same. So an event is ended after its deadline, and at most an interval later.
 */
enum { PARTS = 8, SHORTEST_MS = 10, LONGEST_MS = 1000 };

static int64_t deadline_of(const struct generation *g, size_t module)
{
    return g->shared->ops->deadline(g, module);
}

static int64_t shortest_deadline(const struct generation *g)
{
    int64_t shortest = deadline_of(g, 0);
    for (size_t i = 1; i < g->nmodules; i++)
        if (deadline_of(g, i) < shortest)
            shortest = deadline_of(g, i);
    return shortest;
}

static void look_in(struct generation *g, int64_t ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(g->watch, &tv);
}

void generation_watch(struct generation *g)
{
    if (g->watching || !g->out.events || !g->nmodules)
        return;
    int64_t interval = shortest_deadline(g) / PARTS;
    g->watch_interval = interval < SHORTEST_MS  ? SHORTEST_MS
                        : interval > LONGEST_MS ? LONGEST_MS
                                                : interval;
    g->watching = true;
    g->watched_event = 0;
    g->stuck_ms = 0;
    look_in(g, g->watch_interval);
}

/* The event it is in, as far as the page is to be believed, or else the oldest. */
static bool find_event(const struct generation *g, struct ipc_event *event)
{
    uint64_t number = ipc_cell_event(g->child.cell);
    return (number && outbox_find_written(&g->out, number, event)) ||
           outbox_find_written(&g->out, outbox_oldest(&g->out), event);
}

/*
 * How long the oldest has been the same. Time in which this process did not run (it was stopped, or
 * the machine was) does not count, nor does the time in which the module waits for our answer.
 */
static void count_time(struct generation *g)
{
    int64_t now = clock_now(g->shared->clock);
    int64_t passed = now - g->watched_ms;
    uint64_t oldest = outbox_oldest(&g->out);
    uint64_t question = g->ticket ? g->ticket->question : 0;
    if (oldest != g->watched_event)
        g->stuck_ms = 0;
    else if (!question || question != g->watched_question)
        g->stuck_ms += passed < 2 * g->watch_interval ? passed : 2 * g->watch_interval;
    g->watched_ms = now;
    g->watched_event = oldest;
    g->watched_question = question;
}

/* It has read what it was given and is in no event: the end of the oldest was lost, in a frame that
 * never ends. One that does not run at all has left something in the pipe, and is in none. */
static bool lost_the_end(const struct generation *g)
{
    int unread = 0;
    return !ipc_cell_event(g->child.cell) && !ioctl(g->child.to, FIONREAD, &unread) && !unread;
}

/* What it has said until its end still counts. */
static void expire(struct generation *g, int64_t deadline)
{
    char text[RATE_TEXT_SIZE];
    snprintf(g->lateness, sizeof g->lateness,
             "it took longer than its deadline of %s, and the process was killed",
             deadline_write(text, sizeof text, deadline));
    g->end_lost = lost_the_end(g);
    child_kill(&g->child);
}

void generation_on_watch(int fd, short what, void *arg)
{
    struct generation *g = arg;
    struct ipc_event event;
    (void)fd;
    (void)what;
    g->watching = false;
    if (!generation_listens(g) || !g->out.events || *g->lateness)
        return;
    count_time(g);
    g->watching = true;
    int64_t next = g->watch_interval;
    if (g->watched_event && find_event(g, &event)) {
        int64_t deadline = deadline_of(g, event.module);
        int64_t left = deadline - g->stuck_ms;
        if (left <= 0) {
            expire(g, deadline);
            return;
        }
        next = left < next ? left : next;
    }
    look_in(g, next);
}
