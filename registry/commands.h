#ifndef REGISTRY_COMMANDS_H
#define REGISTRY_COMMANDS_H

#include <hiredis/hiredis.h>

#include "registry/registry.h"

/*
 * Commands that others ask for (storage, registration, status): refused at once while Redis cannot
 * take them, never kept for later. For registry/ alone.
 */

/* reply: only with REGISTRY_OK; text: "" with it, else a sentence. Runs exactly once, from the
 * loop. */
typedef void command_fn(void *arg, enum registry_result result, const redisReply *reply,
                        const char *text);

void registry_command(struct registry *r, command_fn *fn, void *arg, int argc,
                      const char *const *argv, const size_t *lens);
/* Fails without asking Redis: text is copied. */
void registry_deny(struct registry *r, command_fn *fn, void *arg, const char *text);
/* Calls fn exactly once, when what stands under these keys (without the prefix) now is in the
 * snapshot, or two seconds have passed. Perhaps before this returns. */
void registry_settle(struct registry *r, const char *const *keys, size_t count,
                     void (*fn)(void *arg), void *arg);
const char *registry_prefix(const struct registry *r);

#endif
