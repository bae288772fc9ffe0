#ifndef REGISTRY_EMBEDDED_H
#define REGISTRY_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

struct event_base;

/*
 * A private redis-server: STATE/redis.sock (also for redis-cli -s), its data and log in
 * STATE/redis/, append-only. What it has answered is on the disk (appendfsync always: with everysec
 * it answers before it writes while a sync is under way, and a kill then loses what was
 * acknowledged). The price is one sync for each turn of its loop that writes, 0.1 to 10 ms by disk,
 * for all commands that came together. It listens on no port, has a session of its own (a ^C on the
 * terminal does not reach it before the server has said goodbye), dies with the server, and is
 * started again when it dies before.
 *
 * A server that was killed may leave its redis-server behind for a moment: that one is stopped, by
 * the process id that the kernel gives for the socket, before a new one starts. STATE/redis/lock
 * keeps two servers from sharing one state folder.
 */
struct embedded;

struct embedded_callbacks {
    void (*on_started)(void *arg); /* the process runs; the socket comes a moment later */
    void (*on_ended)(void *arg);   /* embedded_problem() says why; it is started again */
    void *arg;
};

/* NULL, with what is wrong: no redis-server installed, state folder not usable or in use. */
struct embedded *embedded_start(struct event_base *base, const struct clock *clock,
                                const char *state_dir, const struct embedded_callbacks *callbacks,
                                char *why, size_t why_size);
/* Asks the process to end, and does not wait; it is not started again, and nobody is told. */
void embedded_end(struct embedded *e);
/* Ends the process and waits for it: SIGKILL when it has not gone EMBEDDED_STOP_MS after it was
 * asked to. NULL is fine. */
#define EMBEDDED_STOP_MS 1000
void embedded_stop(struct embedded *e);

const char *embedded_socket(const struct embedded *e);
/* Why it does not run; "" when it does. */
const char *embedded_problem(const struct embedded *e);
/* Whether it may not answer yet, without anything being wrong. */
bool embedded_is_starting(const struct embedded *e);

#endif
