#include "registry/flood.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "net/proto/casemap.h"

#define KEY_SIZE    1024
#define FIRST_CAP   4
#define SWEPT_A_USE 4 /* windows looked at with each use, whether they have run out */

/* Uses of one thing by one source, in one channel, or on one network: a ring of their times. */
struct window {
    int64_t until_ms; /* from then on nothing in it counts */
    uint32_t cap;     /* of the ring */
    uint32_t count;
    uint32_t newest; /* its place */
    int64_t *times;
    struct window *prev;
    struct window *next; /* in the order of their last use */
    UT_hash_handle hh;
    char key[];
};

struct flood {
    const struct clock *clock;
    struct window *windows;
    struct window *used; /* the one unused for longest first */
    struct window *hand; /* where sweeping goes on; NULL: at the start */
    size_t bytes;
    uint64_t forgotten;
};

struct flood *flood_new(const struct clock *clock)
{
    struct flood *f = xcalloc(1, sizeof *f);
    f->clock = clock;
    return f;
}

/* ---- Windows ---- */

static size_t window_bytes(const struct window *w)
{
    return sizeof *w + w->hh.keylen + w->cap * sizeof *w->times;
}

static void window_drop(struct flood *f, struct window *w)
{
    if (f->hand == w)
        f->hand = w->next;
    HASH_DEL(f->windows, w);
    DL_DELETE(f->used, w);
    f->bytes -= window_bytes(w);
    free(w->times);
    free(w);
}

void flood_free(struct flood *f)
{
    if (!f)
        return;
    while (f->windows)
        window_drop(f, f->used);
    free(f);
}

static void sweep(struct flood *f, int64_t now)
{
    for (int i = 0; i < SWEPT_A_USE; i++) {
        struct window *w = f->hand ? f->hand : f->used;
        if (!w)
            return;
        f->hand = w->next;
        if (w->until_ms <= now)
            window_drop(f, w);
    }
}

/* Never drops `keep`. */
static void bound(struct flood *f, const struct window *keep)
{
    while (HASH_COUNT(f->windows) > FLOOD_MAX_WINDOWS || f->bytes > FLOOD_MAX_BYTES) {
        struct window *oldest = f->windows ? f->used : NULL;
        if (!oldest || oldest == keep)
            return;
        window_drop(f, oldest);
        f->forgotten++;
    }
}

static struct window *window_find(const struct flood *f, const char *key, size_t len)
{
    struct window *w;
    HASH_FIND(hh, f->windows, key, len, w);
    return w;
}

/* Finds or makes it; it is then the one used last. */
static struct window *window_use(struct flood *f, const char *key, size_t len)
{
    struct window *w = window_find(f, key, len);
    if (w) {
        if (f->hand == w)
            f->hand = w->next;
        DL_DELETE(f->used, w);
    } else {
        w = xcalloc(1, sizeof *w + len);
        memcpy(w->key, key, len);
        HASH_ADD_KEYPTR(hh, f->windows, w->key, len, w);
        f->bytes += window_bytes(w);
    }
    DL_APPEND(f->used, w);
    return w;
}

/* The time of the n-th newest use, n from 1 to count. */
static int64_t nth_newest(const struct window *w, uint32_t n)
{
    return w->times[(w->newest + w->cap - (n - 1)) % w->cap];
}

static void grow(struct flood *f, struct window *w, uint32_t most)
{
    uint32_t cap = w->cap ? 2 * w->cap : FIRST_CAP;
    if (cap > most)
        cap = most;
    int64_t *times = xcalloc(cap, sizeof *times);
    for (uint32_t i = 0; i < w->count; i++)
        times[i] = nth_newest(w, w->count - i);
    free(w->times);
    f->bytes += (cap - w->cap) * sizeof *times;
    w->times = times;
    w->cap = cap;
    w->newest = w->count ? w->count - 1 : cap - 1;
}

static void add(struct flood *f, const char *key, size_t len, struct rate rate)
{
    int64_t now = clock_now(f->clock);
    struct window *w = window_use(f, key, len);
    if (w->count == w->cap && w->cap < rate.count)
        grow(f, w, rate.count);
    if (w->cap) {
        w->newest = (w->newest + 1) % w->cap;
        w->times[w->newest] = now;
        if (w->count < w->cap)
            w->count++;
    }
    if (w->until_ms < now + rate.window_ms)
        w->until_ms = now + rate.window_ms;
    bound(f, w);
    sweep(f, now);
}

