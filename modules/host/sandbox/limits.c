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
    MAX_PROCESSES = 512, /* of the server's user; with PERMISSION_EXEC, without it there are none */
};
#define MAX_FILE_BYTES (UINT64_C(256) << 20) /* of one file that is written */

/* The private writable memory that the process has already: what RLIMIT_DATA counts. */
static uint64_t data_bytes(void)
{
    char line[200] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    const char *at = fgets(line, sizeof line, file) ? line : "";
    fclose(file);
    /* The sixth number, in pages; see proc(5). */
    for (int i = 0; i < 5; i++) {
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    return strtoull(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
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

int sandbox_limits(const struct sandbox *sandbox, char *why, size_t why_size)
{
    bool net = sandbox->permissions & PERMISSION_NET;
    bool exec = sandbox->permissions & PERMISSION_EXEC;
    if (set_limit(RLIMIT_CORE, 0, "core files", why, why_size) ||
        set_limit(RLIMIT_DATA, data_bytes() + sandbox->memory, "memory", why, why_size) ||
        set_limit(RLIMIT_MEMLOCK, 0, "locked memory", why, why_size) ||
        set_limit(RLIMIT_MSGQUEUE, 0, "message queues", why, why_size) ||
        set_limit(RLIMIT_FSIZE, MAX_FILE_BYTES, "files", why, why_size) ||
        set_limit(RLIMIT_NOFILE, net ? MAX_DESCRIPTORS_NET : MAX_DESCRIPTORS, "descriptors", why,
                  why_size))
        return -1;
    return exec ? set_limit(RLIMIT_NPROC, MAX_PROCESSES, "processes", why, why_size) : 0;
}
