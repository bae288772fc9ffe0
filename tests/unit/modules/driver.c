#include "driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

enum { PATIENCE_MS = 20000 };

extern char **environ;

static pid_t spawn_host(int in, int out, int cell, const char *source, const char *copy)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd <= 2; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, in, IPC_FD_IN);
    posix_spawn_file_actions_adddup2(&actions, out, IPC_FD_OUT);
    posix_spawn_file_actions_adddup2(&actions, cell, IPC_FD_CELL);
    char *const serve[] = {(char *)"seshet-modhost", NULL};
    char *const probe[] = {(char *)"seshet-modhost", (char *)"--probe", (char *)source,
                           (char *)copy, NULL};
    pid_t pid = -1;
    int error = posix_spawn(&pid, SESHET_MODHOST, &actions, NULL, source ? probe : serve, environ);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(error, 0);
    return pid;
}

void driver_start(struct driver *d, const char *source, const char *copy)
{
    int to[2];
    int from[2];
    *d = (struct driver){0};
    /* Duplicates over 5, so that no dup2 of the child overwrites what the next one needs. */
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    int memory = memfd_create("cell", MFD_CLOEXEC);
    assert_int_equal(ftruncate(memory, IPC_CELL_SIZE), 0);
    int in = fcntl(to[0], F_DUPFD_CLOEXEC, 100);
    int out = fcntl(from[1], F_DUPFD_CLOEXEC, 100);
    int cell = fcntl(memory, F_DUPFD_CLOEXEC, 100);
    d->cell = mmap(NULL, IPC_CELL_SIZE, PROT_READ, MAP_SHARED, memory, 0);
    assert_ptr_not_equal(d->cell, MAP_FAILED);
    d->pid = spawn_host(in, out, cell, source, copy);
    d->to = to[1];
    d->from = from[0];
    close(to[0]);
    close(from[1]);
    close(memory);
    close(in);
    close(out);
    close(cell);
}

/* Writes what can be written and reads what is there, so that neither side waits for ever for the
 * other. Returns 0 at the end of the host's stream. */
static int turn(struct driver *d)
{
    struct pollfd fds[2] = {{.fd = d->from, .events = POLLIN},
                            {.fd = d->out.len ? d->to : -1, .events = POLLOUT}};
    int ready = poll(fds, 2, PATIENCE_MS);
    assert_true(ready > 0);
    if (fds[1].revents & (POLLOUT | POLLERR)) {
        /* Over PIPE_BUF a write may wait; at most that fits when POLLOUT says so. */
        size_t some = d->out.len < 4096 ? d->out.len : 4096;
        ssize_t n = write(d->to, buf_data(&d->out), some);
        buf_consume(&d->out, n > 0 ? (size_t)n : d->out.len);
    }
    if (fds[0].revents) {
        ssize_t n = read(d->from, buf_reserve(&d->in, 65536), 65536);
        if (n <= 0)
            return 0;
        buf_commit(&d->in, (size_t)n);
    }
    return 1;
}

void driver_flush(struct driver *d)
{
    while (d->out.len)
        turn(d);
}

int driver_next(struct driver *d, struct frame *f)
{
    for (;;) {
        const char *why = NULL;
        struct frame next;
        int got = frame_next(buf_data(&d->in), d->in.len, FRAME_FROM_HOST, &next, &why);
        if (got < 0)
            fail_msg("the host sent %s", why);
        if (got) {
            *f = next;
            /* Consuming moves nothing: the bytes stay where they are until the next read. */
            buf_consume(&d->in, next.size);
            return 1;
        }
        if (!turn(d))
            return 0;
    }
}

struct frame driver_take(struct driver *d, enum frame_type type)
{
    struct frame f;
    if (!driver_next(d, &f))
        fail_msg("the host ended where it should send %s", frame_name(type));
    if (f.type != type) {
        struct ipc_failed failed = {.text = ""};
        if (f.type == FRAME_FAILED)
            ipc_get_failed(&f, &failed);
        fail_msg("the host sent %s %s instead of %s", frame_name(f.type), failed.text,
                 frame_name(type));
    }
    return f;
}

static void put_load(struct driver *d, uint16_t index, const char *path)
{
    const char *slash = strrchr(path, '/');
    char name[64];
    str_copy(name, sizeof name, slash + 1);
    name[strlen(name) - strlen(".so")] = 0;
    assert_int_equal(
        ipc_put_load(&d->out, &(struct ipc_load){.module = index, .name = name, .path = path}), 0);
}

void driver_hello(struct driver *d, const char *const *paths, size_t count)
{
    ipc_put_hello(&d->out, &(struct ipc_hello){
                               .version = FRAME_VERSION, .network = "testnet", .group = "default"});
    ipc_put_network(&d->out, &(struct ipc_network){.own_nick = "bot", .casemapping = "rfc1459"});
    for (size_t i = 0; i < count; i++)
        put_load(d, (uint16_t)i, paths[i]);
    ipc_put_start(&d->out);
    driver_flush(d);
}

void driver_ready(struct driver *d, const char *const *paths, size_t count)
{
    driver_hello(d, paths, count);
    struct ipc_host_hello hello;
    struct frame f = driver_take(d, FRAME_HOST_HELLO);
    assert_int_equal(ipc_get_host_hello(&f, &hello), 0);
    assert_int_equal(hello.version, FRAME_VERSION);
    assert_int_equal(hello.pid, d->pid);
    for (size_t i = 0; i < count; i++) {
        struct ipc_module module;
        f = driver_take(d, FRAME_MODULE);
        assert_int_equal(ipc_get_module(&f, &module), 0);
        assert_int_equal(module.module, i);
    }
    do
        assert_int_equal(driver_next(d, &f), 1);
    while (f.type == FRAME_LOG || f.type == FRAME_LOADED);
    assert_int_equal(f.type, FRAME_READY);
}

int driver_end(struct driver *d)
{
    int status;
    close(d->to);
    assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
    close(d->from);
    munmap(d->cell, IPC_CELL_SIZE);
    buf_free(&d->in);
    buf_free(&d->out);
    return status;
}

struct ipc_event driver_event(uint64_t number, uint8_t type, uint16_t command, const char *channel,
                              const char *text)
{
    const char *space = strchr(text, ' ');
    return (struct ipc_event){
        .number = number,
        .type = type,
        .command_index = command,
        .is_private = !channel[0],
        .nick = "alice",
        .user = "al",
        .host = "example.org",
        .channel = channel,
        .text = text,
        .args = command == IPC_SUBSCRIPTION || !space ? "" : space + 1,
        .reply_to = channel[0] ? channel : "alice",
        .time_ms = INT64_C(1700000000000),
    };
}

const char *driver_ask(struct driver *d, const struct ipc_event *e)
{
    struct ipc_say say;
    uint64_t done;
    assert_int_equal(ipc_put_event(&d->out, e), 0);
    driver_flush(d);
    struct frame f = driver_take(d, FRAME_SAY);
    assert_int_equal(ipc_get_say(&f, &say), 0);
    assert_int_equal(say.event, e->number);
    static char text[IPC_TEXT_MAX + 1];
    str_copy(text, sizeof text, say.text);
    f = driver_take(d, FRAME_DONE);
    assert_int_equal(ipc_get_done(&f, &done), 0);
    assert_int_equal(done, e->number);
    return text;
}
