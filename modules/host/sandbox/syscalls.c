#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "modules/host/sandbox/parts.h"

/*
 * seccomp(2): which system calls there are. What is not named here fails with EPERM. Landlock says
 * which files the calls for files may touch; those that change owners, modes, times and attributes
 * it does not know, so they are not here.
 */

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* Of the process and its memory, waiting, time, threads, descriptors that it has. */
static const int common[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(preadv),
    SCMP_SYS(pwritev),
    SCMP_SYS(preadv2),
    SCMP_SYS(pwritev2),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(eventfd),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(signalfd),
    SCMP_SYS(signalfd4),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(msync),
    SCMP_SYS(brk),
    SCMP_SYS(mincore),
    SCMP_SYS(membarrier),
    SCMP_SYS(futex),
    SCMP_SYS(futex_waitv),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_get_priority_max),
    SCMP_SYS(sched_get_priority_min),
    SCMP_SYS(getcpu),
    SCMP_SYS(getpriority),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(pause),
    SCMP_SYS(alarm),
    SCMP_SYS(getitimer),
    SCMP_SYS(setitimer),
    SCMP_SYS(timer_create),
    SCMP_SYS(timer_settime),
    SCMP_SYS(timer_gettime),
    SCMP_SYS(timer_getoverrun),
    SCMP_SYS(timer_delete),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrlimit),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getpgrp),
    SCMP_SYS(getpgid),
    SCMP_SYS(getsid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getresuid),
    SCMP_SYS(getresgid),
    SCMP_SYS(getgroups),
    SCMP_SYS(capget),
    SCMP_SYS(umask),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(ugetrlimit),
    SCMP_SYS(mmap2),
    SCMP_SYS(fstat64),
    SCMP_SYS(_llseek),
    SCMP_SYS(_newselect),
    SCMP_SYS(sigreturn),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_getres_time64),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(futex_time64),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(pselect6_time64),
};

/* Of files: Landlock says which. */
static const int files[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(openat2),    SCMP_SYS(creat),
    SCMP_SYS(stat),      SCMP_SYS(lstat),      SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(statfs),    SCMP_SYS(fstatfs),    SCMP_SYS(stat64),     SCMP_SYS(lstat64),
    SCMP_SYS(fstatat64), SCMP_SYS(statfs64),   SCMP_SYS(fstatfs64),  SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),   SCMP_SYS(readlinkat),
    SCMP_SYS(getdents),  SCMP_SYS(getdents64), SCMP_SYS(getcwd),     SCMP_SYS(chdir),
    SCMP_SYS(fchdir),    SCMP_SYS(fadvise64),  SCMP_SYS(readahead),  SCMP_SYS(copy_file_range),
    SCMP_SYS(sendfile),  SCMP_SYS(sendfile64), SCMP_SYS(splice),     SCMP_SYS(tee),
};

/* Of files that are written. */
static const int writing[] = {
    SCMP_SYS(fsync),       SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range), SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64), SCMP_SYS(fallocate), SCMP_SYS(flock),           SCMP_SYS(rename),
    SCMP_SYS(renameat),    SCMP_SYS(renameat2), SCMP_SYS(unlink),          SCMP_SYS(unlinkat),
    SCMP_SYS(mkdir),       SCMP_SYS(mkdirat),   SCMP_SYS(rmdir),           SCMP_SYS(link),
    SCMP_SYS(linkat),      SCMP_SYS(symlink),   SCMP_SYS(symlinkat),
};

/* Of sockets; which families, see below. */
static const int net[] = {
    SCMP_SYS(connect),    SCMP_SYS(bind),        SCMP_SYS(listen),      SCMP_SYS(accept),
    SCMP_SYS(accept4),    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt), SCMP_SYS(shutdown),    SCMP_SYS(sendto),      SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),    SCMP_SYS(recvmsg),     SCMP_SYS(sendmmsg),    SCMP_SYS(recvmmsg),
    SCMP_SYS(send),       SCMP_SYS(recv),
};

/* Of processes and programs. */
static const int exec[] = {
    SCMP_SYS(fork),  SCMP_SYS(vfork),  SCMP_SYS(execve),  SCMP_SYS(execveat),
    SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(waitpid),
};

/* Descriptors that are asked about, never devices. */
static const unsigned long ioctls[] = {TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TIOCGWINSZ};
/* Not the size of pipes, of which the server's user has a share; not the signals, leases and
 * notices that descriptors can send to others. */
static const int fcntls[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,      F_SETFD,
                             F_GETFL, F_SETFL,         F_GETPIPE_SZ, F_GET_SEALS};
static const int locks[] = {F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW};
#define SOCKET_TYPE 15 /* the bits of it that are no flags */
static const int prctls[] = {PR_SET_NAME,     PR_GET_NAME,         PR_SET_VMA,
                             PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ};

struct filter {
    scmp_filter_ctx ctx;
    int error; /* of the first rule that could not be added */
};

/* A call that this machine does not have needs no rule. */
static void add(struct filter *filter, int error)
{
    if (error && error != -EDOM && !filter->error)
        filter->error = error;
}

static void allow_list(struct filter *filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (calls[i] >= 0)
            add(filter, seccomp_rule_add(filter->ctx, SCMP_ACT_ALLOW, calls[i], 0));
}
#define ALLOW(filter, list) allow_list(filter, list, sizeof(list) / sizeof *(list))

static void allow_if(struct filter *filter, int call, struct scmp_arg_cmp arg)
{
    if (call >= 0)
        add(filter, seccomp_rule_add_array(filter->ctx, SCMP_ACT_ALLOW, call, 1, &arg));
}

