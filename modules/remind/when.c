#include "modules/remind/when.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "modules/common/phrase.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

enum { DIGITS_MAX = 6, NO_TIME = -1 };

/* At most DIGITS_MAX digits; -1 when there are none or more. */
static long digits(const char **s)
{
    char *end;
    size_t len = strspn(*s, "0123456789");
    if (!len || len > DIGITS_MAX)
        return -1;
    long n = strtol(*s, &end, 10);
    *s = end;
    return n;
}

static const char *spaces(const char *s)
{
    return s + strspn(s, " ");
}

/* ---- "in ..." -------------------------------------------------------------------------------- */

static int64_t unit(const char *name, size_t len)
{
    static const struct {
        const char *names;
        int64_t ms;
    } units[] = {
        {" s sec secs second seconds ", SECOND},
        {" m min mins minute minutes ", MINUTE},
        {" h hr hrs hour hours ", HOUR},
        {" d day days ", DAY},
        {" w week weeks ", 7 * DAY},
        {" y year years ", 365 * DAY},
    };
    char word[16];
    if (!len || len > sizeof word - 3)
        return 0;
    snprintf(word, sizeof word, " %.*s ", (int)len, name);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcasestr(units[i].names, word))
            return units[i].ms;
    return 0;
}

/* "10m", "10 minutes", "an hour" at *s. -1, *s unmoved, when there is none. */
static int64_t one_duration(const char **s)
{
    const char *at = *s;
    long n = 1;
    const char *rest = phrase_after(at, "a");
    rest = rest ? rest : phrase_after(at, "an");
    if (rest)
        at = rest;
    else if ((n = digits(&at)) < 0)
        return -1;
    at = spaces(at);
    size_t len = 0;
    while (isalpha((unsigned char)at[len]))
        len++;
    int64_t ms = unit(at, len);
    if (!ms)
        return -1;
    at += len;
    *s = at;
    return n * ms;
}

static const char *parse_in(const char *s, int64_t *duration)
{
    int64_t sum = 0;
    int64_t ms = one_duration(&s);
    if (ms < 0)
        return NULL;
    while (ms >= 0) {
        sum += ms;
        const char *more = spaces(s + (*s == ','));
        const char *rest = phrase_after(more, "and");
        more = rest ? rest : more;
        ms = one_duration(&more);
        s = ms >= 0 ? more : s;
    }
    *duration = sum;
    return *s && *s != ' ' ? NULL : spaces(s);
}

/* ---- Days and times of day ------------------------------------------------------------------- */

/* What was said of a moment, in the zone that was meant. */
struct moment {
    bool has_day;    /* any of the three below */
    int in_days;     /* from today */
    int weekday;     /* 0: sunday; -1: none */
    struct tm date;  /* tm_mday 0: none */
    int64_t time;    /* of the day; NO_TIME: none */
    int64_t offset;  /* of the zone */
    const char *bad; /* what is wrong */
};

/* "14:30", "9am", "9:30 pm" at *s; without a colon only with am or pm, or it is some number. */
static bool parse_clock(const char **s, struct moment *m)
{
    const char *at = *s;
    long hour = digits(&at);
    long minute = 0;
    bool colon = hour >= 0 && *at == ':' && isdigit((unsigned char)at[1]);
    if (colon) {
        at++;
        minute = digits(&at);
    }
    const char *half = spaces(at);
    bool am = !strncasecmp(half, "am", 2) && !isalnum((unsigned char)half[2]);
    bool pm = !strncasecmp(half, "pm", 2) && !isalnum((unsigned char)half[2]);
    if (hour < 0 || (!colon && !am && !pm))
        return false;
    if (am || pm) {
        if (hour < 1 || hour > 12)
            m->bad = "before am and pm, hours go from 1 to 12";
        hour = hour % 12 + (pm ? 12 : 0);
        at = half + 2;
    }
    if (hour > 23 || minute < 0 || minute > 59)
        m->bad = "a time of day is 0:00 to 23:59";
    m->time = hour * HOUR + minute * MINUTE;
    *s = at;
    return true;
}

/* "UTC", "Z", "+02:00", "-5" at *s. */
static void parse_zone(const char **s, struct moment *m)
{
    const char *at = spaces(*s);
    static const char *const utc[] = {"UTC", "GMT", "Z"};
    for (size_t i = 0; i < sizeof utc / sizeof *utc; i++)
        if (phrase_after(at, utc[i])) {
            *s = phrase_after(at, utc[i]);
            return;
        }
    if ((*at != '+' && *at != '-') || !isdigit((unsigned char)at[1]))
        return;
    int64_t sign = *at++ == '-' ? -1 : 1;
    long hour = digits(&at);
    long minute = 0;
    if (*at == ':') {
        at++;
        minute = digits(&at);
    } else if (hour > 99) { /* +0230 */
        minute = hour % 100;
        hour /= 100;
    }
    if (hour < 0 || hour > 14 || minute < 0 || minute > 59)
        m->bad = "a zone is -14:00 to +14:00";
    m->offset = sign * (hour * HOUR + minute * MINUTE);
    *s = at;
}

