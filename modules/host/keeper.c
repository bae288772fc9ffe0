#include "modules/host/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "modules/host/folder_size.h"

enum {
    LOOK_MS = 500,   /* between two looks at the folder, */
    LOOK_PARTS = 20, /* or so many times as long as a look takes */
    GRACE_MS = 200,
    NICE = 10
};

static int64_t now_ms(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now))
        return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* True when the host ends within that time; -1: whenever it does. The pidfd is descriptor 0. */
static bool ends_within(int64_t ms)
{
    struct pollfd ended = {.fd = STDIN_FILENO, .events = POLLIN};
    int n;
    do
        n = poll(&ended, 1, (int)ms);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* Until the host has ended or must end. */
static void look_after(const struct keeper *keeper)
{
    char why[512];
    int64_t pause = LOOK_MS;
    while (!ends_within(pause)) {
        int64_t began = now_ms(CLOCK_MONOTONIC);
        if (folder_check(keeper->folder, keeper->most, why, sizeof why))
            return;
        int64_t took = now_ms(CLOCK_MONOTONIC) - began;
        pause = took * LOOK_PARTS > LOOK_MS ? took * LOOK_PARTS : LOOK_MS;
    }
}

static _Noreturn void keep(const struct keeper *keeper, pid_t host, int pidfd)
{
    /* The pipes are not its business. */
    if (dup2(pidfd, STDIN_FILENO) < 0 || close_range(STDIN_FILENO + 1, ~0U, 0))
        _exit(1);
    prctl(PR_SET_NAME, "seshet-keeper");
    setpriority(PRIO_PROCESS, 0, NICE);
    if (keeper->folder) {
        look_after(keeper);
        kill(-host, SIGXFSZ);
        ends_within(GRACE_MS);
    } else {
        ends_within(-1);
    }
    kill(-host, SIGKILL);
    _exit(0);
}

/* A child of nobody: a module that waits for its children must not wait for the keeper. */
static int start(const struct keeper *keeper)
{
    pid_t host = getpid();
    int pidfd = pidfd_open(host, 0);
    int status = 1;
    if (pidfd < 0)
        return -1;
    pid_t between = fork();
    if (between == 0) {
        /* It is not part of the group that it ends. */
        pid_t pid = setpgid(0, 0) ? -1 : fork();
        if (pid == 0)
            keep(keeper, host, pidfd);
        _exit(pid < 0);
    }
    close(pidfd);
    return between > 0 && waitpid(between, &status, 0) == between && !status ? 0 : -1;
}

int keeper_start(const struct keeper *keeper, char *why, size_t why_size)
{
    if (keeper->folder && folder_check(keeper->folder, keeper->most, why, why_size))
        return -1;
    if (!start(keeper))
        return 0;
    snprintf(why, why_size, "cannot start its keeper: %s", strerror(errno));
    return -1;
}
