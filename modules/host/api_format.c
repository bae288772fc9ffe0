#include <ctype.h>
#include <seshet/module.h>
#include <stdbool.h>
#include <string.h>

/* https://modern.ircdocs.horse/formatting */

static bool is_digit(char c)
{
    return isdigit((unsigned char)c);
}

static size_t digits(const char *s)
{
    return is_digit(s[0]) ? 1 + is_digit(s[1]) : 0;
}

/* "04" or "04,01" behind the color's byte. */
static size_t color_length(const char *s)
{
    size_t len = digits(s);
    if (len && s[len] == ',' && digits(s + len + 1))
        len += 1 + digits(s + len + 1);
    return len;
}

static size_t hex_color_length(const char *s)
{
    size_t len = strspn(s, "0123456789abcdefABCDEF");
    return len < 6 ? 0 : 6;
}

/* How many bytes at s are formatting; 0: none. */
static size_t format_length(const char *s)
{
    switch (*s) {
    case '\x02':
    case '\x0f':
    case '\x11':
    case '\x16':
    case '\x1d':
    case '\x1e':
    case '\x1f':
        return 1;
    case '\x03':
        return 1 + color_length(s + 1);
    case '\x04':
        return 1 + hex_color_length(s + 1);
    default:
        return 0;
    }
}

int seshet_strip(char *dst, size_t size, const char *text)
{
    size_t len = 0;
    while (*text) {
        size_t skip = format_length(text);
        if (skip) {
            text += skip;
            continue;
        }
        if (len + 1 >= size)
            return SESHET_ESIZE;
        dst[len++] = *text++;
    }
    if (!size)
        return SESHET_ESIZE;
    dst[len] = '\0';
    return (int)len;
}
