#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * "At most so often in so long a time", as people write it: N/DURATION, such as "5/1m", "30/90s",
 * "100/1h30m". "0", or nothing, is no limit; "0/1m" is never.
 */
struct rate {
    uint32_t count;
    int64_t window_ms; /* 0: no limit */
};

#define RATE_MAX_COUNT     1000
#define RATE_MAX_WINDOW_MS (INT64_C(31) * 24 * 3600 * 1000)
#define RATE_TEXT_SIZE     40 /* for rate_write */

static inline bool rate_limits(struct rate rate)
{
    return rate.window_ms > 0;
}

/* 0, or -1 and what would be right in why; *rate is then untouched. */
int rate_parse(const char *text, struct rate *rate, char *why, size_t why_size);
/* "5/1m"; "0" for no limit. Returns dst. */
const char *rate_write(char *dst, size_t size, struct rate rate);

/* A whole duration in days, hours, minutes and seconds: "90s", "10m", "1h30m", "7d"; at least a
 * second, at most RATE_MAX_WINDOW_MS. 0, or -1 and what would be right. */
int duration_parse(const char *text, int64_t *ms, char *why, size_t why_size);
/* "1h30m". Returns dst. */
const char *duration_write(char *dst, size_t size, int64_t ms);

#define DEADLINE_MIN_MS 100
#define DEADLINE_MAX_MS (10 * 60 * 1000)

/* A shorter time, in milliseconds ("500ms") or as a duration ("5s", "1m"); from DEADLINE_MIN_MS to
 * DEADLINE_MAX_MS. 0, or -1 and what would be right. */
int deadline_parse(const char *text, int64_t *ms, char *why, size_t why_size);
/* "500ms", "1m30s". Returns dst. */
const char *deadline_write(char *dst, size_t size, int64_t ms);

#endif
