#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/supervise/modhost.h"

/* ---- Starting -------------------------------------------------------------------------------- */

static bool up_to_date(const struct modhost *host)
{
    for (size_t i = 0; i < host->nslots; i++)
        if (modhost_desired(host, &host->slots[i]) != modhost_running(host, i))
            return false;
    return true;
}

/* Those whose load takes long go into a process beside one that works, if there is another. */
static bool leaves_late_out(const struct modhost *host)
{
    for (size_t i = 0; i < host->nslots && !host->current; i++)
        if (!host->slots[i].late && modhost_desired(host, &host->slots[i]))
            return true;
    return false;
}

static size_t list_modules(const struct modhost *host, struct generation_module *modules)
{
    size_t n = 0;
    bool without_late = leaves_late_out(host);
    for (size_t i = 0; i < host->nslots && n < IPC_MODULES_MAX; i++) {
        struct module_version *v = modhost_desired(host, &host->slots[i]);
        if (v && !(without_late && host->slots[i].late))
            modules[n++] = (struct generation_module){
                .name = host->slots[i].decl->name, .version = v, .slot = i};
    }
    return n;
}

static void wait_ms(struct modhost *host, int64_t ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    if (ms > 0)
        event_add(host->retry, &tv);
}

/* A start that failed, and is worth another try. */
static void start_failed(struct modhost *host, const struct module_decl *module,
                         const struct fault *fault)
{
    modhost_fault(host, module, fault);
    if (!host->current && ++host->fruitless >= MODHOST_FRUITLESS) {
        host->fruitless = 0;
        modhost_drop_oldest(host, FAULT_START,
                            "no process could be started for it, time and again");
    }
    wait_ms(host, backoff_next(&host->backoff));
}

/* Nothing of its modules is left: it ends as an old generation does. */
static void retire_current(struct modhost *host)
{
    struct generation *g = host->current;
    if (!g || host->nold == MODHOST_OLD_MAX)
        return;
    modhost_set_current(host, NULL);
    host->old[host->nold++] = g;
    generation_stop(g, 0);
}

static void start(void *arg)
{
    struct modhost *host = arg;
    struct generation_module modules[IPC_MODULES_MAX];
    size_t n = list_modules(host, modules);
    char *error = NULL;
    if (up_to_date(host))
        return;
    if (!n) {
        retire_current(host);
        return;
    }
    struct generation_spec spec = {
        .owner = host,
        .number = host->started + 1,
        .network = host->name,
        .group = host->group,
        .permissions = host->permissions,
        .alone = host->permissions & PERMISSION_FILES ? host->alone : NULL,
        .own_nick = host->network->own_nick,
        .casemapping = host->network->casemapping,
        .modules = modules,
        .nmodules = n,
    };
    host->starting = generation_new(&host->shared->generations, &spec, &error);
    if (host->starting) {
        host->started++;
        modhost_look(host);
        return;
    }
    struct fault fault = {.kind = FAULT_START,
                          .at_ms = clock_wall(host->shared->generations.clock)};
    fault_explain(&fault, error);
    start_failed(host, NULL, &fault);
    free(error);
}

void modhost_update(struct modhost *host)
{
    if (!host->network || host->shared->stopping || host->starting || host->turn.queued)
        return;
    if (host->current ? host->nold == MODHOST_OLD_MAX : !host->nheld && !host->wakes)
        return;
    if (up_to_date(host) || event_pending(host->retry, EV_TIMEOUT, NULL))
        return;
    start_queue_add(&host->shared->starts, &host->turn);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    modhost_update(arg);
}

static void remember_good(struct modhost *host, const struct generation *g)
{
    for (size_t i = 0; i < g->nmodules; i++) {
        struct modhost_slot *slot = &host->slots[g->modules[i].slot];
        struct module_version *v = g->modules[i].version;
        slot->bad_starts = 0;
        slot->late = false;
        if (slot->good == v)
            continue;
        module_version_unref(slot->good);
        slot->good = module_version_ref(v);
        slot->refused_good = 0;
    }
}

void modhost_on_ready(struct generation *g)
{
    struct modhost *host = g->owner;
    struct generation *before = host->current;
    host->starting = NULL;
    host->wakes = false;
    remember_good(host, g);
    if (before) {
        modhost_take_back(host, before, NULL);
        host->old[host->nold++] = before;
        generation_stop(before, 0);
    }
    modhost_set_current(host, g);
    if (host->careful_until)
        generation_be_careful(g, host->careful_until);
    host->careful_until = 0;
    log_debug("modhost.ready", LOG_NETWORK(host->name),
              "group %s: process %d, generation %u, %zu modules, %zu events waited", host->group,
              (int)g->child.pid, g->number, g->nmodules, host->nheld);
    modhost_settle(host);
    modhost_update(host);
    host->shared->process_ready(host);
}

/* ---- Dying ----------------------------------------------------------------------------------- */

