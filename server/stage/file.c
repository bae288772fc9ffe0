#include "server/stage/file.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/str.h"

static int find_name(struct stage_file *f, const char *file, char *why, size_t why_size)
{
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    size_t len = strlen(base);
    if (len <= 3 || len - 3 > IPC_NAME_MAX || strcmp(base + len - 3, ".so") != 0) {
        snprintf(why, why_size, "%s is not called NAME.so, with a name of at most %d bytes", file,
                 IPC_NAME_MAX);
        return -1;
    }
    snprintf(f->name, sizeof f->name, "%.*s", (int)(len - 3), base);
    return 0;
}

static bool is_open(const char *path)
{
    void *handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (handle)
        dlclose(handle);
    return handle;
}

static int copy_bytes(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    ssize_t n = out < 0 ? -1 : 1;
    while (n > 0)
        n = sendfile(out, in, NULL, 1 << 20);
    int error = errno;
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) && !n) {
        error = errno;
        n = -1;
    }
    errno = error;
    return n ? -1 : 0;
}

/* Into a folder of its own: its name must stay. */
static int copy(struct stage_file *f, char *why, size_t why_size)
{
    char from[PATH_MAX];
    char folder[PATH_MAX - IPC_NAME_MAX - 8];
    const char *place = getenv("TMPDIR");
    str_copy(from, sizeof from, f->path);
    int len =
        snprintf(folder, sizeof folder, "%s/seshet-test-XXXXXX", place && *place ? place : "/tmp");
    if (len >= (int)sizeof folder || !mkdtemp(folder)) {
        snprintf(why, why_size, "cannot make a folder for a copy of it (set TMPDIR): %s",
                 strerror(errno));
        return -1;
    }
    snprintf(f->path, sizeof f->path, "%s/%s.so", folder, f->name);
    f->copied = true;
    if (!copy_bytes(from, f->path))
        return 0;
    snprintf(why, why_size, "cannot copy it to %.200s: %s", folder, strerror(errno));
    stage_file_done(f);
    return -1;
}

int stage_file_prepare(struct stage_file *f, const char *file, char *why, size_t why_size)
{
    f->copied = false;
    if (find_name(f, file, why, why_size))
        return -1;
    if (!realpath(file, f->path)) {
        snprintf(why, why_size, "cannot open %.300s: %s", file, strerror(errno));
        return -1;
    }
    return is_open(f->path) ? copy(f, why, why_size) : 0;
}

void stage_file_done(struct stage_file *f)
{
    if (!f->copied)
        return;
    unlink(f->path);
    *strrchr(f->path, '/') = '\0';
    rmdir(f->path);
}
