/* without CALL... -- PROGRAM ARG...: runs the program on a kernel that lacks those system calls, as
 * far as it can tell. "seccomp" takes the filters away, too. */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int take_away(scmp_filter_ctx filter, const char *name)
{
    if (strcmp(name, "seccomp") == 0)
        return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
                                SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
    int call = seccomp_syscall_resolve_name(name);
    return call < 0 ? -1 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0);
}

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int i = 1;
    for (; filter && i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (take_away(filter, argv[i])) {
            fprintf(stderr, "without: cannot take %s away\n", argv[i]);
            return 2;
        }
    }
    if (!filter || i + 1 >= argc || seccomp_load(filter)) {
        fprintf(stderr, "usage: without CALL... -- PROGRAM ARG...\n");
        return 2;
    }
    seccomp_release(filter);
    execv(argv[i + 1], argv + i + 1);
    perror(argv[i + 1]);
    return 2;
}
