#include "modules/common/phrase.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

static int is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t phrase_cut(const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1);
    if (len <= max)
        return len;
    len = max;
    while (len && is_inside(text[len]))
        len--;
    return len;
}

void phrase_copy(char *dst, size_t size, const char *text)
{
    size_t len = phrase_cut(text, size - 1);
    memmove(dst, text, len);
    dst[len] = 0;
}

void phrase_clean(char *dst, size_t size, const char *text)
{
    char *to = dst;
    phrase_copy(dst, size, text);
    seshet_strip(dst, size, dst);
    for (const char *from = dst; *from; from++) {
        if ((unsigned char)*from > ' ' && *from != 0x7f)
            *to++ = *from;
        else if (to > dst && to[-1] != ' ')
            *to++ = ' ';
    }
    if (to > dst && to[-1] == ' ')
        to--;
    *to = 0;
}

const char *phrase_word(const char *text, char *word, size_t size)
{
    text += strspn(text, " ");
    size_t len = strcspn(text, " ");
    size_t kept = len < size ? len : 0;
    memcpy(word, text, kept);
    word[kept] = 0;
    text += len;
    return text + strspn(text, " ");
}

int phrase_number(const char **text, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(*text, &end, 10);
    if (**text < '0' || **text > '9' || errno || *end != ' ')
        return -1;
    *text = end + 1;
    return 0;
}

const char *phrase_after(const char *text, const char *word)
{
    size_t len = strlen(word);
    if (strncasecmp(text, word, len) != 0 || (text[len] && text[len] != ' '))
        return NULL;
    return text + len + strspn(text + len, " ");
}

void phrase_duration(char *dst, size_t size, int64_t ms)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {
        {365 * 86400, "year"}, {30 * 86400, "month"}, {7 * 86400, "week"}, {86400, "day"},
        {3600, "hour"},        {60, "minute"},        {1, "second"},
    };
    int64_t seconds = ms / 1000;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t n = seconds / units[i].seconds;
        if (n <= 0)
            continue;
        snprintf(dst, size, "%" PRId64 " %s%s", n, units[i].name, n == 1 ? "" : "s");
        return;
    }
    snprintf(dst, size, "a moment");
}

void phrase_quiet(seshet_ctx *ctx, const char *channel, char *dst, size_t size, const char *nick)
{
    char modes[32];
    size_t first = 1;
    if (!nick[0] || seshet_member_modes(ctx, channel, nick, modes, sizeof modes) < 0) {
        phrase_copy(dst, size, nick);
        return;
    }
    while (is_inside(nick[first]))
        first++;
    snprintf(dst, size, "%.*s\xe2\x80\x8b%s", (int)first, nick, nick + first); /* U+200B */
}

long phrase_random(long limit)
{
    uint32_t n;
    uint32_t round = UINT32_MAX - UINT32_MAX % (uint32_t)limit;
    do {
        if (getrandom(&n, sizeof n, 0) != sizeof n)
            return -1;
    } while (n >= round); /* of the last, incomplete round */
    return (long)(n % (uint32_t)limit);
}
