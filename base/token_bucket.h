#ifndef BASE_TOKEN_BUCKET_H
#define BASE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A bucket of `burst` tokens that gains one each interval_ms. interval_ms = 0: never empty.
 * Time is the caller's (clock_now), in milliseconds.
 */
struct token_bucket {
    uint32_t burst;
    uint32_t interval_ms;
    uint32_t tokens;
    int64_t filled_ms; /* when `tokens` was true */
};

void token_bucket_init(struct token_bucket *b, uint32_t burst, uint32_t interval_ms, int64_t now);
bool token_bucket_take(struct token_bucket *b, int64_t now);
/* Milliseconds until token_bucket_take would succeed; 0 when it would now. */
int64_t token_bucket_wait(struct token_bucket *b, int64_t now);

#endif
