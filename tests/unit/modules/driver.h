#ifndef TESTS_UNIT_MODULES_DRIVER_H
#define TESTS_UNIT_MODULES_DRIVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "modules/ipc/codec.h"

/* A real seshet-modhost, with the test in the server's place. Everything fails the test by itself
 * when it does not come about within a few seconds. */
struct driver {
    pid_t pid;
    int to;
    int from;
    struct ipc_cell *cell;
    struct buf out; /* put frames here, then driver_flush */
    struct buf in;
};

/* Starts the host; arguments for --probe, or NULL. */
void driver_start(struct driver *d, const char *source, const char *copy);
/* Sends HELLO, NETWORK (own nick "bot"), LOAD for each path, and START, and flushes. The module's
 * name is the file's. */
void driver_hello(struct driver *d, const char *const *paths, size_t count);
/* The same, and takes what comes up to READY. */
void driver_ready(struct driver *d, const char *const *paths, size_t count);
void driver_flush(struct driver *d);
/* The next frame, which must be of that type; valid until the next call. */
struct frame driver_take(struct driver *d, enum frame_type type);
/* The next frame of any type; NULL type: 0 at the end of the stream. */
int driver_next(struct driver *d, struct frame *f);
/* Waits for the host's end; gives its wait status and frees everything. */
int driver_end(struct driver *d);

/* An event of a channel, or in private when channel is "". command: index, or IPC_SUBSCRIPTION. */
struct ipc_event driver_event(uint64_t number, uint8_t type, uint16_t command, const char *channel,
                              const char *text);
/* Sends the event and expects exactly one SAY, and DONE; the text is valid until the next call. */
const char *driver_ask(struct driver *d, const struct ipc_event *e);

#endif
