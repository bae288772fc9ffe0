#include "modules/ipc/frame.h"

#include <assert.h>
#include <string.h>

enum { KNOWN_TYPES = 64 };

struct type_info {
    const char *name;
    size_t limit;
    enum frame_from from;
};

static const struct type_info types[KNOWN_TYPES] = {
#define X(name, number, size, from) [number] = {#name, size, FRAME_FROM_##from},
    FRAME_LIST(X)
#undef X
};

static const struct type_info *type_info(unsigned type)
{
    return type < KNOWN_TYPES && types[type].name ? &types[type] : NULL;
}

const char *frame_name(unsigned type)
{
    const struct type_info *info = type_info(type);
    return info ? info->name : NULL;
}

size_t frame_limit(unsigned type)
{
    const struct type_info *info = type_info(type);
    return info ? info->limit : 0;
}

/* Byte by byte, so that neither alignment nor the machine's order matters; compilers make one
 * load or store of it. */
static uint64_t load(const char *p, size_t bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++)
        v |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return v;
}

static void store(char *p, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        p[i] = (char)(v >> (8 * i) & 0xff);
}

int frame_next(const char *data, size_t len, enum frame_from from, struct frame *f,
               const char **why)
{
    if (len < FRAME_HEADER_SIZE)
        return 0;
    /* The header is judged before the payload is there: a wrong length must not be waited for. */
    size_t payload = (size_t)load(data, 4);
    const struct type_info *info = type_info((unsigned)load(data + 4, 2));
    if (!info || info->from != from) {
        *why = "a frame of a type that this side does not send";
        return -1;
    }
    if (load(data + 6, 2)) {
        *why = "a frame whose reserved field is not zero";
        return -1;
    }
    if (payload > info->limit) {
        *why = "a frame longer than its type allows";
        return -1;
    }
    if (len - FRAME_HEADER_SIZE < payload)
        return 0;
    *f = (struct frame){
        .type = (enum frame_type)load(data + 4, 2),
        .payload = data + FRAME_HEADER_SIZE,
        .len = payload,
        .size = FRAME_HEADER_SIZE + payload,
    };
    return 1;
}

static void put(struct frame_writer *w, uint64_t v, size_t bytes)
{
    store(buf_reserve(w->out, bytes), v, bytes);
    buf_commit(w->out, bytes);
}

struct frame_writer frame_begin(struct buf *out, enum frame_type type)
{
    struct frame_writer w = {.out = out, .at = out->len, .limit = frame_limit(type), .type = type};
    put(&w, 0, 4);
    put(&w, type, 2);
    put(&w, 0, 2);
    return w;
}

void frame_put_u8(struct frame_writer *w, uint8_t v)
{
    put(w, v, 1);
}

void frame_put_u16(struct frame_writer *w, uint16_t v)
{
    put(w, v, 2);
}

void frame_put_u32(struct frame_writer *w, uint32_t v)
{
    put(w, v, 4);
}

void frame_put_u64(struct frame_writer *w, uint64_t v)
{
    put(w, v, 8);
}

void frame_put_str(struct frame_writer *w, const char *s)
{
    if (!s)
        s = "";
    size_t len = strlen(s);
    /* A string over every limit need not be copied to be refused: what is cut here is still longer
     * than the type allows. */
    if (len > w->limit)
        len = w->limit;
    char *at = buf_reserve(w->out, len + 5);
    store(at, len, 4);
    memcpy(at + 4, s, len);
    at[4 + len] = '\0';
    buf_commit(w->out, len + 5);
}

int frame_end(struct frame_writer *w)
{
    assert(w->out->len >= w->at + FRAME_HEADER_SIZE);
    size_t payload = w->out->len - w->at - FRAME_HEADER_SIZE;
    if (payload > w->limit) {
        w->out->len = w->at;
        return -1;
    }
    store(buf_data(w->out) + w->at, payload, 4);
    return 0;
}

struct frame_reader frame_read(const struct frame *f)
{
    return (struct frame_reader){.at = f->payload, .left = f->len};
}

/* The next `bytes` bytes, or NULL after an error. */
static const char *take(struct frame_reader *r, size_t bytes)
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

static uint64_t get(struct frame_reader *r, size_t bytes)
{
    const char *p = take(r, bytes);
    return p ? load(p, bytes) : 0;
}

uint8_t frame_get_u8(struct frame_reader *r)
{
    return (uint8_t)get(r, 1);
}

uint16_t frame_get_u16(struct frame_reader *r)
{
    return (uint16_t)get(r, 2);
}

uint32_t frame_get_u32(struct frame_reader *r)
{
    return (uint32_t)get(r, 4);
}

uint64_t frame_get_u64(struct frame_reader *r)
{
    return get(r, 8);
}

const char *frame_get_str(struct frame_reader *r)
{
    size_t len = frame_get_u32(r);
    const char *s = take(r, len + 1);
    if (s && memchr(s, 0, len + 1) == s + len)
        return s;
    r->failed = true;
    return "";
}

int frame_reader_end(const struct frame_reader *r)
{
    return r->failed || r->left ? -1 : 0;
}
