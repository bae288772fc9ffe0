/* Tries to get out of its process in one way at a time: "!try WAY [WHAT]". Answers "WAY: ok" where
 * it could, and otherwise with the error. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
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
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <seshet/module.h>

typedef long attempt(const char *what);
#define WAY(name) static long name(__attribute__((unused)) const char *what)

static seshet_ctx *asked_in; /* for what is tried by the server's hands */

WAY(try_read)
{
    char byte;
    int fd = open(what, O_RDONLY);
    return fd < 0 ? -1 : read(fd, &byte, 1);
}

static int early_error;

/* Before any function of the module is called, and before the host has seen its descriptor. */
__attribute__((constructor)) static void read_early(void)
{
    early_error = try_read("/etc/passwd") < 0 ? errno : 0;
}

WAY(try_early)
{
    errno = early_error;
    return early_error ? -1 : 0;
}

WAY(try_list)
{
    return open(what, O_RDONLY | O_DIRECTORY);
}

WAY(try_write)
{
    int fd = open(what, O_WRONLY | O_CREAT, 0600);
    return fd < 0 ? -1 : write(fd, "x", 1);
}

WAY(try_chmod)
{
    return chmod(what, 0777);
}

WAY(try_truncate)
{
    return truncate(what, 0);
}

WAY(try_unlink)
{
    return unlink(what);
}

WAY(try_tcp)
{
    long port = strtol(what, NULL, 10);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof to);
}

WAY(try_fork)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? -1 : waitpid(pid, NULL, 0);
}

WAY(try_vfork)
{
    pid_t pid = vfork(); // NOLINT: one way more
    if (pid == 0)
        _exit(0);
    return pid < 0 ? -1 : waitpid(pid, NULL, 0);
}

WAY(try_exec)
{
    return execl("/bin/sh", "sh", "-c", "true", (char *)NULL);
}

WAY(try_shell)
{
    char word[8] = "";
    FILE *shell = popen("echo out", "r"); // NOLINT: a shell is what it tries to get
    if (!shell)
        return -1;
    long got = fgets(word, sizeof word, shell) ? 0 : -1;
    pclose(shell);
    return got;
}

WAY(try_kill)
{
    return kill(getppid(), SIGTERM);
}

WAY(try_killall)
{
    return kill(-1, SIGTERM);
}

WAY(try_ptrace)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

WAY(try_peek)
{
    char bytes[8];
    struct iovec here = {bytes, sizeof bytes};
    struct iovec there = {(void *)0x400000, sizeof bytes};
    return syscall(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0);
}

WAY(try_limits)
{
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
    return setrlimit(RLIMIT_DATA, &more);
}

WAY(try_shared)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? -1 : 0;
}

WAY(try_descriptors)
{
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

WAY(try_thread)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, nothing, NULL);
    return errno ? -1 : pthread_join(thread, NULL);
}

enum { MEGABYTE = 1 << 20, MEGABYTES = 4096 };

/* Until no more is given. Then all is given back, or the answer could not be said. */
static long fill_memory(int flags, int protection)
{
    static char *taken[MEGABYTES];
    size_t n = 0;
    for (; n < MEGABYTES; n++) {
        taken[n] = mmap(NULL, MEGABYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
                        -1, 0);
        if (taken[n] == MAP_FAILED)
            break;
        for (size_t i = 0; i < MEGABYTE; i += 4096)
            taken[n][i] = 1;
        mprotect(taken[n], MEGABYTE, protection);
    }
    long result = n == MEGABYTES ? 0 : -1;
    int why = errno;
    while (n)
        munmap(taken[--n], MEGABYTE);
    errno = why;
    return result;
}

WAY(try_memory)
{
    return fill_memory(0, PROT_READ | PROT_WRITE);
}

/* What cannot be written any more is no data, but takes as much. */
WAY(try_frozen)
{
    return fill_memory(0, PROT_READ);
}

WAY(try_growing)
{
    return fill_memory(MAP_GROWSDOWN, PROT_READ | PROT_WRITE);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *wait_at_gate(void *arg)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return arg;
}

WAY(try_threads)
{
    static pthread_t threads[4096];
    pthread_attr_t small;
    size_t n = 0;
    int why = 0;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 1 << 16);
    pthread_mutex_lock(&gate);
    while (n < 4096 && !(why = pthread_create(&threads[n], &small, wait_at_gate, NULL)))
        n++;
    pthread_mutex_unlock(&gate);
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    errno = why;
    return why ? -1 : 0;
}

