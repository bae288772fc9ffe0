#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "modules/host/sandbox/parts.h"

/* Landlock (landlock(7)): which files there are. The kernel's headers may be older than the kernel,
 * so what came after ABI 1 is written out here. */
#define ACCESS_REFER      (UINT64_C(1) << 13) /* ABI 2 */
#define ACCESS_TRUNCATE   (UINT64_C(1) << 14) /* ABI 3 */
#define ACCESS_NET_TCP    UINT64_C(3)         /* ABI 4: bind, connect */
#define ACCESS_IOCTL_DEV  (UINT64_C(1) << 15) /* ABI 5 */
#define SCOPE_UNIX_SIGNAL UINT64_C(3)         /* ABI 6: abstract sockets, signals */

struct ruleset {
    uint64_t files;
    uint64_t net;
    uint64_t scoped;
};

#define READ_FILE  LANDLOCK_ACCESS_FS_READ_FILE
#define READ_DIR   LANDLOCK_ACCESS_FS_READ_DIR
#define WRITE_FILE LANDLOCK_ACCESS_FS_WRITE_FILE
#define EXECUTE    LANDLOCK_ACCESS_FS_EXECUTE
#define READ       (READ_FILE | READ_DIR)
#define OWN                                                                                        \
    (READ | WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |          \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |     \
     ACCESS_REFER | ACCESS_TRUNCATE)
#define ALL_OF_ABI_1 ((UINT64_C(1) << 13) - 1)

/* What programs and libraries read to work at all. Folders where configurations lie are not among
 * them. Those that do not exist are left out. */
static const char *const common[] = {
    "/lib",          "/lib32",           "/lib64",
    "/libx32",       "/usr/lib",         "/usr/lib32",
    "/usr/lib64",    "/usr/libx32",      "/usr/local/lib",
    "/usr/share",    "/etc/ld.so.cache", "/etc/localtime",
    "/etc/timezone", "/dev/urandom",     "/dev/random",
    "/dev/zero",     "/proc/self",       "/sys/devices/system/cpu",
};
static const char *const of_net[] = {
    "/etc/resolv.conf", "/etc/hosts",           "/etc/nsswitch.conf",   "/etc/host.conf",
    "/etc/gai.conf",    "/etc/services",        "/etc/protocols",       "/etc/ssl/certs",
    "/etc/pki/tls",     "/etc/ca-certificates", "/etc/ssl/openssl.cnf",
};
static const char *const of_exec[] = {"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"};

struct rules {
    int fd;
    uint64_t known; /* what the kernel knows of files */
    char *why;
    size_t why_size;
};

static int failed(const struct rules *rules, const char *what, const char *path)
{
    snprintf(rules->why, rules->why_size, "cannot restrict its files: %s %s: %s", what, path,
             strerror(errno));
    return -1;
}

/* What does not exist cannot be allowed, and need not be. */
static int allow(const struct rules *rules, const char *path, uint64_t access)
{
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES
                   ? 0
                   : failed(rules, "cannot open", path);
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        access &= READ_FILE | WRITE_FILE | EXECUTE | ACCESS_TRUNCATE | ACCESS_IOCTL_DEV;
    struct landlock_path_beneath_attr rule = {.allowed_access = access & rules->known,
                                              .parent_fd = fd};
    long added = syscall(SYS_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int result = added ? failed(rules, "cannot allow", path) : 0;
    close(fd);
    return result;
}

static int allow_list(const struct rules *rules, const char *const *paths, size_t count,
                      uint64_t access)
{
    for (size_t i = 0; i < count; i++)
        if (allow(rules, paths[i], access))
            return -1;
    return 0;
}

/* The sanitizers of a test build write their reports where the tests look for them. */
static int allow_reports(const struct rules *rules)
{
#if defined(__SANITIZE_ADDRESS__)
    const char *options = getenv("ASAN_OPTIONS");
    const char *path = options ? strstr(options, "log_path=") : NULL;
    if (!path)
        return 0;
    char folder[4096];
    snprintf(folder, sizeof folder, "%.*s", (int)strcspn(path + 9, ":"), path + 9);
    char *slash = strrchr(folder, '/');
    if (!slash)
        return 0;
    *slash = '\0';
    return allow(rules, folder, OWN);
#else
    (void)rules;
    return 0;
#endif
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

static int add_rules(const struct rules *rules, const struct sandbox *sandbox)
{
    bool exec = sandbox->permissions & PERMISSION_EXEC;
    uint64_t library = exec ? READ | EXECUTE : READ;
    if (allow_list(rules, common, COUNT(common), library) ||
        allow(rules, "/dev/null", READ_FILE | WRITE_FILE | ACCESS_TRUNCATE) ||
        allow_list(rules, sandbox->files, sandbox->nfiles, READ_FILE) || allow_reports(rules))
        return -1;
    if (sandbox->permissions & PERMISSION_NET && allow_list(rules, of_net, COUNT(of_net), READ))
        return -1;
    if (exec && allow_list(rules, of_exec, COUNT(of_exec), READ | EXECUTE))
        return -1;
    return sandbox->data ? allow(rules, sandbox->data, OWN) : 0;
}

int sandbox_files_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static struct ruleset handled(int abi, uint32_t permissions)
{
    struct ruleset set = {.files = ALL_OF_ABI_1};
    if (abi >= 2)
        set.files |= ACCESS_REFER;
    if (abi >= 3)
        set.files |= ACCESS_TRUNCATE;
    if (abi >= 4 && !(permissions & PERMISSION_NET))
        set.net = ACCESS_NET_TCP;
    if (abi >= 5)
        set.files |= ACCESS_IOCTL_DEV;
    if (abi >= 6)
        set.scoped = SCOPE_UNIX_SIGNAL;
    return set;
}

int sandbox_files(const struct sandbox *sandbox, char *why, size_t why_size)
{
    int abi = sandbox_files_abi();
    if (!abi)
        return 0;
    struct ruleset set = handled(abi, sandbox->permissions);
    /* A kernel takes no more of the struct than it knows, when the rest is zero. */
    size_t size = abi >= 6 ? sizeof set : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    struct rules rules = {.known = set.files, .why = why, .why_size = why_size};
    rules.fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
    if (rules.fd < 0)
        return failed(&rules, "no rules for", "it");
    int result = add_rules(&rules, sandbox);
    if (!result && syscall(SYS_landlock_restrict_self, rules.fd, 0))
        result = failed(&rules, "no rules for", "it");
    close(rules.fd);
    return result;
}
