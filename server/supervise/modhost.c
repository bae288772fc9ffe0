#include "server/supervise/modhost.h"

#include <event2/event.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include <seshet/module.h>

/* ---- What runs ------------------------------------------------------------------------------- */

static int current_index(const struct modhost *host, size_t slot)
{
    return host->current && slot < host->nindex_of ? host->index_of[slot] : -1;
}

const struct module_version *modhost_running(const struct modhost *host, size_t slot)
{
    int index = current_index(host, slot);
    return index < 0 ? NULL : host->current->modules[index].version;
}

void modhost_set_current(struct modhost *host, struct generation *g)
{
    host->current = g;
    host->nindex_of = g ? host->nslots : 0;
    host->index_of = xrealloc(host->index_of, (host->nslots + 1) * sizeof *host->index_of);
    for (size_t i = 0; i < host->nindex_of; i++)
        host->index_of[i] = -1;
    for (size_t i = 0; g && i < g->nmodules; i++)
        host->index_of[g->modules[i].slot] = (int)i;
}

/* ---- Where an event goes --------------------------------------------------------------------- */

/* What command_index says in the frame for that version; -1: it has no handler for the event. */
static int handler_in(const struct module_version *v, const struct ipc_event *e)
{
    if (e->type == SESHET_COMMAND)
        return module_version_command(v, e->command);
    if (e->type == IPC_EVENT_TIMER)
        return IPC_SUBSCRIPTION;
    return v->events >> e->type & 1 ? IPC_SUBSCRIPTION : -1;
}

/* -1: the current generation has no handler for it. */
static int try_current(struct modhost *host, size_t slot, struct ipc_event *e, int command)
{
    int index = current_index(host, slot);
    if (index < 0)
        return -1;
    const struct module_version *v = host->current->modules[index].version;
    bool known = command >= 0 && (size_t)command < v->ncommands &&
                 v->serial == host->slots[slot].decl->serial;
    int handler = known ? command : handler_in(v, e);
    if (handler < 0)
        return -1;
    /* Their order is another one in another version. */
    if (e->declared != v->serial)
        e->declared = 0;
    e->module = (uint16_t)index;
    e->command_index = (uint16_t)handler;
    return generation_send(host->current, e);
}

/* Whether a generation that is to come can take it. */
static bool worth_holding(const struct modhost *host, size_t slot, const struct ipc_event *e)
{
    const struct module_version *v = modhost_desired(host, &host->slots[slot]);
    return v && v != modhost_running(host, slot) && handler_in(v, e) >= 0;
}

static int hold(struct modhost *host, size_t slot, struct ipc_event *e)
{
    if (!worth_holding(host, slot, e))
        return -1;
    e->module = (uint16_t)slot;
    if (ipc_put_event(&host->held, e))
        return -1;
    host->nheld++;
    host->slots[slot].held++;
    return 0;
}

size_t modhost_count_events(const struct modhost *host, size_t *bytes)
{
    size_t n = host->nheld;
    *bytes = host->held.len;
    if (host->current) {
        n += host->current->out.events;
        *bytes += host->current->out.queue.len;
    }
    for (size_t i = 0; i < host->nold; i++) {
        n += host->old[i]->out.events;
        *bytes += host->old[i]->out.queue.len;
    }
    return n;
}

static bool is_full(struct modhost *host)
{
    size_t bytes;
    size_t n = modhost_count_events(host, &bytes);
    if (n < MODHOST_EVENTS_MAX && bytes < MODHOST_BYTES_MAX) {
        if (host->dropped_full && n < MODHOST_EVENTS_MAX / 2 && bytes < MODHOST_BYTES_MAX / 2) {
            log_warn("modhost.full", LOG_NETWORK(host->name),
                     "group %s: takes events again, %llu were dropped", host->group,
                     (unsigned long long)host->dropped_full);
            host->dropped_full = 0;
        }
        return false;
    }
    if (!host->dropped_full++)
        log_warn("modhost.full", LOG_NETWORK(host->name),
                 "group %s: %zu events wait for its modules, more are dropped: see which module "
                 "is slow (seshetctl status), and give it a group of its own",
                 host->group, n);
    return true;
}

/* One that is slow, or called without end, leaves room for the others of its process. */
static bool is_crowded(const struct modhost *host, struct modhost_slot *slot)
{
    size_t n = (size_t)(slot - host->slots);
    int index = current_index(host, n);
    size_t waiting = slot->held + (index < 0 ? 0 : host->current->modules[index].waiting);
    if (waiting < MODHOST_MODULE_EVENTS_MAX) {
        if (slot->dropped && waiting < MODHOST_MODULE_EVENTS_MAX / 2) {
            log_warn("modhost.full", LOG_MODULE(host->name, slot->decl->name),
                     "it takes events again, %llu were dropped", (unsigned long long)slot->dropped);
            slot->dropped = 0;
        }
        return false;
    }
    if (!slot->dropped++)
        log_warn("modhost.full", LOG_MODULE(host->name, slot->decl->name),
                 "%zu events wait for it, more are dropped: it is slow, or called too often (a "
                 "rate limits that)",
                 waiting);
    return true;
}

