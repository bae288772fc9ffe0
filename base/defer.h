#ifndef BASE_DEFER_H
#define BASE_DEFER_H

#include <stdlib.h>

/*
 * Work put off to the end of the loop's turn, so that nothing is freed inside a callback of its
 * own. Calls run in the order they were queued; what they queue in turn runs in the same pass.
 */
struct defer_item;

struct defer_queue {
    struct defer_item *first;
    struct defer_item **last;
    void (*wake)(void *arg); /* called when the queue stops being empty; may be NULL */
    void *wake_arg;
};

void defer_init(struct defer_queue *q, void (*wake)(void *arg), void *wake_arg);
void defer_call(struct defer_queue *q, void (*fn)(void *arg), void *arg);
static inline void defer_free(struct defer_queue *q, void *p)
{
    defer_call(q, free, p);
}
/* Runs everything that is queued. Also before the queue itself goes away. */
void defer_run(struct defer_queue *q);

#endif
