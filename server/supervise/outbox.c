#include "server/supervise/outbox.h"

#include <assert.h>
#include <errno.h>
#include <sys/uio.h>

/* Memory that an emptied queue keeps. */
enum { KEEP = 8192 };

static struct frame frame_at(const struct buf *b, size_t at)
{
    struct frame f = frame_own(buf_data(b) + at);
    assert(f.size <= b->len - at);
    return f;
}

static uint16_t module_of(const struct frame *f)
{
    struct frame_reader r = frame_read(f);
    frame_get_u64(&r);
    return frame_get_u16(&r);
}

static uint64_t number_of(const struct frame *f)
{
    struct frame_reader r = frame_read(f);
    return frame_get_u64(&r);
}

int outbox_add(struct outbox *o, const struct ipc_event *event)
{
    if (ipc_put_event(&o->queue, event))
        return -1;
    o->events++;
    return 0;
}

/* The end of the frame of which a part was written; `written` itself when none was. */
static size_t unwritten_from(struct outbox *o)
{
    while (o->boundary < o->written)
        o->boundary += frame_at(&o->queue, o->boundary).size;
    return o->boundary;
}

static void count_written(struct outbox *o, size_t n, size_t before_control)
{
    size_t part = n < before_control ? n : before_control;
    o->written += part;
    n -= part;
    part = n < o->control.len ? n : o->control.len;
    if (part)
        buf_consume(&o->control, part);
    o->controlled += part;
    o->written += n - part;
}

/* Where writing has to stop for now. */
static size_t limit_of(struct outbox *o)
{
    if (!o->one_by_one || !o->queue.len)
        return o->queue.len;
    return o->written ? unwritten_from(o) : frame_at(&o->queue, 0).size;
}

int outbox_flush(struct outbox *o, int fd)
{
    size_t limit = limit_of(o);
    while (o->control.len || o->written < limit) {
        char *queue = o->queue.len ? buf_data(&o->queue) : NULL;
        size_t end = o->control.len ? unwritten_from(o) : o->written;
        struct iovec parts[3];
        int n = 0;
        if (end > o->written)
            parts[n++] = (struct iovec){queue + o->written, end - o->written};
        if (o->control.len)
            parts[n++] = (struct iovec){buf_data(&o->control), o->control.len};
        if (limit > end)
            parts[n++] = (struct iovec){queue + end, limit - end};
        ssize_t put = writev(fd, parts, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno == EAGAIN ? 1 : -1;
        count_written(o, (size_t)put, end - o->written);
    }
    buf_shrink(&o->control, 0);
    return 0;
}

bool outbox_many_written(const struct outbox *o)
{
    return o->written && o->written > frame_at(&o->queue, 0).size;
}

uint64_t outbox_oldest(const struct outbox *o)
{
    if (!o->written)
        return 0;
    struct frame f = frame_at(&o->queue, 0);
    return f.size <= o->written ? number_of(&f) : 0;
}

bool outbox_oldest_is(const struct outbox *o, uint64_t number, uint16_t module)
{
    if (!number || number != outbox_oldest(o))
        return false;
    struct frame f = frame_at(&o->queue, 0);
    return module_of(&f) == module;
}

bool outbox_has(const struct outbox *o, uint64_t number)
{
    if (!o->queue.len)
        return false;
    struct frame f = frame_at(&o->queue, 0);
    return number_of(&f) <= number;
}

uint64_t outbox_control_end(const struct outbox *o)
{
    return o->controlled + o->control.len;
}

bool outbox_controlled(const struct outbox *o, uint64_t end)
{
    return o->controlled >= end;
}

bool outbox_find_written(const struct outbox *o, uint64_t number, struct ipc_event *event)
{
    for (size_t at = 0; at < o->written;) {
        struct frame f = frame_at(&o->queue, at);
        if (number_of(&f) == number)
            return !ipc_get_event(&f, event);
        at += f.size;
    }
    return false;
}

uint16_t outbox_acknowledge(struct outbox *o)
{
    struct frame f = frame_at(&o->queue, 0);
    size_t size = f.size;
    uint16_t module = module_of(&f);
    assert(size <= o->written);
    buf_consume(&o->queue, size);
    o->written -= size;
    o->boundary -= o->boundary < size ? o->boundary : size;
    o->events--;
    buf_shrink(&o->queue, KEEP);
    return module;
}

size_t outbox_take_unwritten(struct outbox *o, struct buf *to)
{
    size_t taken = 0;
    if (!o->queue.len)
        return 0;
    size_t at = unwritten_from(o);
    buf_append(to, buf_data(&o->queue) + at, o->queue.len - at);
    for (size_t next = at; next < o->queue.len; taken++)
        next += frame_at(&o->queue, next).size;
    o->queue.len = at;
    o->events -= taken;
    return taken;
}

void outbox_free(struct outbox *o)
{
    buf_free(&o->control);
    buf_free(&o->queue);
    *o = (struct outbox){0};
}

int event_list_first(const struct buf *list, struct ipc_event *event, size_t *size)
{
    if (!list->len)
        return -1;
    struct frame f = frame_at(list, 0);
    *size = f.size;
    int got = ipc_get_event(&f, event);
    assert(!got);
    return got;
}

void event_list_merge(struct buf *into, struct buf *other)
{
    struct buf merged = {0};
    if (!into->len || !other->len) {
        struct buf *all = into->len ? into : other;
        merged = *all;
        *all = (struct buf){0};
        buf_free(into);
        buf_free(other);
        *into = merged;
        return;
    }
    while (into->len || other->len) {
        struct frame a = {0};
        struct frame b = {0};
        if (into->len)
            a = frame_at(into, 0);
        if (other->len)
            b = frame_at(other, 0);
        struct buf *first = !other->len                     ? into
                            : !into->len                    ? other
                            : number_of(&a) < number_of(&b) ? into
                                                            : other;
        size_t size = first == into ? a.size : b.size;
        buf_append(&merged, buf_data(first), size);
        buf_consume(first, size);
    }
    buf_free(into);
    buf_free(other);
    *into = merged;
}
