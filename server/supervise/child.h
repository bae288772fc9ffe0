#ifndef SERVER_SUPERVISE_CHILD_H
#define SERVER_SUPERVISE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "modules/ipc/cell.h"

/*
 * A child process with the descriptors modules/ipc/cell.h describes: two pipes and the shared page.
 * It leads a process group of its own, so that what it forks ends with it, and inherits nothing
 * else: no descriptor, no signal setting, no environment but LANG and the sanitizers' options.
 */
struct child {
    pid_t pid;             /* 0: none */
    int pidfd;             /* readable when it has ended */
    int to;                /* written by the server; non-blocking; -1 when closed */
    int from;              /* read by the server; non-blocking; -1 when closed */
    struct ipc_cell *cell; /* stays mapped until child_reap */
};

/* argv[0] is the executable's path. Returns 0, or -1 and *error (free() it), and nothing is left
 * behind. Takes up to a millisecond: the server's memory is not copied. */
int child_spawn(struct child *child, char *const argv[], char **error);
/* SIGKILL to its whole group. Harmless when it has ended, as long as it was not reaped. */
void child_kill(const struct child *child);
/* How it ended. */
struct child_death {
    int signal;         /* 0: by itself */
    int status;         /* then its exit status */
    bool out_of_memory; /* it was refused some, and did not get over it */
    char how[160];      /* "was killed by SIGSEGV (Segmentation fault)" */
};
/* After pidfd became readable: takes the exit status, kills what is left of the group, closes
 * everything. Returns true when it exited with status 0. */
bool child_reap(struct child *child, struct child_death *death);
/* For the server's own end: kills it and waits at most wait_ms for it to be gone. */
void child_end(struct child *child, int wait_ms);

#endif
