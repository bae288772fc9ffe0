#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "harness.h"

static void begin_with_worker(struct harness *h)
{
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    harness_network(h, "net");
}

/* The answers to "work 0" ... "work N-1": all of them once and in order, but `but`. */
static void check_all_but(const struct harness *h, size_t from, unsigned events, unsigned but)
{
    char expected[32];
    size_t at = from;
    for (unsigned i = 0; i < events; i++) {
        if (i == but)
            continue;
        snprintf(expected, sizeof expected, "one %u", i);
        assert_in_range(at, 0, h->nsaid - 1);
        assert_string_equal(h->said[at++].text, expected);
    }
    assert_int_equal(at, h->nsaid);
}

static void die_under_load(struct harness *h, const char *how)
{
    enum { EVENTS = 2000, FATAL = 700 };
    char args[16];
    size_t from = h->nsaid;
    unsigned faults = h->faults;
    uint64_t fatal = 0;
    for (unsigned i = 0; i < EVENTS; i++) {
        snprintf(args, sizeof args, "%u", i);
        if (i == FATAL)
            fatal = harness_send(h, "net", "worker", "die", how);
        else
            assert_int_not_equal(harness_send(h, "net", "worker", "work", args), 0);
        if (i % 250 == 0)
            harness_turn(h, harness_deadline());
    }
    harness_until(h, h->nsaid - from >= EVENTS - 1 && harness_hosts(h).queued == 0);
    harness_run_ms(h, 20);
    check_all_but(h, from, EVENTS, FATAL);
    assert_int_equal(h->faults, faults + 1);
    assert_int_equal(h->fault_event, fatal);
    assert_string_equal(h->fault_module, "worker");
}

static void loses_one_event_by_a_signal(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    die_under_load(h, "segv");
    assert_string_equal(h->fault, "the process was killed by SIGSEGV (Segmentation fault)");
    /* The second in a row comes back as well. */
    die_under_load(h, "abort");
    assert_string_equal(h->fault, "the process was killed by SIGABRT (Aborted)");
}

static void loses_one_event_by_exit(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    die_under_load(h, "exit");
    assert_string_equal(
        h->fault,
        "the process ended by itself with exit status 0; if the module calls exit, let it "
        "return instead");
}

static void loses_one_event_by_a_closed_pipe(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    die_under_load(h, "close");
    assert_string_equal(h->fault, "the process closed its pipe to the server, and was killed");
}

/* The handler returns, but that it is done can no longer be said. */
static void runs_once_what_closes_its_output(void **state)
{
    struct harness *h = *state;
    char args[128];
    struct stat file;
    begin_with_worker(h);
    snprintf(args, sizeof args, "o%s/runs", h->dir);
    harness_send(h, "net", "worker", "work", "0");
    uint64_t fatal = harness_send(h, "net", "worker", "die", args);
    harness_send(h, "net", "worker", "work", "2");
    harness_until(h, harness_hosts(h).queued == 0);
    check_all_but(h, 0, 3, 1);
    assert_int_equal(h->faults, 1);
    assert_int_equal(h->fault_event, fatal);
    assert_int_equal(stat(args + 1, &file), 0);
    assert_int_equal(file.st_size, 1);
}

/* Which of the events that were under way wrote it cannot be told: they are given again, one by
 * one, and it is the one at which it happens again. */
static void survives_rubbish(void **state)
{
    struct harness *h = *state;
    char args[16];
    begin_with_worker(h);
    for (int i = 0; i < 100; i++) {
        snprintf(args, sizeof args, "%d", i);
        harness_send(h, "net", "worker", i == 50 ? "die" : "work", i == 50 ? "rubbish" : args);
    }
    harness_until(h, harness_hosts(h).queued == 0);
    check_all_but(h, 0, 100, 50);
    assert_int_equal(h->faults, 2);
    assert_int_equal(h->fault_event, 51);
    assert_non_null(strstr(h->fault, "the process sent rubbish: "));
    /* Then all goes on as before. */
    for (int i = 0; i < 100; i++)
        harness_send(h, "net", "worker", "work", "x");
    harness_until(h, h->nsaid == 199);
}

