#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/supervise/modhost.h"

/* The modules a host has to do with, and which version of each should run. */

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

struct modhost_slot *modhost_make_slot(struct modhost *host, const struct module_decl *decl)
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
    struct modhost_slot *slot =
        wanted ? modhost_make_slot(host, module) : modhost_find_slot(host, module);
    if (slot)
        set_wanted(host, slot, wanted);
    if (host->apart)
        modhost_want(modhost_place(host, module), module, wanted);
}

void modhost_set_deadline(struct modhost *host, const struct module_decl *module,
                          int64_t deadline_ms)
{
    struct modhost_slot *slot = modhost_find_slot(host, module);
    if (slot)
        slot->deadline_ms = deadline_ms;
    if (host->apart)
        modhost_set_deadline(modhost_place(host, module), module, deadline_ms);
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
    if (host->apart || (slot->decl && modhost_quarantined(host, slot->decl)))
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

static bool is_refused(const struct modhost *host, const struct modhost_slot *slot)
{
    int64_t now = clock_now(host->shared->generations.clock);
    return slot->refused && now - slot->refused_ms < MODHOST_RETRY_MS;
}

void modhost_forget_old_refusal(const struct modhost *host, struct modhost_slot *slot)
{
    if (!is_refused(host, slot))
        slot->refused = slot->refused_good = 0;
}

const char *modhost_refused(const struct modhost *host, const struct module_decl *module)
{
    const struct modhost *place = modhost_find_place(host, module);
    const struct modhost_slot *slot = place ? modhost_find_slot(place, module) : NULL;
    if (!slot || !is_refused(place, slot) || is_running(place, slot))
        return NULL;
    const struct module_version *newest = catalogue_version(module);
    if (!newest || newest->serial != slot->refused || fallback(slot, newest))
        return NULL;
    return slot->why ? slot->why : "it could not be started";
}
