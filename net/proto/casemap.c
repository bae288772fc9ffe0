#include "net/proto/casemap.h"

#include <string.h>
#include <strings.h>

static const char *const names[] = {
    [CASEMAPPING_RFC1459] = "rfc1459",
    [CASEMAPPING_RFC1459_STRICT] = "rfc1459-strict",
    [CASEMAPPING_ASCII] = "ascii",
};

enum casemapping casemapping_parse(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(name, names[i]))
            return (enum casemapping)i;
    return CASEMAPPING_ASCII;
}

const char *casemapping_name(enum casemapping map)
{
    return names[map];
}

/* In all three the upper case is one run from 'A', 32 before the lower case. */
static unsigned upper_count(enum casemapping map)
{
    switch (map) {
    case CASEMAPPING_RFC1459:
        return '^' - 'A' + 1;
    case CASEMAPPING_RFC1459_STRICT:
        return ']' - 'A' + 1;
    case CASEMAPPING_ASCII:
        break;
    }
    return 'Z' - 'A' + 1;
}

static unsigned char fold(unsigned count, char c)
{
    unsigned char u = (unsigned char)c;
    return (unsigned)u - 'A' < count ? (unsigned char)(u + 32) : u;
}

char irc_fold_char(enum casemapping map, char c)
{
    return (char)fold(upper_count(map), c);
}

void irc_fold(enum casemapping map, char *s)
{
    unsigned count = upper_count(map);
    for (; *s; s++)
        *s = (char)fold(count, *s);
}

size_t irc_fold_copy(enum casemapping map, char *dst, size_t size, const char *src)
{
    unsigned count = upper_count(map);
    size_t n = 0;
    if (!size)
        return 0;
    for (; n < size - 1 && src[n]; n++)
        dst[n] = (char)fold(count, src[n]);
    dst[n] = '\0';
    return n;
}

int irc_casecmp(enum casemapping map, const char *a, const char *b)
{
    unsigned count = upper_count(map);
    for (;; a++, b++) {
        unsigned char fa = fold(count, *a);
        unsigned char fb = fold(count, *b);
        if (fa != fb || !fa)
            return (int)fa - (int)fb;
    }
}

bool irc_equal(enum casemapping map, const char *a, const char *b)
{
    return irc_casecmp(map, a, b) == 0;
}
