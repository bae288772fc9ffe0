#include "helper.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/xmalloc.h"

static int run_echo(void *arg, json_t *args, json_t **result, char **error)
{
    struct fixture *f = arg;
    (void)error;
    f->calls++;
    *result = json_incref(args);
    return 0;
}

static int run_empty(void *arg, json_t *args, json_t **result, char **error)
{
    (void)arg;
    (void)args;
    (void)result;
    (void)error;
    return 0;
}

static int run_refuse(void *arg, json_t *args, json_t **result, char **error)
{
    (void)arg;
    (void)result;
    if (json_object_get(args, "why"))
        *error = xstrdup(json_string_value(json_object_get(args, "why")));
    return -1;
}

/* A text of {"bytes":N} bytes. */
static int run_large(void *arg, json_t *args, json_t **result, char **error)
{
    (void)arg;
    (void)error;
    size_t bytes = (size_t)json_integer_value(json_object_get(args, "bytes"));
    char *text = xmalloc(bytes + 1);
    memset(text, 'x', bytes);
    text[bytes] = '\0';
    *result = json_pack("{s:s}", "text", text);
    free(text);
    return 0;
}

static int run_close(void *arg, json_t *args, json_t **result, char **error)
{
    struct fixture *f = arg;
    (void)args;
    (void)error;
    control_close(f->control);
    f->control = NULL;
    *result = json_pack("{s:b}", "closed", 1);
    return 0;
}

static void begin_later(void *arg, json_t *args, struct control_request *request)
{
    struct fixture *f = arg;
    (void)args;
    f->ticket = request;
}

static void begin_at_once(void *arg, json_t *args, struct control_request *request)
{
    (void)arg;
    control_answer(request, json_incref(args));
}

static const struct control_command table[] = {
    {.name = "echo", .help = "Gives back the arguments.", .run = run_echo},
    {.name = "empty", .help = "Gives nothing.", .run = run_empty},
    {.name = "refuse", .help = "Fails.", .run = run_refuse},
    {.name = "large", .help = "Gives a large answer.", .run = run_large},
    {.name = "close", .help = "Closes the socket.", .run = run_close},
    {.name = "later", .help = "Answers later.", .begin = begin_later},
    {.name = "at once", .help = "Answers at once.", .begin = begin_at_once},
    {0},
};

int fixture_open(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    char *error = NULL;
    signal(SIGPIPE, SIG_IGN);
    str_copy(f->dir, sizeof f->dir, "/tmp/seshet-control-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/sock", f->dir);
    f->base = event_base_new();
    defer_init(&f->defer, NULL, NULL);
    f->env = (struct control_env){.base = f->base, .defer = &f->defer};
    f->control = control_open(&f->env, f->path, table, f, &error);
    assert_null(error);
    assert_non_null(f->control);
    *state = f;
    return 0;
}

int fixture_close(void **state)
{
    struct fixture *f = *state;
    char lock[128];
    if (f->control)
        control_close(f->control);
    defer_run(&f->defer);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    event_base_free(f->base);
    snprintf(lock, sizeof lock, "%s.lock", f->path);
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(rmdir(f->dir), 0); /* the socket itself is gone */
    free(f);
    return 0;
}

void run_loop(struct fixture *f, int ms, const bool *done)
{
    int64_t end = clock_now(&clock_system) + ms;
    while (clock_now(&clock_system) < end && !(done && *done)) {
        event_base_loop(f->base, EVLOOP_NONBLOCK);
        defer_run(&f->defer);
        usleep(200);
    }
}

int client_open(struct fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    str_copy(address.sun_path, sizeof address.sun_path, f->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void client_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

char *client_line(struct fixture *f, int fd)
{
    struct buf line = {0};
    int64_t end = clock_now(&clock_system) + 5000;
    char *found = NULL;
    while (!found) {
        char part[65536];
        ssize_t n = recv(fd, part, sizeof part, MSG_PEEK);
        if (n < 0 && errno == EAGAIN) {
            assert_true(clock_now(&clock_system) < end);
            run_loop(f, 1, NULL);
            continue;
        }
        if (n <= 0)
            break;
        char *stop = memchr(part, '\n', (size_t)n);
        size_t take = stop ? (size_t)(stop - part) + 1 : (size_t)n;
        assert_int_equal(recv(fd, part, take, 0), take);
        buf_append(&line, part, take);
        if (stop)
            found = xstrndup(buf_data(&line), line.len - 1);
    }
    buf_free(&line);
    return found;
}

void assert_line(struct fixture *f, int fd, const char *wanted)
{
    char *line = client_line(f, fd);
    assert_non_null(line);
    assert_string_equal(line, wanted);
    free(line);
}

void assert_closed(struct fixture *f, int fd)
{
    assert_null(client_line(f, fd));
    close(fd);
}
