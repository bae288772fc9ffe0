#ifndef SERVER_SUPERVISE_PROCESSOR_WATCH_H
#define SERVER_SUPERVISE_PROCESSOR_WATCH_H

#include "server/supervise/generation.h"

/*
 * Events have deadlines; threads that modules leave running have none. To be called for each
 * process every PROCESSOR_WATCH_MS: at the second time in a row that it used more than a core and a
 * half, or more than a quarter of one without any event, it is killed.
 */
#define PROCESSOR_WATCH_MS 2000

void processor_watch(struct generation *g);

#endif
