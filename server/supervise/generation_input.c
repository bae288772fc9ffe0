#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/supervise/generation.h"
#include "server/supervise/ticket.h"
#include "server/supervise/timers.h"
#include <seshet/module.h>

/* What a module host sends. A frame that does not fit in is rubbish: the host is killed, and that
 * is a crash like any other. */

static bool loaded(const struct generation *g, uint16_t module)
{
    return module < g->nmodules;
}

static int on_host_hello(struct generation *g, const struct frame *f)
{
    struct ipc_host_hello hello;
    if (g->greeted || ipc_get_host_hello(f, &hello))
        return -1;
    g->greeted = true;
    if (hello.version != FRAME_VERSION)
        generation_kill(g, FAULT_START,
                        "the process speaks another version than the server: both must be of one "
                        "installation");
    return 0;
}

static int on_module(struct generation *g, const struct frame *f)
{
    struct ipc_module module;
    if (g->state != GENERATION_STARTING || ipc_get_module(f, &module) ||
        !loaded(g, module.module) || module.module != g->opened)
        return -1;
    g->opened++;
    return 0;
}

static int on_loaded(struct generation *g)
{
    if (g->state != GENERATION_STARTING || g->opened != g->nmodules || g->loaded == g->nmodules)
        return -1;
    g->loaded++;
    return 0;
}

static int on_ready(struct generation *g)
{
    if (g->state != GENERATION_STARTING || !g->greeted || g->loaded != g->nmodules)
        return -1;
    g->state = GENERATION_READY;
    g->ready_ms = clock_now(g->shared->clock);
    g->ready_wall = clock_wall(g->shared->clock);
    event_del(g->deadline);
    g->shared->ops->ready(g);
    return 0;
}

static int on_failed(struct generation *g, const struct frame *f)
{
    struct ipc_failed failed;
    if (ipc_get_failed(f, &failed))
        return -1;
    if (g->state == GENERATION_STARTING && loaded(g, failed.module))
        g->failed_module = failed.module;
    /* A module can write it as well, in an event of its own: that is what is lost then. */
    g->rubbish = g->state != GENERATION_STARTING;
    generation_kill(g, g->failed_module >= 0 ? FAULT_LOAD : FAULT_RUBBISH, failed.text);
    return 0;
}

static int on_stopped(struct generation *g)
{
    if (!g->stop_sent || g->stopped || g->out.events)
        return -1;
    g->stopped = true;
    return 0;
}

static int on_done(struct generation *g, const struct frame *f)
{
    uint64_t event;
    if (ipc_get_done(f, &event) || !event || event != outbox_oldest(&g->out) || g->ticket)
        return -1;
    if (g->cut)
        g->shared->ops->cut(g, event);
    g->modules[outbox_acknowledge(&g->out)].waiting--;
    g->handled++;
    g->touched = false;
    g->says = g->cut = 0;
    g->say_bytes = 0;
    memset(g->notes, 0, sizeof g->notes);
    bool careful = g->out.one_by_one;
    g->out.one_by_one = careful && event < g->careful_until;
    if (careful || (g->state == GENERATION_STOPPING && !g->out.events))
        generation_flush_soon(g);
    return 0;
}

static int on_say(struct generation *g, const struct frame *f)
{
    struct ipc_say say;
    if (ipc_get_say(f, &say) || !loaded(g, say.module))
        return -1;
    /* In its own event a module cannot speak as another. */
    if (!outbox_oldest_is(&g->out, say.event, say.module))
        return -1;
    g->touched = true;
    if (g->says == IPC_EVENT_SAYS_MAX || g->say_bytes + say.text_len > IPC_EVENT_BYTES_MAX) {
        g->cut++;
        return 0;
    }
    g->says++;
    g->say_bytes += say.text_len;
    g->shared->ops->said(g, &say);
    return 0;
}

/* Outside of events modules ask only while they are loaded and unloaded. In its event a module
 * cannot ask as another. */
static bool may_ask(const struct generation *g, const struct ipc_ask *ask)
{
    if (ask->event)
        return outbox_oldest_is(&g->out, ask->event, ask->module);
    return g->state == GENERATION_STARTING || g->stop_sent;
}

/* One question at a time: who asks again before the last answer was taken from him does not read
 * answers, and would have us keep them. */
