#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/supervise/modhost.h"

/*
 * A process that ends between two events (by a thread, an alarm) does not tell which of its modules
 * did it. When that happens again and again, each gets a process of its own: a host that is apart
 * hands everything on to its parts, one for each module. Then the guilty one harms nobody else, and
 * what it does counts against it alone. When it is quarantined, or one of them was replaced, they
 * share a process again.
 */

/* ---- Suspicion ------------------------------------------------------------------------------- */

static size_t count_wanted(const struct modhost *host)
{
    size_t n = 0;
    for (size_t i = 0; i < host->nslots; i++)
        n += host->slots[i].wanted;
    return n;
}

static bool is_recent(const struct modhost *host)
{
    int64_t now = clock_now(host->shared->generations.clock);
    return host->unexplained && now - host->unexplained_ms <= MODHOST_SUSPICION_MS;
}

bool modhost_is_suspicious(const struct modhost *host)
{
    return host->unexplained >= MODHOST_SUSPICIOUS && is_recent(host) && count_wanted(host) > 1;
}

/* Who was named before may have been as innocent. */
static void forgive_all(const struct modhost *host)
{
    for (size_t i = 0; i < host->nslots && host->network; i++)
        if (host->slots[i].decl)
            fault_book_forgive(host->network->faults, host->slots[i].decl->name);
}

