#include "server/sandbox_check.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "server/paths.h"

enum { ANSWER_MAX = 8192 };

static int spawn(const char *program, int out, pid_t *pid)
{
    char *const argv[] = {(char *)program, (char *)"--sandbox", NULL};
    posix_spawn_file_actions_t actions;
    int err = posix_spawn_file_actions_init(&actions);
    if (err)
        return err;
    err = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!err)
        err = posix_spawn(pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return err;
}

static void read_answer(int fd, struct buf *answer)
{
    char bytes[1024];
    ssize_t n;
    while (answer->len < ANSWER_MAX && (n = read(fd, bytes, sizeof bytes)) > 0)
        buf_append(answer, bytes, (size_t)n);
}

/* Returns 0 or an errno number. */
static int ask(const char *program, struct buf *answer)
{
    int ends[2];
    pid_t pid = 0;
    int status = 0;
    if (pipe2(ends, O_CLOEXEC))
        return errno;
    int err = spawn(program, ends[1], &pid);
    close(ends[1]);
    if (!err) {
        read_answer(ends[0], answer);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        /* 1: something is missing */
        if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
            err = ENOEXEC;
    }
    close(ends[0]);
    return err;
}

static void log_lines(const char *lines)
{
    for (size_t len; *lines; lines += len + (lines[len] == '\n')) {
        len = strcspn(lines, "\n");
        log_warn("sandbox.missing", LOG_NOBODY, "the kernel lacks %.*s", (int)len, lines);
    }
}

int sandbox_check(const struct conf_main *conf, char **missing, char **error)
{
    struct buf answer = {0};
    *missing = NULL;
    if (!conf->modules.sandbox) {
        log_warn("sandbox.off", LOG_NOBODY,
                 "modules.sandbox is false: modules can do whatever the server's user can");
        *missing = xstrdup("");
        return 0;
    }
    char *program = path_modhost();
    int err = ask(program, &answer);
    buf_append(&answer, "", 1);
    if (err)
        *error = xasprintf("cannot ask %s what the kernel can do: %s", program, strerror(err));
    free(program);
    if (!err)
        *missing = xstrdup(buf_data(&answer));
    buf_free(&answer);
    if (err)
        return -1;
    log_lines(*missing);
    if (!**missing || !conf->modules.require_sandbox)
        return 0;
    *error = xasprintf("modules.require_sandbox is set, and the kernel lacks %s"
                       "Use a kernel that has it, or set modules.require_sandbox to false",
                       *missing);
    free(*missing);
    *missing = NULL;
    return -1;
}
