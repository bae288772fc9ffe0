#ifndef MODULES_HOST_KEEPER_H
#define MODULES_HOST_KEEPER_H

#include <stddef.h>
#include <stdint.h>

/*
 * The keeper of a module host is a process beside it, outside of the sandbox, that runs no code of
 * modules. When the host has ended it kills the host's process group: so does the server, but not
 * when it was killed itself. And it looks after the host's folder (folder_size.h): when that holds
 * too much, it ends the group by SIGXFSZ, and by SIGKILL if that is of no use.
 */
struct keeper {
    const char *folder; /* NULL: none */
    uint64_t most;      /* bytes in it */
};

/* To be called by a host in a process group of its own, before it gives up anything. 0, or -1 and
 * why: also when the folder holds too much already. */
int keeper_start(const struct keeper *keeper, char *why, size_t why_size);

#endif