static int on_ask(struct generation *g, const struct frame *f)
{
    struct ipc_ask ask;
    if (ipc_get_ask(f, &ask) || !loaded(g, ask.module) || g->ticket ||
        !outbox_controlled(&g->out, g->answered) || !may_ask(g, &ask))
        return -1;
    if (ask.event)
        g->touched = true;
    struct ask_ticket *ticket = xmalloc(sizeof *ticket);
    *ticket = (struct ask_ticket){.generation = g, .question = ask.question};
    g->ticket = ticket;
    if (ask.op == IPC_TIMER || ask.op == IPC_CANCEL) {
        int64_t number;
        int32_t status = timers_ask(g, &ask, &number);
        supervisor_answer(ticket, status, NULL, number);
        return 0;
    }
    g->shared->ops->asked(g, &ask, ticket);
    return 0;
}

static int on_log(struct generation *g, const struct frame *f)
{
    struct ipc_log log;
    if (ipc_get_log(f, &log) || (log.module != IPC_NO_MODULE && !loaded(g, log.module)))
        return -1;
    if (!token_bucket_take(&g->logs, clock_now(g->shared->clock))) {
        g->logs_cut++;
        return 0;
    }
    if (g->logs_cut)
        g->shared->ops->log_cut(g, g->logs_cut);
    g->logs_cut = 0;
    g->shared->ops->logged(g, &log);
    return 0;
}

static int take_frame(struct generation *g, const struct frame *f)
{
    if (!g->greeted && f->type != FRAME_HOST_HELLO && f->type != FRAME_FAILED)
        return -1;
    switch (f->type) {
    case FRAME_HOST_HELLO:
        return on_host_hello(g, f);
    case FRAME_MODULE:
        return on_module(g, f);
    case FRAME_LOADED:
        return on_loaded(g);
    case FRAME_READY:
        return on_ready(g);
    case FRAME_FAILED:
        return on_failed(g, f);
    case FRAME_DONE:
        return on_done(g, f);
    case FRAME_SAY:
        return on_say(g, f);
    case FRAME_ASK:
        return on_ask(g, f);
    case FRAME_LOG:
        return on_log(g, f);
    case FRAME_STOPPED:
        return on_stopped(g);
    default:
        return -1;
    }
}

static void kill_for(struct generation *g, const char *what)
{
    char *reason = xasprintf("the process sent rubbish: %s", what);
    g->rubbish = true;
    generation_kill(g, FAULT_RUBBISH, reason);
    free(reason);
}

static size_t take_frames(struct generation *g, const char *data, size_t len)
{
    size_t at = 0;
    while (generation_listens(g)) {
        struct frame f;
        const char *why = NULL;
        int got = frame_next(data + at, len - at, FRAME_FROM_HOST, &f, &why);
        if (!got)
            break;
        if (got < 0) {
            kill_for(g, why);
            break;
        }
        if (take_frame(g, &f)) {
            char *what = xasprintf("a %s frame that does not belong there", frame_name(f.type));
            kill_for(g, what);
            free(what);
            break;
        }
        at += f.size;
    }
    return at;
}

/* Nearly always whole frames come, and nothing is copied. */
void generation_input(struct generation *g, const char *data, size_t len)
{
    if (!g->in.len) {
        size_t taken = take_frames(g, data, len);
        if (generation_listens(g))
            buf_append(&g->in, data + taken, len - taken);
        return;
    }
    buf_append(&g->in, data, len);
    size_t taken = take_frames(g, buf_data(&g->in), g->in.len);
    buf_consume(&g->in, taken);
    buf_shrink(&g->in, 0);
}

void supervisor_answer(struct ask_ticket *ticket, int32_t status, const char *value, int64_t number)
{
    struct generation *g = ticket->generation;
    if (g) {
        struct ipc_answer answer = {
            .question = ticket->question, .status = status, .value = value, .number = number};
        if (ipc_put_answer(&g->out.control, &answer)) {
            answer.status = SESHET_ESIZE;
            answer.value = NULL;
            ipc_put_answer(&g->out.control, &answer);
        }
        g->answered = outbox_control_end(&g->out);
        g->ticket = NULL;
        generation_flush_soon(g);
    }
    free(ticket);
}
