#include "net/proto/wrap.h"

#include <string.h>

#include "base/utf8.h"

size_t wrap_next(const char *text, size_t len, size_t max, const char **next)
{
    if (len <= max) {
        *next = text + len;
        return len;
    }
    /* The space may be the first byte that no longer fits. */
    const char *space = memrchr(text, ' ', max + 1);
    if (space && (size_t)(space - text) >= max / 2 && space > text) {
        *next = space + 1;
        return (size_t)(space - text);
    }
    size_t n = utf8_cut(text, len, max);
    if (!n)
        n = utf8_char(text, len);
    *next = text + n;
    return n;
}

size_t wrap_clean(char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] == '\r' || s[i] == '\n' || s[i] == '\0')
            s[i] = ' ';
    return len;
}
