#ifndef MODULES_HOST_SANDBOX_PARTS_H
#define MODULES_HOST_SANDBOX_PARTS_H

#include <stdbool.h>

#include "modules/host/sandbox/sandbox.h"

/* Whose the process is after sandbox_identity. */
enum sandbox_identity {
    SANDBOX_SHARED_USER, /* the server's: its processes are counted with all others of that user */
    SANDBOX_OWN_USER,    /* the real user is its own; only root can do that */
    SANDBOX_OWN_NAMESPACE
};

/* The parts of the sandbox, in the order in which they are entered. Each returns 0, also when the
 * kernel does not know it, or -1 and why. */
int sandbox_identity(enum sandbox_identity *identity, char *why, size_t why_size);
int sandbox_limits(const struct sandbox *sandbox, enum sandbox_identity identity, char *why,
                   size_t why_size);
int sandbox_files(const struct sandbox *sandbox, char *why, size_t why_size);
int sandbox_syscalls(const struct sandbox *sandbox, char *why, size_t why_size);

/* Landlock's ABI version of this kernel; 0: none. */
int sandbox_files_abi(void);
bool sandbox_syscalls_known(void);
/* Tries it, in a child process. */
bool sandbox_identity_known(void);

#endif
