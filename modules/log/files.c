#include "modules/log/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 2048, FOLDER_SIZE = 224, PATH_SIZE = FOLDER_SIZE + 32, HASHED_AT = 200 };

struct log_file {
    int64_t bytes;
    uint64_t used; /* the highest is the newest */
    int fd;
    bool full;
    char path[PATH_SIZE]; /* "": free */
};

static struct log_file files[FILES_OPEN_MAX];
static uint64_t uses;
static int last_error;

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '#' ||
           c == '_' || c == '-' || c == '+';
}

/* The name of a channel's folder: the channel in lower case, with every byte that could mean
 * something to a file system or a shell as %XX; long ones end with a hash. */
static void folder_of(const char *folded, char name[FOLDER_SIZE])
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    size_t len = 0;
    for (const unsigned char *c = (const unsigned char *)folded; *c; c++) {
        hash = (hash ^ *c) * UINT64_C(1099511628211);
        if (len > HASHED_AT)
            continue;
        if (is_plain(*c))
            name[len++] = (char)*c;
        else
            len += (size_t)snprintf(name + len, FOLDER_SIZE - len, "%%%02x", *c);
    }
    name[len] = 0;
    if (len > HASHED_AT)
        snprintf(name + HASHED_AT, FOLDER_SIZE - HASHED_AT, "%%%016" PRIx64, hash);
}

static void close_file(struct log_file *file)
{
    if (file->path[0])
        close(file->fd);
    file->path[0] = 0;
}

static int fail(seshet_ctx *ctx, const char *what, const char *path)
{
    int error = errno;
    if (error != last_error)
        seshet_log(ctx, 2, "cannot %s %s: %s", what, path, strerror(error));
    last_error = error;
    return -1;
}

/* An open file, or one of the slots to open it in: a free one, or the one not used for longest. */
static struct log_file *find(const char *path)
{
    struct log_file *oldest = &files[0];
    for (size_t i = 0; i < FILES_OPEN_MAX; i++) {
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
        if (!files[i].path[0] || (oldest->path[0] && files[i].used < oldest->used))
            oldest = &files[i];
    }
    return oldest;
}

static struct log_file *open_file(seshet_ctx *ctx, const char *folder, const char *day)
{
    char path[PATH_SIZE];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s.log", folder, day);
    struct log_file *file = find(path);
    file->used = ++uses;
    if (strcmp(file->path, path) == 0)
        return file;
    close_file(file);
    if (mkdir(folder, 0700) && errno != EEXIST) {
        (void)fail(ctx, "make the folder", folder);
        return NULL;
    }
    file->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->fd < 0) {
        (void)fail(ctx, "open", path);
        return NULL;
    }
    memcpy(file->path, path, sizeof path);
    file->bytes = fstat(file->fd, &st) == 0 ? st.st_size : 0;
    file->full = false;
    return file;
}

static int write_line(seshet_ctx *ctx, struct log_file *file, const char *line, size_t len)
{
    if (file->bytes + (int64_t)len > FILES_BYTES_MAX) {
        if (!file->full)
            seshet_log(ctx, 2, "%s is full: it goes on tomorrow", file->path);
        file->full = true;
        return -1;
    }
    /* At once, in one piece: a crash loses nothing, and lines do not mix. */
    ssize_t wrote = write(file->fd, line, len);
    if (wrote > 0)
        file->bytes += wrote;
    if (wrote == (ssize_t)len) {
        last_error = 0;
        return 0;
    }
    if (wrote >= 0)
        errno = ENOSPC;
    (void)fail(ctx, "write to", file->path);
    close_file(file); /* it may have been taken away */
    return -1;
}

void files_write(seshet_ctx *ctx, const char *folded, int64_t time_ms, const char *text)
{
    char folder[FOLDER_SIZE];
    char day[16];
    char line[LINE_SIZE];
    char clock[32];
    struct tm tm;
    time_t when = (time_t)(time_ms / 1000);
    if (!gmtime_r(&when, &tm) || !strftime(day, sizeof day, "%Y-%m-%d", &tm) ||
        !strftime(clock, sizeof clock, "%Y-%m-%dT%H:%M:%SZ", &tm))
        return;
    folder_of(folded, folder);
    struct log_file *file = open_file(ctx, folder, day);
    if (!file)
        return;
    int len = snprintf(line, sizeof line - 1, "%s %s", clock, text);
    if (len >= (int)sizeof line - 1)
        len = (int)sizeof line - 2;
    line[len++] = '\n';
    (void)write_line(ctx, file, line, (size_t)len);
}

void files_close(void)
{
    for (size_t i = 0; i < FILES_OPEN_MAX; i++)
        close_file(&files[i]);
}
