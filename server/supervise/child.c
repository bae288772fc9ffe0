#include "server/supervise/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xmalloc.h"

/* Lower numbers would collide with those the child gets. */
enum { LOWEST_FD = 16 };

/* The ends of the child's descriptors. */
struct plumbing {
    int to[2];   /* read end, write end */
    int from[2]; /* read end, write end */
    int cell;
};

static int raise_fd(int *fd)
{
    if (*fd >= LOWEST_FD)
        return 0;
    int higher = fcntl(*fd, F_DUPFD_CLOEXEC, LOWEST_FD);
    if (higher < 0)
        return -1;
    close(*fd);
    *fd = higher;
    return 0;
}

static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC)) {
        ends[0] = ends[1] = -1;
        return -1;
    }
    return raise_fd(&ends[0]) || raise_fd(&ends[1]) ? -1 : 0;
}

static int make_cell(int *fd, struct ipc_cell **cell)
{
    *fd = memfd_create("seshet-cell", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0 || raise_fd(fd) || ftruncate(*fd, IPC_CELL_SIZE))
        return -1;
    /* A page that the child took away again would end the server that reads it. */
    if (fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
        return -1;
    void *page = mmap(NULL, IPC_CELL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (page == MAP_FAILED)
        return -1;
    *cell = page;
    return 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_plumbing(struct plumbing *p)
{
    close_fd(&p->to[0]);
    close_fd(&p->to[1]);
    close_fd(&p->from[0]);
    close_fd(&p->from[1]);
    close_fd(&p->cell);
}

static int make_plumbing(struct plumbing *p, struct ipc_cell **cell)
{
    *p = (struct plumbing){{-1, -1}, {-1, -1}, -1};
    if (make_pipe(p->to) || make_pipe(p->from) || make_cell(&p->cell, cell) ||
        fcntl(p->to[1], F_SETFL, O_NONBLOCK) || fcntl(p->from[0], F_SETFL, O_NONBLOCK)) {
        int why = errno;
        close_plumbing(p);
        errno = why;
        return -1;
    }
    return 0;
}

/* Sanitizers' options let a test choose where their reports go; nothing else of the server's
 * environment is a module's business. Returns a NULL-terminated list that points into environ. */
static void child_environment(char *env[5])
{
    static char lang[] = "LANG=C.UTF-8";
    static const char *const kept[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};
    size_t n = 0;
    env[n++] = lang;
    for (char **e = environ; e && *e; e++)
        for (size_t i = 0; i < sizeof kept / sizeof *kept && n < 4; i++) {
            size_t len = strlen(kept[i]);
            if (!strncmp(*e, kept[i], len) && (*e)[len] == '=')
                env[n++] = *e;
        }
    env[n] = NULL;
}

static int add_descriptors(posix_spawn_file_actions_t *actions, const struct plumbing *p)
{
    int err = 0;
    for (int fd = 0; fd <= 2 && !err; fd++)
        err = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
    if (!err)
        err = posix_spawn_file_actions_adddup2(actions, p->to[0], IPC_FD_IN);
    if (!err)
        err = posix_spawn_file_actions_adddup2(actions, p->from[1], IPC_FD_OUT);
    if (!err)
        err = posix_spawn_file_actions_adddup2(actions, p->cell, IPC_FD_CELL);
    /* All of ours close by themselves; whoever started the server may have left others. */
    if (!err)
        err = posix_spawn_file_actions_addclosefrom_np(actions, IPC_FD_CELL + 1);
    return err;
}

static int set_attributes(posix_spawnattr_t *attr)
{
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int err = posix_spawnattr_setsigmask(attr, &none);
    if (!err)
        err = posix_spawnattr_setsigdefault(attr, &all);
    if (!err)
        err = posix_spawnattr_setpgroup(attr, 0);
    if (!err)
        err = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                 POSIX_SPAWN_SETPGROUP);
    return err;
}

/* Returns 0 or an errno number. */
static int spawn(pid_t *pid, const struct plumbing *p, char *const argv[])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    int err = posix_spawn_file_actions_init(&actions);
    if (err)
        return err;
    err = posix_spawnattr_init(&attr);
    if (!err) {
        char *env[5];
        child_environment(env);
        err = add_descriptors(&actions, p);
        if (!err)
            err = set_attributes(&attr);
        if (!err)
            err = posix_spawn(pid, argv[0], &actions, &attr, argv, env);
        posix_spawnattr_destroy(&attr);
    }
    posix_spawn_file_actions_destroy(&actions);
    return err;
}

int child_spawn(struct child *child, char *const argv[], char **error)
{
    struct plumbing p;
    *child = (struct child){.pidfd = -1, .to = -1, .from = -1};
    if (make_plumbing(&p, &child->cell)) {
        *error = xasprintf("cannot make pipes for a module host: %s", strerror(errno));
        return -1;
    }
    int err = spawn(&child->pid, &p, argv);
    if (!err) {
        /* It cannot be reaped by anyone else, so its number still means it. */
        child->pidfd = pidfd_open(child->pid, 0);
        if (child->pidfd < 0) {
            err = errno;
            kill(child->pid, SIGKILL);
            waitpid(child->pid, NULL, 0);
        }
    }
    if (err) {
        *error = xasprintf("cannot start %s: %s", argv[0], strerror(err));
        munmap(child->cell, IPC_CELL_SIZE);
        close_plumbing(&p);
        *child = (struct child){.pidfd = -1, .to = -1, .from = -1};
        return -1;
    }
    child->to = p.to[1];
    child->from = p.from[0];
    p.to[1] = p.from[0] = -1;
    close_plumbing(&p);
    return 0;
}

void child_kill(const struct child *child)
{
    if (!child->pid)
        return;
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
}

static void release(struct child *child)
{
    close_fd(&child->to);
    close_fd(&child->from);
    close_fd(&child->pidfd);
    munmap(child->cell, IPC_CELL_SIZE);
    child->cell = NULL;
    child->pid = 0;
}

static void write_how(struct child_death *death)
{
    const char *abbreviation = sigabbrev_np(death->signal);
    const char *because = "";
    if (death->signal == SIGKILL)
        because = ", not by the server: by hand, or because the machine ran out of memory";
    else if (death->signal == SIGXFSZ)
        because = ", because a file or its folder became too large (modules.files_mb)";
    if (!death->signal)
        snprintf(
            death->how, sizeof death->how,
            "ended by itself with exit status %d; if the module calls exit, let it return instead",
            death->status);
    else
        snprintf(death->how, sizeof death->how, "was killed by SIG%s (%s)%s",
                 abbreviation ? abbreviation : "?", strsignal(death->signal), because);
}

bool child_reap(struct child *child, struct child_death *death)
{
    siginfo_t info = {0};
    /* Before the number is free for another group. */
    kill(-child->pid, SIGKILL);
    while (waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED) && errno == EINTR)
        ;
    bool exited = info.si_code == CLD_EXITED;
    *death = (struct child_death){.signal = exited ? 0 : info.si_status,
                                  .status = exited ? info.si_status : 0,
                                  .out_of_memory = ipc_cell_refused_memory(child->cell)};
    write_how(death);
    release(child);
    return exited && info.si_status == 0;
}

void child_end(struct child *child, int wait_ms)
{
    struct child_death death;
    if (!child->pid)
        return;
    child_kill(child);
    struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};
    /* A process that hangs in the kernel cannot be waited for: whoever adopts it will. */
    if (poll(&ended, 1, wait_ms) == 1)
        child_reap(child, &death);
    else
        release(child);
}
