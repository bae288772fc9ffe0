#include "net/link/loop.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/xmalloc.h"

struct link_timer {
    struct event *event;
    void (*fn)(void *arg);
    void *arg;
};

struct link_loop *link_loop_new(struct event_base *base, struct evdns_base *dns,
                                const struct clock *clock, struct defer_queue *defer)
{
    struct link_loop *loop = xcalloc(1, sizeof *loop);
    loop->base = base;
    loop->dns = dns;
    loop->clock = clock;
    loop->defer = defer;
    loop->scratch = xmalloc(LINK_READ_MAX);
    loop->turns.next = loop->turns.prev = &loop->turns;
    return loop;
}

void link_loop_free(struct link_loop *loop)
{
    if (!loop)
        return;
    free(loop->scratch);
    free(loop);
}

static void run_turns(void *arg)
{
    struct link_loop *loop = arg;
    loop->woken = false;
    while (loop->turns.next != &loop->turns) {
        struct link_turn *turn = loop->turns.next;
        link_turn_cancel(turn);
        turn->fn(turn->arg);
    }
}

void link_turn_queue(struct link_loop *loop, struct link_turn *turn)
{
    if (turn->queued)
        return;
    turn->queued = true;
    turn->next = &loop->turns;
    turn->prev = loop->turns.prev;
    turn->prev->next = turn;
    loop->turns.prev = turn;
    if (!loop->woken) {
        loop->woken = true;
        defer_call(loop->defer, run_turns, loop);
    }
}

void link_turn_cancel(struct link_turn *turn)
{
    if (!turn->queued)
        return;
    turn->queued = false;
    turn->prev->next = turn->next;
    turn->next->prev = turn->prev;
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct link_timer *timer = arg;
    timer->fn(timer->arg);
}

struct link_timer *link_timer_new(struct link_loop *loop, void (*fn)(void *arg), void *arg)
{
    struct link_timer *timer = xmalloc(sizeof *timer);
    *timer = (struct link_timer){.fn = fn, .arg = arg};
    timer->event = evtimer_new(loop->base, timer_fired, timer);
    if (!timer->event)
        abort(); /* only when memory is gone */
    return timer;
}

void link_timer_set(struct link_timer *timer, int64_t after_ms)
{
    if (after_ms < 0)
        after_ms = 0;
    struct timeval tv = {.tv_sec = after_ms / 1000, .tv_usec = after_ms % 1000 * 1000};
    event_add(timer->event, &tv);
}

void link_timer_stop(struct link_timer *timer)
{
    event_del(timer->event);
}

void link_timer_free(struct link_timer *timer)
{
    if (!timer)
        return;
    event_free(timer->event);
    free(timer);
}
