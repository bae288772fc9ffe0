#ifndef NET_LINK_SENDQ_H
#define NET_LINK_SENDQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/token_bucket.h"
#include "net/link/priority.h"

/*
 * The queue that every line to a server goes through: bounded, by priority, paced by a token
 * bucket. Pure: time is the caller's, in milliseconds. Zero allocations for each line once the
 * buffers have grown; empty, it can give its memory back (sendq_shrink).
 *
 * Bounds: max_lines and max_bytes together for normal and bulk lines; urgent ones have
 * SENDQ_URGENT_LINES of their own, so that a flood of replies cannot keep out a PONG.
 */
#define SENDQ_URGENT_LINES 64

struct sendq_lane {
    struct buf buf; /* of: 16 bits of length, then the line with CR LF */
    size_t lines;
};

struct sendq {
    struct sendq_lane lanes[CONN_PRIORITIES];
    struct token_bucket bucket;
    size_t max_lines;
    size_t max_bytes;
    uint64_t cut;     /* lines shortened to the limit */
    uint64_t dropped; /* lines that were refused or thrown away */
};

/* interval_ms = 0: no pacing. */
void sendq_init(struct sendq *q, uint32_t burst, uint32_t interval_ms, int64_t now);
void sendq_pace(struct sendq *q, uint32_t burst, uint32_t interval_ms, int64_t now);
void sendq_free(struct sendq *q);

/*
 * `limit` is the server's LINELEN, with CR LF. What is over it is cut between two UTF-8 characters;
 * CR, LF and NUL become spaces. 0; -1 when the queue is full or nothing is left of the line.
 */
int sendq_push(struct sendq *q, enum conn_priority priority, const char *line, size_t len,
               size_t limit);

/* Appends the next line that may leave at `now` to `out`, with CR LF; returns its length, 0 when
 * none may. */
size_t sendq_pop(struct sendq *q, int64_t now, struct buf *out);

/* The next urgent or normal line, whatever the pace; 0 when none waits. */
size_t sendq_pop_unpaced(struct sendq *q, struct buf *out);

/* Milliseconds until sendq_pop gives a line, 0 when it would now, -1 when none waits. */
int64_t sendq_wait(struct sendq *q, int64_t now);

size_t sendq_lines(const struct sendq *q);
/* Throws away what waits; counts it as dropped. */
void sendq_clear(struct sendq *q);
void sendq_shrink(struct sendq *q);

#endif
