#include "server/supervise/modhost.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include <seshet/module.h>

/* ---- Which module ---------------------------------------------------------------------------- */

struct modhost_slot *modhost_find_slot(const struct modhost *host, const struct module_decl *decl)
{
    uint16_t n = decl->id < host->nslot_of ? host->slot_of[decl->id] : 0;
    return n ? &host->slots[n - 1] : NULL;
}

static struct modhost_slot *free_slot(struct modhost *host)
{
    for (size_t i = 0; host->slots && i < host->nslots; i++)
        if (!host->slots[i].decl)
            return &host->slots[i];
    if (host->nslots == IPC_MODULES_MAX)
        return NULL;
    host->slots = xrealloc(host->slots, (host->nslots + 1) * sizeof *host->slots);
    return &host->slots[host->nslots++];
}

static struct modhost_slot *make_slot(struct modhost *host, const struct module_decl *decl)
{
    struct modhost_slot *slot = modhost_find_slot(host, decl);
    if (slot)
        return slot;
    slot = free_slot(host);
    if (!slot) {
        if (!host->crowded)
            log_warn("modhost.crowded", LOG_MODULE(host->name, decl->name),
                     "group %s has %d modules, more than that cannot be in one: give some "
                     "another group",
                     host->group, IPC_MODULES_MAX);
        host->crowded = true;
        return NULL;
    }
    if (decl->id >= host->nslot_of) {
        size_t n = decl->id + 16U;
        host->slot_of = xrealloc(host->slot_of, n * sizeof *host->slot_of);
        memset(host->slot_of + host->nslot_of, 0, (n - host->nslot_of) * sizeof *host->slot_of);
        host->nslot_of = n;
    }
    *slot = (struct modhost_slot){.decl = decl, .deadline_ms = MODHOST_DEADLINE_MS};
    catalogue_hold(decl);
    host->slot_of[decl->id] = (uint16_t)(slot - host->slots + 1);
    return slot;
}

static void clear_slot(struct modhost *host, struct modhost_slot *slot)
{
    host->slot_of[slot->decl->id] = 0;
    catalogue_release(slot->decl);
    module_version_unref(slot->good);
    free(slot->why);
    *slot = (struct modhost_slot){0};
    host->crowded = false;
}

static bool has_loaded(const struct generation *g, size_t slot)
{
    for (size_t i = 0; g && i < g->nmodules; i++)
        if (g->modules[i].slot == slot)
            return true;
    return false;
}

static bool is_loaded(const struct modhost *host, size_t slot)
{
    bool loaded = has_loaded(host->current, slot) || has_loaded(host->starting, slot);
    for (size_t i = 0; i < host->nold && !loaded; i++)
        loaded = has_loaded(host->old[i], slot);
    return loaded;
}

void modhost_tidy(struct modhost *host)
{
    for (size_t i = 0; i < host->nslots && !host->ending; i++) {
        struct modhost_slot *slot = &host->slots[i];
        if (slot->decl && !slot->wanted && !slot->held && !is_loaded(host, i))
            clear_slot(host, slot);
    }
}

void modhost_forget_modules(struct modhost *host)
{
    for (size_t i = 0; i < host->nslots; i++)
        if (host->slots[i].decl)
            clear_slot(host, &host->slots[i]);
}

static void set_wanted(const struct modhost *host, struct modhost_slot *slot, bool wanted)
{
    if (slot->wanted && !wanted)
        slot->unwanted_ms = clock_now(host->shared->generations.clock);
    slot->wanted = wanted;
}

void modhost_want(struct modhost *host, const struct module_decl *module, bool wanted)
{
    /* One without a file needs no slot until it has one: that is told. */
    wanted = wanted && module->present;
    struct modhost_slot *slot = wanted ? make_slot(host, module) : modhost_find_slot(host, module);
    if (slot)
        set_wanted(host, slot, wanted);
}

void modhost_set_deadline(struct modhost *host, const struct module_decl *module,
                          int64_t deadline_ms)
{
    struct modhost_slot *slot = modhost_find_slot(host, module);
    if (slot)
        slot->deadline_ms = deadline_ms;
}

void modhost_want_nothing(struct modhost *host)
{
    for (size_t i = 0; i < host->nslots; i++)
        set_wanted(host, &host->slots[i], false);
}

static bool lingers(const struct modhost *host, const struct modhost_slot *slot)
{
    int64_t now = clock_now(host->shared->generations.clock);
    return !slot->wanted && slot->unwanted_ms && now - slot->unwanted_ms < MODHOST_LINGER_MS;
}

bool modhost_want_settled(struct modhost *host)
{
    bool more = false;
    modhost_update(host);
    modhost_tidy(host);
    for (size_t i = 0; i < host->nslots; i++)
        more = more || (host->slots[i].decl && lingers(host, &host->slots[i]));
    return more;
}

bool modhost_is_over(const struct modhost *host)
{
    if (host->ending || host->nheld || modhost_has_process(host))
        return false;
    for (size_t i = 0; i < host->nslots; i++)
        if (host->slots[i].wanted)
            return false;
    return true;
}

static bool is_running(const struct modhost *host, const struct modhost_slot *slot)
{
    return modhost_running(host, (size_t)(slot - host->slots)) != NULL;
}

/* Another version than the newest, that ran before and may do so again; or NULL. */
static struct module_version *fallback(const struct modhost_slot *slot,
                                       const struct module_version *newest)
{
    bool other = slot->good && slot->good != newest && slot->good->serial != slot->refused_good;
    return other ? slot->good : NULL;
}

struct module_version *modhost_desired(const struct modhost *host, const struct modhost_slot *slot)
{
    if (slot->decl && modhost_quarantined(host, slot->decl))
        return NULL;
    /* What waits is still handled when its module is not wanted any more. */
    bool stays = slot->wanted || slot->held || (is_running(host, slot) && lingers(host, slot));
    struct module_version *newest = stays ? catalogue_version(slot->decl) : NULL;
    if (!newest)
        return NULL;
    if (newest->serial != slot->refused)
        return newest;
    return fallback(slot, newest);
}

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

static bool is_refused(const struct modhost *host, const struct modhost_slot *slot)
{
    int64_t now = clock_now(host->shared->generations.clock);
    return slot->refused && now - slot->refused_ms < MODHOST_RETRY_MS;
}

static void forget_old_refusal(const struct modhost *host, struct modhost_slot *slot)
{
    if (!is_refused(host, slot))
        slot->refused = slot->refused_good = 0;
}

const char *modhost_refused(const struct modhost *host, const struct module_decl *module)
{
    const struct modhost_slot *slot = host->network ? modhost_find_slot(host, module) : NULL;
    if (!slot || !is_refused(host, slot) || is_running(host, slot))
        return NULL;
    const struct module_version *newest = catalogue_version(module);
    if (!newest || newest->serial != slot->refused || fallback(slot, newest))
        return NULL;
    return slot->why ? slot->why : "it could not be started";
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
    forget_old_refusal(host, slot);
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
    if (host->network && !host->shared->stopping && module->present &&
        !(host->network->faults->quarantined && modhost_quarantined(host, module)) &&
        !is_full(host))
        slot = make_slot(host, module);
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
    struct modhost_slot *slot = modhost_find_slot(host, module);
    if (!host->network || host->shared->stopping || is_full(host) ||
        modhost_quarantined(host, module))
        return;
    if (only_running ? !(slot && is_there(host, slot, type)) : !(module->life >> type & 1))
        return;
    if (!slot)
        slot = make_slot(host, module);
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