void modhost_weigh_death(struct modhost *host, const struct generation *g,
                         const struct generation_end *end)
{
    bool suspicious = modhost_is_suspicious(host);
    bool named = end->module >= 0;
    /* Before the first is opened, no module has done anything. */
    if (host->apart || g->nmodules < 2 || !g->opened || end->unclear ||
        end->fault.kind == FAULT_START || (named && !suspicious))
        return;
    if (!is_recent(host)) {
        host->unexplained = 0;
        host->unexplained_ms = clock_now(host->shared->generations.clock);
    }
    host->unexplained += end->outside ? MODHOST_OUTSIDE : MODHOST_SUSPICIOUS;
    if (!suspicious && modhost_is_suspicious(host))
        forgive_all(host);
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static bool is_part_of(const struct modhost *part, const struct modhost *host)
{
    return part->part && part->permissions == host->permissions &&
           !strcmp(part->group, host->group);
}

static struct modhost *find_part(const struct modhost *host, const struct module_decl *module)
{
    struct modhost *at = host->network->hosts;
    while (at && !(is_part_of(at, host) && !strcmp(at->alone, module->name)))
        at = at->next;
    return at;
}

static void copy_slot(struct modhost_slot *to, const struct modhost_slot *from)
{
    to->wanted = from->wanted;
    to->unwanted_ms = from->unwanted_ms;
    to->good = from->good ? module_version_ref(from->good) : NULL;
    to->refused = from->refused;
    to->refused_good = from->refused_good;
    to->bad_starts = from->bad_starts;
    to->refused_ms = from->refused_ms;
    to->late = from->late;
    to->deadline_ms = from->deadline_ms;
    to->why = from->why ? xstrdup(from->why) : NULL;
}

static struct modhost *make_part(struct modhost *host, const struct module_decl *module)
{
    struct modhost_network *network = host->network;
    struct modhost_kind kind = {
        .group = host->group, .permissions = host->permissions, .module = module->name};
    struct modhost *part = modhost_new(host->shared, network, &kind);
    const struct modhost_slot *slot = modhost_find_slot(host, module);
    part->part = true;
    part->alone = xstrdup(module->name);
    part->last_number = host->last_number;
    part->careful_until = host->careful_until;
    if (slot)
        copy_slot(modhost_make_slot(part, module), slot);
    part->next = network->hosts;
    network->hosts = part;
    return part;
}

struct modhost *modhost_place(struct modhost *host, const struct module_decl *module)
{
    if (!host->apart || !host->network)
        return host;
    struct modhost *part = find_part(host, module);
    if (!part)
        part = make_part(host, module);
    /* One that is left from the last time gets what was numbered here meanwhile. */
    if (part->last_number < host->last_number)
        part->last_number = host->last_number;
    return part;
}

const struct modhost *modhost_find_place(const struct modhost *host,
                                         const struct module_decl *module)
{
    if (!host->network)
        return NULL;
    return host->apart ? find_part(host, module) : host;
}

/* ---- Parting and joining --------------------------------------------------------------------- */

static uint32_t newest_serial(const struct modhost *host)
{
    uint32_t newest = 0;
    for (size_t i = 0; i < host->nslots; i++) {
        const struct module_decl *decl = host->slots[i].decl;
        if (decl && decl->serial > newest)
            newest = decl->serial;
    }
    return newest;
}

/* All that waits: to the parts, in order with what they have. */
static void hand_over(struct modhost *host)
{
    struct buf *lists = xcalloc(host->nslots + 1, sizeof *lists);
    struct ipc_event event;
    size_t size;
    while (!event_list_first(&host->held, &event, &size)) {
        struct modhost_slot *from = &host->slots[event.module];
        struct modhost *part = modhost_place(host, from->decl);
        struct modhost_slot *to = modhost_make_slot(part, from->decl);
        struct buf *list = &lists[event.module];
        event.module = (uint16_t)(to - part->slots);
        if (!ipc_put_event(list, &event)) {
            to->held++;
            part->nheld++;
        }
        from->held--;
        host->nheld--;
        buf_consume(&host->held, size);
    }
    buf_free(&host->held);
    for (size_t i = 0; i < host->nslots; i++)
        if (lists[i].len)
            event_list_merge(&modhost_place(host, host->slots[i].decl)->held, &lists[i]);
    free(lists);
}

static void begin(struct modhost *host)
{
    log_warn("modhost.apart", LOG_NETWORK(host->name),
             "group %s: its process ends time and again, and nobody can tell by which of its %zu "
             "modules: each gets a process of its own, until the one that does it is quarantined "
             "or replaced",
             host->group, count_wanted(host));
    host->apart = true;
    host->apart_serial = newest_serial(host);
    event_del(host->retry);
    if (!host->current)
        return;
    host->wakes = host->current->ntimers > 0;
    modhost_take_back(host, host->current, NULL);
}

/* Nobody knows whose the timers were: each sets its own again. */
static void wake_parts(struct modhost *host)
{
    for (size_t i = 0; i < host->nslots && host->wakes; i++)
        if (host->slots[i].wanted) {
            struct modhost *part = modhost_place(host, host->slots[i].decl);
            part->wakes = !part->current;
        }
    host->wakes = false;
}

void modhost_part(struct modhost *host)
{
    if (!host->network || host->shared->stopping)
        return;
    if (!host->apart && host->unexplained >= MODHOST_UNEXPLAINED && modhost_is_suspicious(host))
        begin(host);
    if (!host->apart || (!host->nheld && !host->wakes))
        return;
    hand_over(host);
    wake_parts(host);
    /* A callback may drop the network. */
    for (struct modhost *part = host->network->hosts; part && host->network; part = part->next)
        if (is_part_of(part, host)) {
            modhost_settle(part);
            modhost_update(part);
        }
}

/* At once: a timer that is set again elsewhere must not be due here as well. */
static void retire_part(struct modhost *part)
{
    modhost_want_nothing(part);
    for (size_t i = 0; i < part->nslots; i++)
        part->slots[i].unwanted_ms = 0;
    modhost_update(part);
}

static void join(struct modhost *host)
{
    host->apart = false;
    host->unexplained = 0;
    log_info("modhost.joined", LOG_NETWORK(host->name),
             "group %s: its modules share a process again", host->group);
    for (struct modhost *part = host->network->hosts; part; part = part->next)
        if (is_part_of(part, host)) {
            if (host->last_number < part->last_number)
                host->last_number = part->last_number;
            host->wakes = host->wakes || part->wakes || (part->current && part->current->ntimers);
            retire_part(part);
        }
    host->shared->unsettled(host);
}

void modhost_join(struct modhost *part)
{
    for (struct modhost *host = part->network->hosts; host; host = host->next)
        if (host->apart && is_part_of(part, host))
            join(host);
}

void modhost_join_changed(struct modhost *host)
{
    if (host->apart && newest_serial(host) > host->apart_serial)
        join(host);
}
