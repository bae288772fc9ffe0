#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

/*
 * Capped exponential backoff with jitter: first_ms, then twice as long each time up to max_ms, each
 * delay drawn from [delay/2, delay] so that many waiters do not return at the same moment.
 */
struct backoff {
    uint32_t first_ms;
    uint32_t max_ms;
    unsigned failures; /* in a row, so far */
};

/* The delay before the next try, in milliseconds; counts one more failure. */
uint32_t backoff_next(struct backoff *b);

/* After a success that lasted. */
void backoff_reset(struct backoff *b);

#endif
