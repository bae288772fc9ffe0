#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "modules/host/sandbox/parts.h"

enum {
    MAX_DESCRIPTORS = 64,
    MAX_DESCRIPTORS_NET = 256,
    MAX_THREADS = 16,           /* of the host, its own among them */
    MAX_PROCESSES = 64,         /* with PERMISSION_EXEC: they and their threads */
    MAX_PROCESSES_SHARED = 512, /* the same, of all of the server's user */
    MAX_SIGNALS = 128,          /* that wait, POSIX timers among them */
    /* A core file of one byte is none, and also none for a program that takes core files. */
    MAX_CORE = 1,
};
#define MAX_FILE_BYTES (UINT64_C(256) << 20) /* of one file that is written */
/* Addresses for what is not private memory (libraries) or only reserved (malloc's arenas). */
#define ADDRESSES_MORE (UINT64_C(512) << 20)

/* What the process has already, in bytes. */
struct occupied {
    uint64_t addresses; /* what RLIMIT_AS counts */
    uint64_t data;      /* private writable memory: what RLIMIT_DATA counts */
};

static struct occupied find_occupied(void)
{
    char line[200] = "";
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return (struct occupied){0};
    char *at = fgets(line, sizeof line, file) ? line : line + sizeof line - 1;
    fclose(file);
    /* The first number and the sixth, in pages; see proc(5). */
    struct occupied occupied = {.addresses = strtoull(at, &at, 10) * page};
    for (int i = 0; i < 5; i++)
        occupied.data = strtoull(at, &at, 10) * page;
    return occupied;
}

static int set_limit(int which, uint64_t most, const char *what, char *why, size_t why_size)
{
    struct rlimit limit;
    if (!getrlimit(which, &limit)) {
        /* Never higher than whoever started the server allows. */
        if (limit.rlim_max > most)
            limit.rlim_max = most;
        limit.rlim_cur = limit.rlim_max;
        if (!setrlimit(which, &limit))
            return 0;
    }
    snprintf(why, why_size, "cannot limit its %s: %s", what, strerror(errno));
    return -1;
}

/* Pages that were written and then made read-only are no data any more: only the limit for
 * addresses holds them. Programs are given none: many reserve far more than they use. */
static int limit_memory(const struct sandbox *sandbox, char *why, size_t why_size)
{
    struct occupied now = find_occupied();
    if (set_limit(RLIMIT_DATA, now.data + sandbox->memory, "memory", why, why_size))
        return -1;
    if (sandbox->permissions & PERMISSION_EXEC)
        return 0;
    return set_limit(RLIMIT_AS, now.addresses + sandbox->memory + ADDRESSES_MORE, "addresses", why,
                     why_size);
}

static int limit_processes(const struct sandbox *sandbox, enum sandbox_identity identity, char *why,
                           size_t why_size)
{
    bool exec = sandbox->permissions & PERMISSION_EXEC;
    uint64_t most = exec ? MAX_PROCESSES : MAX_THREADS;
    if (identity == SANDBOX_SHARED_USER) {
        /* Without programs there are only threads; all hosts together may be more than that. */
        if (!exec)
            return 0;
        most = MAX_PROCESSES_SHARED;
    }
    return set_limit(RLIMIT_NPROC, most, "processes", why, why_size);
}

int sandbox_limits(const struct sandbox *sandbox, enum sandbox_identity identity, char *why,
                   size_t why_size)
{
    bool net = sandbox->permissions & PERMISSION_NET;
    uint64_t files = sandbox->data_most < MAX_FILE_BYTES ? sandbox->data_most : MAX_FILE_BYTES;
    if (set_limit(RLIMIT_CORE, MAX_CORE, "core files", why, why_size) ||
        limit_memory(sandbox, why, why_size) ||
        set_limit(RLIMIT_MEMLOCK, 0, "locked memory", why, why_size) ||
        set_limit(RLIMIT_MSGQUEUE, 0, "message queues", why, why_size) ||
        set_limit(RLIMIT_SIGPENDING, MAX_SIGNALS, "signals", why, why_size) ||
        set_limit(RLIMIT_FSIZE, files, "files", why, why_size) ||
        set_limit(RLIMIT_NOFILE, net ? MAX_DESCRIPTORS_NET : MAX_DESCRIPTORS, "descriptors", why,
                  why_size))
        return -1;
    return limit_processes(sandbox, identity, why, why_size);
}
