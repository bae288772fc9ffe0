#include "modules/common/text.h"

#include <string.h>
#include <strings.h>

int text_word(const char **rest, char *dst, size_t size)
{
    const char *start = *rest + strspn(*rest, " ");
    size_t len = strcspn(start, " ");
    if (!len || len >= size)
        return -1;
    memcpy(dst, start, len);
    dst[len] = 0;
    start += len;
    *rest = start + strspn(start, " ");
    return 0;
}

size_t text_cut(char *text, size_t max)
{
    size_t len = strlen(text);
    if (len <= max)
        return len;
    len = max;
    while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    text[len] = 0;
    return len;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What follows the 0x03 of a colour: "4", "04", "4,12". */
static size_t colour_length(const char *s)
{
    size_t len = is_digit(s[0]) ? (is_digit(s[1]) ? 2 : 1) : 0;
    if (len && s[len] == ',' && is_digit(s[len + 1]))
        len += is_digit(s[len + 2]) ? 3 : 2;
    return len;
}

size_t text_clean(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        unsigned char c = (unsigned char)*from;
        if (c == 0x03)
            from += colour_length(from + 1);
        else if (c == '\t')
            *to++ = ' ';
        else if (c >= 0x20 && c != 0x7f)
            *to++ = *from;
    }
    *to = 0;
    return (size_t)(to - text);
}

/* Length of the character at s, 0 when it is none. */
static size_t character_length(const unsigned char *s, size_t left)
{
    unsigned char c = s[0];
    if (c < 0x80)
        return 1;
    size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || left < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    /* Written longer than it need be, a surrogate, or beyond the last one. */
    if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] > 0x9f) || (c == 0xf0 && s[1] < 0x90) ||
        (c == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

bool text_is_utf8(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = character_length((const unsigned char *)text + i, len - i);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

size_t text_put_utf8(unsigned long character, char dst[4])
{
    if (!character || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        character = 0xfffd;
    if (character < 0x80) {
        dst[0] = (char)character;
        return 1;
    }
    size_t len = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i; i--) {
        dst[i] = (char)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    dst[0] = (char)(first[len] | character);
    return len;
}

bool text_like(const char *mask, const char *text)
{
    const char *star = NULL;
    const char *from = NULL;
    while (*text) {
        if (*mask == '*') {
            star = ++mask;
            from = text;
        } else if (*mask == '?' || *mask == *text) {
            mask++;
            text++;
        } else if (star) {
            mask = star;
            text = ++from;
        } else {
            return false;
        }
    }
    return mask[strspn(mask, "*")] == 0;
}

bool text_same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}
