#ifndef REGISTRY_REGISTER_H
#define REGISTRY_REGISTER_H

#include "registry/registry.h"

/* What a module says of itself. */
struct registry_module {
    const char *name;
    const char *description;
    const char *usage; /* may be "" */
    /* What was written of an earlier version of it, and is replaced where it still stands. NULL:
     * nothing that is known. */
    const char *old_description;
    const char *old_usage;
    uint32_t event_types; /* EVENT_BITs of what it handles */
};

/*
 * Puts the module into the registry. The first time: adds it to the set of modules, `enabled` no
 * (yes with enable_new), and $me to its enicks. Every time: `event_types` as given; description
 * and usage only where there are none, or still the old ones. What an operator wrote or removed is
 * never undone. Any number of servers may do this at once. What was written is in the snapshot when
 * done is called (see registry_edit_commit). Not remembered: call it again once the state is
 * REGISTRY_SYNCED when it came back REGISTRY_GONE.
 */
void registry_register_module(struct registry *r, const struct registry_module *module,
                              bool enable_new, registry_done_fn *done, void *arg);
/* Only `event_types`, and only where a definition stands: what was taken away stays away. */
void registry_correct_events(struct registry *r, const char *module, uint32_t event_types);

#endif
