#include "modules/host/keeper.h"

#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void keep(pid_t host, int pidfd)
{
    struct pollfd ended = {.fd = STDIN_FILENO, .events = POLLIN};
    /* Neither the pipes nor the end of the group are its business. */
    if (setpgid(0, 0) || dup2(pidfd, STDIN_FILENO) < 0 || close_range(STDIN_FILENO + 1, ~0U, 0))
        _exit(1);
    prctl(PR_SET_NAME, "seshet-keeper");
    while (poll(&ended, 1, -1) < 0)
        ;
    kill(-host, SIGKILL);
    _exit(0);
}

/* A child of nobody: a module that waits for its children must not wait for the keeper. */
int keeper_start(void)
{
    pid_t host = getpid();
    int pidfd = pidfd_open(host, 0);
    int status = 1;
    if (pidfd < 0)
        return -1;
    pid_t between = fork();
    if (between == 0) {
        pid_t keeper = fork();
        if (keeper == 0)
            keep(host, pidfd);
        _exit(keeper < 0);
    }
    close(pidfd);
    return between > 0 && waitpid(between, &status, 0) == between && !status ? 0 : -1;
}