static void allow_if_both(struct filter *filter, int call, struct scmp_arg_cmp one,
                          struct scmp_arg_cmp other)
{
    const struct scmp_arg_cmp args[] = {one, other};
    if (call >= 0)
        add(filter, seccomp_rule_add_array(filter->ctx, SCMP_ACT_ALLOW, call, 2, args));
}

/* Calls of which the second argument says what to do. */
static void allow_requests(struct filter *filter, int call, const int *requests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        allow_if(filter, call, SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)requests[i], 0));
}
#define ALLOW_REQUESTS(filter, call, list)                                                         \
    allow_requests(filter, call, list, sizeof(list) / sizeof *(list))

static void refuse_with(struct filter *filter, int call, int error)
{
    if (call >= 0)
        add(filter, seccomp_rule_add(filter->ctx, SCMP_ACT_ERRNO((uint32_t)error), call, 0));
}

/* Only its own process: the number stays its own for as long as it lives. */
static void allow_signals(struct filter *filter, bool others)
{
    struct scmp_arg_cmp self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
    allow_if(filter, SCMP_SYS(tgkill), self);
    allow_if(filter, SCMP_SYS(rt_tgsigqueueinfo), self);
    /* With programs: those that it started; Landlock keeps the others out of reach. */
    if (others)
        add(filter, seccomp_rule_add(filter->ctx, SCMP_ACT_ALLOW, SCMP_SYS(kill), 0));
    else
        allow_if(filter, SCMP_SYS(kill), self);
}

static void allow_memory(struct filter *filter)
{
    /* Shared memory, stacks that grow and huge pages would not count against the limit. */
    struct scmp_arg_cmp private = SCMP_A3(
        SCMP_CMP_MASKED_EQ, MAP_SHARED | MAP_PRIVATE | MAP_GROWSDOWN | MAP_HUGETLB, MAP_PRIVATE);
    allow_if(filter, SCMP_SYS(mmap), private);
}

/* No namespaces; and no sister, which the server would have to reap without knowing of it. */
#define CLONE_NEVER                                                                                \
    ((scmp_datum_t)CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |   \
     CLONE_NEWPID | CLONE_NEWNET | CLONE_PARENT | CLONE_PTRACE | CLONE_UNTRACED)

static void allow_clone(struct filter *filter, bool processes)
{
    scmp_datum_t thread = processes ? 0 : CLONE_THREAD;
    allow_if(filter, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEVER | thread, thread));
}

/* A pair of another type could be connected to a socket of the machine. */
static void allow_pairs(struct filter *filter)
{
    allow_if_both(filter, SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0),
                  SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE, SOCK_STREAM));
}

static void allow_limits(struct filter *filter)
{
    struct scmp_arg_cmp read_only = SCMP_A2(SCMP_CMP_EQ, 0, 0);
    allow_if(filter, SCMP_SYS(prlimit64), read_only);
}

static void allow_sockets(struct filter *filter)
{
    static const int families[] = {AF_INET, AF_INET6};
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM};
    ALLOW(filter, net);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (size_t j = 0; j < sizeof types / sizeof *types; j++)
            allow_if_both(filter, SCMP_SYS(socket),
                          SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0),
                          SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE, (scmp_datum_t)types[j]));
}

static void add_rules(struct filter *filter, uint32_t permissions)
{
    bool may_exec = permissions & PERMISSION_EXEC;
    ALLOW(filter, common);
    ALLOW(filter, files);
    for (size_t i = 0; i < sizeof ioctls / sizeof *ioctls; i++)
        allow_if(filter, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, ioctls[i], 0));
    for (size_t i = 0; i < sizeof prctls / sizeof *prctls; i++)
        allow_if(filter, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)prctls[i], 0));
    ALLOW_REQUESTS(filter, SCMP_SYS(fcntl), fcntls);
    ALLOW_REQUESTS(filter, SCMP_SYS(fcntl64), fcntls);
    allow_memory(filter);
    allow_limits(filter);
    allow_signals(filter, may_exec && sandbox_files_abi() >= 6);
    /* It hides its flags from the filter: the C library then uses clone. */
    refuse_with(filter, SCMP_SYS(clone3), ENOSYS);
    allow_clone(filter, may_exec);
    if (may_exec) {
        ALLOW(filter, exec);
        allow_pairs(filter);
    }
    if (permissions & PERMISSION_FILES) {
        ALLOW(filter, writing);
        ALLOW_REQUESTS(filter, SCMP_SYS(fcntl), locks);
        ALLOW_REQUESTS(filter, SCMP_SYS(fcntl64), locks);
    }
    if (permissions & PERMISSION_NET)
        allow_sockets(filter);
}

bool sandbox_syscalls_known(void)
{
    /* Asked with a filter that cannot be read: a kernel that knows filters says so. */
    return prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, NULL, 0, 0) && errno == EFAULT;
}

/* Making the filter takes 140 KB, more than all else that a host has of its own, and the C library
 * would keep them. */
static void give_back_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

int sandbox_syscalls(const struct sandbox *sandbox, char *why, size_t why_size)
{
    if (!sandbox_syscalls_known())
        return 0;
    struct filter filter = {.ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))};
    if (!filter.ctx) {
        snprintf(why, why_size, "cannot restrict its system calls: no memory");
        return -1;
    }
    /* A tree: so many calls in a row would be looked through one by one. */
    (void)seccomp_attr_set(filter.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    add_rules(&filter, sandbox->permissions);
    if (!filter.error)
        filter.error = seccomp_load(filter.ctx);
    seccomp_release(filter.ctx);
    give_back_memory();
    if (!filter.error)
        return 0;
    snprintf(why, why_size, "cannot restrict its system calls: %s", strerror(-filter.error));
    return -1;
}