WAY(try_bomb)
{
    static pid_t children[8192];
    size_t n = 0;
    while (n < 8192) {
        children[n] = fork();
        if (children[n] < 0)
            break;
        if (children[n] == 0)
            for (;;)
                pause();
        n++;
    }
    int why = errno;
    for (size_t i = 0; i < n; i++)
        kill(children[i], SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    errno = why;
    return n == 8192 ? 0 : -1;
}

/* A process that is nobody's child any more, and goes on. */
WAY(try_orphan)
{
    pid_t child = fork();
    if (child == 0) {
        setsid();
        setpgid(0, 0);
        if (fork())
            _exit(0);
        for (;;)
            pause();
    }
    return child < 0 ? -1 : waitpid(child, NULL, 0);
}

static void *burn(void *arg)
{
    for (volatile unsigned long n = 0;; n++)
        ;
    return arg;
}

/* Threads that go on after the event. */
WAY(try_burn)
{
    pthread_t thread;
    errno = 0;
    for (int n = 0; n < 12 && !errno; n++)
        errno = pthread_create(&thread, NULL, burn, NULL);
    return errno ? -1 : 0;
}

static long make_process(unsigned long flags)
{
    long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    return pid < 0 ? -1 : waitpid((pid_t)pid, NULL, 0);
}

WAY(try_namespace)
{
    return make_process(CLONE_NEWUSER);
}

/* A child of the server, which does not know it. */
WAY(try_sister)
{
    return make_process(CLONE_PARENT);
}

/* Nothing is sent: whether it could be is asked. */
WAY(try_anyone)
{
    return kill((pid_t)strtol(what, NULL, 10), 0);
}

/* The page that the server looks at. */
WAY(try_resize)
{
    DIR *mappings = opendir("/proc/self/map_files");
    struct dirent *d;
    if (!mappings)
        return -1;
    while ((d = readdir(mappings))) {
        char path[300];
        char target[300] = "";
        snprintf(path, sizeof path, "/proc/self/map_files/%s", d->d_name);
        if (readlink(path, target, sizeof target - 1) > 0 && !strstr(target, "seshet-cell"))
            continue;
        if (open(path, O_RDWR | O_TRUNC) >= 0)
            return 0;
    }
    int why = errno;
    closedir(mappings);
    errno = why;
    return -1;
}

WAY(try_lock)
{
    struct flock first = {.l_type = F_RDLCK, .l_len = 1};
    int fd = open(what, O_RDONLY);
    long result = fd < 0 ? -1 : fcntl(fd, F_SETLK, &first);
    int why = errno;
    close(fd);
    errno = why;
    return result;
}

WAY(try_pipes)
{
    int ends[2000];
    int n = 0;
    while (n < 2000 && !pipe(ends + n))
        n += 2;
    int why = errno;
    for (int i = 0; i < n; i++)
        close(ends[i]);
    errno = why;
    return n == 2000 ? 0 : -1;
}

WAY(try_timers)
{
    timer_t timers[2000];
    int n = 0;
    while (n < 2000 && !timer_create(CLOCK_MONOTONIC, NULL, &timers[n]))
        n++;
    int why = errno;
    for (int i = 0; i < n; i++)
        timer_delete(timers[i]);
    errno = why;
    return n == 2000 ? 0 : -1;
}

/* Powers that the server's user may have: all but that over files, which Landlock bounds. */
WAY(try_capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[2];
    if (syscall(SYS_capget, &header, has))
        return -1;
    bool none = !(has[0].permitted & ~(1u << CAP_DAC_OVERRIDE)) && !has[1].permitted;
    errno = EPERM;
    return none ? -1 : 0;
}

WAY(try_link)
{
    return link(what, "stolen");
}

WAY(try_symlink)
{
    return symlink(what, "way") ? -1 : try_read("way");
}

WAY(try_rename)
{
    return rename("mine", what);
}

/* Files without end, each small. "stubborn" does not hear the first word of the keeper. */
WAY(try_litter)
{
    static char bytes[1 << 16];
    signal(SIGXFSZ, strcmp(what, "stubborn") == 0 ? SIG_IGN : SIG_DFL);
    for (unsigned n = 0;; n++) {
        char name[32];
        snprintf(name, sizeof name, "litter%u", n);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        if (fd < 0 || write(fd, bytes, sizeof bytes) < 0)
            return -1;
        close(fd);
    }
}

WAY(try_fill)
{
    static char bytes[MEGABYTE];
    long put = 0;
    int fd = open("fill", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    signal(SIGXFSZ, SIG_IGN);
    for (unsigned n = 0; fd >= 0 && put >= 0 && n < MEGABYTES; n++)
        put = write(fd, bytes, sizeof bytes);
    int why = errno;
    unlink("fill");
    close(fd);
    errno = why;
    return fd < 0 ? -1 : put;
}

/* Until no more is taken. */
WAY(try_store)
{
    static char value[60000];
    memset(value, 'x', sizeof value - 1);
    long most = *what ? strtol(what, NULL, 10) : 10000;
    for (long n = 0; n < most; n++) {
        char key[32];
        snprintf(key, sizeof key, "key%ld", n);
        errno = ENOSPC;
        if (seshet_set(asked_in, SESHET_HERE, key, value))
            return -1;
    }
    return 0;
}

WAY(try_pair)
{
    int ends[2];
    return socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
}

/* Calls that do no harm where they succeed, with what they are given here. */
static const struct {
    const char *name;
    long number;
    long args[5];
} calls[] = {
    {"mount", SYS_mount, {0}},
    {"unshare", SYS_unshare, {CLONE_NEWUSER}},
    {"dumpable", SYS_prctl, {PR_SET_DUMPABLE, 1}},
    {"netlink", SYS_socket, {AF_NETLINK, SOCK_RAW}},
    {"unix", SYS_socket, {AF_UNIX, SOCK_STREAM}},
    {"raw_socket", SYS_socket, {AF_INET, SOCK_RAW, IPPROTO_ICMP}},
    {"memfd", SYS_memfd_create, {(long)"x"}},
    {"io_uring", 425 /* io_uring_setup */, {8}},
    {"chroot", SYS_chroot, {0}},
    {"mknod", SYS_mknodat, {AT_FDCWD, (long)"node", S_IFCHR | 0600, 0x103}},
    {"setuid", SYS_setuid, {0}},
    {"setsid", SYS_setsid, {0}},
    {"setpgid", SYS_setpgid, {0}},
    {"outlive", SYS_prctl, {PR_SET_PDEATHSIG, 0}},
    {"subreaper", SYS_prctl, {PR_SET_CHILD_SUBREAPER, 1}},
    {"personality", SYS_personality, {0xffffffff}},
    {"priority", SYS_setpriority, {PRIO_PROCESS, 0, -1}},
    {"scheduler", SYS_sched_setscheduler, {0}},
    {"affinity", SYS_sched_setaffinity, {0}},
    {"mlock", SYS_mlockall, {MCL_CURRENT}},
    {"keyring", SYS_add_key, {0}},
    {"keyctl", SYS_keyctl, {0}},
    {"bpf", SYS_bpf, {0}},
    {"perf", SYS_perf_event_open, {0}},
    {"userfaultfd", SYS_userfaultfd, {0}},
    {"watch", SYS_inotify_init1, {0}},
    {"clone3", 435 /* clone3 */, {0}},
    {"execveat", SYS_execveat, {AT_FDCWD, (long)"/bin/true"}},
    {"pidfd", 434 /* pidfd_open */, {1}},
    {"tgkill", SYS_tgkill, {1, 1, 0}},
    {"sigqueue", SYS_rt_sigqueueinfo, {1, SIGTERM}},
    {"grow_pipe", SYS_fcntl, {4, F_SETPIPE_SZ, MEGABYTE}},
    {"signal_owner", SYS_fcntl, {3, F_SETOWN, 1}},
    {"lease", SYS_fcntl, {3, F_SETLEASE, F_RDLCK}},
    {"huge", SYS_mmap, {0, MEGABYTE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1}},
    {"handle", SYS_open_by_handle_at, {0}},
    {"shm", SYS_shmget, {0, 4096, 0600}},
    {"queue", SYS_mq_open, {(long)"x"}},
};

static const struct {
    const char *name;
    attempt *run;
} ways[] = {
    {"read", try_read},
    {"early", try_early},
    {"list", try_list},
    {"write", try_write},
    {"chmod", try_chmod},
    {"truncate", try_truncate},
    {"unlink", try_unlink},
    {"tcp", try_tcp},
    {"fork", try_fork},
    {"vfork", try_vfork},
    {"exec", try_exec},
    {"shell", try_shell},
    {"kill", try_kill},
    {"killall", try_killall},
    {"ptrace", try_ptrace},
    {"peek", try_peek},
    {"limits", try_limits},
    {"shared", try_shared},
    {"thread", try_thread},
    {"memory", try_memory},
    {"descriptors", try_descriptors},
    {"frozen", try_frozen},
    {"growing", try_growing},
    {"threads", try_threads},
    {"bomb", try_bomb},
    {"burn", try_burn},
    {"orphan", try_orphan},
    {"namespace", try_namespace},
    {"sister", try_sister},
    {"anyone", try_anyone},
    {"resize", try_resize},
    {"lock", try_lock},
    {"pipes", try_pipes},
    {"timers", try_timers},
    {"capabilities", try_capabilities},
    {"link", try_link},
    {"symlink", try_symlink},
    {"rename", try_rename},
    {"litter", try_litter},
    {"fill", try_fill},
    {"store", try_store},
    {"pair", try_pair},
};

static bool call_by_name(const char *name, long *result)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        const long *a = calls[i].args;
        if (strcmp(calls[i].name, name) != 0)
            continue;
        *result = syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4]);
        return true;
    }
    return false;
}

static void try(seshet_ctx *ctx, const seshet_event *ev)
{
    char name[32];
    size_t len = strcspn(ev->args, " ");
    const char *what = ev->args[len] ? ev->args + len + 1 : "";
    snprintf(name, sizeof name, "%.*s", (int)len, ev->args);
    errno = 0;
    asked_in = ctx;
    long result = 0;
    bool known = call_by_name(name, &result);
    for (size_t i = 0; !known && i < sizeof ways / sizeof *ways; i++) {
        known = strcmp(ways[i].name, name) == 0;
        if (known)
            result = ways[i].run(what);
    }
    if (known)
        seshet_reply(ctx, "%s: %s", ev->args, result < 0 ? strerror(errno) : "ok");
    else
        seshet_reply(ctx, "%s: there is no such way", ev->args);
}

SESHET_MODULE(.name = "escape", .version = "1", .description = "Tries to get out.",
              .commands = SESHET_COMMANDS({"try", try}), )