static bool parse_date(const char **s, struct moment *m)
{
    const char *at = *s;
    long part[3]; /* year, month, day */
    for (int i = 0; i < 3; i++) {
        at += i && *at == '-';
        part[i] = i && at[-1] != '-' ? -1 : digits(&at);
        if (part[i] < 0 || part[i] > 9999)
            return false;
    }
    if (isalnum((unsigned char)*at))
        return false;
    struct tm asked = {
        .tm_year = (int)part[0] - 1900, .tm_mon = (int)part[1] - 1, .tm_mday = (int)part[2]};
    m->date = asked;
    if (timegm(&m->date) == -1 || m->date.tm_mday != asked.tm_mday ||
        m->date.tm_mon != asked.tm_mon)
        m->bad = "there is no such day";
    *s = at;
    return true;
}

static bool parse_weekday(const char **s, struct moment *m)
{
    static const char *const days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                       "thursday", "friday", "saturday"};
    size_t len = 0;
    while (isalpha((unsigned char)(*s)[len]))
        len++;
    for (int i = 0; i < 7 && len >= 3; i++)
        if (!strncasecmp(*s, days[i], len) && (len == 3 || len == strlen(days[i]))) {
            m->weekday = i;
            *s += len;
            return true;
        }
    return false;
}

static bool parse_day(const char **s, struct moment *m)
{
    const char *rest = phrase_after(*s, "tomorrow");
    m->in_days = rest != NULL;
    rest = rest ? rest : phrase_after(*s, "today");
    if (rest)
        *s = rest;
    m->has_day = rest || parse_weekday(s, m) || parse_date(s, m);
    return m->has_day;
}

static int64_t resolve(const struct moment *m, int64_t now)
{
    int64_t local = now + m->offset;
    int64_t day = local - local % DAY;
    int64_t time = m->time == NO_TIME ? local % DAY : m->time;
    if (m->date.tm_mday) {
        struct tm date = m->date;
        day = (int64_t)timegm(&date) * SECOND;
    } else if (m->weekday >= 0) {
        int64_t today = (day / DAY + 4) % 7; /* 1970-01-01 was a thursday */
        int64_t ahead = (m->weekday - today + 7) % 7;
        day += (ahead || day + time > local ? ahead : 7) * DAY;
    } else {
        day += m->in_days * DAY;
    }
    if (!m->has_day && day + time <= local)
        day += DAY;
    return day + time - m->offset;
}

static const char *skip_word(const char *s, const char *word)
{
    const char *rest = phrase_after(s, word);
    return rest ? rest : s;
}

/* The day may come before the time, or after it. */
static const char *parse_moment(const char *s, struct moment *m)
{
    s = skip_word(skip_word(s, "on"), "at");
    *m = (struct moment){.weekday = -1, .time = NO_TIME};
    bool day = parse_day(&s, m);
    s = spaces(s);
    const char *clock = skip_word(s, "at");
    if (parse_clock(&clock, m)) {
        s = clock;
        parse_zone(&s, m);
        const char *later = skip_word(spaces(s), "on");
        if (!day && parse_day(&later, m))
            s = later;
    } else if (!day) {
        return NULL;
    }
    return *s && *s != ' ' && s[-1] != ' ' ? NULL : spaces(s);
}

const char *when_parse(const char *text, int64_t now, int64_t *due, char why[WHEN_WHY_SIZE])
{
    struct moment m = {.weekday = -1};
    int64_t duration = 0;
    text = spaces(text);
    const char *in = phrase_after(text, "in");
    const char *short_form = text; /* "10m tea" */
    if (!in && one_duration(&short_form) >= 0 && isdigit((unsigned char)*text))
        in = text;
    const char *rest = in ? parse_in(in, &duration) : parse_moment(text, &m);
    if (!rest)
        snprintf(why, WHEN_WHY_SIZE,
                 "I do not understand when. Say: in 1h30m, at 14:30, tomorrow at 9:00, on friday, "
                 "on 2026-12-24 at 18:00 +01:00");
    else if (m.bad)
        snprintf(why, WHEN_WHY_SIZE, "I do not understand when: %s", m.bad);
    if (!rest || m.bad)
        return NULL;
    *due = in ? now + duration : resolve(&m, now);
    if (*due > now && *due - now <= WHEN_DAYS_MAX * DAY)
        return rest;
    snprintf(why, WHEN_WHY_SIZE,
             *due <= now ? "That is over" : "That is too far away: I remind within five years");
    return NULL;
}