/* The event's number, or 0: it was dropped. */
static uint64_t send_or_hold(struct modhost *host, struct modhost_slot *slot, struct ipc_event *e,
                             int command)
{
    size_t n = (size_t)(slot - host->slots);
    if (!try_current(host, n, e, command)) {
        host->last_number = e->number;
        return e->number;
    }
    modhost_forget_old_refusal(host, slot);
    if (hold(host, n, e)) {
        host->dropped++;
        return 0;
    }
    host->last_number = e->number;
    modhost_update(host);
    return e->number;
}

uint64_t modhost_send(struct modhost *host, const struct module_decl *module,
                      const struct supervisor_event *event)
{
    struct modhost_slot *slot = NULL;
    if (host->network && host->apart) {
        modhost_want(host, module, true);
        host = modhost_place(host, module);
    }
    if (host->network && !host->shared->stopping && module->present &&
        !(host->network->faults->quarantined && modhost_quarantined(host, module)) &&
        !is_full(host))
        slot = modhost_make_slot(host, module);
    if (!slot || is_crowded(host, slot)) {
        host->dropped++;
        return 0;
    }
    struct ipc_event e = {
        .number = host->last_number + 1,
        .type = (uint8_t)event->type,
        .is_private = event->is_private,
        .from_me = event->from_me,
        .nick = event->nick,
        .user = event->user,
        .host = event->host,
        .account = event->account,
        .channel = event->channel,
        .target = event->target,
        .text = event->text,
        .command = event->command_name,
        .args = event->args,
        .reply_to = event->reply_to,
        .time_ms = event->time_ms,
        .known = event->known,
        .declared = module->ncapabilities ? module->serial : 0,
        .capabilities = event->capabilities,
    };
    slot->wanted = true;
    return send_or_hold(host, slot, &e, e.type == SESHET_COMMAND ? event->command : -1);
}

static bool handles(const struct generation *g, size_t slot, uint8_t type)
{
    for (size_t i = 0; g && i < g->nmodules; i++)
        if (g->modules[i].slot == slot)
            return g->modules[i].version->events >> type & 1;
    return false;
}

/* A process that has begun to load it may have read what was there before. */
static bool is_there(const struct modhost *host, const struct modhost_slot *slot, uint8_t type)
{
    size_t n = (size_t)(slot - host->slots);
    return handles(host->current, n, type) || handles(host->starting, n, type);
}

void modhost_send_life(struct modhost *host, const struct module_decl *module, uint8_t type,
                       bool only_running)
{
    if (!host->network || host->shared->stopping || modhost_quarantined(host, module))
        return;
    host = modhost_place(host, module);
    struct modhost_slot *slot = modhost_find_slot(host, module);
    if (is_full(host))
        return;
    if (only_running ? !(slot && is_there(host, slot, type)) : !(module->life >> type & 1))
        return;
    if (!slot)
        slot = modhost_make_slot(host, module);
    if (!slot)
        return;
    struct ipc_event e = {.number = host->last_number + 1,
                          .type = type,
                          .time_ms = clock_wall(host->shared->generations.clock)};
    /* What waits keeps its module, but only what is wanted may begin to wait. */
    bool wanted = slot->wanted;
    slot->wanted = true;
    uint64_t number = send_or_hold(host, slot, &e, -1);
    slot->wanted = wanted;
    if (!number)
        log_warn("modhost.dropped", LOG_MODULE(host->name, module->name),
                 "group %s: it is not told that it is %s", host->group, ipc_event_of_life(type));
}

void modhost_settle(struct modhost *host)
{
    struct buf waiting = host->held;
    struct ipc_event e;
    size_t size;
    size_t lost = 0;
    const char *module = NULL;
    host->held = (struct buf){0};
    host->nheld = 0;
    while (!event_list_first(&waiting, &e, &size)) {
        size_t slot = e.module;
        if (try_current(host, slot, &e, -1) && hold(host, slot, &e)) {
            module = host->slots[slot].decl->name;
            lost++;
        }
        host->slots[slot].held--; /* only now: until it is settled it wants its module */
        buf_consume(&waiting, size);
    }
    buf_free(&waiting);
    host->dropped += lost;
    host->unsettled = false;
    if (lost)
        log_warn("modhost.dropped", LOG_MODULE(host->name, module),
                 "group %s: %zu events are dropped, their module is quarantined or has no version "
                 "that can take them",
                 host->group, lost);
}

void modhost_take_back(struct modhost *host, struct generation *g, const struct generation_end *end)
{
    struct buf taken = {0};
    struct buf list = {0};
    struct ipc_event e;
    size_t size;
    if (end) {
        taken = g->out.queue;
        g->out.queue = (struct buf){0};
        g->out.written = g->out.boundary = g->out.events = 0;
    } else {
        outbox_take_unwritten(&g->out, &taken);
    }
    while (!event_list_first(&taken, &e, &size)) {
        g->modules[e.module].waiting--;
        e.module = (uint16_t)g->modules[e.module].slot;
        /* A timer is of its process: the next one has others of the same numbers. */
        bool over = e.type == IPC_EVENT_TIMER ||
                    (end && (e.number == end->fault.event || e.number == end->heard));
        if (!over && !ipc_put_event(&list, &e)) {
            host->nheld++;
            host->slots[e.module].held++;
        }
        buf_consume(&taken, size);
    }
    buf_free(&taken);
    event_list_merge(&host->held, &list);
}

