#include "modules/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "modules/host/keeper.h"
#include "modules/host/life.h"
#include "modules/host/module_file.h"
#include "modules/host/sandbox/sandbox.h"
#include "modules/host/timers.h"
#include "modules/ipc/codec.h"

enum host_step host_fail(struct host *host, uint16_t module, const char *why)
{
    ipc_put_failed(&host->wire.out, &(struct ipc_failed){.module = module, .text = why});
    wire_flush(&host->wire);
    return HOST_FAILED;
}

static enum host_step fail_frame(struct host *host, const struct frame *f)
{
    char why[80];
    snprintf(why, sizeof why, "the server sent a %s frame that makes no sense here",
             frame_name(f->type));
    return host_fail(host, IPC_NO_MODULE, why);
}

static enum host_step on_hello(struct host *host, const struct frame *f)
{
    struct ipc_hello hello;
    if (host->network || ipc_get_hello(f, &hello))
        return fail_frame(host, f);
    if (hello.version != FRAME_VERSION)
        return host_fail(host, IPC_NO_MODULE,
                         "seshetd and seshet-modhost are of different versions: install both from "
                         "one build");
    host->network = xstrdup(hello.network);
    host->sandboxed = hello.sandboxed;
    host->permissions = hello.permissions;
    host->memory = hello.memory;
    host->data = *hello.data ? xstrdup(hello.data) : NULL;
    host->data_most = hello.data_most;
    return HOST_ON;
}

static enum host_step on_network(struct host *host, const struct frame *f)
{
    struct ipc_network network;
    if (!host->network || ipc_get_network(f, &network))
        return fail_frame(host, f);
    free(host->own_nick);
    host->own_nick = xstrdup(network.own_nick);
    host->casemapping = casemapping_parse(network.casemapping);
    return HOST_ON;
}

static void add_module(struct host *host, const seshet_module *d, const struct ipc_module *declared)
{
    /* No context exists before START: the array may still move. */
    host->modules = xrealloc(host->modules, (host->nmodules + 1U) * sizeof *host->modules);
    struct host_module *m = &host->modules[host->nmodules];
    *m = (struct host_module){
        .descriptor = d, .index = host->nmodules, .ncommands = declared->ncommands};
    for (const seshet_subscription *s = d->events; s && s->type; s++)
        m->on[s->type] = s->handler;
    host->nmodules++;
}

/* The files are opened when all are known: the sandbox comes before the first and lets in no other.
 */
static enum host_step on_load(struct host *host, const struct frame *f)
{
    struct ipc_load load;
    if (!host->network || host->started || ipc_get_load(f, &load) || load.module != host->nfiles ||
        load.module >= IPC_MODULES_MAX)
        return fail_frame(host, f);
    host->files = xrealloc(host->files, (host->nfiles + 1U) * sizeof *host->files);
    host->files[host->nfiles++] =
        (struct host_file){.name = xstrdup(load.name), .path = xstrdup(load.path)};
    return HOST_ON;
}

/* What is wrong with its folder is told as a fault of the module, which is alone. */
static enum host_step start_keeper(struct host *host)
{
    struct keeper keeper = {.folder = host->data, .most = host->data_most};
    char why[512];
    if (!host->data && !(host->permissions & PERMISSION_EXEC))
        return HOST_ON;
    return keeper_start(&keeper, why, sizeof why) ? host_fail(host, 0, why) : HOST_ON;
}

static enum host_step enter_sandbox(struct host *host)
{
    const char *paths[IPC_MODULES_MAX];
    char why[512];
    for (size_t i = 0; i < host->nfiles; i++)
        paths[i] = host->files[i].path;
    struct sandbox sandbox = {.permissions = host->permissions,
                              .memory = host->memory,
                              .files = paths,
                              .nfiles = host->nfiles,
                              .data = host->data,
                              .data_most = host->data_most};
    if (start_keeper(host) != HOST_ON)
        return HOST_FAILED;
    return sandbox_enter(&sandbox, why, sizeof why) ? host_fail(host, IPC_NO_MODULE, why) : HOST_ON;
}

/* The cell goes on naming the module until its last word is on its way: it may have closed the
 * pipe, or written something of its own to it. */
