#include "modules/host/life.h"

#include "modules/host/ask.h"

const seshet_event life_nobody = {.size = sizeof life_nobody,
                                  .nick = "",
                                  .user = "",
                                  .host = "",
                                  .channel = "",
                                  .target = "",
                                  .text = "",
                                  .command = "",
                                  .args = ""};

bool life_handles(const seshet_module *d, unsigned type)
{
    switch (type) {
    case IPC_EVENT_ENABLED:
        return d->enabled || d->installed;
    case IPC_EVENT_DISABLED:
        return d->disabled;
    case IPC_EVENT_REMOVED:
        return d->removed;
    case IPC_EVENT_CONFIG:
        return d->config_changed;
    default:
        return false;
    }
}

/* The server keeps the mark: it says once that this is the first time. */
static void enable(seshet_ctx *ctx, const seshet_module *d)
{
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_FIRST, .key = "installed"};
    if (d->installed && ask_server(ctx, &question, &answer) == 1)
        d->installed(ctx);
    if (d->enabled)
        d->enabled(ctx);
}

void life_run(struct host *host, const struct host_module *m, const struct ipc_event *e)
{
    seshet_event event = life_nobody;
    event.number = e->number;
    event.time_ms = e->time_ms;
    seshet_ctx ctx = {.host = host, .module = m, .event = &event, .reply_to = "", .from = e};
    switch (e->type) {
    case IPC_EVENT_ENABLED:
        enable(&ctx, m->descriptor);
        break;
    case IPC_EVENT_DISABLED:
        m->descriptor->disabled(&ctx);
        break;
    case IPC_EVENT_REMOVED:
        m->descriptor->removed(&ctx);
        break;
    default:
        m->descriptor->config_changed(&ctx);
    }
}
