#ifndef SERVER_SUPERVISE_PROBE_H
#define SERVER_SUPERVISE_PROBE_H

#include "modules/ipc/codec.h"

struct event_base;

/*
 * One look at a module file, in a child process: it is checked, copied to a private name and loaded
 * once to hear what it declares. A file that crashes or hangs while it is loaded harms nobody. A
 * process that somebody else kills is started anew, twice at most.
 */
struct probe;

#define PROBE_DEADLINE_MS 10000
#define PROBE_HURRY_MS    1000

/* Called once, from the loop: what it declares, or why not (then `declared` is NULL, and nothing is
 * left at `copy`). Free the probe later, not in here. */
typedef void probe_done(void *arg, const struct ipc_module *declared, const char *error);

/* Returns NULL and *error (free() it) when no process can be started. */
struct probe *probe_start(struct event_base *base, const char *modhost_path, const char *source,
                          const char *copy, probe_done *done, void *arg, char **error);
/* The file has been replaced: gives it PROBE_HURRY_MS from now. */
void probe_hurry(struct probe *p);
/* Ends it when it still runs; then `done` is not called. */
void probe_free(struct probe *p);

#endif