static bool reached(const struct flood *f, const char *key, size_t len, struct rate rate,
                    int64_t *again_ms)
{
    *again_ms = -1;
    if (!rate.count)
        return true;
    int64_t now = clock_now(f->clock);
    const struct window *w = window_find(f, key, len);
    if (!w || w->count < rate.count)
        return false;
    *again_ms = nth_newest(w, rate.count) + rate.window_ms - now;
    return *again_ms > 0;
}

/* ---- Keys ---- */

struct key {
    size_t len;
    char text[KEY_SIZE];
};

/* The parts are bounded, and hold no newline: none runs into the next. */
static void key_add(struct key *key, const char *part)
{
    size_t len = strlen(part);
    if (len > KEY_SIZE - 1 - key->len)
        len = KEY_SIZE - 1 - key->len;
    memcpy(key->text + key->len, part, len);
    key->len += len;
    if (key->len < KEY_SIZE)
        key->text[key->len++] = '\n';
}

static const char *limit_letter(enum flood_limit limit)
{
    static const char *const letters[] = {
        [FLOOD_USER] = "u", [FLOOD_CHANNEL] = "c", [FLOOD_NETWORK] = "n"};
    return letters[limit];
}

static void use_key(struct key *key, const struct flood_use *use, enum flood_limit limit,
                    bool of_command)
{
    const char *group = use->module->fields.rate_group;
    char channel[FLOOD_SOURCE_SIZE] = "";
    if (limit == FLOOD_CHANNEL)
        irc_fold_copy(use->module->casemapping, channel, sizeof channel, use->channel);
    key->len = 0;
    key_add(key, limit_letter(limit));
    key_add(key, use->network);
    key_add(key, *group ? "group" : "module");
    key_add(key, *group ? group : use->module->name);
    key_add(key, of_command ? use->command : "");
    key_add(key, limit == FLOOD_USER ? use->source : channel);
}

const char *flood_source_key(char *dst, size_t size, enum casemapping casemapping, const char *nick,
                             const char *host, const char *account)
{
    const char *kind = account && *account ? "account:" : host && *host ? "host:" : "nick:";
    const char *name = account && *account ? account : host && *host ? host : nick;
    str_copy(dst, size, name && *name ? kind : "");
    size_t len = strlen(dst);
    irc_fold_copy(casemapping, dst + len, size - len, name ? name : "");
    return dst;
}

/* ---- Limits ---- */

static const enum module_field fields[] = {[FLOOD_USER] = FIELD_RATE_USER,
                                           [FLOOD_CHANNEL] = FIELD_RATE_CHANNEL,
                                           [FLOOD_NETWORK] = FIELD_RATE_NETWORK};

const struct rate *flood_rate(const struct module_view *m, enum flood_limit limit,
                              const char *command)
{
    const struct rate *const whole[] = {[FLOOD_USER] = &m->fields.rate_user,
                                        [FLOOD_CHANNEL] = &m->fields.rate_channel,
                                        [FLOOD_NETWORK] = &m->fields.rate_network};
    const struct rate *rate = whole[limit];
    if (command) {
        const struct command_rate *own = module_fields_rate(&m->fields, fields[limit], command);
        rate = own ? &own->rate : NULL;
    }
    return rate && rate_limits(*rate) ? rate : NULL;
}

bool flood_applies(const struct flood_use *use, enum flood_limit limit, bool of_command)
{
    return !((of_command && !use->command) || (limit == FLOOD_CHANNEL && !use->channel) ||
             (limit == FLOOD_USER && (use->whitelisted || !*use->source)));
}

/* How much must be remembered of such uses, so that every limit that looks at them can be judged;
 * NULL: nothing. */
static const struct rate *remembered(const struct registry_view *view, const struct module_view *m,
                                     enum flood_limit limit, const char *command)
{
    if (*m->fields.rate_group)
        return rate_groups_find(view->groups, m->fields.rate_group, fields[limit],
                                command ? command : "");
    return flood_rate(m, limit, command);
}

