#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"

char *buf_grow(struct buf *b, size_t len)
{
    /* Moving pays when at least half of the memory lies before the data. */
    if (b->start && b->start >= b->cap / 2 && b->cap - b->len >= len) {
        memmove(b->mem, b->mem + b->start, b->len);
        b->start = 0;
        return b->mem + b->len;
    }
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->len < len)
        cap *= 2;
    char *mem = xmalloc(cap);
    if (b->len)
        memcpy(mem, b->mem + b->start, b->len);
    free(b->mem);
    *b = (struct buf){.mem = mem, .len = b->len, .cap = cap};
    return b->mem + b->len;
}

void buf_append(struct buf *b, const void *data, size_t len)
{
    if (!len)
        return;
    memcpy(buf_reserve(b, len), data, len);
    b->len += len;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_list again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len > 0) {
        vsnprintf(buf_reserve(b, (size_t)len + 1), (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

void buf_consume(struct buf *b, size_t len)
{
    assert(len <= b->len);
    b->start += len;
    b->len -= len;
    if (!b->len)
        b->start = 0;
}

void buf_shrink(struct buf *b, size_t keep)
{
    if (!b->len && b->cap > keep)
        buf_free(b);
}

void buf_free(struct buf *b)
{
    free(b->mem);
    *b = (struct buf){0};
}

void buf_append_line(struct buf *b, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c == '%' || c == 0x7f)
            buf_printf(b, "%%%02x", c);
        else
            buf_append(b, text + i, 1);
    }
    buf_append(b, "\n", 1);
}
