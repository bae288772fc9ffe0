#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_DISTANCE_LEN 64

bool str_copy(char *dst, size_t size, const char *src)
{
    size_t len = strlen(src);
    if (!size)
        return false;
    size_t n = len < size ? len : size - 1;
    memcpy(dst, src, n);
    dst[n] = '\0';
    return n == len;
}

/* Not 0 when one of eight bytes is smaller than the space: it borrows, and has its highest bit set
 * then. */
static uint64_t control_in_word(const char *s)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, s, sizeof word);
    return (word - each * ' ') & ~word & (each * 0x80);
}

bool str_has_control(const char *s, size_t len)
{
    uint64_t any = 0;
    if (len < sizeof any) {
        for (size_t i = 0; i < len; i++)
            any |= (unsigned char)s[i] < ' ';
        return any;
    }
    for (size_t i = 0; i < len - sizeof any; i += sizeof any)
        any |= control_in_word(s + i);
    return any | control_in_word(s + len - sizeof any); /* perhaps some of them again */
}

int str_parse_bool(const char *s, bool *value)
{
    static const char *const yes[] = {"yes", "true", "on", "1"};
    static const char *const no[] = {"no", "false", "off", "0"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (!strcasecmp(s, yes[i]) || !strcasecmp(s, no[i])) {
            *value = !strcasecmp(s, yes[i]);
            return 0;
        }
    }
    return -1;
}

int str_parse_int(const char *s, int64_t min, int64_t max, int64_t *value)
{
    if (!isdigit((unsigned char)s[s[0] == '-']))
        return -1;
    char *end = NULL;
    errno = 0;
    long long n = strtoll(s, &end, 10);
    if (errno || *end || n < min || n > max)
        return -1;
    *value = n;
    return 0;
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

unsigned str_distance(const char *a, const char *b, unsigned most)
{
    size_t la = strlen(a);
    size_t lb = strlen(b);
    if (la > MAX_DISTANCE_LEN || lb > MAX_DISTANCE_LEN)
        return most + 1;
    unsigned rows[3][MAX_DISTANCE_LEN + 1]; /* two before the current one */
    unsigned *before = rows[0];
    unsigned *last = rows[1];
    unsigned *now = rows[2];
    for (size_t j = 0; j <= lb; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            int ca = tolower((unsigned char)a[i - 1]);
            int cb = tolower((unsigned char)b[j - 1]);
            now[j] = smallest(last[j] + 1, now[j - 1] + 1, last[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
                tolower((unsigned char)a[i - 2]) == cb && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        unsigned *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[lb] > most ? most + 1 : last[lb];
}

/* "prefix" of "command_prefix" */
static bool is_word_of(const char *s, const char *name)
{
    size_t len = strlen(s);
    for (const char *word = name; word; word = strchr(word, '_') ? strchr(word, '_') + 1 : NULL)
        if (!strncasecmp(word, s, len) && (!word[len] || word[len] == '_'))
            return true;
    return false;
}

/* Letters of the name in their order, from the first on: "altnicks" of "alternate_nicks". */
static bool is_short_for(const char *s, const char *name)
{
    bool same = tolower((unsigned char)*s) == tolower((unsigned char)*name);
    for (; same && *name && *s; name++)
        s += tolower((unsigned char)*s) == tolower((unsigned char)*name);
    return same && !*s;
}

static const char *only_one(bool (*fits)(const char *s, const char *name), const char *s,
                            const char *const *names, size_t count)
{
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!fits(s, names[i]))
            continue;
        if (found)
            return NULL;
        found = names[i];
    }
    return found;
}

/* The only name that s is a part of. */
static const char *whole_of(const char *s, const char *const *names, size_t count)
{
    if (strlen(s) < 4)
        return NULL;
    const char *found = only_one(is_word_of, s, names, count);
    return found ? found : only_one(is_short_for, s, names, count);
}

const char *str_nearest(const char *s, const char *const *names, size_t count)
{
    /* A third of the letters may be wrong: more is a guess that helps nobody. */
    unsigned best = (unsigned)(strlen(s) / 3) + 1;
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned d = str_distance(s, names[i], best);
        if (d <= best && (!found || d < best)) {
            best = d;
            found = names[i];
        }
    }
    const char *whole = found && best <= 1 ? NULL : whole_of(s, names, count);
    return whole ? whole : found;
}

const char *str_duration(char *dst, size_t size, int64_t ms)
{
    int64_t s = ms < 0 ? 0 : ms / 1000;
    if (s >= 86400)
        snprintf(dst, size, "%lldd %lldh", (long long)(s / 86400), (long long)(s / 3600 % 24));
    else if (s >= 3600)
        snprintf(dst, size, "%lldh %lldm", (long long)(s / 3600), (long long)(s / 60 % 60));
    else if (s >= 60)
        snprintf(dst, size, "%lldm %llds", (long long)(s / 60), (long long)(s % 60));
    else
        snprintf(dst, size, "%llds", (long long)s);
    return dst;
}

void str_free_secret(char *s)
{
    if (s)
        explicit_bzero(s, strlen(s));
    free(s);
}
