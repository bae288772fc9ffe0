/* Frames of unknown origin, in both directions: whatever is understood must be the same after
 * it was written and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "modules/ipc/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads the frame and writes it again into out. Returns -1 when it is malformed. */
static int again(const struct frame *f, struct buf *out)
{
    union {
        struct ipc_hello hello;
        struct ipc_network network;
        struct ipc_load load;
        struct ipc_event event;
        struct ipc_answer answer;
        struct ipc_host_hello host_hello;
        struct ipc_module module;
        struct ipc_failed failed;
        struct ipc_say say;
        struct ipc_ask ask;
        struct ipc_log log;
        uint64_t done;
    } u;
#define AGAIN(TYPE, field)                                                                         \
    case FRAME_##TYPE:                                                                             \
        return ipc_get_##field(f, &u.field) ? -1 : ipc_put_##field(out, &u.field);
    switch (f->type) {
        AGAIN(HELLO, hello)
        AGAIN(NETWORK, network)
        AGAIN(LOAD, load)
        AGAIN(EVENT, event)
        AGAIN(ANSWER, answer)
        AGAIN(HOST_HELLO, host_hello)
        AGAIN(MODULE, module)
        AGAIN(FAILED, failed)
        AGAIN(SAY, say)
        AGAIN(ASK, ask)
        AGAIN(LOG, log)
    case FRAME_DONE:
        return ipc_get_done(f, &u.done) ? -1 : ipc_put_done(out, u.done);
    case FRAME_START:
        return ipc_put_start(out);
    case FRAME_STOP:
        return ipc_put_stop(out);
    case FRAME_LOADED:
        return ipc_put_loaded(out);
    case FRAME_READY:
        return ipc_put_ready(out);
    case FRAME_STOPPED:
        return ipc_put_stopped(out);
    }
    abort();
}

static void check_frame(const struct frame *f, enum frame_from from)
{
    struct buf once = {0};
    struct buf twice = {0};
    struct frame g;
    const char *why;
    if (!again(f, &once)) {
        if (frame_next(buf_data(&once), once.len, from, &g, &why) != 1 || again(&g, &twice) ||
            once.len != twice.len || memcmp(buf_data(&once), buf_data(&twice), once.len) != 0)
            abort();
    }
    buf_free(&once);
    buf_free(&twice);
}

static void check_stream(const char *data, size_t size, enum frame_from from)
{
    struct frame f;
    const char *why = NULL;
    int got = 0;
    while ((got = frame_next(data, size, from, &f, &why)) == 1) {
        if (f.size > size || f.len > frame_limit(f.type) || !frame_name(f.type))
            abort();
        /* In memory of its own size, so that reading beyond the payload is found. */
        char *payload = xmemdup(f.payload, f.len);
        struct frame copy = f;
        copy.payload = payload;
        check_frame(&copy, from);
        free(payload);
        data += f.size;
        size -= f.size;
    }
    if ((got < 0) != (why != NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_stream((const char *)data, size, FRAME_FROM_SERVER);
    check_stream((const char *)data, size, FRAME_FROM_HOST);
    return 0;
}
