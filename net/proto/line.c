#include "net/proto/line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"

static size_t drop_nuls(struct line_splitter *s, char *data, size_t len)
{
    char *to = memchr(data, '\0', len);
    if (!to)
        return len;
    for (const char *from = to; from < data + len; from++)
        if (*from)
            *to++ = *from;
    s->nuls += (uint64_t)(data + len - to);
    return (size_t)(to - data);
}

/* Appends as much of src as `room` allows. dst may be the memory src lies in, before it. */
static bool append(struct line_splitter *s, char *dst, const char *src, size_t len, size_t room)
{
    size_t n = len < room ? len : room;
    if (dst + s->len != src)
        memmove(dst + s->len, src, n);
    s->len += n;
    return n == len;
}

/* Returns what of src comes after the tags, or NULL when they have not ended. */
static const char *take_tags(struct line_splitter *s, char *dst, const char *src, size_t len)
{
    const char *space = memchr(src, ' ', len);
    size_t n = space ? (size_t)(space - src) : len;
    if (!append(s, dst, src, n, LINE_MAX_TAGS - 1 - s->len))
        s->over_tags = 1;
    if (!space)
        return NULL;
    if (s->over_tags) {
        const char *last = memrchr(dst, ';', s->len);
        s->len = last ? (size_t)(last - dst) : 1;
    }
    dst[s->len++] = ' ';
    s->tags_len = s->len;
    s->part = LINE_REST;
    return space + 1;
}

/* Takes in a part of a line without its end, within the limits. */
static void take(struct line_splitter *s, char *dst, const char *src, size_t len)
{
    const char *end = src + len;
    if (s->part == LINE_START && len)
        s->part = *src == '@' ? LINE_TAGS : LINE_REST;
    if (s->part == LINE_TAGS)
        src = take_tags(s, dst, src, len);
    if (s->part == LINE_REST && src &&
        !append(s, dst, src, (size_t)(end - src), s->tags_len + LINE_MAX_REST - s->len))
        s->over_rest = 1;
}

static void hold(struct line_splitter *s, const char *data, size_t len)
{
    const size_t most = LINE_MAX_TAGS + LINE_MAX_REST + 1;
    if (!len)
        return;
    size_t need = len < most - s->len ? s->len + len + 1 : most;
    if (need > s->held_cap) {
        size_t cap = need * 2 < most ? need * 2 : most;
        s->held = xrealloc(s->held, cap);
        s->held_cap = cap;
    }
    take(s, s->held, data, len);
}

static void start(struct line_splitter *s)
{
    s->len = 0;
    s->tags_len = 0;
    s->part = LINE_START;
    s->over_tags = 0;
    s->over_rest = 0;
}

/* The line in `line` has ended; the splitter is ready for the next one before fn sees it. */
static int emit(struct line_splitter *s, char *line, line_fn fn, void *arg)
{
    size_t len = s->len;
    s->cut += s->over_tags || s->over_rest;
    line[len] = '\0';
    start(s);
    return fn(arg, line, len);
}

static int emit_held(struct line_splitter *s, line_fn fn, void *arg)
{
    char *line = s->held;
    s->held = NULL;
    s->held_cap = 0;
    int stop = emit(s, line, fn, arg);
    free(line);
    return stop;
}

static int emit_in_place(struct line_splitter *s, char *line, size_t len, line_fn fn, void *arg)
{
    if (!len)
        return 0;
    if (len <= LINE_MAX_REST)
        s->len = len;
    else
        take(s, line, line, len);
    return emit(s, line, fn, arg);
}

int line_feed(struct line_splitter *s, char *data, size_t len, line_fn fn, void *arg)
{
    char *end = data + drop_nuls(s, data, len);
    char *lf = NULL; /* the next one, or end; found once, however many CR stand before it */
    int stop = 0;
    while (data < end && !stop) {
        if (!lf || lf < data) {
            lf = memchr(data, '\n', (size_t)(end - data));
            lf = lf ? lf : end;
        }
        char *cr = memchr(data, '\r', (size_t)(lf - data));
        char *stop_at = cr ? cr : lf;
        size_t n = (size_t)(stop_at - data);
        if (stop_at == end || s->held)
            hold(s, data, n);
        if (stop_at != end)
            stop = s->held ? emit_held(s, fn, arg) : emit_in_place(s, data, n, fn, arg);
        data = stop_at + (cr && cr + 1 == lf && lf != end ? 2 : 1);
    }
    return stop;
}

void line_free(struct line_splitter *s)
{
    free(s->held);
    s->held = NULL;
    s->held_cap = 0;
    start(s);
}
