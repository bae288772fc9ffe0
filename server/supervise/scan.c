#include "server/supervise/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmalloc.h"

struct scanner {
    const char *folders[2];
    int fd;
    bool busy;
    bool threaded;
    pthread_t thread;
    struct scan_list list;
};

static bool has_name(const struct scan_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->files[i].name, name))
            return true;
    return false;
}

/* Length of the module's name in a file name; 0: no module file. */
static size_t module_name_len(const char *file)
{
    size_t len = strlen(file);
    if (len < 4 || strcmp(file + len - 3, ".so") != 0 || len - 3 > SCAN_NAME_MAX || file[0] == '.')
        return 0;
    for (const char *c = file; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return 0;
    return len - 3;
}

static void add_file(struct scan_list *list, int dir, int folder, const char *entry)
{
    size_t len = module_name_len(entry);
    struct stat st;
    if (!len || fstatat(dir, entry, &st, 0) || !S_ISREG(st.st_mode))
        return;
    struct scan_file f = {
        .folder = folder,
        .dev = st.st_dev,
        .ino = st.st_ino,
        .size = st.st_size,
        .mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
    };
    memcpy(f.name, entry, len);
    if (has_name(list, f.name))
        return;
    if (list->count == SCAN_FILES_MAX) {
        list->left_out++;
        return;
    }
    list->files[list->count++] = f;
}

static void scan_failed(struct scan_list *list, const char *folder)
{
    list->complete = false;
    snprintf(list->error, sizeof list->error, "cannot read %.180s: %s", folder, strerror(errno));
}

static void scan_folder(struct scan_list *list, int folder, const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) {
        if (errno != ENOENT)
            scan_failed(list, path);
        return;
    }
    const struct dirent *entry;
    while ((errno = 0, entry = readdir(dir)))
        add_file(list, dirfd(dir), folder, entry->d_name);
    if (errno)
        scan_failed(list, path);
    closedir(dir);
}

void scan_folders(const char *const folders[2], struct scan_list *list)
{
    *list =
        (struct scan_list){.files = xcalloc(SCAN_FILES_MAX, sizeof *list->files), .complete = true};
    for (int i = 0; i < 2; i++)
        if (folders[i])
            scan_folder(list, i, folders[i]);
}

void scan_list_free(struct scan_list *list)
{
    free(list->files);
    *list = (struct scan_list){0};
}

struct scanner *scanner_new(const char *const folders[2])
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return NULL;
    struct scanner *s = xmalloc(sizeof *s);
    *s = (struct scanner){.folders = {folders[0], folders[1]}, .fd = fd};
    return s;
}

int scanner_fd(const struct scanner *s)
{
    return s->fd;
}

bool scanner_busy(const struct scanner *s)
{
    return s->busy;
}

static void *run(void *arg)
{
    struct scanner *s = arg;
    scan_folders(s->folders, &s->list);
    eventfd_write(s->fd, 1);
    return NULL;
}

void scanner_start(struct scanner *s)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    s->busy = true;
    /* Signals belong to the loop's thread. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->threaded = pthread_create(&s->thread, NULL, run, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!s->threaded)
        run(s);
}

void scanner_collect(struct scanner *s, struct scan_list *list)
{
    eventfd_t ignored;
    if (s->threaded)
        pthread_join(s->thread, NULL);
    eventfd_read(s->fd, &ignored);
    s->busy = false;
    *list = s->list;
    s->list = (struct scan_list){0};
}

void scanner_free(struct scanner *s)
{
    if (s->busy) {
        struct scan_list list;
        scanner_collect(s, &list);
        scan_list_free(&list);
    }
    close(s->fd);
    free(s);
}
