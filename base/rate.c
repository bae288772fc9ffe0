#include "base/rate.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const struct {
    char letter;
    int64_t ms;
} units[] = {{'d', INT64_C(86400000)}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};
#define UNITS    (sizeof units / sizeof *units)
#define TOO_MANY (RATE_MAX_WINDOW_MS / 1000 + 1) /* of any unit */

/* Each unit once at most, the greater before the smaller. */
static bool parse_units(const char *s, int64_t *ms)
{
    size_t unit = 0;
    *ms = 0;
    while (*s) {
        char digits[12];
        size_t len = strspn(s, "0123456789");
        int64_t number;
        if (!len)
            return false;
        size_t kept = len < sizeof digits ? len : sizeof digits - 1;
        memcpy(digits, s, kept);
        digits[kept] = '\0';
        /* What is too long in any unit is too long, not misspelled. */
        if (str_parse_int(digits, 0, TOO_MANY - 1, &number))
            number = TOO_MANY;
        s += len;
        while (unit < UNITS && units[unit].letter != *s)
            unit++;
        if (unit == UNITS)
            return false;
        *ms += number * units[unit++].ms;
        s++;
    }
    return true;
}

int duration_parse(const char *text, int64_t *ms, char *why, size_t why_size)
{
    int64_t parsed;
    if (!parse_units(text, &parsed)) {
        snprintf(why, why_size,
                 "a duration is written in d, h, m and s, such as 90s, 10m or 1h30m");
        return -1;
    }
    if (parsed < 1000 || parsed > RATE_MAX_WINDOW_MS) {
        snprintf(why, why_size, "a duration must be from 1s to %dd",
                 (int)(RATE_MAX_WINDOW_MS / units[0].ms));
        return -1;
    }
    *ms = parsed;
    return 0;
}

const char *duration_write(char *dst, size_t size, int64_t ms)
{
    size_t len = 0;
    str_copy(dst, size, "");
    for (size_t i = 0; i < UNITS; i++) {
        int64_t number = ms / units[i].ms;
        ms %= units[i].ms;
        if (number && len < size)
            len +=
                (size_t)snprintf(dst + len, size - len, "%" PRId64 "%c", number, units[i].letter);
    }
    if (!len)
        str_copy(dst, size, "0s");
    return dst;
}

/* "500ms" */
static bool parse_ms(const char *s, int64_t *ms)
{
    char digits[12];
    size_t len = strspn(s, "0123456789");
    if (!len || len >= sizeof digits || strcmp(s + len, "ms") != 0)
        return false;
    memcpy(digits, s, len);
    digits[len] = '\0';
    return !str_parse_int(digits, 0, DEADLINE_MAX_MS, ms);
}

int deadline_parse(const char *text, int64_t *ms, char *why, size_t why_size)
{
    int64_t parsed;
    bool good = parse_ms(text, &parsed) || (*text && parse_units(text, &parsed));
    if (!good || parsed < DEADLINE_MIN_MS || parsed > DEADLINE_MAX_MS) {
        snprintf(why, why_size, "must be a time such as 500ms, 5s or 1m, from %dms to %dm",
                 DEADLINE_MIN_MS, DEADLINE_MAX_MS / 60000);
        return -1;
    }
    *ms = parsed;
    return 0;
}

const char *deadline_write(char *dst, size_t size, int64_t ms)
{
    if (ms % 1000)
        snprintf(dst, size, "%" PRId64 "ms", ms);
    else
        duration_write(dst, size, ms);
    return dst;
}

int rate_parse(const char *text, struct rate *rate, char *why, size_t why_size)
{
    char digits[8];
    int64_t count;
    int64_t window;
    if (!*text || !strcmp(text, "0")) {
        *rate = (struct rate){0};
        return 0;
    }
    if (strpbrk(text, " \t")) {
        snprintf(why, why_size, "must be written without spaces, such as 5/1m");
        return -1;
    }
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : 0;
    if (!len) {
        snprintf(why, why_size,
                 "must be N/duration, such as 5/1m for at most 5 in a minute, or 0 for no limit");
        return -1;
    }
    str_copy(digits, sizeof digits, "");
    if (len < sizeof digits) {
        memcpy(digits, text, len);
        digits[len] = '\0';
    }
    if (!isdigit((unsigned char)*digits) || str_parse_int(digits, 0, RATE_MAX_COUNT, &count)) {
        snprintf(why, why_size, "the number before / must be from 0 to %d, such as in 5/1m",
                 RATE_MAX_COUNT);
        return -1;
    }
    if (duration_parse(slash + 1, &window, why, why_size))
        return -1;
    *rate = (struct rate){(uint32_t)count, window};
    return 0;
}

const char *rate_write(char *dst, size_t size, struct rate rate)
{
    char window[RATE_TEXT_SIZE];
    if (rate_limits(rate))
        snprintf(dst, size, "%u/%s", rate.count,
                 duration_write(window, sizeof window, rate.window_ms));
    else
        str_copy(dst, size, "0");
    return dst;
}
