#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include <event2/event.h>

/*
 * A small pool of threads for what must not hold the event loop: reading files, hashing passwords.
 * `work` runs on a thread and may touch nothing but its argument; `done` runs on the loop
 * afterwards, exactly once, in no promised order between jobs. At most 1,024 jobs wait.
 */
struct worker_pool;

/* NULL and *error (a text to free) when the system refuses the threads. */
struct worker_pool *worker_pool_new(struct event_base *base, unsigned threads, char **error);
/* 0, or -1 when too many jobs wait: nothing will be called then. */
int worker_submit(struct worker_pool *pool, void (*work)(void *arg), void (*done)(void *arg),
                  void *arg);
/* Waits for the jobs that run (at most a second: then they and the pool are left to the end of the
 * process), and calls `done` of every job that was taken, also of those whose
 * work never ran: `done` must therefore cope with an argument that was not worked on. */
void worker_pool_free(struct worker_pool *pool);

#endif
