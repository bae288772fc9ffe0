#include <limits.h>
#include <seshet/module.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "modules/host/ask.h"
#include "modules/host/life.h"
#include "modules/host/timers.h"

#define SHORTEST_INTERVAL 100

struct timer_call {
    struct timer_call *next;
    int64_t number;
    bool again;
    const struct host_module *module;
    seshet_timer_fn call;
    void *arg;
    seshet_event event; /* in which it was set; whoever caused it, and where */
    char *reply_to;
    char *strings[6];
};

static const char *keep(struct timer_call *t, size_t n, const char *text)
{
    t->strings[n] = xstrdup(text ? text : "");
    return t->strings[n];
}

static void keep_event(struct timer_call *t, const seshet_event *ev)
{
    t->event = ev ? *ev : life_nobody; /* set in load */
    t->event.size = sizeof t->event;
    t->event.nick = keep(t, 0, t->event.nick);
    t->event.user = keep(t, 1, t->event.user);
    t->event.host = keep(t, 2, t->event.host);
    t->event.account = t->event.account ? keep(t, 3, t->event.account) : NULL;
    t->event.channel = keep(t, 4, t->event.channel);
    t->event.target = keep(t, 5, t->event.target);
    t->event.text = t->event.command = t->event.args = "";
}

static void timer_free(struct timer_call *t)
{
    for (size_t i = 0; i < sizeof t->strings / sizeof *t->strings; i++)
        free(t->strings[i]);
    free(t->reply_to);
    free(t);
}

static int64_t set(seshet_ctx *ctx, int64_t ms, bool again, seshet_timer_fn call, void *arg)
{
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_TIMER, .key = again ? "every" : "once", .by = ms};
    if (!call || ms < (again ? SHORTEST_INTERVAL : 1) || ms > INT_MAX)
        return SESHET_EINVAL;
    int status = ask_server(ctx, &question, &answer);
    if (status < 0)
        return status;
    struct timer_call *t = xmalloc(sizeof *t);
    *t = (struct timer_call){.next = ctx->host->timers,
                             .number = answer.number,
                             .again = again,
                             .module = ctx->module,
                             .call = call,
                             .arg = arg,
                             .reply_to = xstrdup(ctx->reply_to ? ctx->reply_to : "")};
    keep_event(t, ctx->event);
    ctx->host->timers = t;
    return t->number;
}

int64_t seshet_later(seshet_ctx *ctx, int64_t ms, seshet_timer_fn call, void *arg)
{
    return set(ctx, ms, false, call, arg);
}

int64_t seshet_every(seshet_ctx *ctx, int64_t ms, seshet_timer_fn call, void *arg)
{
    return set(ctx, ms, true, call, arg);
}

/* Takes it out of the list; NULL when it is not there. */
static struct timer_call *take(struct host *host, int64_t number)
{
    for (struct timer_call **at = &host->timers; *at; at = &(*at)->next) {
        struct timer_call *t = *at;
        if (t->number == number) {
            *at = t->next;
            return t;
        }
    }
    return NULL;
}

int seshet_cancel(seshet_ctx *ctx, int64_t timer)
{
    struct host *host = ctx->host;
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_CANCEL, .key = "timer", .by = timer};
    struct timer_call *t = take(host, timer);
    if (!t) {
        /* The one that runs just now frees itself. */
        bool running = host->running_timer == timer;
        host->running_timer = running ? 0 : host->running_timer;
        if (!running)
            return 0;
    } else {
        timer_free(t);
    }
    int status = ask_server(ctx, &question, &answer);
    return status < 0 ? status : 1;
}

int64_t seshet_now(seshet_ctx *ctx)
{
    return wire_now(&ctx->host->wire);
}

void timers_run(struct host *host, const struct ipc_event *e)
{
    int64_t number = strtoll(e->args, NULL, 10);
    struct timer_call *t = take(host, number);
    if (!t)
        return;
    t->event.number = e->number;
    t->event.time_ms = e->time_ms;
    seshet_ctx ctx = {
        .host = host, .module = t->module, .event = &t->event, .reply_to = t->reply_to, .from = e};
    host->running_timer = t->again ? number : 0;
    t->call(&ctx, t->arg);
    if (host->running_timer) {
        t->next = host->timers;
        host->timers = t;
    } else {
        timer_free(t);
    }
    host->running_timer = 0;
}

void timers_free(struct host *host)
{
    while (host->timers) {
        struct timer_call *t = host->timers;
        host->timers = t->next;
        timer_free(t);
    }
}
