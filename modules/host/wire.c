#include "modules/host/wire.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

enum { READ_ROOM = 32 * 1024, MUCH = 8 * 1024, KEEP = 64 * 1024 };

/* 0 when something came, -1 when the server went away. */
static int wire_read(struct wire *w)
{
    if (w->closed || wire_flush(w))
        return -1;
    char *room = buf_reserve(&w->in, READ_ROOM);
    ssize_t n;
    do
        n = read(IPC_FD_IN, room, w->in.cap - w->in.start - w->in.len);
    while (n < 0 && errno == EINTR);
    if (n <= 0) {
        w->closed = true;
        return -1;
    }
    buf_commit(&w->in, (size_t)n);
    return 0;
}

static void consume(struct wire *w, size_t len)
{
    buf_consume(&w->in, len);
    w->scanned -= len < w->scanned ? len : w->scanned;
}

enum wire_result wire_next(struct wire *w, struct frame *f, const char **why)
{
    struct frame next;
    for (;;) {
        int got = frame_next(buf_data(&w->in), w->in.len, FRAME_FROM_SERVER, &next, why);
        if (got < 0)
            return WIRE_RUBBISH;
        if (!got) {
            if (wire_read(w))
                return WIRE_CLOSED;
            continue;
        }
        /* The question's asker has taken it where it stood. */
        if (next.type != FRAME_ANSWER)
            break;
        consume(w, next.size);
    }
    buf_consume(&w->frame, w->frame.len);
    buf_append(&w->frame, next.payload, next.len);
    *f = next;
    f->payload = buf_data(&w->frame);
    consume(w, next.size);
    return WIRE_FRAME;
}

int wire_await(struct wire *w, uint64_t question, struct ipc_answer *answer)
{
    for (;;) {
        struct frame f;
        const char *why;
        int got = frame_next(buf_data(&w->in) + w->scanned, w->in.len - w->scanned,
                             FRAME_FROM_SERVER, &f, &why);
        if (got < 0)
            return -1;
        if (!got) {
            if (wire_read(w))
                return -1;
            continue;
        }
        w->scanned += f.size;
        if (f.type != FRAME_ANSWER)
            continue;
        if (ipc_get_answer(&f, answer))
            return -1;
        if (answer->question == question)
            return 0;
    }
}

int wire_flush(struct wire *w)
{
    size_t len = w->out.len;
    while (w->out.len) {
        ssize_t n = write(IPC_FD_OUT, buf_data(&w->out), w->out.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            w->closed = true;
            return -1;
        }
        buf_consume(&w->out, (size_t)n);
    }
    w->flushes += len > 0;
    buf_shrink(&w->out, KEEP);
    return 0;
}

int wire_flush_much(struct wire *w)
{
    return w->out.len > MUCH ? wire_flush(w) : 0;
}

int64_t wire_now(const struct wire *w)
{
    struct timespec now;
    (void)w; /* one clock for both processes */
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void wire_free(struct wire *w)
{
    buf_free(&w->in);
    buf_free(&w->out);
    buf_free(&w->frame);
}
