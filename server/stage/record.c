#include <stdarg.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "server/stage/stage.h"

void record_add(struct record *r, const char *text)
{
    /* Grows by doubling at the powers of two, where the count says that it may be full. */
    if ((r->count & (r->count - 1)) == 0)
        r->lines = xrealloc(r->lines, (r->count ? r->count * 2 : 1) * sizeof *r->lines);
    r->lines[r->count++] = xstrdup(text);
}

const char *record_take(struct record *r)
{
    free(r->taken);
    r->taken = r->first < r->count ? r->lines[r->first++] : NULL;
    if (r->first == r->count) {
        free(r->lines);
        r->lines = NULL;
        r->first = r->count = 0;
    }
    return r->taken;
}

void record_clear(struct record *r)
{
    while (record_take(r))
        continue;
}

void stage_log(struct seshet_test *t, int level, const char *format, ...)
{
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    char *line = xasprintf("%s: %s", levels[level], text);
    record_add(&t->logged, line);
    free(line);
    free(text);
}
