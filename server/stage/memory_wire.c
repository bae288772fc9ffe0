/* The host's wire (modules/host/wire.h), whose other end is in the same process: what is written is
 * heard at once, and a question is answered before it is waited for. */
#include "server/stage/stage.h"

static struct generation *generation_of(const struct wire *w)
{
    return (struct generation *)((char *)w - offsetof(struct generation, host.wire));
}

int wire_flush(struct wire *w)
{
    struct frame f;
    const char *why;
    w->flushes += w->out.len > 0;
    while (w->out.len &&
           frame_next(buf_data(&w->out), w->out.len, FRAME_FROM_HOST, &f, &why) == 1) {
        generation_hear(generation_of(w), &f);
        buf_consume(&w->out, f.size);
    }
    return 0;
}

int wire_flush_much(struct wire *w)
{
    return wire_flush(w);
}

int wire_await(struct wire *w, uint64_t question, struct ipc_answer *answer)
{
    struct frame f;
    const char *why;
    buf_consume(&w->in, w->in.len);
    wire_flush(w);
    if (!w->in.len || frame_next(buf_data(&w->in), w->in.len, FRAME_FROM_SERVER, &f, &why) != 1)
        return -1;
    return ipc_get_answer(&f, answer) || answer->question != question ? -1 : 0;
}

int64_t wire_now(const struct wire *w)
{
    return generation_of(w)->test->now_ms;
}

void wire_free(struct wire *w)
{
    buf_free(&w->in);
    buf_free(&w->out);
    buf_free(&w->frame);
}
