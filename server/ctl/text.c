#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/xmalloc.h"
#include "server/ctl/table.h"

#define DEFAULT_WIDTH 80

struct screen screen_detect(void)
{
    struct winsize size;
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct screen screen = {.human = isatty(STDOUT_FILENO), .width = DEFAULT_WIDTH};
    screen.colour = screen.human && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
    if (screen.human && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
        screen.width = size.ws_col;
    return screen;
}

const char *paint_begin(const struct screen *screen, enum paint paint)
{
    static const char *const codes[] = {"",         "\033[32m", "\033[33m",
                                        "\033[31m", "\033[2m",  "\033[1m"};
    return screen->colour ? codes[paint] : "";
}

const char *paint_end(const struct screen *screen, enum paint paint)
{
    return screen->colour && paint != PAINT_NONE ? "\033[0m" : "";
}

enum paint paint_state(const char *state)
{
    static const char *const good[] = {"online", "ready", "synced"};
    static const char *const idle[] = {"idle"};
    static const char *const bad[] = {"stopped", "refused", "emptied", "error", "no file"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!strcmp(state, good[i]))
            return PAINT_GOOD;
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (!strcmp(state, idle[i]))
            return PAINT_DIM;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!strcmp(state, bad[i]))
            return PAINT_BAD;
    return PAINT_WARN;
}

/* The character at s, and its length in *n; -1 for a byte that is none. */
static long decode(const char *s, size_t len, size_t *n)
{
    const unsigned char *b = (const unsigned char *)s;
    *n = utf8_char(s, len);
    switch (*n) {
    case 1:
        return b[0] < 0x80 ? b[0] : -1;
    case 2:
        return (b[0] & 0x1fL) << 6 | (b[1] & 0x3fL);
    case 3:
        return (b[0] & 0x0fL) << 12 | (b[1] & 0x3fL) << 6 | (b[2] & 0x3fL);
    default:
        return (b[0] & 0x07L) << 18 | (b[1] & 0x3fL) << 12 | (b[2] & 0x3fL) << 6 | (b[3] & 0x3fL);
    }
}

/* Characters that turn the direction of what follows: they can make one text look like another. */
static bool turns(long c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

char *text_clean(const char *text)
{
    struct buf out = {0};
    size_t len = strlen(text);
    for (size_t n; len; text += n, len -= n) {
        long c = decode(text, len, &n);
        bool harmless = c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x2028 && c != 0x2029;
        if (harmless && !turns(c))
            buf_append(&out, text, n);
        else
            buf_append(&out, "?", 1);
    }
    buf_append(&out, "", 1);
    char *clean = xstrdup(buf_data(&out));
    buf_free(&out);
    return clean;
}

int text_width(const char *text)
{
    size_t len = strlen(text);
    int width = 0;
    for (size_t n; len; text += n, len -= n) {
        int w = wcwidth((wchar_t)decode(text, len, &n));
        width += w < 0 ? 1 : w;
    }
    return width;
}
