#include <event2/event.h>

#include "base/log.h"
#include "server/supervise/modhost.h"

/*
 * A module whose load takes long, or for ever, when nothing runs yet: the others do not wait for it
 * longer than a second. The start is given up for one without it; it is loaded for the next
 * process, beside the one that works.
 */
static bool others_wait(const struct modhost *host, const struct modhost_slot *slot)
{
    for (size_t i = 0; i < host->nslots; i++) {
        const struct modhost_slot *other = &host->slots[i];
        if (other != slot && !other->late && other->held && modhost_desired(host, other))
            return true;
    }
    return false;
}

static void start_without(struct modhost *host, struct modhost_slot *slot)
{
    slot->late = true;
    host->starts_without = true;
    log_warn("modhost.late", LOG_MODULE(host->name, slot->decl->name),
             "group %s: its load takes long, and events wait: the others start without it, and it "
             "is loaded beside them",
             host->group);
    generation_kill(host->starting, FAULT_START, "it is started anew without one of its modules");
}

void modhost_on_look(int fd, short what, void *arg)
{
    struct modhost *host = arg;
    const struct generation *g = host->starting;
    (void)fd;
    (void)what;
    if (!g || host->starts_without) {
        event_del(host->look);
        return;
    }
    uint16_t module = ipc_cell_module(g->child.cell);
    if (host->current || module >= g->nmodules || module != host->looked) {
        host->looked = module;
        host->looks = 0;
        return;
    }
    struct modhost_slot *slot = &host->slots[g->modules[module].slot];
    if (++host->looks >= MODHOST_LATE_LOOKS && others_wait(host, slot))
        start_without(host, slot);
}

void modhost_look(struct modhost *host)
{
    struct timeval tv = {.tv_usec = MODHOST_LATE_MS * 1000 / MODHOST_LATE_LOOKS};
    host->looked = IPC_NO_MODULE;
    host->looks = 0;
    event_add(host->look, &tv);
}
