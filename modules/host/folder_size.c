#include "modules/host/folder_size.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FREE_BYTES (UINT64_C(256) << 20)
#define FREE_PART  20 /* of the file system */

/* What has been seen so far. */
struct count {
    uint64_t most;
    uint64_t bytes;
    unsigned entries;
    bool deep;
};

static bool is_too_much(const struct count *count)
{
    return count->deep || count->bytes > count->most || count->entries > FOLDER_ENTRIES_MAX;
}

static void count_folder(struct count *count, int fd, unsigned depth);

static void count_entry(struct count *count, int folder, const char *name, unsigned depth)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
        return;
    count->entries++;
    count->bytes += (uint64_t)st.st_blocks * 512;
    if (!S_ISDIR(st.st_mode))
        return;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        count_folder(count, fd, depth + 1);
}

/* Closes fd. */
static void count_folder(struct count *count, int fd, unsigned depth)
{
    DIR *dir = depth > FOLDER_DEPTH_MAX ? NULL : fdopendir(fd);
    if (!dir) {
        count->deep = true;
        close(fd);
        return;
    }
    const struct dirent *entry;
    while (!is_too_much(count) && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            count_entry(count, dirfd(dir), entry->d_name, depth);
    closedir(dir);
}

static bool is_nearly_full(int fd)
{
    struct statvfs fs;
    if (fstatvfs(fd, &fs))
        return false;
    uint64_t left = (uint64_t)fs.f_bavail * fs.f_frsize;
    return left < FREE_BYTES && fs.f_bavail < fs.f_blocks / FREE_PART;
}

int folder_check(const char *path, uint64_t most, char *why, size_t why_size)
{
    struct count count = {.most = most};
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0) {
        snprintf(why, why_size, "cannot look into its folder %.300s: %s", path, strerror(errno));
        return -1;
    }
    bool full = is_nearly_full(fd);
    count_folder(&count, fd, 0);
    if (count.bytes > most)
        snprintf(why, why_size,
                 "its folder %.300s holds more than %llu MB: remove files, or raise "
                 "modules.files_mb",
                 path, (unsigned long long)(most >> 20));
    else if (is_too_much(&count))
        snprintf(why, why_size,
                 "its folder %.300s holds more than %d files, or folders in folders more than %d "
                 "deep: remove some",
                 path, FOLDER_ENTRIES_MAX, FOLDER_DEPTH_MAX);
    else if (full)
        snprintf(why, why_size, "the file system of its folder %.300s is nearly full: make room",
                 path);
    else
        return 0;
    return -1;
}
