#ifndef MODULES_HOST_SANDBOX_SANDBOX_H
#define MODULES_HOST_SANDBOX_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/permission.h"

/*
 * What keeps a module inside its process: no new privileges and no old ones, a count of its own for
 * processes, resource limits, Landlock (which files there are), seccomp (which system calls there
 * are). Entered once, before any code of a module is
 * mapped, and never left; children of the process are inside as well.
 *
 * A mechanism that the kernel lacks is left out; what then is not guaranteed is told by
 * sandbox_missing, which asks the kernel and changes nothing.
 */
struct sandbox {
    uint32_t permissions;     /* PERMISSION_ bits */
    uint64_t memory;          /* most bytes of private memory that modules may take */
    const char *const *files; /* to be read: the modules' own copies */
    size_t nfiles;
    const char *data;   /* folder of the module, made when missing; NULL without PERMISSION_FILES */
    uint64_t data_most; /* bytes in it: no file may be larger */
};

/* What cannot be guaranteed without the mechanism. X(NAME, bit, "mechanism", "guarantee") */
#define SANDBOX_MECHANISM_LIST(X)                                                                  \
    X(SYSCALLS, 1u, "seccomp",                                                                     \
      "modules can use every system call: open sockets, start programs, signal and trace other "   \
      "processes")                                                                                 \
    X(FILES, 2u, "Landlock",                                                                       \
      "modules can read and write every file that the server's user can, its secrets included")    \
    X(TRUNCATE, 4u, "Landlock ABI 3", "a module with the permission files can truncate files")     \
    X(SCOPE, 8u, "Landlock ABI 6",                                                                 \
      "a module with the permission exec can signal other processes of the server's user")         \
    X(PROCESSES, 16u, "user namespaces with a count of processes",                                 \
      "threads of modules are not bounded, and what modules with the permission exec start is "    \
      "counted with all processes of the server's user")

enum sandbox_mechanism {
#define X(name, bit, text, guarantee) SANDBOX_##name = bit,
    SANDBOX_MECHANISM_LIST(X)
#undef X
};

/* The bits of the mechanisms that this kernel lacks. */
uint32_t sandbox_missing(void);
/* Prints a line for each, "mechanism: guarantee", and returns 0 when there is none, else 1. */
int sandbox_report(void);

/* 0, or -1 and why: then no module may be loaded. What the kernel lacks is no failure. */
int sandbox_enter(const struct sandbox *sandbox, char *why, size_t why_size);

#endif
