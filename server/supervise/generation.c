#include "server/supervise/generation.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "net/proto/event_type.h"
#include "server/supervise/ticket.h"
#include "server/supervise/timers.h"

enum {
    READ_MAX = 65536, /* bytes read from one host in one turn: a flood does not hold the loop */
    END_MS = 1000     /* between the end of the stream and that of the process */
};

static struct timeval timeval_ms(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* False when nothing it still says counts. */
bool generation_listens(const struct generation *g)
{
    return g->state != GENERATION_DEAD && !g->death;
}

/* ---- Writing -------------------------------------------------------------------------------- */

static void arm_deadline(struct generation *g, int64_t ms)
{
    struct timeval tv = timeval_ms(ms);
    event_add(g->deadline, &tv);
}

/* It closes its ends when it ends. When it does not end, it is of no use any more. */
static void closed(struct generation *g)
{
    g->end_of_file = true;
    arm_deadline(g, END_MS);
}

static void flush(struct generation *g)
{
    if (!generation_listens(g) || g->end_of_file)
        return;
    int left = outbox_flush(&g->out, g->child.to);
    bool all = !left && g->out.written == g->out.queue.len;
    if (all && g->state == GENERATION_STOPPING && !g->stop_sent) {
        g->stop_sent = true;
        ipc_put_stop(&g->out.control);
        left = outbox_flush(&g->out, g->child.to);
    }
    if (g->state == GENERATION_STOPPING && !g->out.events &&
        !event_pending(g->deadline, EV_TIMEOUT, NULL))
        arm_deadline(g, GENERATION_STOP_DEADLINE_MS);
    if (!g->watching)
        generation_watch(g);
    if (left > 0)
        event_add(g->writable, NULL);
    else if (left < 0)
        closed(g);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    flush(arg);
}

void generation_flush_soon(struct generation *g)
{
    struct generation_shared *shared = g->shared;
    if (g->unflushed || event_pending(g->writable, EV_WRITE, NULL))
        return;
    g->unflushed = true;
    g->next_unflushed = shared->unflushed;
    if (!shared->unflushed)
        event_active(shared->flush, EV_TIMEOUT, 0);
    shared->unflushed = g;
}

static void on_flush(evutil_socket_t fd, short what, void *arg)
{
    struct generation_shared *shared = arg;
    struct generation *g = shared->unflushed;
    (void)fd;
    (void)what;
    shared->unflushed = NULL;
    while (g) {
        struct generation *next = g->next_unflushed;
        g->unflushed = false;
        g->next_unflushed = NULL;
        flush(g);
        g = next;
    }
}

static void forget_flush(struct generation *g)
{
    struct generation **at = &g->shared->unflushed;
    while (*at && *at != g)
        at = &(*at)->next_unflushed;
    if (*at)
        *at = g->next_unflushed;
    g->unflushed = false;
}

int generation_send(struct generation *g, const struct ipc_event *event)
{
    if (outbox_add(&g->out, event))
        return -1;
    g->modules[event->module].waiting++;
    if (!g->unflushed)
        generation_flush_soon(g);
    return 0;
}

void generation_be_careful(struct generation *g, uint64_t until)
{
    g->careful_until = until;
    g->out.one_by_one = true;
}

void generation_set_network(struct generation *g, const char *own_nick, const char *casemapping)
{
    ipc_put_network(&g->out.control,
                    &(struct ipc_network){.own_nick = own_nick, .casemapping = casemapping});
    generation_flush_soon(g);
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* Returns what read() does; at the end of the stream 0. */
static ssize_t read_once(struct generation *g)
{
    char bytes[READ_MAX];
    ssize_t n;
    do
        n = read(g->child.from, bytes, sizeof bytes);
    while (n < 0 && errno == EINTR);
    if (n > 0 && generation_listens(g))
        generation_input(g, bytes, (size_t)n);
    return n;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct generation *g = arg;
    (void)fd;
    (void)what;
    ssize_t n = read_once(g);
    if (n > 0 || (n < 0 && errno == EAGAIN))
        return;
    event_del(g->readable);
    closed(g);
}

/* ---- The end -------------------------------------------------------------------------------- */

void generation_kill(struct generation *g, enum fault_kind kind, const char *reason)
{
    if (!generation_listens(g))
        return;
    g->death = xstrdup(reason);
    g->death_kind = kind;
    child_kill(&g->child);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct generation *g = arg;
    (void)fd;
    (void)what;
    if (g->end_of_file)
        generation_kill(g, FAULT_CLOSED,
                        "the process closed its pipe to the server, and was killed");
    else if (g->state != GENERATION_STARTING)
        generation_kill(g, FAULT_DEADLINE,
                        "the process did not end when it was asked to, and was killed");
    else if (ipc_cell_module(g->child.cell) != IPC_NO_MODULE)
        generation_kill(g, FAULT_DEADLINE,
                        "the process takes more than 10 s to load, and was killed");
    else
        generation_kill(g, FAULT_DEADLINE,
                        "the process did not become ready within 10 s, and was killed");
}

void generation_stop(struct generation *g, int64_t within_ms)
{
    if (g->state == GENERATION_DEAD)
        return;
    if (g->state == GENERATION_STARTING) {
        generation_kill(g, FAULT_START, "the process is not needed any more");
        return;
    }
    if (within_ms)
        arm_deadline(g, within_ms);
    if (g->state != GENERATION_READY)
        return;
    g->state = GENERATION_STOPPING;
    generation_flush_soon(g);
}

static void forget_ticket(struct generation *g)
{
    if (g->ticket)
        g->ticket->generation = NULL;
    g->ticket = NULL;
}

static void free_event(struct event **ev)
{
    if (*ev)
        event_free(*ev);
    *ev = NULL;
}

static void close_events(struct generation *g)
{
    free_event(&g->readable);
    free_event(&g->writable);
    free_event(&g->ended);
    free_event(&g->deadline);
    free_event(&g->watch);
    timers_free(g);
}

static void generation_free(void *arg)
{
    struct generation *g = arg;
    for (size_t i = 0; i < g->nmodules; i++)
        module_version_unref(g->modules[i].version);
    free(g->modules);
    outbox_free(&g->out);
    buf_free(&g->in);
    free(g->death);
    free(g);
}

void generation_destroy(struct generation *g, int wait_ms)
{
    forget_ticket(g);
    forget_flush(g);
    close_events(g);
    child_end(&g->child, wait_ms);
    g->shared->alive--;
    generation_free(g);
}

static void name_event(struct fault *fault, const struct ipc_event *event)
{
    fault->event = event->number;
    if (event->type == EVENT_COMMAND)
        snprintf(fault->doing, sizeof fault->doing, "command %s", event->command);
    else if (event->type == IPC_EVENT_TIMER)
        str_copy(fault->doing, sizeof fault->doing, "timer");
    else if (ipc_event_of_life(event->type))
        str_copy(fault->doing, sizeof fault->doing, ipc_event_of_life(event->type));
    else
        snprintf(fault->doing, sizeof fault->doing, "event %s",
                 event_type_name((enum event_type)event->type));
}

/* What the module did, from how the process ended. */
static void find_kind(const struct generation *g, const struct child_death *death,
                      struct fault *fault)
{
    fault->at_ms = clock_wall(g->shared->clock);
    if (g->death) {
        fault->kind = g->death_kind;
        fault_explain(fault, g->death);
    } else if (*g->lateness) {
        fault->kind = FAULT_DEADLINE;
        fault_explain(fault, g->lateness);
    } else if (death->out_of_memory) {
        fault->kind = FAULT_MEMORY;
        snprintf(fault->reason, sizeof fault->reason, "it got no more memory; the process %s",
                 death->how);
    } else if (!death->signal && death->status == IPC_EXIT_CLOSED) {
        fault->kind = FAULT_CLOSED;
        fault_explain(fault, "a pipe to the server was closed in the process, which ended");
    } else {
        fault->kind = death->signal ? FAULT_SIGNAL : FAULT_EXIT;
        snprintf(fault->reason, sizeof fault->reason, "the process %s", death->how);
    }
}

/* While it starts, each module confirms that it is through: what does not fit in comes from the one
 * after the last that did, wherever the process is by now. */
static int find_loading(const struct generation *g)
{
    size_t next = g->opened < g->nmodules ? g->opened : g->loaded;
    return next < g->nmodules ? (int)next : -1;
}

/* A module that was told to be in load or unload, or to have failed in it; -1: none was. */
static int find_loader(const struct generation *g, const struct ipc_place *in)
{
    bool unfit = g->rubbish || g->in.len || g->end_of_file;
    if (g->failed_module >= 0)
        return g->failed_module;
    if (g->state == GENERATION_STARTING && g->death && unfit && find_loading(g) >= 0)
        return find_loading(g);
    return !in->event && in->module < g->nmodules ? in->module : -1;
}

/* It has run code of that one module, and of no other. */
static bool is_alone(const struct generation *g)
{
    return g->nmodules == 1 && g->opened;
}

/*
 * The module and event it was in. The page was written by the process: nothing there is trusted
 * beyond its choice among what the server knows. Events before that one may have been handled
 * without a word of it having come: they are as good as not handled. Not so the oldest when
 * something of it was heard. Rubbish may come from any of them.
 */
static void find_blame(const struct generation *g, const struct ipc_place *in,
                       struct generation_end *end)
{
    uint64_t in_event = in->event;
    uint64_t oldest = outbox_oldest(&g->out);
    struct ipc_event event;
    end->module = -1;
    if (end->fault.kind == FAULT_START)
        return;
    end->module = find_loader(g, in);
    if (end->module >= 0)
        str_copy(end->fault.doing, sizeof end->fault.doing, end->was_ready ? "unload" : "load");
    end->unclear = g->rubbish && outbox_many_written(&g->out);
    if (g->rubbish)
        in_event = end->unclear ? 0 : oldest;
    if (g->end_lost)
        in_event = oldest;
    if (in_event && outbox_find_written(&g->out, in_event, &event)) {
        name_event(&end->fault, &event);
        end->module = event.module;
        end->timers = event.type == IPC_EVENT_TIMER;
    }
    if (g->touched && oldest != end->fault.event)
        end->heard = oldest;
    if (end->module < 0 && !end->unclear && !end->outside && is_alone(g))
        end->module = 0;
}

static void drain(struct generation *g)
{
    /* What the pipe can hold, and not more: a process that it left behind may go on writing. */
    int capacity = fcntl(g->child.from, F_GETPIPE_SZ);
    for (ssize_t left = capacity, n; left > 0 && generation_listens(g); left -= n)
        if ((n = read_once(g)) <= 0)
            break;
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
    struct generation *g = arg;
    struct child_death death;
    (void)fd;
    (void)what;
    drain(g);
    struct generation_end end = {.was_ready = g->ready_ms != 0};
    struct ipc_place in = ipc_cell_place(g->child.cell);
    bool good = child_reap(&g->child, &death);
    find_kind(g, &death, &end.fault);
    end.outside =
        end.fault.kind == FAULT_SIGNAL && (death.signal == SIGKILL || death.signal == SIGTERM);
    find_blame(g, &in, &end);
    end.timers = end.timers || g->ntimers;
    end.peaceful = good && g->stopped && !g->out.events && !g->death;
    if (g->logs_cut)
        g->shared->ops->log_cut(g, g->logs_cut);
    g->state = GENERATION_DEAD;
    g->shared->alive--;
    forget_ticket(g);
    forget_flush(g);
    close_events(g);
    g->shared->ops->ended(g, &end);
    defer_call(g->shared->defer, generation_free, g);
}

/* ---- The beginning -------------------------------------------------------------------------- */

static void put_handshake(struct generation *g, const struct generation_spec *spec)
{
    struct buf *out = &g->out.control;
    const struct generation_shared *shared = g->shared;
    char *data =
        spec->alone ? xasprintf("%s/%s/%s", shared->data_dir, spec->network, spec->alone) : NULL;
    ipc_put_hello(out, &(struct ipc_hello){.version = FRAME_VERSION,
                                           .network = spec->network,
                                           .group = spec->group,
                                           .sandboxed = shared->sandboxed,
                                           .permissions = spec->permissions,
                                           .memory = shared->memory,
                                           .data = data,
                                           .data_most = shared->data_most});
    free(data);
    ipc_put_network(
        out, &(struct ipc_network){.own_nick = spec->own_nick, .casemapping = spec->casemapping});
    for (size_t i = 0; i < spec->nmodules; i++)
        ipc_put_load(out, &(struct ipc_load){.module = (uint16_t)i,
                                             .name = spec->modules[i].name,
                                             .path = spec->modules[i].version->copy});
    ipc_put_start(out);
}

struct generation *generation_new(struct generation_shared *shared,
                                  const struct generation_spec *spec, char **error)
{
    struct child child;
    char *const argv[] = {shared->modhost_path, NULL};
    if (child_spawn(&child, argv, error))
        return NULL;
    struct generation *g = xmalloc(sizeof *g);
    *g = (struct generation){
        .shared = shared,
        .owner = spec->owner,
        .number = spec->number,
        .child = child,
        .failed_module = -1,
        .modules = xmemdup(spec->modules, spec->nmodules * sizeof *spec->modules),
        .nmodules = spec->nmodules,
    };
    for (size_t i = 0; i < g->nmodules; i++)
        module_version_ref(g->modules[i].version);
    shared->alive++;
    g->readable = event_new(shared->base, child.from, EV_READ | EV_PERSIST, on_readable, g);
    g->writable = event_new(shared->base, child.to, EV_WRITE, on_writable, g);
    g->ended = event_new(shared->base, child.pidfd, EV_READ, on_ended, g);
    g->deadline = event_new(shared->base, -1, 0, on_deadline, g);
    g->watch = event_new(shared->base, -1, 0, generation_on_watch, g);
    token_bucket_init(&g->logs, GENERATION_LOGS_MAX, GENERATION_LOG_INTERVAL_MS,
                      clock_now(shared->clock));
    event_add(g->readable, NULL);
    event_add(g->ended, NULL);
    arm_deadline(g, GENERATION_READY_DEADLINE_MS);
    put_handshake(g, spec);
    generation_flush_soon(g);
    return g;
}

void generation_shared_init(struct generation_shared *shared)
{
    shared->flush = event_new(shared->base, -1, 0, on_flush, shared);
    shared->unflushed = NULL;
    shared->alive = 0;
}

void generation_shared_free(struct generation_shared *shared)
{
    event_free(shared->flush);
    free(shared->modhost_path);
    free(shared->data_dir);
}
