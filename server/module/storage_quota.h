#ifndef SERVER_MODULE_STORAGE_QUOTA_H
#define SERVER_MODULE_STORAGE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "registry/registry.h"
#include "registry/storage.h"

/*
 * Bounds what modules store in Redis: each on each network, and each in what it shares. How much it
 * is, Redis knows (its memory); that takes time, so it is asked only when a part of the bound was
 * written since, by this server. A module can be over the bound by such a part.
 */
struct storage_quota;

/* most: bytes. Freed after the registry is closed. */
struct storage_quota *storage_quota_new(const struct clock *clock, uint64_t most);
void storage_quota_free(struct storage_quota *quota);
/* Another configuration. */
void storage_quota_set(struct storage_quota *quota, uint64_t most);
/* Whether the place may take that much more; counts it then. The first refusal is logged. */
bool storage_quota_take(struct storage_quota *quota, struct registry *registry,
                        struct storage_place place, size_t bytes);

#endif