/* Its own frames are taken whoever writes them; those in the name of another module of the same
 * process, or of none, are not. */
static void speaks_for_itself_only(void **state)
{
    struct harness *h = *state;
    harness_install(h->system_dir, "echo", MODULES "/echo.so");
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "1");
    harness_send(h, "net", "echo", "echo", "2");
    harness_until(h, h->nsaid == 2);
    harness_until(h, harness_hosts(h).generation >= 1 && harness_hosts(h).queued == 0);
    harness_send(h, "net", "worker", "die", "f0");
    harness_until(h, h->nsaid == 3);
    assert_string_equal(harness_last(h), "forged");
    assert_string_equal(h->said[2].module, "worker");
    assert_int_equal(h->faults, 0);
    harness_send(h, "net", "worker", "die", "f1");
    harness_until(h, h->faults == 1);
    assert_string_equal(h->fault_module, "worker");
    assert_non_null(strstr(h->fault, "a SAY frame that does not belong there"));
    harness_send(h, "net", "worker", "die", "f9");
    harness_until(h, h->faults == 2);
    assert_int_equal(harness_count(h, NULL, "forged"), 1);
}

/* The answers would have to be kept by the server. */
static void asks_once_at_a_time(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "die", "q20000"); /* more than a pipe holds */
    harness_until(h, h->faults == 1);
    assert_int_equal(h->fault_kind, FAULT_RUBBISH);
    assert_non_null(strstr(h->fault, "a ASK frame"));
    assert_string_equal(h->fault_module, "worker");
    harness_send(h, "net", "worker", "work", "next");
    harness_until(h, harness_count(h, NULL, "one next") == 1);
}

static void call_it(struct harness *h, const char *nick)
{
    supervisor_set_network(h->sup, "net",
                           &(struct network_facts){.own_nick = nick, .casemapping = "ascii"});
}

/* Both processes count their timers from 1. */
static void timers_end_with_their_process(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    call_it(h, "timer_in_load");
    harness_send(h, "net", "worker", "hang", "");
    harness_until(h, harness_hosts(h).queued == 2); /* it is due, and waits behind the other */
    call_it(h, "long_timer_in_load");
    assert_int_equal(kill(harness_hosts(h).pid, SIGKILL), 0);
    harness_until(h, h->faults == 1);
    harness_send(h, "net", "worker", "work", "last");
    harness_until(h, harness_count(h, NULL, "one last") == 1);
    assert_int_equal(harness_count(h, NULL, "one later"), 0);
}

/* A slow one would fill the queue, and everybody else's commands would wait behind it. */
static void a_timer_is_called_once_at_a_time(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "timer", "every 100");
    for (unsigned i = 1; i <= 4; i++) {
        harness_until(h, harness_count(h, NULL, "one ticked") >= i);
        harness_send(h, "net", "worker", "work", "x");
        harness_until(h, harness_count(h, NULL, "one x") == i);
        assert_in_range(harness_hosts(h).queued, 0, 1);
    }
}

/* "x" and the frames as hexadecimal digits, for the worker to write. */
static void spell(struct buf *frames, char *args, size_t size)
{
    size_t len = (size_t)snprintf(args, size, "x");
    for (size_t i = 0; i < frames->len; i++)
        len += (size_t)snprintf(args + len, size - len, "%02x", (unsigned char)buf_data(frames)[i]);
    buf_free(frames);
}

