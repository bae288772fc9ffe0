#include "modules/host/start.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* When the machine runs out of memory, a module host goes before the server and Redis: the number
 * counts as that many thousandths of the memory. Where it cannot be raised, size alone decides. */
static void offer_itself(void)
{
    enum { MORE = 300 };
    int now = 0;
    FILE *score = fopen("/proc/self/oom_score_adj", "r+e");
    if (!score)
        return;
    if (fscanf(score, "%d", &now) == 1 && now < MORE) { // NOLINT: the kernel writes a number
        rewind(score);
        fprintf(score, "%d", MORE);
    }
    fclose(score);
}

void start_process(void)
{
    offer_itself();
    /* The host never outlives its server, and no other process of the user looks into it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_DUMPABLE, 0))
        abort();
    /* A server that went away is seen where the write fails. */
    signal(SIGPIPE, SIG_IGN);
    for (int fd = IPC_FD_IN; fd <= IPC_FD_CELL; fd++) {
        /* What a module starts must not keep the pipes open. */
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        /* The host waits in read and write, whatever the server's side prefers. */
        int flags = fcntl(fd, F_GETFL);
        if (flags >= 0 && flags & O_NONBLOCK)
            fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    }
}

struct ipc_cell *start_cell(void)
{
    struct stat st;
    if (fstat(IPC_FD_CELL, &st) || st.st_size < IPC_CELL_SIZE)
        return NULL;
    void *cell = mmap(NULL, IPC_CELL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, IPC_FD_CELL, 0);
    close(IPC_FD_CELL);
    return cell == MAP_FAILED ? NULL : cell;
}
