#ifndef MODULES_IPC_FRAME_H
#define MODULES_IPC_FRAME_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

/*
 * Frames between seshetd and seshet-modhost: u32 length of the payload, u16 type, u16 zero, then
 * the payload. Numbers are little endian; a string is its u32 length, its bytes and a NUL, so that
 * a reader uses it where it lies. modules/ipc/codec.h has the payload of each type.
 *
 * Both ends come from one build; the version is said in the first frame of each side, and another
 * one ends the host. Type numbers are never reused.
 */
#define FRAME_VERSION     2
#define FRAME_HEADER_SIZE 8

/* Who sends a type: a frame in the wrong direction is rubbish. */
enum frame_from { FRAME_FROM_SERVER, FRAME_FROM_HOST };

/* X(NAME, number, most bytes of payload, who sends it) */
#define FRAME_LIST(X)                                                                              \
    X(HELLO, 1, 8192, SERVER)   /* the first: version, for which network and group, permissions */ \
    X(NETWORK, 2, 1024, SERVER) /* own nick, casemapping; again when they change */                \
    X(LOAD, 3, 8192, SERVER)    /* a module and the private copy of its file */                    \
    X(START, 4, 0, SERVER)      /* all modules were named; answered by READY or FAILED */          \
    X(EVENT, 5, 65536, SERVER)  /* answered by DONE */                                             \
    X(ANSWER, 6, 66560, SERVER) /* to an ASK */                                                    \
    X(STOP, 7, 0, SERVER)       /* finish what is here, unload, say STOPPED, exit with status 0 */ \
    X(HOST_HELLO, 32, 64, HOST) /* the first: version, pid */                                      \
    X(MODULE, 33, 65536, HOST)  /* what a loaded module declares */                                \
    X(READY, 34, 0, HOST)       /* all modules are loaded; events may come */                      \
    X(FAILED, 35, 4096, HOST)   /* a module was refused, and why; the host ends */                 \
    X(DONE, 36, 8, HOST)        /* the last frame of an event */                                   \
    X(SAY, 37, 17408, HOST)     /* text for the network */                                         \
    X(ASK, 38, 66560, HOST)     /* a question about storage; the module waits */                   \
    X(LOG, 39, 8192, HOST)      /* a line for the server's log */                                  \
    X(LOADED, 40, 0, HOST)      /* the load of the next module, in order, is over */               \
    X(STOPPED, 41, 0, HOST)     /* the last: all modules were unloaded */

enum frame_type {
#define X(name, number, size, from) FRAME_##name = number,
    FRAME_LIST(X)
#undef X
};

#define FRAME_LIMIT_MOST 66560 /* of all types */

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

/* The frame that begins at data, of those that this side wrote: it is whole, and nothing is
 * checked. */
struct frame frame_own(const char *data);

/* ---- Writing -------------------------------------------------------------------------------- */

/* The small functions below are the hot path of both processes: they stand here to be inlined. */
struct frame_writer {
    struct buf *out;
    size_t begin; /* where the frame begins, counted from the first byte of `out` */
    char *at;     /* what is written next, */
    char *end;    /* within this reserved room of `out` */
    enum frame_type type;
};

/* Between begin and end nothing else may be appended to or consumed from `out`. */
struct frame_writer frame_begin(struct buf *out, enum frame_type type);
/* More room, for at least `len` bytes. */
void frame_grow(struct frame_writer *w, size_t len);
/* 0; or -1 when the payload is over its type's limit: then `out` is as it was before begin. */
int frame_end(struct frame_writer *w);

/* The first bytes of a little-endian number are its lowest, whatever its size; the compiler makes
 * one load or store of each. */
static inline uint64_t frame_load(const char *p, size_t bytes)
{
    uint64_t v = 0;
    memcpy(&v, p, bytes);
    return le64toh(v);
}

static inline void frame_store(char *p, uint64_t v, size_t bytes)
{
    v = htole64(v);
    memcpy(p, &v, bytes);
}

static inline void frame_put(struct frame_writer *w, uint64_t v, size_t bytes)
{
    if ((size_t)(w->end - w->at) < bytes)
        frame_grow(w, bytes);
    frame_store(w->at, v, bytes);
    w->at += bytes;
}

static inline void frame_put_u8(struct frame_writer *w, uint8_t v)
{
    frame_put(w, v, 1);
}

static inline void frame_put_u16(struct frame_writer *w, uint16_t v)
{
    frame_put(w, v, 2);
}

static inline void frame_put_u32(struct frame_writer *w, uint32_t v)
{
    frame_put(w, v, 4);
}

static inline void frame_put_u64(struct frame_writer *w, uint64_t v)
{
    frame_put(w, v, 8);
}

/* NULL is written as "". */
static inline void frame_put_str(struct frame_writer *w, const char *s)
{
    size_t len = s && *s ? strlen(s) : 0; /* many are empty */
    /* A string over every limit need not be copied to be refused: what is cut here is still longer
     * than any type allows. */
    if (len > FRAME_LIMIT_MOST)
        len = FRAME_LIMIT_MOST;
    if ((size_t)(w->end - w->at) < len + 5)
        frame_grow(w, len + 5);
    frame_store(w->at, len, 4);
    if (len)
        memcpy(w->at + 4, s, len);
    w->at[4 + len] = '\0';
    w->at += len + 5;
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* After the first error every getter returns 0 or "", and frame_reader_end tells. */
struct frame_reader {
    const char *at;
    size_t left;
    bool failed;
};

static inline struct frame_reader frame_read(const struct frame *f)
{
    return (struct frame_reader){.at = f->payload, .left = f->len};
}

/* The next `bytes` bytes, or NULL after an error. */
static inline const char *frame_take(struct frame_reader *r, size_t bytes)
{
    if (r->failed || bytes > r->left) {
        r->failed = true;
        return NULL;
    }
    const char *p = r->at;
    r->at += bytes;
    r->left -= bytes;
    return p;
}

static inline uint64_t frame_get(struct frame_reader *r, size_t bytes)
{
    const char *p = frame_take(r, bytes);
    return p ? frame_load(p, bytes) : 0;
}

static inline uint8_t frame_get_u8(struct frame_reader *r)
{
    return (uint8_t)frame_get(r, 1);
}

static inline uint16_t frame_get_u16(struct frame_reader *r)
{
    return (uint16_t)frame_get(r, 2);
}

static inline uint32_t frame_get_u32(struct frame_reader *r)
{
    return (uint32_t)frame_get(r, 4);
}

static inline uint64_t frame_get_u64(struct frame_reader *r)
{
    return frame_get(r, 8);
}

/* A string within the frame, valid as long as its bytes; a NUL inside it is an error. */
static inline const char *frame_get_text(struct frame_reader *r, size_t *len)
{
    *len = frame_get_u32(r);
    const char *s = frame_take(r, *len + 1);
    if (s && !s[*len] && (!*len || !memchr(s, '\0', *len)))
        return s;
    r->failed = true;
    *len = 0;
    return "";
}

static inline const char *frame_get_str(struct frame_reader *r)
{
    size_t len;
    return frame_get_text(r, &len);
}

/* 0 when all was there and nothing is left over, else -1. */
static inline int frame_reader_end(const struct frame_reader *r)
{
    return r->failed || r->left ? -1 : 0;
}

#endif
