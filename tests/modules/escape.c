/* Tries to get out of its process in one way at a time: "!try WAY [WHAT]". Answers "WAY: ok" where
 * it could, and otherwise with the error. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>
#include <seshet/module.h>

typedef long attempt(const char *what);

static long try_read(const char *what)
{
    char byte;
    int fd = open(what, O_RDONLY);
    return fd < 0 ? -1 : read(fd, &byte, 1);
}

static long try_list(const char *what)
{
    return open(what, O_RDONLY | O_DIRECTORY);
}

static long try_write(const char *what)
{
    int fd = open(what, O_WRONLY | O_CREAT, 0600);
    return fd < 0 ? -1 : write(fd, "x", 1);
}

static long try_chmod(const char *what)
{
    return chmod(what, 0777);
}

static long try_truncate(const char *what)
{
    return truncate(what, 0);
}

static long try_unlink(const char *what)
{
    return unlink(what);
}

static long try_tcp(const char *what)
{
    long port = strtol(what, NULL, 10);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof to);
}

static long try_unix(const char *what)
{
    (void)what;
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long try_netlink(const char *what)
{
    (void)what;
    return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long try_fork(const char *what)
{
    (void)what;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? -1 : waitpid(pid, NULL, 0);
}

static long try_exec(const char *what)
{
    (void)what;
    return execl("/bin/sh", "sh", "-c", "true", (char *)NULL);
}

static long try_shell(const char *what)
{
    (void)what;
    char word[8] = "";
    FILE *shell = popen("echo out", "r"); // NOLINT: a shell is what it tries to get
    if (!shell)
        return -1;
    long got = fgets(word, sizeof word, shell) ? 0 : -1;
    pclose(shell);
    return got;
}

static long try_kill(const char *what)
{
    (void)what;
    return kill(getppid(), SIGTERM);
}

static long try_killall(const char *what)
{
    (void)what;
    return kill(-1, SIGTERM);
}

static long try_ptrace(const char *what)
{
    (void)what;
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long try_peek(const char *what)
{
    (void)what;
    char bytes[8];
    struct iovec here = {bytes, sizeof bytes};
    struct iovec there = {(void *)0x400000, sizeof bytes};
    return syscall(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0);
}

static long try_dumpable(const char *what)
{
    (void)what;
    return prctl(PR_SET_DUMPABLE, 1);
}

static long try_limits(const char *what)
{
    (void)what;
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
    return setrlimit(RLIMIT_DATA, &more);
}

static long try_shared(const char *what)
{
    (void)what;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? -1 : 0;
}

static long try_memfd(const char *what)
{
    (void)what;
    return syscall(SYS_memfd_create, "x", 0);
}

static long try_uring(const char *what)
{
    (void)what;
    char params[120] = {0};
    return syscall(425 /* io_uring_setup */, 8, params);
}

static long try_unshare(const char *what)
{
    (void)what;
    return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */);
}

static long try_descriptors(const char *what)
{
    (void)what;
    for (int fd = 5; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return 0;
    errno = EBADF;
    return -1;
}

static void *nothing(void *arg)
{
    return arg;
}

static long try_thread(const char *what)
{
    (void)what;
    pthread_t thread;
    errno = pthread_create(&thread, NULL, nothing, NULL);
    return errno ? -1 : pthread_join(thread, NULL);
}

/* Until no more is given. */
static long try_memory(const char *what)
{
    size_t megabytes = 0;
    (void)what;
    while (megabytes < 4096) {
        char *more =
            mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (more == MAP_FAILED)
            return -1;
        for (size_t i = 0; i < 1 << 20; i += 4096)
            more[i] = 1;
        megabytes++;
    }
    return 0;
}

static const struct {
    const char *name;
    attempt *run;
} ways[] = {
    {"read", try_read},
    {"list", try_list},
    {"write", try_write},
    {"chmod", try_chmod},
    {"truncate", try_truncate},
    {"unlink", try_unlink},
    {"tcp", try_tcp},
    {"unix", try_unix},
    {"netlink", try_netlink},
    {"fork", try_fork},
    {"exec", try_exec},
    {"shell", try_shell},
    {"kill", try_kill},
    {"killall", try_killall},
    {"ptrace", try_ptrace},
    {"peek", try_peek},
    {"dumpable", try_dumpable},
    {"limits", try_limits},
    {"shared", try_shared},
    {"memfd", try_memfd},
    {"io_uring", try_uring},
    {"unshare", try_unshare},
    {"thread", try_thread},
    {"memory", try_memory},
    {"descriptors", try_descriptors},
};

static void try(seshet_ctx *ctx, const seshet_event *ev)
{
    char name[32];
    size_t len = strcspn(ev->args, " ");
    const char *what = ev->args[len] ? ev->args + len + 1 : "";
    snprintf(name, sizeof name, "%.*s", (int)len, ev->args);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(ways[i].name, name) != 0)
            continue;
        errno = 0;
        long result = ways[i].run(what);
        seshet_reply(ctx, "%s: %s", ev->args, result < 0 ? strerror(errno) : "ok");
        return;
    }
    seshet_reply(ctx, "%s: there is no such way", ev->args);
}

SESHET_MODULE(.name = "escape", .version = "1", .description = "Tries to get out.",
              .commands = SESHET_COMMANDS({"try", try}), )
