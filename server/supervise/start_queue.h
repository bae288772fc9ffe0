#ifndef SERVER_SUPERVISE_START_QUEUE_H
#define SERVER_SUPERVISE_START_QUEUE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/token_bucket.h"

struct event;
struct event_base;

/*
 * Staggers the starting of processes: each holds the loop for up to a millisecond, so a few start
 * at once and then one every START_INTERVAL_MS, in the order in which they were wanted.
 */
#define START_BURST       4
#define START_INTERVAL_MS 2

struct start_turn {
    struct start_turn *next;
    bool queued;
    void (*go)(void *arg);
    void *arg;
};

struct start_queue {
    const struct clock *clock;
    struct token_bucket tokens;
    struct event *timer;
    struct start_turn *first;
    struct start_turn **last;
};

void start_queue_init(struct start_queue *q, struct event_base *base, const struct clock *clock);
void start_queue_free(struct start_queue *q);
/* Calls go(arg), at once when nobody waits. Nothing happens when it is queued already. */
void start_queue_add(struct start_queue *q, struct start_turn *turn);
void start_queue_remove(struct start_queue *q, struct start_turn *turn);

#endif
