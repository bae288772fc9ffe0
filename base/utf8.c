#include "base/utf8.h"

static bool continues(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* 0 when the bytes at s are no character. */
static size_t decode(const unsigned char *s, size_t len)
{
    if (s[0] < 0x80)
        return 1;
    size_t need = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || len < need)
        return 0;
    for (size_t i = 1; i < need; i++)
        if (!continues(s[i]))
            return 0;
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] > 0x9f;
    bool beyond = s[0] == 0xf4 && s[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : need;
}

size_t utf8_char(const char *s, size_t len)
{
    if (!len)
        return 0;
    size_t n = decode((const unsigned char *)s, len);
    return n ? n : 1;
}

bool utf8_valid(const char *s, size_t len)
{
    while (len) {
        size_t n = decode((const unsigned char *)s, len);
        if (!n)
            return false;
        s += n;
        len -= n;
    }
    return true;
}

size_t utf8_cut(const char *s, size_t len, size_t max)
{
    if (len <= max)
        return len;
    /* A character is at most four bytes: look back at most three for its first. */
    for (size_t back = 0; back <= 3 && back <= max; back++) {
        size_t at = max - back;
        if (continues((unsigned char)s[at]))
            continue;
        return at + utf8_char(s + at, len - at) > max ? at : max;
    }
    return max;
}
