#include "base/dirwatch.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmalloc.h"

struct dirwatch {
    int fd;
    int dir_wd;    /* -1: the folder is not there */
    int parent_wd; /* -1: it cannot be watched, or the path names no entry of it */
    char *dir;
    char *name;      /* of the folder in its parent */
    uint32_t rights; /* IN_ATTRIB, or 0 */
    bool gone;
};

/* IN_CREATE tells of links, which are complete at once, and of plain files, which are not. */
#define DIR_EVENTS                                                                                 \
    (IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |            \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define PARENT_EVENTS (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR)

static char *without_slashes(const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return xstrndup(path, len);
}

static void watch_parent(struct dirwatch *w)
{
    char *slash = strrchr(w->dir, '/');
    const char *name = slash ? slash + 1 : w->dir;
    if (!name[0] || !strcmp(name, ".") || !strcmp(name, ".."))
        return;
    char *parent = slash == w->dir ? xstrdup("/")
                   : slash         ? xstrndup(w->dir, (size_t)(slash - w->dir))
                                   : xstrdup(".");
    w->parent_wd = inotify_add_watch(w->fd, parent, PARENT_EVENTS | w->rights);
    free(parent);
    if (w->parent_wd >= 0)
        w->name = xstrdup(name);
}

struct dirwatch *dirwatch_open(const char *dir, bool rights, char **error)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        *error = xasprintf("cannot watch %s: %s", dir, strerror(errno));
        return NULL;
    }
    struct dirwatch *w = xmalloc(sizeof *w);
    *w = (struct dirwatch){
        .fd = fd, .parent_wd = -1, .dir = without_slashes(dir), .rights = rights ? IN_ATTRIB : 0};
    /* The parent first: a folder that comes between the two calls is then told. */
    watch_parent(w);
    w->dir_wd = inotify_add_watch(fd, w->dir, DIR_EVENTS | w->rights);
    int why = errno;
    if (w->dir_wd < 0 && (w->parent_wd < 0 || why == ENOSPC)) {
        *error = why == ENOSPC ? xasprintf("cannot watch %s: no inotify watch is left (raise the "
                                           "sysctl fs.inotify.max_user_watches)",
                                           dir)
                               : xasprintf("cannot watch %s: %s", dir, strerror(why));
        dirwatch_close(w);
        return NULL;
    }
    return w;
}

int dirwatch_fd(const struct dirwatch *w)
{
    return w->fd;
}

static bool is_link(const struct dirwatch *w, const char *name)
{
    char *path = xasprintf("%s/%s", w->dir, name);
    struct stat st;
    bool link =
        !lstat(path, &st) && (S_ISLNK(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink > 1));
    free(path);
    return link;
}

/* What an event means; false: nothing. */
static bool judge(const struct dirwatch *w, const struct inotify_event *ev,
                  enum dirwatch_kind *kind, const char **name)
{
    *name = ev->len ? ev->name : "";
    if (ev->mask & IN_Q_OVERFLOW) {
        *kind = DIRWATCH_OVERFLOW;
        return true;
    }
    if (ev->wd == w->parent_wd) {
        *kind = DIRWATCH_GONE;
        return w->name && !strcmp(*name, w->name);
    }
    if (ev->wd != w->dir_wd)
        return false;
    if (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) {
        *kind = DIRWATCH_GONE;
        return true;
    }
    if (ev->mask & IN_ATTRIB && !ev->len)
        return false; /* of the folder itself: its parent tells */
    bool folder = !strncmp(*name, "..", 2);
    if (ev->mask & IN_ISDIR && !folder)
        return false;
    if (ev->mask & (IN_DELETE | IN_MOVED_FROM))
        *kind = DIRWATCH_REMOVED;
    else if (folder || ev->mask & (IN_CLOSE_WRITE | IN_ATTRIB))
        *kind = DIRWATCH_CHANGED;
    else if (ev->mask & IN_MODIFY || (ev->mask & IN_CREATE && !is_link(w, *name)))
        *kind = DIRWATCH_WRITING;
    else
        *kind = DIRWATCH_WHOLE;
    return true;
}

void dirwatch_read(struct dirwatch *w,
                   void (*fn)(void *arg, enum dirwatch_kind kind, const char *name), void *arg)
{
    _Alignas(struct inotify_event) char buf[16384];
    ssize_t n = read(w->fd, buf, sizeof buf);
    for (ssize_t at = 0; at < n && !w->gone;) {
        const struct inotify_event *ev = (const struct inotify_event *)(const void *)(buf + at);
        at += (ssize_t)(sizeof *ev + ev->len);
        enum dirwatch_kind kind;
        const char *name;
        if (!judge(w, ev, &kind, &name))
            continue;
        w->gone = kind == DIRWATCH_GONE;
        bool nameless = kind == DIRWATCH_GONE || kind == DIRWATCH_OVERFLOW;
        fn(arg, kind, nameless ? "" : name);
    }
}

void dirwatch_close(struct dirwatch *w)
{
    if (!w)
        return;
    close(w->fd);
    free(w->dir);
    free(w->name);
    free(w);
}
