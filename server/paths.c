#include "server/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmalloc.h"

char *path_modhost(void)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0)
        return xstrdup("seshet-modhost");
    self[len] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = '\0';
    }
    return xasprintf("%s/libexec/seshet/seshet-modhost", self);
}

int path_make_folder(const char *path, char **error)
{
    char *copy = xstrdup(path);
    int failed = 0;
    for (char *slash = strchr(copy + 1, '/'); !failed && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        failed = mkdir(copy, 0755) && errno != EEXIST;
        *slash = '/';
    }
    free(copy);
    if (!failed)
        failed = mkdir(path, 0700) && errno != EEXIST;
    if (failed)
        *error = xasprintf("cannot make the folder %s: %s", path, strerror(errno));
    return failed ? -1 : 0;
}

int path_lock_state(const char *state_dir, char **error)
{
    char *path = xasprintf("%s/seshetd.lock", state_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        *error = xasprintf("cannot open %s: %s", path, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB)) {
        *error =
            xasprintf("another seshetd uses %s (its process number is in %s)", state_dir, path);
        close(fd);
        fd = -1;
    } else if (ftruncate(fd, 0) || dprintf(fd, "%d\n", (int)getpid()) < 0) {
        *error = xasprintf("cannot write %s: %s", path, strerror(errno));
        close(fd);
        fd = -1;
    }
    free(path);
    return fd < 0 ? -1 : 0; /* the descriptor stays open: it is the lock */
}
