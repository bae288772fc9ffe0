#ifndef MODULES_HOST_WIRE_H
#define MODULES_HOST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "modules/ipc/codec.h"
#include "modules/ipc/frame.h"

/*
 * The host's two pipes: frames in, frames out, many per read and write. Everything blocks; what
 * waits in `out` is written before a read can block.
 */
struct wire {
    struct buf in;
    struct buf out;
    struct buf frame; /* the frame given out last: it stays in place while `in` goes on filling */
    size_t scanned;   /* bytes of `in` that wire_await has looked through for an answer */
    uint64_t flushes; /* times that all of `out` was written */
    bool closed;
};

enum wire_result { WIRE_FRAME, WIRE_CLOSED, WIRE_RUBBISH };

/* The next frame, valid until the next call; *why says what the rubbish was. ANSWER frames are
 * not given out. */
enum wire_result wire_next(struct wire *w, struct frame *f, const char **why);

/*
 * Waits for the answer to a question; the frames that stand before it stay for wire_next, in
 * order. Its value is valid until the next call of this or wire_next. 0; -1 when the server went
 * away or sent rubbish.
 */
int wire_await(struct wire *w, uint64_t question, struct ipc_answer *answer);

/* Writes all of `out`. 0; -1 when the server went away. */
int wire_flush(struct wire *w);
/* The same once there is much: for whoever appends in a loop. */
int wire_flush_much(struct wire *w);

/* The server's clock: milliseconds since 1970. */
int64_t wire_now(const struct wire *w);

void wire_free(struct wire *w);

#endif
