#ifndef REGISTRY_SETTLE_H
#define REGISTRY_SETTLE_H

#include <stddef.h>

#include "registry/load.h"

/*
 * Waiting until what was written is in the snapshot. Redis tells of changes on a connection of its
 * own, so that a write may be answered long before; and the next snapshot may be that of an edit
 * before. So the keys are read again, and their own reading is waited for. For registry/ alone.
 */
struct event_base;
struct settles;

struct settles *settles_new(struct event_base *base, struct loader *loader);
/* Whoever waits is called. NULL is fine. */
void settles_free(struct settles *s);

/* Calls fn exactly once: when the keys (without the prefix; copied) have been read and committed,
 * or need no reading; at the latest after two seconds. Perhaps before this returns. */
void settles_add(struct settles *s, const char *const *keys, size_t count, void (*fn)(void *arg),
                 void *arg);
/* Something was committed, or what was to be read is not read any more. */
void settles_look(struct settles *s);

#endif
