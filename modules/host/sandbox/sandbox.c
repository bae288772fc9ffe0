#include "modules/host/sandbox/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modules/host/sandbox/parts.h"

uint32_t sandbox_missing(void)
{
    int abi = sandbox_files_abi();
    uint32_t missing = sandbox_syscalls_known() ? 0 : SANDBOX_SYSCALLS;
    if (!sandbox_identity_known())
        missing |= SANDBOX_PROCESSES;
    if (abi < 1)
        return missing | SANDBOX_FILES;
    if (abi < 3)
        missing |= SANDBOX_TRUNCATE;
    return abi < 6 ? missing | SANDBOX_SCOPE : missing;
}

int sandbox_report(void)
{
    uint32_t missing = sandbox_missing();
#define X(name, bit, text, guarantee)                                                              \
    if (missing & (bit))                                                                           \
        puts(text ": " guarantee);
    SANDBOX_MECHANISM_LIST(X)
#undef X
    return missing ? 1 : 0;
}

/* Every folder of the path; those that exist are as they are. */
static int make_folders(const char *path)
{
    char *copy = strdup(path);
    int made = 0;
    if (!copy)
        return -1;
    for (char *at = copy + 1; made == 0 && (at = strchr(at, '/')); at++) {
        *at = '\0';
        made = mkdir(copy, 0700) && errno != EEXIST ? -1 : 0;
        *at = '/';
    }
    if (made == 0)
        made = mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
    free(copy);
    return made;
}

/* What a module opens without a folder before it lies in its own folder, or nowhere. */
static int enter_folder(const struct sandbox *sandbox, enum sandbox_identity identity, char *why,
                        size_t why_size)
{
    const char *folder = sandbox->data ? sandbox->data : "/";
    bool entered = (!sandbox->data || !make_folders(folder)) && !chdir(folder);
    /* Programs run as the real user alone: the group lets them in. */
    if (entered && sandbox->data && identity == SANDBOX_OWN_USER) {
        umask(S_IRWXO);
        entered = !chmod(folder, S_IRWXU | S_IRWXG);
    }
    if (entered)
        return 0;
    snprintf(why, why_size, "cannot use its folder %s: %s", folder, strerror(errno));
    return -1;
}

/* The thread sanitizer of a test build needs more of the system than modules may have. */
#if defined(__SANITIZE_THREAD__)
#define CAN_BE_ENTERED false
#else
#define CAN_BE_ENTERED true
#endif

int sandbox_enter(const struct sandbox *sandbox, char *why, size_t why_size)
{
    if (!CAN_BE_ENTERED)
        return 0;
    enum sandbox_identity identity;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
        snprintf(why, why_size, "cannot give up new privileges: %s", strerror(errno));
        return -1;
    }
    if (sandbox_identity(&identity, why, why_size) ||
        enter_folder(sandbox, identity, why, why_size) ||
        sandbox_limits(sandbox, identity, why, why_size) || sandbox_files(sandbox, why, why_size))
        return -1;
    return sandbox_syscalls(sandbox, why, why_size);
}
