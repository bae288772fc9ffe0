#include "modules/host/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "modules/host/module_file.h"
#include "modules/host/sandbox/sandbox.h"
#include "modules/ipc/cell.h"
#include "modules/ipc/codec.h"

enum { SIZE_LIMIT = 256 * 1024 * 1024, PROBE_MEMORY = 256 * 1024 * 1024 };

static int copy_bytes(int from, int to)
{
    char bytes[16384];
    for (;;) {
        ssize_t n = read(from, bytes, sizeof bytes);
        if (n <= 0)
            return (int)n;
        for (ssize_t done = 0; done < n;) {
            ssize_t put = write(to, bytes + done, (size_t)(n - done));
            if (put < 0)
                return -1;
            done += put;
        }
    }
}

/* A file that changes under the reader would give a mixture of two builds. */
static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int copy_opened(int from, const char *copy, char *why, size_t why_size)
{
    struct stat before;
    struct stat after;
    if (fstat(from, &before) || !S_ISREG(before.st_mode)) {
        snprintf(why, why_size, "not a regular file");
        return -1;
    }
    if (before.st_size > SIZE_LIMIT) {
        snprintf(why, why_size, "larger than 256 MiB: that is no module");
        return -1;
    }
    int to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
    if (to < 0) {
        snprintf(why, why_size, "cannot make the private copy %.300s: %s", copy, strerror(errno));
        return -1;
    }
    int copied = copy_bytes(from, to);
    int error = errno;
    /* A full disk may show only here. */
    if (close(to) && !copied) {
        copied = -1;
        error = errno;
    }
    if (copied) {
        snprintf(why, why_size, "cannot copy it to %.300s: %s", copy, strerror(error));
    } else if (fstat(from, &after) || !same_file(&before, &after)) {
        snprintf(why, why_size, "the file is still being written: wait, or save it again");
        copied = -1;
    }
    if (copied)
        unlink(copy);
    return copied;
}

static int copy_file(const char *source, const char *copy, char *why, size_t why_size)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    int from = open(source, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (from < 0) {
        snprintf(why, why_size, "cannot open it: %s", strerror(errno));
        return -1;
    }
    int copied = copy_opened(from, copy, why, why_size);
    close(from);
    return copied;
}

static char *name_of_file(const char *source)
{
    const char *slash = strrchr(source, '/');
    const char *base = slash ? slash + 1 : source;
    size_t len = strlen(base);
    if (len > 3 && strcmp(base + len - 3, ".so") == 0)
        len -= 3;
    return xstrndup(base, len);
}

static void send(struct buf *out)
{
    while (out->len) {
        ssize_t n = write(IPC_FD_OUT, buf_data(out), out->len);
        if (n < 0)
            break;
        buf_consume(out, (size_t)n);
    }
}

int probe_run(const char *source, const char *copy)
{
    char why[512];
    struct ipc_module module;
    struct buf out = {0};
    char *name = name_of_file(source);
    bool good = copy_file(source, copy, why, sizeof why) == 0;
    struct sandbox sandbox = {.memory = PROBE_MEMORY, .files = &copy, .nfiles = 1};
    good = good && !sandbox_enter(&sandbox, why, sizeof why) &&
           module_file_open(copy, name, &module, why, sizeof why);
    if (good) {
        ipc_put_module(&out, &module);
    } else {
        ipc_put_failed(&out, &(struct ipc_failed){.module = 0, .text = why});
    }
    send(&out);
    buf_free(&out);
    free(name);
    return good ? 0 : 1;
}
