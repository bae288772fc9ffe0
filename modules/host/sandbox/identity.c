#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modules/host/sandbox/parts.h"

/*
 * Whose process it is. Processes and threads are counted for each user, and not at all for root: a
 * limit for one module host needs a count of its own. Root gives the process a real user of its
 * own; for files the effective one goes on to count. Everybody else gets a user namespace, in which
 * the count begins anew.
 */

/* Users that nobody has (systemd's list of them calls the range unused), one for each number that a
 * process can have. */
#define OWN_USERS UINT32_C(0x70000000)

static bool become_own_user(void)
{
    return !geteuid() && !setresuid(OWN_USERS + (uid_t)getpid(), (uid_t)-1, (uid_t)-1);
}

/* The kernel takes back what start_process asked for, because capabilities are won. */
static bool enter_own_namespace(void)
{
    return !unshare(CLONE_NEWUSER) && !prctl(PR_SET_PDEATHSIG, SIGKILL) &&
           !prctl(PR_SET_DUMPABLE, 0);
}

/* Of root's powers only that over files is left, which Landlock bounds. */
static int drop_capabilities(uint32_t kept)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, has))
        return -1;
    /* Refused to those who have none to drop. */
    for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
        prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    has[0].permitted &= kept;
    has[0].effective = has[0].permitted;
    has[0].inheritable = 0;
    has[1] = (struct __user_cap_data_struct){0};
    return (int)syscall(SYS_capset, &header, has);
}

int sandbox_identity(enum sandbox_identity *identity, char *why, size_t why_size)
{
    uint32_t kept = geteuid() ? 0 : UINT32_C(1) << CAP_DAC_OVERRIDE;
    *identity = SANDBOX_SHARED_USER;
    if (become_own_user()) {
        *identity = SANDBOX_OWN_USER;
    } else if (enter_own_namespace()) {
        *identity = SANDBOX_OWN_NAMESPACE;
        kept = 0;
    }
    if (!drop_capabilities(kept))
        return 0;
    snprintf(why, why_size, "cannot give up capabilities: %s", strerror(errno));
    return -1;
}

/* With room for two of its own: one more process is there, and then none. */
static int try_count(void)
{
    enum sandbox_identity identity;
    struct rlimit two = {2, 2};
    char why[128];
    if (sandbox_identity(&identity, why, sizeof why) || identity == SANDBOX_SHARED_USER ||
        setrlimit(RLIMIT_NPROC, &two))
        return 1;
    int status = 1;
    pid_t second = fork();
    if (second == 0)
        _exit(fork() < 0 && errno == EAGAIN ? 0 : 1);
    return second < 0 || waitpid(second, &status, 0) != second || status;
}

bool sandbox_identity_known(void)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(try_count());
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}
