#include "registry/glob.h"

#include <stdint.h>
#include <string.h>

#include "registry/globset.h"

/* Up to here a run is looked for byte by byte. */
#define SHORT_RUN 16
#define RUN_WORDS (GLOB_MAX / 64 + 1)

size_t glob_compile(enum casemapping casemapping, const char *glob, char *dst)
{
    size_t len = 0;
    for (const char *s = glob; *s; s++) {
        if (*s == '*') {
            if (!len || dst[len - 1] != GLOB_STAR)
                dst[len++] = GLOB_STAR;
        } else if (*s == '?') {
            dst[len++] = GLOB_ANY;
        } else {
            if (*s == '\\' && s[1])
                s++;
            dst[len++] = irc_fold_char(casemapping, *s);
        }
    }
    return len;
}

static bool run_fits(const char *run, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (run[i] != text[i] && run[i] != GLOB_ANY)
            return false;
    return true;
}

/* The run as bits: which of its places each byte fits in. */
struct run_bits {
    size_t words;
    uint64_t any[RUN_WORDS];
    uint64_t known[4]; /* bytes that have a row; the others' rows are never read */
    uint64_t rows[256][RUN_WORDS];
};

static void run_bits_init(struct run_bits *b, const char *run, size_t len)
{
    b->words = (len + 63) / 64;
    memset(b->any, 0, sizeof b->any);
    memset(b->known, 0, sizeof b->known);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)run[i];
        uint64_t bit = UINT64_C(1) << (i % 64);
        if (run[i] == GLOB_ANY) {
            b->any[i / 64] |= bit;
            continue;
        }
        if (!(b->known[c / 64] & UINT64_C(1) << (c % 64))) {
            b->known[c / 64] |= UINT64_C(1) << (c % 64);
            memset(b->rows[c], 0, b->words * sizeof b->rows[c][0]);
        }
        b->rows[c][i / 64] |= bit;
    }
}

/* Behind the first place where the run fits, or NULL. Shift-and: bit i stands while the last i + 1
 * bytes fit the run's first i + 1. */
static const char *find_long(const char *run, size_t run_len, const char *text, size_t len)
{
    struct run_bits b;
    uint64_t state[RUN_WORDS] = {0};
    const uint64_t last = UINT64_C(1) << ((run_len - 1) % 64);
    run_bits_init(&b, run, run_len);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool known = b.known[c / 64] & UINT64_C(1) << (c % 64);
        uint64_t carry = 1;
        for (size_t w = 0; w < b.words; w++) {
            uint64_t next = state[w] >> 63;
            state[w] = (state[w] << 1 | carry) & (b.any[w] | (known ? b.rows[c][w] : 0));
            carry = next;
        }
        if (state[b.words - 1] & last)
            return text + i + 1;
    }
    return NULL;
}

static const char *find_short(const char *run, size_t run_len, const char *text, size_t len)
{
    const char *end = text + len - run_len;
    while (text <= end) {
        if (*run != GLOB_ANY) {
            text = memchr(text, *run, (size_t)(end - text) + 1);
            if (!text)
                return NULL;
        }
        if (run_fits(run, text, run_len))
            return text + run_len;
        text++;
    }
    return NULL;
}

static size_t run_length(const char *glob, const char *end)
{
    const char *star = memchr(glob, GLOB_STAR, (size_t)(end - glob));
    return (size_t)((star ? star : end) - glob);
}

/* Between two stars the first place where a run fits is as good as any other; the first and the
 * last run are bound to the ends of the text. */
bool glob_matches(const char *glob, size_t glob_len, const char *text, size_t len)
{
    const char *end = glob + glob_len;
    const char *text_end = text + len;
    size_t run = run_length(glob, end);
    if (run > len || !run_fits(glob, text, run))
        return false;
    glob += run;
    text += run;
    if (glob == end)
        return text == text_end;
    for (;;) {
        glob++; /* the star */
        run = run_length(glob, end);
        size_t left = (size_t)(text_end - text);
        if (run > left)
            return false;
        if (glob + run == end)
            return run_fits(glob, text_end - run, run);
        text =
            run > SHORT_RUN ? find_long(glob, run, text, left) : find_short(glob, run, text, left);
        if (!text)
            return false;
        glob += run;
    }
}
