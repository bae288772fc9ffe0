#include "base/token_bucket.h"

void token_bucket_init(struct token_bucket *b, uint32_t burst, uint32_t interval_ms, int64_t now)
{
    *b = (struct token_bucket){
        .burst = burst ? burst : 1, .interval_ms = interval_ms, .filled_ms = now};
    b->tokens = b->burst;
}

static void fill(struct token_bucket *b, int64_t now)
{
    int64_t gained = (now - b->filled_ms) / b->interval_ms;
    if (gained <= 0)
        return;
    if (gained >= b->burst - b->tokens) {
        b->tokens = b->burst;
        b->filled_ms = now;
    } else {
        b->tokens += (uint32_t)gained;
        b->filled_ms += gained * b->interval_ms;
    }
}

bool token_bucket_take(struct token_bucket *b, int64_t now)
{
    if (!b->interval_ms)
        return true;
    fill(b, now);
    if (!b->tokens)
        return false;
    if (b->tokens == b->burst)
        b->filled_ms = now;
    b->tokens--;
    return true;
}

int64_t token_bucket_wait(struct token_bucket *b, int64_t now)
{
    if (!b->interval_ms)
        return 0;
    fill(b, now);
    return b->tokens ? 0 : b->filled_ms + b->interval_ms - now;
}
