#ifndef REGISTRY_SETTLE_H
#define REGISTRY_SETTLE_H

#include <stdint.h>

/*
 * Who waits until the snapshot holds what he has written. Each is called exactly once, in the order
 * of waiting.
 */
typedef void settle_fn(void *arg);
struct settle_wait;

/* number: of the last reading (load.h) that must be in the snapshot. */
void settle_add(struct settle_wait **list, uint64_t number, settle_fn *fn, void *arg);
/* The snapshot holds all up to that reading. UINT64_MAX: nobody is to wait any more. */
void settle_reached(struct settle_wait **list, uint64_t number);

#endif