static enum host_step leave_module(struct host *host)
{
    if (wire_flush(&host->wire))
        return HOST_CLOSED;
    ipc_cell_leave(host->cell);
    return HOST_ON;
}

static enum host_step open_module(struct host *host, uint16_t index)
{
    const struct host_file *file = &host->files[index];
    char why[512];
    struct ipc_module declared;
    /* Constructors run in here. */
    ipc_cell_enter(host->cell, 0, index);
    const seshet_module *d = module_file_open(file->path, file->name, &declared, why, sizeof why);
    if (!d)
        return host_fail(host, index, why);
    declared.module = index;
    if (ipc_put_module(&host->wire.out, &declared))
        return host_fail(host, index, "its commands and their help are too long");
    add_module(host, d, &declared);
    return leave_module(host);
}

static void forget_files(struct host *host)
{
    for (size_t i = 0; i < host->nfiles; i++) {
        free(host->files[i].name);
        free(host->files[i].path);
    }
    free(host->files);
    host->files = NULL;
    host->nfiles = 0;
}

static enum host_step start_module(struct host *host, struct host_module *m)
{
    if (!m->descriptor->load) {
        ipc_put_loaded(&host->wire.out);
        return HOST_ON;
    }
    /* What it writes itself comes after all that is not its own. */
    if (wire_flush(&host->wire))
        return HOST_CLOSED;
    seshet_ctx ctx = {.host = host, .module = m};
    free(host->last_log);
    host->last_log = NULL;
    ipc_cell_enter(host->cell, 0, m->index);
    int result = m->descriptor->load(&ctx);
    if (!result) {
        ipc_put_loaded(&host->wire.out);
        return leave_module(host);
    }
    char why[IPC_LOG_MAX + 64];
    if (host->last_log)
        snprintf(why, sizeof why, "it refused to load: %s", host->last_log);
    else
        snprintf(why, sizeof why, "it refused to load (status %d) and did not log why", result);
    return host_fail(host, m->index, why);
}

static enum host_step on_start(struct host *host, const struct frame *f)
{
    if (!host->network || host->started)
        return fail_frame(host, f);
    host->started = true;
    if (host->sandboxed && enter_sandbox(host) != HOST_ON)
        return HOST_FAILED;
    enum host_step step = HOST_ON;
    for (uint16_t i = 0; i < host->nfiles && step == HOST_ON; i++)
        step = open_module(host, i);
    forget_files(host);
    for (size_t i = 0; i < host->nmodules && step == HOST_ON; i++)
        step = start_module(host, &host->modules[i]);
    if (step == HOST_ON)
        ipc_put_ready(&host->wire.out);
    return step;
}

/* The handler that the event is for, or NULL. */
static seshet_handler find_handler(const struct host_module *m, const struct ipc_event *e)
{
    if (e->type == SESHET_COMMAND)
        return e->command_index < m->ncommands ? m->descriptor->commands[e->command_index].handler
                                               : NULL;
    return e->command_index == IPC_SUBSCRIPTION && e->type < SESHET_COMMAND ? m->on[e->type] : NULL;
}

static bool is_handled(const struct host_module *m, const struct ipc_event *e)
{
    return e->type == IPC_EVENT_TIMER || life_handles(m->descriptor, e->type) || find_handler(m, e);
}

static void run_handler(struct host *host, const struct host_module *m, seshet_handler handler,
                        const struct ipc_event *e)
{
    if (e->type == IPC_EVENT_TIMER) {
        timers_run(host, e);
        return;
    }
    if (!handler) {
        life_run(host, m, e);
        return;
    }
    seshet_event event = {
        .size = sizeof event,
        .number = e->number,
        .type = (seshet_event_type)e->type,
        .is_private = e->is_private,
        .from_me = e->from_me,
        .nick = e->nick,
        .user = e->user,
        .host = e->host,
        .account = e->account,
        .channel = e->channel,
        .target = e->target,
        .text = e->text,
        .command =
            e->type == SESHET_COMMAND ? m->descriptor->commands[e->command_index].name : e->command,
        .args = e->args,
        .time_ms = e->time_ms,
    };
    seshet_ctx ctx = {
        .host = host, .module = m, .event = &event, .reply_to = e->reply_to, .from = e};
    handler(&ctx, &event);
}

