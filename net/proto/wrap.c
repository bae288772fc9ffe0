#include "net/proto/wrap.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

/* Whether other bots could take a line that begins so for a command. */
static bool begins_command(const char *text, size_t len)
{
    while (len && *text == ' ') {
        text++;
        len--;
    }
    return len && ispunct((unsigned char)*text);
}

/* The last space in the last half behind which no command could begin; NULL: there is none. */
static const char *find_space(const char *text, size_t len, size_t max)
{
    /* The space may be the first byte that no longer fits. */
    const char *space = memrchr(text, ' ', max + 1);
    while (space && begins_command(space, len - (size_t)(space - text)))
        space = memrchr(text, ' ', (size_t)(space - text));
    return space && (size_t)(space - text) >= max / 2 && space > text ? space : NULL;
}

size_t wrap_next(const char *text, size_t len, size_t max, const char **next)
{
    if (len <= max) {
        *next = text + len;
        return len;
    }
    const char *space = find_space(text, len, max);
    if (space) {
        *next = space + 1;
        return (size_t)(space - text);
    }
    size_t n = utf8_cut(text, len, max);
    size_t earlier = n;
    while (earlier > max / 2 && begins_command(text + earlier, len - earlier))
        earlier = utf8_cut(text, len, earlier - 1);
    if (earlier > max / 2)
        n = earlier;
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
