#include "base/defer.h"

#include "base/xmalloc.h"

struct defer_item {
    struct defer_item *next;
    void (*fn)(void *arg);
    void *arg;
};

void defer_init(struct defer_queue *q, void (*wake)(void *arg), void *wake_arg)
{
    *q = (struct defer_queue){.last = &q->first, .wake = wake, .wake_arg = wake_arg};
}

void defer_call(struct defer_queue *q, void (*fn)(void *arg), void *arg)
{
    struct defer_item *item = xmalloc(sizeof *item);
    *item = (struct defer_item){.fn = fn, .arg = arg};
    int was_empty = !q->first;
    *q->last = item;
    q->last = &item->next;
    if (was_empty && q->wake)
        q->wake(q->wake_arg);
}

void defer_run(struct defer_queue *q)
{
    struct defer_item *item;
    while ((item = q->first)) {
        q->first = item->next;
        if (!q->first)
            q->last = &q->first;
        item->fn(item->arg);
        free(item);
    }
}
