#include <event2/event.h>

#include "base/log.h"
#include "server/supervise/modhost.h"

/* ---- Faults ---------------------------------------------------------------------------------- */

const char *modhost_quarantined(const struct modhost *host, const struct module_decl *module)
{
    const struct modhost_network *network = host->network;
    return network && network->faults->quarantined
               ? fault_book_quarantined(network->faults, module->name)
               : NULL;
}

/* Who is named in a process with others may be innocent, where something else kills it as well. */
static struct rate limit(const struct modhost *host)
{
    static const struct rate never;
    return modhost_is_suspicious(host) ? never : host->shared->limits.quarantine;
}

static void tell(const struct modhost *host, const struct module_decl *module,
                 const struct fault *fault)
{
    struct log_tag tag = LOG_MODULE(host->name, module ? module->name : NULL);
    const char *in = *fault->doing ? ", in " : "";
    if (fault->event)
        log_warn("modhost.fault", tag, "group %s: event %llu is dropped: %s%s%s", host->group,
                 (unsigned long long)fault->event, fault->reason, in, fault->doing);
    else
        log_warn("modhost.fault", tag, "group %s: %s%s%s", host->group, fault->reason, in,
                 fault->doing);
}

/* Against which version; a reload makes another one. */
static uint32_t newest(const struct module_decl *module)
{
    const struct module_version *v = catalogue_version(module);
    return v ? v->serial : 0;
}

static void quarantine(struct modhost *host, const struct modhost_origin *from)
{
    const struct supervisor_callbacks *callbacks = host->shared->callbacks;
    const char *why = modhost_quarantined(host, from->module);
    host->unsettled = true;
    if (host->part)
        modhost_join(host);
    if (callbacks->on_quarantine)
        callbacks->on_quarantine(host->shared->arg, from, why);
}

void modhost_fault(struct modhost *host, const struct module_decl *module,
                   const struct fault *fault)
{
    const struct modhost_shared *shared = host->shared;
    struct modhost_origin from = {.network = host->name, .module = module, .event = fault->event};
    host->faults++;
    host->dropped += fault->event != 0;
    tell(host, module, fault);
    if (!host->network)
        return;
    from.user = host->network->user;
    if (shared->callbacks->on_fault)
        shared->callbacks->on_fault(shared->arg, &from, fault);
    /* The callback may have dropped the network. */
    if (module && host->network &&
        fault_book_add(host->network->faults, module->name, fault, newest(module), limit(host),
                       clock_now(shared->generations.clock)))
        quarantine(host, &from);
}

void modhost_fault_now(struct modhost *host, const struct module_decl *module, enum fault_kind kind,
                       uint64_t event, const char *reason)
{
    struct fault fault = {
        .kind = kind, .event = event, .at_ms = clock_wall(host->shared->generations.clock)};
    fault_explain(&fault, reason);
    modhost_fault(host, module, &fault);
}

/* ---- Status ---------------------------------------------------------------------------------- */

static enum modhost_state state_of(const struct modhost *host)
{
    if (host->current)
        return host->starting ? MODHOST_SWAPPING : MODHOST_READY;
    if (host->starting || host->turn.queued)
        return MODHOST_STARTING;
    bool wakes = host->wakes && event_pending(host->retry, EV_TIMEOUT, NULL);
    return host->nheld || wakes ? MODHOST_BACKOFF : MODHOST_IDLE;
}

const char *modhost_state_name(enum modhost_state state)
{
    static const char *const names[] = {"idle", "starting", "ready", "swapping", "backoff"};
    return names[state];
}

const char *modhost_why_refused(const struct modhost *host, const struct module_decl *module)
{
    const struct modhost_slot *slot = modhost_find_slot(host, module);
    if (!slot || !slot->refused || slot->refused != newest(module))
        return NULL;
    bool matters = slot->wanted || modhost_running(host, (size_t)(slot - host->slots));
    return matters ? slot->why : NULL;
}

static bool is_pending(const struct modhost *host, size_t slot)
{
    const struct module_version *v = modhost_desired(host, &host->slots[slot]);
    return v && v != modhost_running(host, slot) && state_of(host) != MODHOST_IDLE;
}

bool modhost_is_pending(const struct modhost *host, const struct module_decl *module)
{
    for (size_t i = 0; i < host->nslots; i++)
        if ((!module || host->slots[i].decl == module) && is_pending(host, i))
            return true;
    return false;
}

void modhost_fill_status(const struct modhost *host, struct modhost_status *status,
                         struct modhost_module_status *modules)
{
    const struct generation *g = host->current ? host->current : host->starting;
    *status = (struct modhost_status){
        .network = host->name,
        .group = host->group,
        .permissions = host->permissions,
        .state = state_of(host),
        .pid = g ? g->child.pid : 0,
        .generation = host->started,
        .handled = host->handled,
        .dropped = host->dropped,
        .faults = host->faults,
        .restarts = host->restarts,
        .started_ms = g ? g->ready_wall : 0,
        .modules = modules,
    };
    status->queued = modhost_count_events(host, &status->queued_bytes);
    if (host->current)
        status->handled += host->current->handled;
    for (size_t i = 0; i < host->nold; i++)
        status->handled += host->old[i]->handled;
    for (size_t i = 0; i < host->nslots; i++) {
        const struct modhost_slot *slot = &host->slots[i];
        const struct module_version *v = modhost_running(host, i);
        if ((!slot->wanted || host->apart) && !v)
            continue;
        modules[status->nmodules++] = (struct modhost_module_status){
            .module = slot->decl,
            .version = v ? v->serial : 0,
            .refused = modhost_why_refused(host, slot->decl),
            .pending = is_pending(host, i),
        };
    }
}
