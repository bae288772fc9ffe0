#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "helper.h"

static const struct control_command no_commands[] = {{0}};

static void test_answers(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    client_send(fd, "{\"command\":\"echo\",\"args\":{\"a\":[1,\"\xc3\xa4\"]}}\n");
    assert_line(f, fd, "{\"ok\":true,\"result\":{\"a\":[1,\"\xc3\xa4\"]}}");
    client_send(fd, "{\"command\":\"echo\"}\r\n");
    assert_line(f, fd, "{\"ok\":true,\"result\":{}}");
    client_send(fd, "{\"command\":\"empty\"}\n");
    assert_line(f, fd, "{\"ok\":true,\"result\":{}}");
    client_send(fd, "{\"command\":\"refuse\",\"args\":{\"why\":\"not today\"}}\n");
    assert_line(f, fd, "{\"ok\":false,\"error\":\"not today\"}");
    client_send(fd, "{\"command\":\"refuse\"}\n");
    assert_line(f, fd, "{\"ok\":false,\"error\":\"failed\"}");
    close(fd);
}

static void test_later(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    client_send(fd, "{\"command\":\"later\"}\n{\"command\":\"echo\"}\n");
    run_loop(f, 50, NULL);
    assert_non_null(f->ticket);
    assert_int_equal(f->calls, 0); /* answers come in order, so the second waits */
    control_answer(f->ticket, json_pack("{s:i}", "n", 1));
    assert_line(f, fd, "{\"ok\":true,\"result\":{\"n\":1}}");
    assert_line(f, fd, "{\"ok\":true,\"result\":{}}");
    client_send(fd, "{\"command\":\"later\"}\n");
    run_loop(f, 50, NULL);
    control_fail(f->ticket, "it is %d o'clock", 5);
    assert_line(f, fd, "{\"ok\":false,\"error\":\"it is 5 o'clock\"}");
    client_send(fd, "{\"command\":\"at once\",\"args\":{\"a\":1}}\n{\"command\":\"echo\"}\n");
    assert_line(f, fd, "{\"ok\":true,\"result\":{\"a\":1}}");
    assert_line(f, fd, "{\"ok\":true,\"result\":{}}");
    close(fd);
}

static void test_later_after_the_server_closed(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    client_send(fd, "{\"command\":\"later\"}\n");
    run_loop(f, 50, NULL);
    control_close(f->control);
    f->control = NULL;
    control_answer(f->ticket, json_object());
    assert_closed(f, fd);
}

/* A command may end the server: its answer still arrives. */
static void test_close_from_a_command(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    client_send(fd, "{\"command\":\"close\"}\n");
    assert_line(f, fd, "{\"ok\":true,\"result\":{\"closed\":true}}");
    assert_closed(f, fd);
}

static void test_help(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    client_send(fd, "{\"command\":\"help\"}\n");
    char *line = client_line(f, fd);
    assert_non_null(strstr(line, "{\"name\":\"echo\",\"help\":\"Gives back the arguments.\"}"));
    free(line);
    client_send(fd, "{\"command\":\"ehco\"}\n{\"command\":\"quux\"}\n");
    assert_line(f, fd,
                "{\"ok\":false,\"error\":\"unknown command \\\"ehco\\\"; did you mean "
                "\\\"echo\\\"?\"}");
    assert_line(f, fd,
                "{\"ok\":false,\"error\":\"unknown command \\\"quux\\\"; \\\"help\\\" lists "
                "them\"}");
    close(fd);
}

static void test_mode_and_removal(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    assert_int_equal(lstat(f->path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    control_close(f->control);
    f->control = NULL;
    assert_int_equal(lstat(f->path, &st), -1);
}

static void assert_open_fails(struct fixture *f, const char *path, const char *wanted)
{
    char *error = NULL;
    assert_null(control_open(&f->env, path, no_commands, NULL, &error));
    assert_non_null(error);
    assert_string_equal(error, wanted);
    free(error);
}

static void test_second_server(void **state)
{
    struct fixture *f = *state;
    char *wanted = xasprintf("another seshetd is running: it holds %s.lock", f->path);
    assert_open_fails(f, f->path, wanted);
    free(wanted);
    int fd = client_open(f); /* the first one goes on */
    client_send(fd, "{\"command\":\"echo\"}\n");
    assert_line(f, fd, "{\"ok\":true,\"result\":{}}");
    close(fd);
}

/* A bound socket at the path, which listens or not. */
static int bind_at(const char *path, bool listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    str_copy(address.sun_path, sizeof address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (listening)
        assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void test_stale_and_live_sockets(void **state)
{
    struct fixture *f = *state;
    char *error = NULL;
    control_close(f->control);
    close(bind_at(f->path, false));
    f->control = control_open(&f->env, f->path, no_commands, NULL, &error);
    assert_non_null(f->control);
    control_close(f->control);
    f->control = NULL;

    int live = bind_at(f->path, true);
    char *wanted = xasprintf("another seshetd is running: it answers at %s", f->path);
    assert_open_fails(f, f->path, wanted);
    free(wanted);
    close(live);
    unlink(f->path);
}

static void test_bad_paths(void **state)
{
    struct fixture *f = *state;
    assert_open_fails(f, "/nonexistent/sock",
                      "cannot create /nonexistent/sock.lock: No such file or directory");
    char *path = xasprintf("%s/file", f->dir);
    char *lock = xasprintf("%s.lock", path);
    char *wanted = xasprintf("%s is in the way: it is no socket; move it elsewhere, or set "
                             "control.socket",
                             path);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_open_fails(f, path, wanted);
    assert_int_equal(unlink(path), 0); /* it is still there */
    unlink(lock);
    free(wanted);
    free(lock);
    free(path);
}

/* Whoever replaced our socket keeps his. */
static void test_removes_only_its_own(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    unlink(f->path);
    close(bind_at(f->path, false));
    control_close(f->control);
    f->control = NULL;
    assert_int_equal(lstat(f->path, &st), 0);
    unlink(f->path);
}

static void test_text(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"plain", "plain"},
        {"a\xff\xc3\xa4\xc3", "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *text = control_text(texts[i][0]);
        assert_string_equal(json_string_value(text), texts[i][1]);
        json_decref(text);
    }
    assert_true(json_is_null(control_text(NULL)));
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(test_answers),
        WITH_SERVER(test_later),
        WITH_SERVER(test_later_after_the_server_closed),
        WITH_SERVER(test_close_from_a_command),
        WITH_SERVER(test_help),
        WITH_SERVER(test_mode_and_removal),
        WITH_SERVER(test_second_server),
        WITH_SERVER(test_stale_and_live_sockets),
        WITH_SERVER(test_bad_paths),
        WITH_SERVER(test_removes_only_its_own),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
