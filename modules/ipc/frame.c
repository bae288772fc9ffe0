#include "modules/ipc/frame.h"

#include <assert.h>

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

#define X(name, number, size, from)                                                                \
    static_assert(number < KNOWN_TYPES && size <= FRAME_LIMIT_MOST, #name);
FRAME_LIST(X)
#undef X

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

struct frame frame_own(const char *data)
{
    size_t payload = (size_t)frame_load(data, 4);
    return (struct frame){
        .type = (enum frame_type)frame_load(data + 4, 2),
        .payload = data + FRAME_HEADER_SIZE,
        .len = payload,
        .size = FRAME_HEADER_SIZE + payload,
    };
}

int frame_next(const char *data, size_t len, enum frame_from from, struct frame *f,
               const char **why)
{
    if (len < FRAME_HEADER_SIZE)
        return 0;
    /* The header is judged before the payload is there: a wrong length must not be waited for. */
    size_t payload = (size_t)frame_load(data, 4);
    const struct type_info *info = type_info((unsigned)frame_load(data + 4, 2));
    if (!info || info->from != from) {
        *why = "a frame of a type that this side does not send";
        return -1;
    }
    if (frame_load(data + 6, 2)) {
        *why = "a frame whose reserved field is not zero";
        return -1;
    }
    if (payload > info->limit) {
        *why = "a frame longer than its type allows";
        return -1;
    }
    if (len - FRAME_HEADER_SIZE < payload)
        return 0;
    *f = frame_own(data);
    return 1;
}

struct frame_writer frame_begin(struct buf *out, enum frame_type type)
{
    enum { ROOM = 256 }; /* enough for most frames */
    char *at = buf_reserve(out, ROOM);
    struct frame_writer w = {
        .out = out, .begin = out->len, .at = at, .end = at + ROOM, .type = type};
    frame_put_u64(&w, (uint64_t)type << 32); /* the length follows at the end */
    return w;
}

void frame_grow(struct frame_writer *w, size_t len)
{
    size_t more = len + (size_t)(w->at - buf_data(w->out)) - w->begin; /* at least double */
    buf_commit(w->out, (size_t)(w->at - buf_data(w->out)) - w->out->len);
    w->at = buf_reserve(w->out, more);
    w->end = w->at + more;
}

int frame_end(struct frame_writer *w)
{
    char *frame = buf_data(w->out) + w->begin;
    size_t size = (size_t)(w->at - frame);
    size_t payload = size - FRAME_HEADER_SIZE;
    w->out->len = w->begin;
    if (payload > frame_limit(w->type))
        return -1;
    frame_store(frame, payload, 4);
    buf_commit(w->out, size);
    return 0;
}