/* How long the next start has to wait, so that a module that crashes all the time does not hold the
 * server's loop with its restarts. One that makes progress is back soon, if it is clear which event
 * ended it; otherwise the next one may end in the same way. */
static int64_t restart_delay(struct modhost *host, const struct generation *g,
                             const struct generation_end *end)
{
    int64_t lived = clock_now(host->shared->generations.clock) - g->ready_ms;
    bool clear = end->fault.event || end->unclear || end->outside;
    bool progress = g->handled && clear && !modhost_is_suspicious(host);
    if (progress || lived >= MODHOST_BACKOFF_MAX)
        backoff_reset(&host->backoff);
    if (!host->restarts++)
        return 0;
    if (progress)
        return lived > MODHOST_RESTART_MS * 10 ? 0 : MODHOST_RESTART_MS;
    return backoff_next(&host->backoff);
}

static void ready_one_died(struct modhost *host, struct generation *g, bool was_current,
                           const struct generation_end *end)
{
    const struct module_decl *module =
        end->module >= 0 ? host->slots[g->modules[end->module].slot].decl : NULL;
    modhost_take_back(host, g, end);
    modhost_weigh_death(host, g, end);
    if (was_current) {
        wait_ms(host, restart_delay(host, g, end));
        host->wakes = end->timers;
    }
    modhost_fault(host, module, &end->fault);
    if (end->unclear && host->current)
        generation_be_careful(host->current, host->last_number);
    else if (end->unclear)
        host->careful_until = host->last_number;
    if (end->heard) {
        host->dropped++;
        log_warn("modhost.cut_off", LOG_NETWORK(host->name),
                 "group %s: what event %llu said did not come to its end", host->group,
                 (unsigned long long)end->heard);
    }
    if (g->handled || end->fault.event)
        host->fruitless = 0;
    else if (was_current && ++host->fruitless >= MODHOST_FRUITLESS) {
        host->fruitless = 0;
        modhost_drop_oldest(host, FAULT_START,
                            "its process died time and again before it was handled");
    }
}

static void starting_one_died(struct modhost *host, const struct generation *g,
                              const struct generation_end *end)
{
    modhost_weigh_death(host, g, end);
    if (end->module < 0) {
        start_failed(host, NULL, &end->fault);
        return;
    }
    const struct generation_module *module = &g->modules[end->module];
    struct modhost_slot *slot = &host->slots[module->slot];
    const struct module_version *newest = catalogue_version(slot->decl);
    /* What has run here before is not to blame at once, and nobody for a signal of people and
     * kernels. */
    if ((module->version == slot->good || end->outside) &&
        ++slot->bad_starts < MODHOST_BAD_STARTS) {
        start_failed(host, end->outside ? NULL : slot->decl, &end->fault);
        return;
    }
    slot->bad_starts = 0;
    if (newest && newest == module->version)
        slot->refused = newest->serial;
    else if (module->version == slot->good)
        slot->refused_good = slot->good->serial;
    slot->refused_ms = clock_now(host->shared->generations.clock);
    free(slot->why);
    slot->why = xstrdup(end->fault.reason);
    const struct module_version *left = modhost_desired(host, slot);
    const char *version = module->version->version;
    bool goes_on = left && left == slot->good;
    struct fault fault = end->fault;
    fault.kind = goes_on ? FAULT_ROLLBACK : fault.kind;
    snprintf(fault.reason, sizeof fault.reason, "version %.64s cannot be loaded here: %.200s%s",
             version[0] ? version : "(none)", end->fault.reason,
             goes_on ? "; the last good one goes on" : "");
    modhost_fault(host, slot->decl, &fault);
}

static void forget_generation(struct modhost *host, const struct generation *g)
{
    if (host->starting == g)
        host->starting = NULL;
    if (host->current == g)
        modhost_set_current(host, NULL);
    for (size_t i = 0; i < host->nold; i++)
        if (host->old[i] == g)
            host->old[i] = host->old[--host->nold];
}

bool modhost_has_process(const struct modhost *host)
{
    return host->starting || host->current || host->nold;
}

void modhost_on_ended(struct generation *g, const struct generation_end *end)
{
    struct modhost *host = g->owner;
    bool was_starting = g == host->starting;
    bool was_current = g == host->current;
    host->ending = true;
    /* First: what is told below may close the host. */
    forget_generation(host, g);
    host->handled += g->handled;
    if (!host->network || host->shared->stopping)
        host->dropped += g->out.events;
    else if (was_starting && host->starts_without)
        host->starts_without = false;
    else if (was_starting)
        starting_one_died(host, g, end);
    else if (!end->peaceful)
        ready_one_died(host, g, was_current, end);
    modhost_part(host);
    /* While nothing runs and what should run is the same, all that waits goes on waiting. */
    if (host->current || was_starting || host->unsettled)
        modhost_settle(host);
    modhost_update(host);
    host->ending = false;
    modhost_tidy(host);
    host->shared->process_ended(host);
}

