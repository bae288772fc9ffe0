#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "helper.h"

#define NO_JSON  "{\"ok\":false,\"error\":\"the request is no JSON object\"}"
#define NO_NAME  "{\"ok\":false,\"error\":\"the request has no text \\\"command\\\"\"}"
#define TOO_LONG "{\"ok\":false,\"error\":\"the request is longer than 131072 bytes\"}"

/* Whatever came before, another client is served. */
static void assert_alive(struct fixture *f)
{
    int fd = client_open(f);
    client_send(fd, "{\"command\":\"echo\",\"args\":{\"alive\":true}}\n");
    assert_line(f, fd, "{\"ok\":true,\"result\":{\"alive\":true}}");
    close(fd);
}

static void test_rubbish(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[][2] = {
        {"\n", NO_JSON},
        {"GET / HTTP/1.0\n", NO_JSON},
        {"{\"command\":\"echo\"\n", NO_JSON},
        {"{\"command\":\"echo\"} {}\n", NO_JSON},
        {"{\"command\":\"echo\",\"command\":\"echo\"}\n", NO_JSON},
        {"{\"command\":\"\xff\"}\n", NO_JSON},
        {"{\"command\":\"a\\u0000b\"}\n", NO_JSON},
        {"[]\n", NO_NAME},
        {"{}\n", NO_NAME},
        {"{\"command\":5}\n", NO_NAME},
        {"{\"command\":\"echo\",\"args\":[]}\n",
         "{\"ok\":false,\"error\":\"\\\"args\\\" must be an object\"}"},
    };
    int fd = client_open(f);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        client_send(fd, lines[i][0]);
        assert_line(f, fd, lines[i][1]);
    }
    close(fd);
    assert_int_equal(f->calls, 0);
    assert_alive(f);
}

static void test_nesting(void **state)
{
    struct fixture *f = *state;
    char *text = xmalloc(60002);
    memset(text, '[', 60000);
    memcpy(text + 60000, "\n", 2);
    int fd = client_open(f);
    client_send(fd, text);
    assert_line(f, fd, NO_JSON);
    free(text);
    close(fd);
    assert_alive(f);
}

/* A request of `len` bytes, without its end. */
static char *request_of(size_t len)
{
    static const char start[] = "{\"command\":\"empty\",\"args\":{\"a\":\"";
    static const char end[] = "\"}}";
    char *text = xmalloc(len + 2);
    memset(text, 'x', len);
    memcpy(text, start, sizeof start - 1);
    memcpy(text + len - (sizeof end - 1), end, sizeof end);
    return text;
}

static void test_length(void **state)
{
    struct fixture *f = *state;
    char *text = request_of(CONTROL_MAX_REQUEST);
    memcpy(text + CONTROL_MAX_REQUEST, "\n", 2);
    int fd = client_open(f);
    client_send(fd, text);
    assert_line(f, fd, "{\"ok\":true,\"result\":{}}");
    free(text);

    text = request_of(CONTROL_MAX_REQUEST + 1);
    client_send(fd, text);
    assert_line(f, fd, TOO_LONG);
    assert_closed(f, fd);
    free(text);
    assert_alive(f);
}