void modhost_drop_oldest(struct modhost *host, enum fault_kind kind, const char *reason)
{
    struct ipc_event e;
    size_t size;
    if (event_list_first(&host->held, &e, &size))
        return;
    const struct module_decl *module = host->slots[e.module].decl;
    uint64_t number = e.number;
    host->slots[e.module].held--;
    buf_consume(&host->held, size);
    host->nheld--;
    modhost_fault_now(host, module, kind, number, reason);
}

/* ---- What its modules say -------------------------------------------------------------------- */

static struct modhost_origin origin(const struct modhost *host, const struct generation *g,
                                    size_t module, uint64_t event)
{
    struct modhost_origin from = {.network = host->name, .event = event};
    if (host->network)
        from.user = host->network->user;
    if (module < g->nmodules)
        from.module = host->slots[g->modules[module].slot].decl;
    return from;
}

static void on_said(struct generation *g, const struct ipc_say *say)
{
    const struct modhost *host = g->owner;
    struct modhost_origin from = origin(host, g, say->module, say->event);
    from.said_by = g;
    if (host->network)
        host->shared->callbacks->on_say(host->shared->arg, &from, say);
}

void modhost_said(const struct modhost_origin *from, struct ipc_event *event,
                  struct said_note **notes)
{
    size_t size;
    *notes = from->said_by->notes;
    event_list_first(&from->said_by->out.queue, event, &size);
}

static void on_cut(struct generation *g, uint64_t event)
{
    const struct modhost *host = g->owner;
    struct ipc_event e = {0};
    size_t size;
    if (event_list_first(&g->out.queue, &e, &size))
        return;
    log_warn(
        "modhost.cut", LOG_MODULE(host->name, g->modules[e.module].name),
        "group %s: event %llu said too much, %u texts were thrown away (at most %d, and %d KiB)",
        host->group, (unsigned long long)event, g->cut, IPC_EVENT_SAYS_MAX,
        IPC_EVENT_BYTES_MAX / 1024);
}

static void on_asked(struct generation *g, const struct ipc_ask *ask, struct ask_ticket *ticket)
{
    const struct modhost *host = g->owner;
    struct modhost_origin from = origin(host, g, ask->module, ask->event);
    struct ipc_event e;
    size_t size;
    if (ask->event && !event_list_first(&g->out.queue, &e, &size)) {
        from.has_source = *e.nick;
        from.known = e.known;
    }
    if (host->network)
        host->shared->callbacks->on_ask(host->shared->arg, &from, ask, ticket);
    else
        supervisor_answer(ticket, SESHET_ESERVER, NULL, 0);
}

static void on_logged(struct generation *g, const struct ipc_log *log)
{
    static const enum log_level levels[] = {LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN,
                                            LOG_LEVEL_ERROR};
    const struct modhost *host = g->owner;
    struct modhost_origin from = origin(host, g, log->module, 0);
    if (host->network)
        host->shared->callbacks->on_log(host->shared->arg, &from, levels[log->level], log->text);
}

static void on_log_cut(struct generation *g, unsigned lines)
{
    const struct modhost *host = g->owner;
    log_warn("modhost.cut", LOG_NETWORK(host->name),
             "group %s: its modules logged too much, %u lines were thrown away (at most %d at "
             "once, and then one in %d ms)",
             host->group, lines, GENERATION_LOGS_MAX, GENERATION_LOG_INTERVAL_MS);
}

/* An event like any other, but for this generation alone: no other knows the timer. */
static uint64_t on_timer(struct generation *g, const struct timer_due *due)
{
    struct modhost *host = g->owner;
    char text[24];
    if (host->current != g || is_full(host))
        return 0;
    snprintf(text, sizeof text, "%lld", (long long)due->number);
    struct ipc_event e = {.number = host->last_number + 1,
                          .module = due->module,
                          .type = IPC_EVENT_TIMER,
                          .command_index = IPC_SUBSCRIPTION,
                          .nick = due->nick,
                          .known = due->known,
                          .args = text,
                          .time_ms = clock_wall(host->shared->generations.clock)};
    if (generation_send(g, &e))
        return 0;
    return host->last_number = e.number;
}

static int64_t deadline_of(const struct generation *g, size_t module)
{
    const struct modhost *host = g->owner;
    return host->slots[g->modules[module].slot].deadline_ms;
}

const struct generation_ops modhost_generation_ops = {
    .ready = modhost_on_ready,
    .ended = modhost_on_ended,
    .said = on_said,
    .cut = on_cut,
    .asked = on_asked,
    .logged = on_logged,
    .log_cut = on_log_cut,
    .timer = on_timer,
    .deadline = deadline_of,
};
