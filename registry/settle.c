#include "registry/settle.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/xmalloc.h"

struct settle_wait {
    uint64_t number;
    settle_fn *fn;
    void *arg;
    struct settle_wait *prev;
    struct settle_wait *next;
};

void settle_add(struct settle_wait **list, uint64_t number, settle_fn *fn, void *arg)
{
    struct settle_wait *w = xcalloc(1, sizeof *w);
    *w = (struct settle_wait){.number = number, .fn = fn, .arg = arg};
    DL_APPEND(*list, w);
}

/* Numbers only rise, so that those who are reached are the first. Who is called may write more. */
void settle_reached(struct settle_wait **list, uint64_t number)
{
    struct settle_wait *w;
    while ((w = *list) && w->number <= number) {
        DL_DELETE(*list, w);
        w->fn(w->arg);
        free(w);
    }
}
