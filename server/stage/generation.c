#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/stage/file.h"
#include "server/stage/stage.h"

/* ---- To the host ----------------------------------------------------------------------------- */

/* Gives the host the frames, and hears what it says to them. */
static enum host_step give(struct generation *g, struct buf *frames)
{
    enum host_step step = HOST_ON;
    while (step == HOST_ON && frames->len) {
        struct frame f = frame_own(buf_data(frames));
        step = host_frame(&g->host, &f);
        buf_consume(frames, f.size);
    }
    wire_flush(&g->host.wire);
    buf_free(frames);
    return step;
}

void generation_send(struct generation *g, struct ipc_event *event, struct stage_rights *rights)
{
    struct buf frames = {0};
    g->running = event;
    g->rights = rights;
    event->number = ++g->last_event;
    if (!event->time_ms)
        event->time_ms = g->test->now_ms;
    ipc_put_event(&frames, event);
    give(g, &frames);
    if (g->cut)
        stage_log(g->test, 2, "%u texts were thrown away: one event may say at most %d, and %d KiB",
                  g->cut, IPC_EVENT_SAYS_MAX, IPC_EVENT_BYTES_MAX / 1024);
    g->says = g->cut = 0;
    g->say_bytes = 0;
    memset(g->tally, 0, sizeof g->tally);
    g->running = NULL;
    g->rights = NULL;
}

void generation_send_life(struct generation *g, unsigned type)
{
    if (!(g->events & UINT32_C(1) << type))
        return;
    struct ipc_event event = {
        .type = (uint8_t)type, .command_index = IPC_SUBSCRIPTION, .nick = "", .known = ""};
    generation_send(g, &event, NULL);
}

static void put_network(const struct seshet_test *t, struct buf *frames)
{
    enum casemapping map = irc_state_isupport(t->state)->casemapping;
    ipc_put_network(frames, &(struct ipc_network){.own_nick = irc_state_nick(t->state),
                                                  .casemapping = casemapping_name(map)});
}

void generation_tell_network(struct generation *g)
{
    const struct seshet_test *t = g->test;
    if (strcmp(g->host.own_nick, irc_state_nick(t->state)) == 0 &&
        g->host.casemapping == irc_state_isupport(t->state)->casemapping)
        return;
    struct buf frames = {0};
    put_network(t, &frames);
    give(g, &frames);
}

/* ---- Its life -------------------------------------------------------------------------------- */

static struct generation *generation_new(struct seshet_test *t, const char *name)
{
    struct generation *g = xmalloc(sizeof *g);
    *g = (struct generation){.test = t, .name = xstrdup(name)};
    host_init(&g->host, &g->cell);
    return g;
}

static int start(struct generation *g, const char *path)
{
    const struct seshet_test *t = g->test;
    struct buf frames = {0};
    ipc_put_hello(&frames, &(struct ipc_hello){.version = FRAME_VERSION,
                                               .network = t->network,
                                               .group = "default",
                                               .permissions = t->fields.permissions});
    put_network(t, &frames);
    ipc_put_load(&frames, &(struct ipc_load){.module = 0, .name = g->name, .path = path});
    ipc_put_start(&frames);
    return give(g, &frames) == HOST_ON ? 0 : -1;
}

void generation_end(struct generation *g, bool unload)
{
    struct buf frames = {0};
    if (!g)
        return;
    if (unload) {
        ipc_put_stop(&frames);
        give(g, &frames);
    }
    host_free(&g->host);
    timers_forget(g);
    for (size_t i = 0; i < g->ncommands; i++)
        free(g->commands[i]);
    for (size_t i = 0; i < g->ncapabilities; i++)
        free(g->capabilities[i]);
    free(g->name);
    free(g);
}

struct generation *generation_load(struct seshet_test *t, const char *file, char *why,
                                   size_t why_size)
{
    struct stage_file open;
    if (stage_file_prepare(&open, file, why, why_size))
        return NULL;
    struct generation *g = generation_new(t, open.name);
    int started = start(g, open.path);
    stage_file_done(&open);
    if (!started)
        return g;
    snprintf(why, why_size, "%s", g->why);
    generation_end(g, false);
    return NULL;
}
