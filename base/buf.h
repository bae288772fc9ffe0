#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <assert.h>
#include <stddef.h>

/*
 * A growing queue of bytes: append at the end, consume at the start. Zero-initialized is empty.
 * The caller bounds what goes in; memory is kept until buf_free, or given back by buf_shrink.
 */
struct buf {
    char *mem;
    size_t start; /* of the first byte not yet consumed */
    size_t len;   /* bytes from there on */
    size_t cap;
};

static inline char *buf_data(const struct buf *b)
{
    return b->mem + b->start;
}

void buf_append(struct buf *b, const void *data, size_t len);
/* The text as one line, with %XX for control bytes and '%', and a newline behind it. */
void buf_append_line(struct buf *b, const char *text, size_t len);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* buf_reserve where there is not enough room. */
char *buf_grow(struct buf *b, size_t len);
/* Room for at least `len` bytes after the end; what is written there counts after buf_commit. */
static inline char *buf_reserve(struct buf *b, size_t len)
{
    if (b->cap - b->start - b->len >= len)
        return b->mem + b->start + b->len;
    return buf_grow(b, len);
}
static inline void buf_commit(struct buf *b, size_t len)
{
    assert(b->cap - b->start - b->len >= len);
    b->len += len;
}
void buf_consume(struct buf *b, size_t len);
/* Frees the memory of an empty buffer that has grown over `keep` bytes. */
void buf_shrink(struct buf *b, size_t keep);
void buf_free(struct buf *b);

#endif