/* The time of the last timer interrupt, 1 to 10 ms apart: a quick handler ends before the next one.
 * Reading the exact time would take as long as many a handler. */
static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What a module does outside of the host is not undone when an event is run again. */
static bool acts_outside(const struct host *host)
{
    return host->permissions & (PERMISSION_FILES | PERMISSION_NET | PERMISSION_EXEC);
}

static void judge_speed(struct host_module *m, int64_t began_ns)
{
    if (now_ns() != began_ns)
        m->quick = 0;
    else if (m->quick < HOST_TRUST)
        m->quick++;
}

/*
 * Each event is acknowledged, and a reply never waits behind a slow handler. Writing after every
 * event would cost as much as the event; so while more events stand in the input, what the handlers
 * of quick modules say waits for the next write, which comes before the host can block. An event
 * that a crash overtakes unacknowledged is run again, but nobody saw what it said. One of which
 * something was written before its end (it asked the server, or said much) is acknowledged at once.
 * The cell is left last: as long as the acknowledgement is not on its way, the event must not be
 * given to another host; when it cannot be written, the cell goes on naming the event. It does not
 * when words of earlier events wait with it: any of their modules may have closed the pipe, and
 * nobody has heard a thing.
 */
static enum host_step on_event(struct host *host, const struct frame *f)
{
    struct ipc_event e;
    if (!host->started || ipc_get_event(f, &e) || e.module >= host->nmodules)
        return fail_frame(host, f);
    struct host_module *m = &host->modules[e.module];
    seshet_handler handler = find_handler(m, &e);
    if (!is_handled(m, &e))
        return fail_frame(host, f);
    bool trusted = m->quick >= HOST_TRUST && !acts_outside(host);
    if (!trusted && wire_flush(&host->wire))
        return HOST_CLOSED;
    bool others = host->wire.out.len > 0;
    uint64_t flushes = host->wire.flushes;
    int64_t began_ns = now_ns();
    ipc_cell_enter(host->cell, e.number, m->index);
    run_handler(host, m, handler, &e);
    ipc_put_done(&host->wire.out, e.number);
    judge_speed(m, began_ns);
    bool keep = trusted && m->quick && flushes == host->wire.flushes && !host->wire.closed;
    int flushed = keep ? wire_flush_much(&host->wire) : wire_flush(&host->wire);
    if (flushed && !(others && flushes == host->wire.flushes))
        return HOST_CLOSED;
    ipc_cell_leave(host->cell);
    return flushed ? HOST_CLOSED : HOST_ON;
}

static enum host_step on_stop(struct host *host)
{
    for (size_t i = host->started ? host->nmodules : 0; i-- > 0;) {
        const struct host_module *m = &host->modules[i];
        if (!m->descriptor->unload)
            continue;
        seshet_ctx ctx = {.host = host, .module = m};
        ipc_cell_enter(host->cell, 0, m->index);
        m->descriptor->unload(&ctx);
        /* The next one may end the process. */
        if (leave_module(host) != HOST_ON)
            return HOST_CLOSED;
    }
    ipc_put_stopped(&host->wire.out);
    return wire_flush(&host->wire) ? HOST_CLOSED : HOST_STOPPED;
}

enum host_step host_frame(struct host *host, const struct frame *f)
{
    switch (f->type) {
    case FRAME_HELLO:
        return on_hello(host, f);
    case FRAME_NETWORK:
        return on_network(host, f);
    case FRAME_LOAD:
        return on_load(host, f);
    case FRAME_START:
        return on_start(host, f);
    case FRAME_EVENT:
        return on_event(host, f);
    case FRAME_STOP:
        return on_stop(host);
    default:
        return fail_frame(host, f);
    }
}

void host_init(struct host *host, struct ipc_cell *cell)
{
    *host =
        (struct host){.cell = cell, .own_nick = xstrdup(""), .casemapping = CASEMAPPING_RFC1459};
    struct ipc_host_hello hello = {.version = FRAME_VERSION, .pid = (uint32_t)getpid()};
    ipc_put_host_hello(&host->wire.out, &hello);
}

void host_free(struct host *host)
{
    wire_free(&host->wire);
    free(host->network);
    free(host->own_nick);
    free(host->data);
    forget_files(host);
    timers_free(host);
    free(host->modules);
    free(host->last_log);
}
