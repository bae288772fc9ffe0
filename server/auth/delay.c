#include "server/auth/delay.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/xmalloc.h"

struct delay {
    UT_hash_handle hh;
    int64_t wrong_ms; /* when the last one was */
    int64_t wait_ms;
    char key[];
};

struct delays {
    struct delay *keys;
};

struct delays *delays_new(void)
{
    return xcalloc(1, sizeof(struct delays));
}

static void drop(struct delays *d, struct delay *delay)
{
    HASH_DEL(d->keys, delay);
    free(delay);
}

void delays_free(struct delays *d)
{
    struct delay *delay;
    struct delay *next;
    if (!d)
        return;
    HASH_ITER(hh, d->keys, delay, next)
    {
        drop(d, delay);
    }
    free(d);
}

static struct delay *find(const struct delays *d, const char *key)
{
    struct delay *delay = NULL;
    HASH_FIND_STR(d->keys, key, delay);
    return delay;
}

int64_t delays_wait(const struct delays *d, const char *key, int64_t now_ms)
{
    const struct delay *delay = find(d, key);
    int64_t until = delay ? delay->wrong_ms + delay->wait_ms : now_ms;
    return until > now_ms ? until - now_ms : 0;
}

/* Those that are forgotten, or else the one whose wait ends first. */
static void make_room(struct delays *d, int64_t now_ms)
{
    struct delay *delay;
    struct delay *next;
    struct delay *soonest = NULL;
    HASH_ITER(hh, d->keys, delay, next)
    {
        if (now_ms - delay->wrong_ms > DELAY_FORGET_MS)
            drop(d, delay);
        else if (!soonest ||
                 delay->wrong_ms + delay->wait_ms < soonest->wrong_ms + soonest->wait_ms)
            soonest = delay;
    }
    if (soonest && HASH_COUNT(d->keys) >= DELAY_MAX)
        drop(d, soonest);
}

int64_t delays_wrong(struct delays *d, const char *key, int64_t now_ms)
{
    struct delay *delay = find(d, key);
    if (!delay) {
        size_t len = strlen(key);
        if (HASH_COUNT(d->keys) >= DELAY_MAX)
            make_room(d, now_ms);
        delay = xcalloc(1, sizeof *delay + len + 1);
        memcpy(delay->key, key, len + 1);
        HASH_ADD_KEYPTR(hh, d->keys, delay->key, len, delay);
    }
    if (!delay->wait_ms || now_ms - delay->wrong_ms > DELAY_FORGET_MS)
        delay->wait_ms = DELAY_FIRST_MS;
    else if (delay->wait_ms < DELAY_MOST_MS)
        delay->wait_ms *= 2;
    if (delay->wait_ms > DELAY_MOST_MS)
        delay->wait_ms = DELAY_MOST_MS;
    delay->wrong_ms = now_ms;
    return delay->wait_ms;
}

void delays_right(struct delays *d, const char *key)
{
    struct delay *delay = find(d, key);
    if (delay)
        drop(d, delay);
}

size_t delays_count(const struct delays *d)
{
    return HASH_COUNT(d->keys);
}
