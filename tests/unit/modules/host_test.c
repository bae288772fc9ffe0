/* seshet-modhost as the server meets it: order, acknowledgement, refusals and deaths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <seshet/module.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

#define HOSTILE(name) SESHET_TEST_MODULES "/" name ".so"

static const char *const counter[] = {HOSTILE("counter")};

/* Starts a host with one module. */
static void start_one(struct driver *d, const char *path)
{
    driver_start(d, NULL, NULL);
    driver_ready(d, &path, 1);
}

static void put_command(struct driver *d, uint64_t number, uint16_t command, const char *text)
{
    struct ipc_event e = driver_event(number, SESHET_COMMAND, command, "#chan", text);
    assert_int_equal(ipc_put_event(&d->out, &e), 0);
}

static void take_done(struct driver *d, uint64_t number)
{
    uint64_t done;
    struct frame f = driver_take(d, FRAME_DONE);
    assert_int_equal(ipc_get_done(&f, &done), 0);
    assert_int_equal(done, number);
}

static void take_failed(struct driver *d, uint16_t module, const char *text)
{
    struct frame f;
    struct ipc_failed failed;
    do
        assert_int_equal(driver_next(d, &f), 1);
    while (f.type != FRAME_FAILED);
    assert_int_equal(ipc_get_failed(&f, &failed), 0);
    assert_int_equal(failed.module, module);
    if (!strstr(failed.text, text))
        fail_msg("\"%s\" does not say \"%s\"", failed.text, text);
    assert_int_equal(driver_next(d, &f), 0);
    int status = driver_end(d);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

/* Reads up to the end of the stream, then checks whom the cell blames. */
static void expect_death(struct driver *d, uint64_t event, uint16_t module)
{
    struct frame f;
    while (driver_next(d, &f))
        ;
    assert_int_equal(ipc_cell_event(d->cell), event);
    assert_int_equal(ipc_cell_module(d->cell), module);
}

static void test_batch(void **state)
{
    (void)state;
    enum { EVENTS = 10000 };
    struct driver d;
    start_one(&d, counter[0]);
    for (uint64_t i = 1; i <= EVENTS; i++)
        put_command(&d, i, 1, "!count");
    for (uint64_t i = 1; i <= EVENTS; i++) {
        char expected[32];
        struct ipc_say say;
        struct frame f = driver_take(&d, FRAME_SAY);
        assert_int_equal(ipc_get_say(&f, &say), 0);
        snprintf(expected, sizeof expected, "alice: %d", (int)i);
        assert_string_equal(say.text, expected);
        assert_string_equal(say.target, "#chan");
        assert_int_equal(say.kind, IPC_SAY_PRIVMSG);
        assert_int_equal(say.event, i);
        take_done(&d, i);
    }
    ipc_put_stop(&d.out);
    driver_flush(&d);
    assert_int_equal(driver_end(&d), 0);
}

static void take_ask(struct driver *d, struct ipc_ask *ask)
{
    struct frame f = driver_take(d, FRAME_ASK);
    assert_int_equal(ipc_get_ask(&f, ask), 0);
}

/* The events that the server sent before it knew of the question come first in the stream, and
 * wait for their turn. */
static void test_questions(void **state)
{
    (void)state;
    struct driver d;
    struct ipc_ask ask;
    struct frame f;
    start_one(&d, counter[0]);
    put_command(&d, 1, 2, "!total shared");
    put_command(&d, 2, 0, "!answer me");
    put_command(&d, 3, 2, "!total");
    ipc_put_network(&d.out, &(struct ipc_network){.own_nick = "new", .casemapping = "ascii"});
    put_command(&d, 4, 1, "!count");
    driver_flush(&d);
    take_ask(&d, &ask);
    assert_int_equal(ask.op, IPC_INCREMENT);
    assert_int_equal(ask.scope, SESHET_SHARED);
    assert_int_equal(ask.event, 1);
    assert_true(ask.by == 1);
    assert_string_equal(ask.key, "total");
    uint64_t first = ask.question;
    ipc_put_answer(&d.out, &(struct ipc_answer){.question = first + 50, .status = -1});
    ipc_put_answer(&d.out, &(struct ipc_answer){.question = first, .number = 41});
    driver_flush(&d);
    struct ipc_say say;
    f = driver_take(&d, FRAME_SAY);
    assert_int_equal(ipc_get_say(&f, &say), 0);
    assert_string_equal(say.text, "alice: 41");
    take_done(&d, 1);
    driver_take(&d, FRAME_SAY);
    take_done(&d, 2);
    take_ask(&d, &ask);
    assert_int_equal(ask.event, 3);
    assert_int_equal(ask.scope, SESHET_HERE);
    assert_true(ask.question > first);
    ipc_put_answer(&d.out,
                   &(struct ipc_answer){.question = ask.question, .status = SESHET_ESTORAGE});
    driver_flush(&d);
    f = driver_take(&d, FRAME_SAY);
    assert_int_equal(ipc_get_say(&f, &say), 0);
    assert_string_equal(say.text, "alice: error: the storage is away or refused");
    take_done(&d, 3);
    driver_take(&d, FRAME_SAY);
    take_done(&d, 4);
    int status = driver_end(&d); /* the end of the stream is told from an end in peace */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == IPC_EXIT_CLOSED);
}