bool flood_limit_reached(const struct flood *f, const struct flood_use *use, enum flood_limit limit,
                         bool of_command, struct flood_hit *hit)
{
    struct key key;
    int64_t again_ms;
    const struct rate *rate = flood_applies(use, limit, of_command)
                                  ? flood_rate(use->module, limit, of_command ? use->command : NULL)
                                  : NULL;
    if (!rate)
        return false;
    use_key(&key, use, limit, of_command);
    if (!reached(f, key.text, key.len, *rate, &again_ms))
        return false;
    if (hit)
        *hit = (struct flood_hit){limit, of_command, *rate, again_ms};
    return true;
}

bool flood_reached(const struct flood *f, const struct flood_use *use, struct flood_hit *hit)
{
    for (int limit = FLOOD_USER; limit <= FLOOD_NETWORK; limit++)
        for (int of_command = 0; of_command < 2; of_command++)
            if (flood_limit_reached(f, use, (enum flood_limit)limit, of_command, hit))
                return true;
    return false;
}

bool flood_is_counted(const struct registry_view *view, const struct module_view *m)
{
    for (int limit = FLOOD_USER; limit <= FLOOD_NETWORK; limit++)
        if (remembered(view, m, (enum flood_limit)limit, NULL))
            return true;
    return false;
}

void flood_count(struct flood *f, const struct flood_use *use)
{
    for (int limit = FLOOD_USER; limit <= FLOOD_NETWORK; limit++) {
        for (int of_command = 0; of_command < 2; of_command++) {
            struct key key;
            const struct rate *rate =
                flood_applies(use, (enum flood_limit)limit, of_command)
                    ? remembered(use->view, use->module, (enum flood_limit)limit,
                                 of_command ? use->command : NULL)
                    : NULL;
            if (!rate)
                continue;
            use_key(&key, use, (enum flood_limit)limit, of_command);
            add(f, key.text, key.len, *rate);
        }
    }
}

/* What was told stands in a window without uses. */
bool flood_tell(struct flood *f, const struct flood_use *use, const struct flood_hit *hit)
{
    struct key key;
    int64_t now = clock_now(f->clock);
    use_key(&key, use, hit->limit, hit->of_command);
    key_add(&key, "told");
    key_add(&key, use->source);
    const struct window *told = window_find(f, key.text, key.len);
    if (told && told->until_ms > now)
        return false;
    add(f, key.text, key.len, (struct rate){0, hit->rate.window_ms});
    return true;
}

static void source_key(struct key *key, const char *network, const char *source)
{
    key->len = 0;
    key_add(key, "source");
    key_add(key, network);
    key_add(key, source);
}

bool flood_source_reached(const struct flood *f, const char *network, const char *source,
                          struct rate rate, struct flood_hit *hit)
{
    struct key key;
    int64_t again_ms;
    if (!rate_limits(rate) || !*source)
        return false;
    source_key(&key, network, source);
    if (!reached(f, key.text, key.len, rate, &again_ms))
        return false;
    if (hit)
        *hit = (struct flood_hit){FLOOD_SOURCE, false, rate, again_ms};
    return true;
}

bool flood_count_source(struct flood *f, const char *network, const char *source, struct rate rate)
{
    struct key key;
    if (!rate_limits(rate) || !*source)
        return false;
    source_key(&key, network, source);
    if (!flood_source_reached(f, network, source, rate, NULL)) {
        add(f, key.text, key.len, rate);
        return false;
    }
    struct window *w = window_find(f, key.text, key.len);
    if (w)
        window_drop(f, w);
    return true;
}

const char *flood_describe(char *dst, size_t size, const struct flood_hit *hit)
{
    char window[RATE_TEXT_SIZE];
    char again[RATE_TEXT_SIZE];
    int64_t seconds = (hit->again_ms + 999) / 1000;
    if (hit->again_ms < 0)
        snprintf(dst, size, "it may not be used at all");
    else
        snprintf(dst, size, "at most %u use%s in %s; again in %s", hit->rate.count,
                 hit->rate.count == 1 ? "" : "s",
                 duration_write(window, sizeof window, hit->rate.window_ms),
                 duration_write(again, sizeof again, seconds * 1000));
    return dst;
}

struct flood_stats flood_stats(const struct flood *f)
{
    return (struct flood_stats){HASH_COUNT(f->windows), f->bytes, f->forgotten};
}
