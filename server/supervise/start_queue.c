#include "server/supervise/start_queue.h"

#include <event2/event.h>
#include <stddef.h>

static void go_on(struct start_queue *q)
{
    while (q->first && token_bucket_take(&q->tokens, clock_now(q->clock))) {
        struct start_turn *turn = q->first;
        start_queue_remove(q, turn);
        turn->go(turn->arg);
    }
    if (q->first && !event_pending(q->timer, EV_TIMEOUT, NULL)) {
        struct timeval tv = {.tv_usec = START_INTERVAL_MS * 1000};
        event_add(q->timer, &tv);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    go_on(arg);
}

void start_queue_init(struct start_queue *q, struct event_base *base, const struct clock *clock)
{
    *q = (struct start_queue){.clock = clock, .last = &q->first};
    token_bucket_init(&q->tokens, START_BURST, START_INTERVAL_MS, clock_now(clock));
    q->timer = event_new(base, -1, 0, on_timer, q);
}

void start_queue_free(struct start_queue *q)
{
    event_free(q->timer);
}

void start_queue_add(struct start_queue *q, struct start_turn *turn)
{
    if (turn->queued)
        return;
    turn->queued = true;
    turn->next = NULL;
    *q->last = turn;
    q->last = &turn->next;
    if (q->first == turn)
        go_on(q);
}

void start_queue_remove(struct start_queue *q, struct start_turn *turn)
{
    if (!turn->queued)
        return;
    struct start_turn **at = &q->first;
    while (*at != turn)
        at = &(*at)->next;
    *at = turn->next;
    if (!*at)
        q->last = at;
    turn->next = NULL;
    turn->queued = false;
}