static void test_logs_of_load_and_unload(void **state)
{
    (void)state;
    struct driver d;
    struct ipc_log log;
    driver_start(&d, NULL, NULL);
    driver_hello(&d, counter, 1);
    driver_take(&d, FRAME_HOST_HELLO);
    driver_take(&d, FRAME_MODULE);
    struct frame f = driver_take(&d, FRAME_LOG);
    assert_int_equal(ipc_get_log(&f, &log), 0);
    assert_string_equal(log.text, "loaded with first");
    driver_take(&d, FRAME_LOADED);
    driver_take(&d, FRAME_READY);
    ipc_put_stop(&d.out);
    driver_flush(&d);
    f = driver_take(&d, FRAME_LOG);
    assert_int_equal(ipc_get_log(&f, &log), 0);
    assert_int_equal(log.level, 1);
    assert_string_equal(log.text, "unloaded with first");
    driver_take(&d, FRAME_STOPPED);
    assert_int_equal(driver_next(&d, &f), 0);
    assert_int_equal(driver_end(&d), 0);
}

static void test_no_reply_to_notice(void **state)
{
    (void)state;
    struct driver d;
    struct ipc_log log;
    start_one(&d, HOSTILE("reporter"));
    struct ipc_event e = driver_event(1, SESHET_NOTICE, IPC_SUBSCRIPTION, "", "I am a bot");
    e.account = "al";
    ipc_put_event(&d.out, &e);
    driver_flush(&d);
    struct frame f = driver_take(&d, FRAME_LOG);
    assert_int_equal(ipc_get_log(&f, &log), 0);
    assert_string_equal(log.text,
                        "type=3 private=1 me=0 nick=alice user=al host=example.org account=al "
                        "channel= target= command= args= text=I am a bot");
    driver_take(&d, FRAME_SAY); /* to #reports */
    f = driver_take(&d, FRAME_LOG);
    assert_int_equal(ipc_get_log(&f, &log), 0);
    assert_string_equal(log.text, "reply to a notice: not allowed here");
    take_done(&d, 1);
    /* By name neither. */
    e = driver_event(2, SESHET_NOTICE, IPC_SUBSCRIPTION, "#REPORTS", "I am a bot");
    ipc_put_event(&d.out, &e);
    driver_flush(&d);
    driver_take(&d, FRAME_LOG);
    driver_take(&d, FRAME_LOG);
    take_done(&d, 2);
    driver_end(&d);
}

/* What was said to the operators of a channel is answered to them. */
static void test_reply_to_some_members(void **state)
{
    (void)state;
    struct driver d;
    struct ipc_say say;
    start_one(&d, counter[0]);
    struct ipc_event e = driver_event(1, SESHET_COMMAND, 1, "#chan", "!count");
    e.reply_to = "@#chan";
    ipc_put_event(&d.out, &e);
    driver_flush(&d);
    struct frame f = driver_take(&d, FRAME_SAY);
    assert_int_equal(ipc_get_say(&f, &say), 0);
    assert_string_equal(say.target, "@#chan");
    assert_string_equal(say.text, "alice: 1");
    take_done(&d, 1);
    driver_end(&d);
}

static void test_refused_modules(void **state)
{
    (void)state;
    const char *refuses[] = {HOSTILE("counter"), HOSTILE("refuses")};
    const char *wrong[] = {HOSTILE("counter"), HOSTILE("wrong_abi")};
    struct driver d;
    driver_start(&d, NULL, NULL);
    driver_hello(&d, refuses, 2);
    take_failed(&d, 1, "refused to load: the moon is not full on testnet");
    driver_start(&d, NULL, NULL);
    driver_hello(&d, wrong, 2);
    take_failed(&d, 1, "built for ABI 99");
}

static void test_rubbish_from_the_server(void **state)
{
    (void)state;
    struct driver d;
    driver_start(&d, NULL, NULL);
    buf_append(&d.out, "hello, host", 11);
    driver_flush(&d);
    take_failed(&d, IPC_NO_MODULE, "a frame of a type");
    driver_start(&d, NULL, NULL);
    put_command(&d, 1, 0, "!answer");
    driver_flush(&d);
    take_failed(&d, IPC_NO_MODULE, "a EVENT frame");
    driver_start(&d, NULL, NULL);
    ipc_put_hello(&d.out, &(struct ipc_hello){.version = 99});
    driver_flush(&d);
    take_failed(&d, IPC_NO_MODULE, "different versions");
    /* A command that the module does not have. */
    start_one(&d, counter[0]);
    put_command(&d, 1, 3, "!none");
    driver_flush(&d);
    take_failed(&d, IPC_NO_MODULE, "a EVENT frame");
}