/* Sends without end and never reads: it is the one that waits. */
static void test_never_reads(void **state)
{
    struct fixture *f = *state;
    static const char request[] = "{\"command\":\"large\",\"args\":{\"bytes\":60000}}\n";
    int fd = client_open(f);
    size_t sent = 0;
    for (int turn = 0; turn < 2000; turn++) {
        ssize_t n = send(fd, request, sizeof request - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        assert_true(n > 0 || errno == EAGAIN);
        sent += n > 0 ? (size_t)n : 0;
        event_base_loop(f->base, EVLOOP_NONBLOCK);
        defer_run(&f->defer);
    }
    /* Not more than the two socket buffers and one request buffer hold. */
    assert_true(sent < 2000 * (sizeof request - 1));
    assert_alive(f);
    close(fd);
    assert_alive(f);
}

static void test_many_requests_at_once(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    struct buf all = {0};
    for (int i = 0; i < 500; i++)
        buf_printf(&all, "{\"command\":\"echo\",\"args\":{\"n\":%d}}\n", i);
    buf_append(&all, "", 1);
    client_send(fd, buf_data(&all));
    buf_free(&all);
    for (int i = 0; i < 500; i++) {
        char *wanted = xasprintf("{\"ok\":true,\"result\":{\"n\":%d}}", i);
        assert_line(f, fd, wanted);
        free(wanted);
    }
    close(fd);
}

static void test_byte_by_byte_and_half_closed(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "{\"command\":\"echo\"}\n{\"command\":\"empty\"}\n{\"comm";
    int fd = client_open(f);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        assert_int_equal(send(fd, text + i, 1, MSG_NOSIGNAL), 1);
        event_base_loop(f->base, EVLOOP_NONBLOCK);
    }
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_line(f, fd, "{\"ok\":true,\"result\":{}}");
    assert_line(f, fd, "{\"ok\":true,\"result\":{}}");
    assert_closed(f, fd);
}

static void test_gone_before_the_answer(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    client_send(fd, "{\"command\":\"later\"}\n");
    run_loop(f, 50, NULL);
    close(fd);
    run_loop(f, 50, NULL);
    assert_non_null(f->ticket);
    control_answer(f->ticket, json_object());
    run_loop(f, 50, NULL);
    assert_alive(f);
}

static void test_large_answers(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    client_send(fd,
                "{\"command\":\"large\",\"args\":{\"bytes\":8000000}}\n{\"command\":\"echo\"}\n");
    char *line = client_line(f, fd);
    assert_int_equal(strlen(line), 8000000 + strlen("{\"ok\":true,\"result\":{\"text\":\"\"}}"));
    free(line);
    assert_line(f, fd, "{\"ok\":true,\"result\":{}}");
    client_send(fd, "{\"command\":\"large\",\"args\":{\"bytes\":17000000}}\n");
    assert_line(f, fd, "{\"ok\":false,\"error\":\"the answer is too large\"}");
    close(fd);
}

static void test_too_many_connections(void **state)
{
    struct fixture *f = *state;
    int fds[CONTROL_MAX_CONNECTIONS];
    for (int i = 0; i < CONTROL_MAX_CONNECTIONS; i++)
        fds[i] = client_open(f);
    run_loop(f, 50, NULL);
    int fd = client_open(f);
    assert_line(f, fd, "{\"ok\":false,\"error\":\"too many connections; try again later\"}");
    assert_closed(f, fd);
    close(fds[0]);
    run_loop(f, 50, NULL);
    assert_alive(f);
    for (int i = 1; i < CONTROL_MAX_CONNECTIONS; i++)
        close(fds[i]);
    run_loop(f, 50, NULL);
    assert_alive(f);
}

/* Even when the file's mode lets him in. Only root can play another user. */
static void test_another_user(void **state)
{
    struct fixture *f = *state;
    if (geteuid())
        skip();
    assert_int_equal(chmod(f->dir, 0755), 0);
    assert_int_equal(chmod(f->path, 0666), 0);
    assert_int_equal(seteuid(65534), 0);
    int fd = client_open(f); /* the peer's credentials are those of this moment */
    assert_int_equal(seteuid(0), 0);
    assert_line(f, fd, "{\"ok\":false,\"error\":\"only root and the server's own user may ask\"}");
    assert_closed(f, fd);
    assert_alive(f);
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(test_rubbish),
        WITH_SERVER(test_nesting),
        WITH_SERVER(test_length),
        WITH_SERVER(test_never_reads),
        WITH_SERVER(test_many_requests_at_once),
        WITH_SERVER(test_byte_by_byte_and_half_closed),
        WITH_SERVER(test_gone_before_the_answer),
        WITH_SERVER(test_large_answers),
        WITH_SERVER(test_too_many_connections),
        WITH_SERVER(test_another_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
