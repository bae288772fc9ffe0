#include "server/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xmalloc.h"

/* The parent's end. Never returns. */
static void wait_for_child(int fd, const char *log)
{
    char byte;
    ssize_t n;
    while ((n = read(fd, &byte, 1)) < 0 && errno == EINTR)
        continue;
    if (n != 1)
        fprintf(stderr, "seshetd: could not start; %s says why\n", log);
    _exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void redirect(int log_fd)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd >= 0) {
        dup2(null_fd, STDIN_FILENO);
        dup2(null_fd, STDOUT_FILENO);
        close(null_fd);
    }
    dup2(log_fd, STDERR_FILENO);
    close(log_fd);
}

int background_enter(struct background *b, const char *state_dir, char **error)
{
    int fds[2] = {-1, -1};
    char *log = xasprintf("%s/seshetd.log", state_dir);
    int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_t pid = -1;
    if (log_fd < 0)
        *error = xasprintf("cannot open %s: %s", log, strerror(errno));
    else if (pipe2(fds, O_CLOEXEC) || (pid = fork()) < 0)
        *error = xasprintf("cannot go to the background: %s", strerror(errno));
    if (pid > 0) {
        close(fds[1]);
        wait_for_child(fds[0], log);
    }
    free(log);
    if (pid < 0) {
        if (log_fd >= 0)
            close(log_fd);
        if (fds[0] >= 0) {
            close(fds[0]);
            close(fds[1]);
        }
        return -1;
    }
    close(fds[0]);
    setsid();
    redirect(log_fd);
    b->pipe_fd = fds[1];
    return 0;
}

void background_ready(struct background *b)
{
    if (b->pipe_fd < 0)
        return;
    if (write(b->pipe_fd, "", 1) < 0)
        errno = 0; /* whoever waited has gone */
    close(b->pipe_fd);
    b->pipe_fd = -1;
}