/* ---- Changes from outside ---------------------------------------------------------------------
 */

void modhost_modules_changed(struct modhost *host)
{
    if (!host->network || host->shared->stopping)
        return;
    modhost_join_changed(host);
    if (event_pending(host->retry, EV_TIMEOUT, NULL) && !up_to_date(host)) {
        event_del(host->retry);
        backoff_reset(&host->backoff);
    }
    modhost_settle(host);
    modhost_update(host);
}

void modhost_load_now(struct modhost *host, const struct module_decl *module)
{
    for (size_t i = 0; i < host->nslots; i++) {
        const struct modhost_slot *slot = &host->slots[i];
        bool asked = slot->decl && (!module || slot->decl == module);
        if (asked && slot->wanted && slot->refused && modhost_desired(host, slot))
            host->wakes = true;
    }
    modhost_modules_changed(host);
}

void modhost_rest(struct modhost *host, int64_t idle_ms)
{
    int64_t now = clock_now(host->shared->generations.clock);
    size_t bytes;
    bool busy = !host->current || host->starting || host->last_number != host->rest_number ||
                host->current->ntimers || modhost_count_events(host, &bytes);
    if (busy) {
        host->rest_number = host->last_number;
        host->rest_since_ms = now;
    } else if (now - host->rest_since_ms >= idle_ms) {
        log_info("modhost.idle", LOG_NETWORK(host->name),
                 "group %s: no event for a long time, process %d ends until the next one",
                 host->group, (int)host->current->child.pid);
        retire_current(host);
    }
}

void modhost_network_changed(struct modhost *host)
{
    const struct modhost_network *n = host->network;
    if (host->current)
        generation_set_network(host->current, n->own_nick, n->casemapping);
    if (host->starting)
        generation_set_network(host->starting, n->own_nick, n->casemapping);
    for (size_t i = 0; i < host->nold; i++)
        generation_set_network(host->old[i], n->own_nick, n->casemapping);
}

void modhost_stop(struct modhost *host)
{
    start_queue_remove(&host->shared->starts, &host->turn);
    event_del(host->retry);
    host->dropped += host->nheld;
    host->nheld = 0;
    for (size_t i = 0; i < host->nslots; i++)
        host->slots[i].held = 0;
    buf_free(&host->held);
    if (host->starting)
        generation_stop(host->starting, MODHOST_END_MS);
    if (host->current)
        generation_stop(host->current, MODHOST_END_MS);
    for (size_t i = 0; i < host->nold; i++)
        generation_stop(host->old[i], MODHOST_END_MS);
}

void modhost_close(struct modhost *host)
{
    host->network = NULL;
    modhost_stop(host);
    if (!modhost_has_process(host))
        host->shared->process_ended(host);
}

void modhost_kill(struct modhost *host)
{
    if (host->starting)
        child_kill(&host->starting->child);
    if (host->current)
        child_kill(&host->current->child);
    for (size_t i = 0; i < host->nold; i++)
        child_kill(&host->old[i]->child);
}

bool modhost_is_of(const struct modhost *host, const struct modhost_kind *kind)
{
    return !host->part && host->permissions == kind->permissions &&
           !strcmp(host->group, kind->group) &&
           (!host->alone || !strcmp(host->alone, kind->module));
}

struct modhost *modhost_new(struct modhost_shared *shared, struct modhost_network *network,
                            const struct modhost_kind *kind)
{
    bool alone = kind->permissions & PERMISSION_FILES;
    struct modhost *host = xmalloc(sizeof *host);
    *host = (struct modhost){
        .shared = shared,
        .network = network,
        .name = xstrdup(network->key),
        .group = xstrdup(kind->group),
        .permissions = kind->permissions,
        .alone = alone ? xstrdup(kind->module) : NULL,
        .backoff = {.first_ms = MODHOST_RESTART_MS, .max_ms = MODHOST_BACKOFF_MAX},
        .turn = {.go = start, .arg = host},
    };
    host->retry = event_new(shared->generations.base, -1, 0, on_retry, host);
    host->look = event_new(shared->generations.base, -1, EV_PERSIST, modhost_on_look, host);
    return host;
}

void modhost_free(struct modhost *host, int wait)
{
    start_queue_remove(&host->shared->starts, &host->turn);
    if (host->starting)
        generation_destroy(host->starting, wait);
    if (host->current)
        generation_destroy(host->current, wait);
    for (size_t i = 0; i < host->nold; i++)
        generation_destroy(host->old[i], wait);
    modhost_forget_modules(host);
    event_free(host->retry);
    event_free(host->look);
    buf_free(&host->held);
    free(host->slots);
    free(host->slot_of);
    free(host->index_of);
    free(host->name);
    free(host->group);
    free(host->alone);
    free(host);
}
