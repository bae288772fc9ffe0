#include "conf/place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "conf/conf.h"
#include "conf/parse.h"

char *conf_dir_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
    char *full = realpath(dir, NULL);
    if (!full)
        return dir; /* it is gone; what is below will say so */
    free(dir);
    return full;
}

char *conf_program_dir(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return xstrdup("/usr/bin");
    path[n] = '\0';
    return conf_dir_of(path);
}

char *conf_default_state_dir(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (!geteuid())
        return xstrdup("/var/lib/seshet");
    if (state && *state == '/')
        return xasprintf("%s/seshet", state);
    if (home && *home == '/')
        return xasprintf("%s/.local/state/seshet", home);
    return NULL;
}

char *conf_default_path(void)
{
    const char *set = getenv("SESHET_CONF");
    if (set && *set)
        return xstrdup(set);
    char *bin = conf_program_dir();
    char *beside = xasprintf("%s/../etc/seshet/seshet.conf", bin);
    char *path = realpath(beside, NULL);
    free(bin);
    free(beside);
    if (!path && !access("/etc/seshet/seshet.conf", F_OK))
        path = xstrdup("/etc/seshet/seshet.conf");
    return path;
}
