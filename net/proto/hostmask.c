#include "net/proto/hostmask.h"

#include <stdio.h>
#include <string.h>

/* Whether the element at *p ('?', an escaped byte or a byte) takes c; *p goes on behind it. */
static bool takes(enum casemapping map, const char **p, char c)
{
    const char *s = *p;
    if (*s == '?') {
        *p = s + 1;
        return true;
    }
    if (*s == '\\' && s[1])
        s++;
    *p = s + 1;
    return irc_fold_char(map, *s) == irc_fold_char(map, c);
}

/* Where the run of elements at p ends: at the next '*' or the end. *len: how many bytes it takes.
 */
static const char *run_end(const char *p, size_t *len)
{
    for (*len = 0; *p && *p != '*'; p++, ++*len)
        if (*p == '\\' && p[1])
            p++;
    return p;
}

static bool run_matches(enum casemapping map, const char *p, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!takes(map, &p, text[i]))
            return false;
    return true;
}

/* Between two '*' the first place where a run fits is as good as any other, so nothing is ever
 * tried twice; the first and the last run are bound to the ends of the text. */
bool glob_match(enum casemapping map, const char *pattern, const char *text)
{
    size_t left = strlen(text);
    size_t run;
    const char *end = run_end(pattern, &run);
    if (run > left || (!*end && run != left) || !run_matches(map, pattern, text, run))
        return false;
    text += run;
    left -= run;
    while (*end) {
        const char *start = end + 1;
        end = run_end(start, &run);
        if (run > left)
            return false;
        if (!*end)
            return run_matches(map, start, text + left - run, run);
        while (!run_matches(map, start, text, run)) {
            text++;
            if (--left < run)
                return false;
        }
        text += run;
        left -= run;
    }
    return true;
}

const char *hostmask_write(char *dst, size_t size, const char *nick, const char *user,
                           const char *host)
{
    snprintf(dst, size, "%s!%s@%s", nick && *nick ? nick : "*", user && *user ? user : "*",
             host && *host ? host : "*");
    return dst;
}