static void test_crash_in_a_command(void **state)
{
    (void)state;
    const char *paths[] = {HOSTILE("counter"), HOSTILE("segv_command")};
    struct driver d;
    driver_start(&d, NULL, NULL);
    driver_ready(&d, paths, 2);
    struct ipc_event e = driver_event(5, SESHET_COMMAND, 1, "#chan", "!fine one");
    e.module = 1;
    ipc_put_event(&d.out, &e);
    e = driver_event(6, SESHET_COMMAND, 0, "#chan", "!segv");
    e.module = 1;
    ipc_put_event(&d.out, &e);
    put_command(&d, 7, 1, "!count");
    driver_flush(&d);
    driver_take(&d, FRAME_SAY);
    take_done(&d, 5);
    expect_death(&d, 6, 1);
    assert_int_not_equal(driver_end(&d), 0);
}

static void test_deaths_in_a_command(void **state)
{
    (void)state;
    struct driver d;
    start_one(&d, HOSTILE("exits"));
    put_command(&d, 1, 0, "!exit");
    driver_flush(&d);
    expect_death(&d, 1, 0);
    assert_int_equal(driver_end(&d), 0); /* status 0: the cell alone tells that this is no peace */
    start_one(&d, HOSTILE("aborts"));
    put_command(&d, 1, 0, "!abort");
    driver_flush(&d);
    expect_death(&d, 1, 0);
    int status = driver_end(&d);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_deaths_elsewhere(void **state)
{
    (void)state;
    const char *paths[] = {HOSTILE("counter"), HOSTILE("segv_load")};
    struct driver d;
    driver_start(&d, NULL, NULL);
    driver_hello(&d, paths, 2);
    expect_death(&d, 0, 1);
    driver_end(&d);
    paths[1] = HOSTILE("segv_constructor");
    driver_start(&d, NULL, NULL);
    driver_hello(&d, paths, 2);
    expect_death(&d, 0, 1);
    driver_end(&d);
    start_one(&d, HOSTILE("segv_unload"));
    ipc_put_stop(&d.out);
    driver_flush(&d);
    expect_death(&d, 0, 0);
    assert_int_not_equal(driver_end(&d), 0);
}

static void expect_hang(const char *path, const char *text)
{
    struct driver d;
    start_one(&d, path);
    put_command(&d, 77, 0, text);
    driver_flush(&d);
    for (int i = 0; i < 20000 && ipc_cell_event(d.cell) != 77; i++)
        usleep(1000);
    assert_int_equal(ipc_cell_event(d.cell), 77);
    assert_int_equal(ipc_cell_module(d.cell), 0);
    kill(d.pid, SIGKILL);
    expect_death(&d, 77, 0);
    driver_end(&d);
}

static void test_hangs(void **state)
{
    (void)state;
    expect_hang(HOSTILE("spin"), "!spin");
    expect_hang(HOSTILE("sleeper"), "!sleep");
}

static void test_rubbish_from_the_host(void **state)
{
    (void)state;
    struct driver d;
    struct frame f;
    const char *why = NULL;
    start_one(&d, HOSTILE("rubbish"));
    put_command(&d, 1, 0, "!rubbish");
    driver_flush(&d);
    char bytes[8];
    assert_int_equal(read(d.from, bytes, sizeof bytes), 8);
    assert_int_equal(frame_next(bytes, sizeof bytes, FRAME_FROM_HOST, &f, &why), -1);
    driver_end(&d);
}

/* More than both pipes hold: the host waits for its reader and loses nothing. */
static void test_flood(void **state)
{
    (void)state;
    struct driver d;
    start_one(&d, HOSTILE("flood"));
    put_command(&d, 1, 0, "!flood 20000");
    driver_flush(&d);
    for (int i = 0; i < 20000; i++)
        driver_take(&d, FRAME_SAY);
    take_done(&d, 1);
    driver_end(&d);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_logs_of_load_and_unload),
        cmocka_unit_test(test_no_reply_to_notice),
        cmocka_unit_test(test_reply_to_some_members),
        cmocka_unit_test(test_refused_modules),
        cmocka_unit_test(test_rubbish_from_the_server),
        cmocka_unit_test(test_crash_in_a_command),
        cmocka_unit_test(test_deaths_in_a_command),
        cmocka_unit_test(test_deaths_elsewhere),
        cmocka_unit_test(test_hangs),
        cmocka_unit_test(test_rubbish_from_the_host),
        cmocka_unit_test(test_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
