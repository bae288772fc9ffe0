#include "base/backoff.h"

#include <stdlib.h>
#include <sys/random.h>

static uint32_t random_below(uint32_t bound)
{
    uint32_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value)
        value = (uint32_t)random();
    return bound ? value % bound : 0;
}

uint32_t backoff_next(struct backoff *b)
{
    uint64_t delay = b->first_ms;
    for (unsigned i = 0; i < b->failures && delay < b->max_ms; i++)
        delay *= 2;
    if (delay > b->max_ms)
        delay = b->max_ms;
    b->failures++;
    uint32_t half = (uint32_t)(delay / 2);
    return (uint32_t)delay - random_below(half + 1);
}

void backoff_reset(struct backoff *b)
{
    b->failures = 0;
}
