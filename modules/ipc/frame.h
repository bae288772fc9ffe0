#ifndef MODULES_IPC_FRAME_H
#define MODULES_IPC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Frames between seshetd and seshet-modhost: u32 length of the payload, u16 type, u16 zero, then
 * the payload. Numbers are little endian; a string is its u32 length, its bytes and a NUL, so that
 * a reader uses it where it lies. modules/ipc/codec.h has the payload of each type.
 *
 * Both ends come from one build; the version is said in the first frame of each side, and another
 * one ends the host. Type numbers are never reused.
 */
#define FRAME_VERSION     1
#define FRAME_HEADER_SIZE 8

/* Who sends a type: a frame in the wrong direction is rubbish. */
enum frame_from { FRAME_FROM_SERVER, FRAME_FROM_HOST };

/* X(NAME, number, most bytes of payload, who sends it) */
#define FRAME_LIST(X)                                                                              \
    X(HELLO, 1, 1024, SERVER)   /* the first: version, for which network and group */              \
    X(NETWORK, 2, 1024, SERVER) /* own nick, casemapping; again when they change */                \
    X(LOAD, 3, 8192, SERVER)    /* a module and the private copy of its file */                    \
    X(START, 4, 0, SERVER)      /* all modules were named; answered by READY or FAILED */          \
    X(EVENT, 5, 65536, SERVER)  /* answered by DONE */                                             \
    X(ANSWER, 6, 66560, SERVER) /* to an ASK */                                                    \
    X(STOP, 7, 0, SERVER)       /* finish what is here, unload, exit with status 0 */              \
    X(HOST_HELLO, 32, 64, HOST) /* the first: version, pid */                                      \
    X(MODULE, 33, 65536, HOST)  /* what a loaded module declares */                                \
    X(READY, 34, 0, HOST)       /* all modules are loaded; events may come */                      \
    X(FAILED, 35, 4096, HOST)   /* a module was refused, and why; the host ends */                 \
    X(DONE, 36, 8, HOST)        /* the last frame of an event */                                   \
    X(SAY, 37, 17408, HOST)     /* text for the network */                                         \
    X(ASK, 38, 66560, HOST)     /* a question about storage; the module waits */                   \
    X(LOG, 39, 8192, HOST)      /* a line for the server's log */

enum frame_type {
#define X(name, number, size, from) FRAME_##name = number,
    FRAME_LIST(X)
#undef X
};

/* "EVENT"; NULL for a number that is none. */
const char *frame_name(unsigned type);
/* Most bytes of payload; 0 also for a number that is none. */
size_t frame_limit(unsigned type);

/* ---- Splitting ------------------------------------------------------------------------------ */

struct frame {
    enum frame_type type;
    const char *payload; /* within the bytes given to frame_next */
    size_t len;
    size_t size; /* of the whole frame: consume this much when done with it */
};

/*
 * The frame at the start of data. Returns 1 and fills *f; 0 when more bytes must come first; -1
 * when these bytes are no frame of that sender, and *why says so (static text): the stream cannot
 * be used any more. Nothing is copied or kept between calls.
 */
int frame_next(const char *data, size_t len, enum frame_from from, struct frame *f,
               const char **why);

/* ---- Writing -------------------------------------------------------------------------------- */

struct frame_writer {
    struct buf *out;
    size_t at;    /* where the frame begins, counted from the first byte of `out` */
    size_t limit; /* of the payload */
    enum frame_type type;
};

/* Between begin and end nothing else may be appended to or consumed from `out`. */
struct frame_writer frame_begin(struct buf *out, enum frame_type type);
void frame_put_u8(struct frame_writer *w, uint8_t v);
void frame_put_u16(struct frame_writer *w, uint16_t v);
void frame_put_u32(struct frame_writer *w, uint32_t v);
void frame_put_u64(struct frame_writer *w, uint64_t v);
void frame_put_str(struct frame_writer *w, const char *s); /* NULL is written as "" */
/* 0; or -1 when the payload is over its type's limit: then `out` is as it was before begin. */
int frame_end(struct frame_writer *w);

/* ---- Reading -------------------------------------------------------------------------------- */

/* After the first error every getter returns 0 or "", and frame_reader_end tells. */
struct frame_reader {
    const char *at;
    size_t left;
    bool failed;
};

struct frame_reader frame_read(const struct frame *f);
uint8_t frame_get_u8(struct frame_reader *r);
uint16_t frame_get_u16(struct frame_reader *r);
uint32_t frame_get_u32(struct frame_reader *r);
uint64_t frame_get_u64(struct frame_reader *r);
/* A string within the frame, valid as long as its bytes; a NUL inside it is an error. */
const char *frame_get_str(struct frame_reader *r);
/* 0 when all was there and nothing is left over, else -1. */
int frame_reader_end(const struct frame_reader *r);

#endif