/* It writes them in the middle of an event, which is lost; the next one is handled. */
static void check_frames(struct harness *h, struct buf *frames, const char *told)
{
    char args[600];
    size_t said = h->nsaid;
    unsigned faults = h->faults;
    spell(frames, args, sizeof args);
    uint64_t fatal = harness_send(h, "net", "worker", "die", args);
    harness_until(h, h->faults == faults + 1);
    harness_send(h, "net", "worker", "work", "on");
    harness_until(h, h->nsaid == said + 1);
    assert_string_equal(harness_last(h), "one on");
    assert_int_equal(h->faults, faults + 1);
    assert_string_equal(h->fault_module, "worker");
    assert_int_equal(h->fault_event, fatal);
    if (!strstr(h->fault, told))
        fail_msg("%s: %s", told, h->fault);
}

static struct buf frame_of(uint32_t len, uint16_t type)
{
    struct buf frame = {0};
    char head[FRAME_HEADER_SIZE] = "";
    frame_store(head, len, 4);
    frame_store(head + 4, type, 2);
    buf_append(&frame, head, sizeof head);
    return frame;
}

static void survives_frames_that_lie(void **state)
{
    struct harness *h = *state;
    struct buf frames = {0};
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);

    frames = frame_of(UINT32_MAX, FRAME_DONE);
    check_frames(h, &frames, "rubbish");
    frames = frame_of(0, 99);
    check_frames(h, &frames, "rubbish");
    frames = frame_of(0, FRAME_STOP);
    check_frames(h, &frames, "rubbish");
    frames = frame_of(0, FRAME_READY);
    check_frames(h, &frames, "a READY frame that does not belong there");
    /* An event that is over, and one that is to come. */
    ipc_put_done(&frames, 1);
    check_frames(h, &frames, "a DONE frame that does not belong there");
    ipc_put_done(&frames, 1000);
    check_frames(h, &frames, "a DONE frame that does not belong there");
    ipc_put_host_hello(&frames, &(struct ipc_host_hello){.version = FRAME_VERSION});
    check_frames(h, &frames, "a HOST_HELLO frame that does not belong there");
    /* In no event it would be free of all limits. */
    ipc_put_ask(&frames, &(struct ipc_ask){.question = 1, .op = IPC_GET, .key = "key"});
    check_frames(h, &frames, "a ASK frame that does not belong there");
    ipc_put_say(&frames, &(struct ipc_say){.target = "#test", .text = "of no event"});
    check_frames(h, &frames, "a SAY frame that does not belong there");
    assert_int_equal(harness_count(h, NULL, "of no event"), 0);
    ipc_put_failed(&frames, &(struct ipc_failed){.text = "on purpose"});
    check_frames(h, &frames, "on purpose");
}

/* A frame that begins and never ends: what follows is taken for its rest, and the event has no
 * end. Nor has that of a process that stops itself. */
static void ends_what_has_no_end(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    struct modhost *host =
        supervisor_host(h->sup, "net", &(struct modhost_kind){.group = "default"});
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    modhost_set_deadline(host, supervisor_find(h->sup, "worker"), 200);
    struct buf frames = frame_of(8192, FRAME_LOG);
    check_frames(h, &frames, "took longer than its deadline");
    harness_send(h, "net", "worker", "die", "t");
    harness_send(h, "net", "worker", "work", "after");
    harness_until(h, h->faults == 2 && h->nsaid == 3);
    assert_string_equal(harness_last(h), "one after");
    assert_string_equal(h->fault_doing, "command die");
}

static void keeps_the_size_of_the_page(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "shrink", "");
    harness_send(h, "net", "worker", "die", "segv");
    harness_until(h, h->faults == 1 && h->nsaid == 1);
    assert_string_equal(harness_last(h), "shrunk 0");
    assert_string_equal(h->fault_doing, "command die");
}

