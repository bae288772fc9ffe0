#ifndef SERVER_SUPERVISE_TIMERS_H
#define SERVER_SUPERVISE_TIMERS_H

#include "modules/ipc/codec.h"
#include "server/supervise/generation.h"

/* The timers of one generation's modules: when one is due, its number is handed to ops->timer. They
 * end with the generation: what they would call is in its memory. */
#define GENERATION_TIMERS_MAX 1000

/* IPC_TIMER and IPC_CANCEL: the status for the answer, and *number (0: none). */
int32_t timers_ask(struct generation *g, const struct ipc_ask *ask, int64_t *number);
void timers_free(struct generation *g);

#endif