static void keeps_events_when_killed_between_them(void **state)
{
    struct harness *h = *state;
    char args[16];
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "first");
    harness_until(h, h->nsaid == 1);
    /* Killed while it sleeps: what comes before the server knows is not lost. */
    assert_int_equal(kill(harness_hosts(h).pid, SIGKILL), 0);
    for (int i = 0; i < 100; i++) {
        snprintf(args, sizeof args, "%d", i);
        assert_int_not_equal(harness_send(h, "net", "worker", "work", args), 0);
    }
    harness_until(h, h->nsaid == 101);
    check_all_but(h, 1, 100, 100);
    assert_int_equal(h->faults, 1);
    assert_int_equal(h->fault_event, 0);
    assert_string_equal(h->fault_module, "");
}

static void survives_being_killed_all_the_time(void **state)
{
    struct harness *h = *state;
    enum { EVENTS = 3000 };
    char args[16];
    begin_with_worker(h);
    harness_network(h, "other");
    for (int i = 0; i < EVENTS; i++) {
        snprintf(args, sizeof args, "%d", i);
        harness_send(h, "net", "worker", "work", args);
    }
    for (int kills = 0; kills < 30 && harness_hosts(h).queued; kills++) {
        unsigned faults = h->faults;
        size_t said = h->nsaid;
        harness_until(h, h->nsaid > said || !harness_hosts(h).queued);
        if (harness_hosts(h).pid && !kill(harness_hosts(h).pid, SIGKILL))
            harness_until(h, h->faults > faults);
    }
    harness_until(h, harness_hosts(h).queued == 0);
    /* Each kill cost at most the event it hit; none is answered twice, and the order stands. */
    assert_in_range(h->nsaid, EVENTS - h->faults, EVENTS);
    unsigned long last = 0;
    for (size_t i = 0; i < h->nsaid; i++) {
        unsigned long n = strtoul(h->said[i].text + 4, NULL, 10);
        assert_true(i == 0 || n > last);
        last = n;
    }
}

static void goes_on_without_a_module_that_dies_in_load(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_install(h->user_dir, "segv_load", TEST_MODULES "/segv_load.so");
    harness_until(h, harness_present(h, "segv_load"));
    struct modhost *host =
        supervisor_host(h->sup, "net", &(struct modhost_kind){.group = "default"});
    modhost_want(host, supervisor_find(h->sup, "segv_load"), true);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    assert_int_equal(h->faults, 1);
    assert_string_equal(h->fault_module, "segv_load");
    /* The address sanitizer makes an exit of it. */
    assert_true(strstr(h->fault, "SIGSEGV") || strstr(h->fault, "status 1"));
    /* It is not tried again with each event. */
    for (int i = 0; i < 10; i++)
        assert_int_equal(modhost_send(host, supervisor_find(h->sup, "segv_load"),
                                      &(struct supervisor_event){.type = SESHET_MESSAGE,
                                                                 .command = -1,
                                                                 .command_name = ""}),
                         0);
    harness_send(h, "net", "worker", "work", "2");
    harness_until(h, h->nsaid == 2);
    assert_int_equal(h->faults, 1);
    assert_int_equal(harness_hosts(h).generation, 2);
}

/* A good module that suddenly dies whenever it is loaded: it is tried a few times, then its events
 * are dropped, and then nothing spins. */
static void gives_up_a_module_that_cannot_start_again(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    supervisor_set_network(
        h->sup, "net", &(struct network_facts){.own_nick = "dies_in_load", .casemapping = "ascii"});
    harness_send(h, "net", "worker", "die", "segv");
    harness_send(h, "net", "worker", "work", "2");
    harness_until(h, harness_hosts(h).queued == 0 && h->faults == 4);
    harness_run_ms(h, 200);
    assert_int_equal(h->faults, 4);
    assert_int_equal(harness_hosts(h).generation, 4);
    assert_int_equal(h->nsaid, 1);
    assert_int_equal(harness_send(h, "net", "worker", "work", "3"), 0);
}

/* Nobody sends anything: what lives on its timers goes on with them. */
static void starts_again_for_timers(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    call_it(h, "ticks");
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, harness_count(h, "net", "tick") >= 2);
    harness_send(h, "net", "worker", "die", "abort");
    harness_until(h, h->faults == 1);
    unsigned before = harness_count(h, "net", "tick");
    harness_until(h, harness_count(h, "net", "tick") >= before + 2);
    /* With none, it waits for an event. */
    call_it(h, "quiet");
    harness_send(h, "net", "worker", "die", "abort");
    harness_until(h, h->faults == 2 && harness_hosts(h).state == MODHOST_READY);
    harness_send(h, "net", "worker", "die", "abort");
    harness_until(h, h->faults == 3 && harness_hosts(h).state == MODHOST_IDLE);
    harness_run_ms(h, 200);
    assert_int_equal(harness_hosts(h).state, MODHOST_IDLE);
    assert_int_equal(harness_hosts(h).generation, 3);
}

/* Each start is one fault, as long as nobody stops it; and the next is waited for longer. */
static void waits_before_it_starts_again_for_timers(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    call_it(h, "dies_in_a_timer");
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->faults == 4);
    assert_string_equal(h->fault_doing, "timer");
    assert_int_equal(harness_hosts(h).generation, 4);
    assert_int_equal(harness_hosts(h).state, MODHOST_BACKOFF);
    call_it(h, "quiet");
    harness_until(h, harness_hosts(h).state == MODHOST_READY);
    assert_int_equal(h->faults, 4);
}

static void says_why_a_module_refused_to_load(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "worker", WORKERS "/bad_load/worker.so");
    harness_begin(h);
    harness_network(h, "net");
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->faults == 1);
    assert_non_null(strstr(h->fault, "not today"));
    harness_until(h, harness_hosts(h).queued == 0);
    assert_int_equal(harness_send(h, "net", "worker", "work", "2"), 0);
    /* A new file is tried at once. */
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_until(h, harness_has_version(h, "worker", "one"));
    assert_int_not_equal(harness_send(h, "net", "worker", "work", "3"), 0);
    harness_until(h, h->nsaid == 1);
    assert_string_equal(harness_last(h), "one 3");
}

static void tells_a_crash_in_unload(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "segv_unload", TEST_MODULES "/segv_unload.so");
    harness_begin(h);
    harness_network(h, "net");
    harness_send(h, "net", "segv_unload", "unloader", "x");
    harness_until(h, h->nsaid == 1);
    harness_remove(h->user_dir, "segv_unload");
    harness_until(h, h->faults == 1);
    assert_string_equal(h->fault_module, "segv_unload");
    harness_until(h, harness_hosts(h).state == MODHOST_IDLE);
}

static void does_not_spin_when_nothing_can_be_started(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_end(h);
    h->modules_calls = 0;
    /* No module is known without a module host to look at it. */
    harness_begin_with(h, "/nonexistent/seshet-modhost");
    assert_false(harness_present(h, "worker"));
    assert_int_equal(h->errors, 1);
    assert_non_null(strstr(h->error, "cannot start /nonexistent/seshet-modhost"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(loses_one_event_by_a_signal),
        CASE(loses_one_event_by_exit),
        CASE(loses_one_event_by_a_closed_pipe),
        CASE(runs_once_what_closes_its_output),
        CASE(survives_rubbish),
        CASE(speaks_for_itself_only),
        CASE(asks_once_at_a_time),
        CASE(timers_end_with_their_process),
        CASE(a_timer_is_called_once_at_a_time),
        CASE(survives_frames_that_lie),
        CASE(ends_what_has_no_end),
        CASE(keeps_the_size_of_the_page),
        CASE(keeps_events_when_killed_between_them),
        CASE(survives_being_killed_all_the_time),
        CASE(goes_on_without_a_module_that_dies_in_load),
        CASE(gives_up_a_module_that_cannot_start_again),
        CASE(starts_again_for_timers),
        CASE(waits_before_it_starts_again_for_timers),
        CASE(says_why_a_module_refused_to_load),
        CASE(tells_a_crash_in_unload),
        CASE(does_not_spin_when_nothing_can_be_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
