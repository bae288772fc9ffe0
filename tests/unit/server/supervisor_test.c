#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

static void begin_with_worker(struct harness *h)
{
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    harness_network(h, "net");
}

static void answers_a_command(void **state)
{
    struct harness *h = *state;
    harness_install(h->system_dir, "echo", MODULES "/echo.so");
    harness_begin(h);
    harness_network(h, "net");
    assert_int_equal(harness_send(h, "net", "echo", "echo", "hello there"), 1);
    harness_until(h, h->nsaid == 1);
    assert_string_equal(h->said[0].text, "alice: hello there");
    assert_string_equal(h->said[0].network, "net");
    assert_string_equal(h->said[0].module, "echo");
    assert_int_equal(h->said[0].event, 1);
}

static void declares_what_the_module_says(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "worker", WORKERS "/two/worker.so");
    harness_begin(h);
    const struct module_decl *decl = supervisor_find(h->sup, "worker");
    assert_non_null(decl);
    assert_true(decl->present && decl->from_user_dir);
    assert_string_equal(decl->version, "two");
    assert_string_equal(decl->description, "Works.");
    assert_string_equal(decl->commands[0].name, "more");
    assert_string_equal(decl->commands[0].usage, "[WORD]");
    assert_int_equal(decl->events, 1U << SESHET_MESSAGE);
    assert_null(decl->error);
    assert_ptr_equal(supervisor_module(h->sup, 0), decl);
    assert_null(supervisor_module(h->sup, 1));
    assert_null(supervisor_find(h->sup, "nothing"));
}

static void keeps_order_over_many_hosts(void **state)
{
    struct harness *h = *state;
    enum { HOSTS = 10, EVENTS = 1000 };
    char network[16];
    char args[16];
    char expected[32];
    unsigned next[HOSTS] = {0};
    begin_with_worker(h);
    for (int n = 0; n < HOSTS; n++) {
        snprintf(network, sizeof network, "net%d", n);
        harness_network(h, network);
    }
    for (int i = 0; i < EVENTS; i++)
        for (int n = 0; n < HOSTS; n++) {
            snprintf(network, sizeof network, "net%d", n);
            snprintf(args, sizeof args, "%d", i);
            assert_int_equal(harness_send(h, network, "worker", "work", args), i + 1);
            if (i % 100 == 99)
                harness_turn(h, harness_deadline());
        }
    harness_until(h, h->nsaid >= (size_t)HOSTS * EVENTS);
    harness_until(h, harness_hosts(h).queued == 0);
    assert_int_equal(h->nsaid, HOSTS * EVENTS);
    for (size_t i = 0; i < h->nsaid; i++) {
        size_t n = strtoul(h->said[i].network + 3, NULL, 10);
        snprintf(expected, sizeof expected, "one %u", next[n]++);
        assert_string_equal(h->said[i].text, expected);
        assert_int_equal(h->said[i].event, next[n]);
    }
    struct host_sum sum = harness_hosts(h);
    assert_int_equal(sum.running, HOSTS);
    assert_int_equal(sum.handled, HOSTS * EVENTS);
    assert_int_equal(h->faults, 0);
}

static void gives_subscribed_events_only(void **state)
{
    struct harness *h = *state;
    struct supervisor_event ev = {.type = SESHET_MESSAGE,
                                  .command = -1,
                                  .nick = "bob",
                                  .user = "",
                                  .host = "",
                                  .channel = "#test",
                                  .target = "",
                                  .text = "a word",
                                  .command_name = "",
                                  .args = ""};
    begin_with_worker(h);
    struct modhost *host = supervisor_host(h->sup, "net", "default");
    const struct module_decl *decl = supervisor_find(h->sup, "worker");
    assert_int_not_equal(modhost_send(host, decl, &ev), 0);
    harness_until(h, h->nsaid == 1);
    assert_string_equal(h->said[0].text, "one heard a word");
    ev.type = SESHET_JOIN;
    assert_int_equal(modhost_send(host, decl, &ev), 0);
    assert_int_equal(harness_send(h, "net", "worker", "unknown", ""), 0);
    assert_null(supervisor_host(h->sup, "another", "default"));
    /* Longer than a frame: dropped, and nothing else is harmed. */
    char *text = malloc(70000);
    memset(text, 'x', 69999);
    text[69999] = 0;
    ev.type = SESHET_MESSAGE;
    ev.text = text;
    assert_int_equal(modhost_send(host, decl, &ev), 0);
    free(text);
    assert_int_not_equal(harness_send(h, "net", "worker", "work", "on"), 0);
    harness_until(h, h->nsaid == 2);
    assert_int_equal(h->faults, 0);
}

static void answers_questions_ahead_of_events(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "store", "key");
    harness_until(h, h->ticket);
    assert_string_equal(h->asked_key, "key");
    /* More than the pipe holds: the answer must not wait behind them. */
    for (int i = 0; i < 3000; i++)
        assert_int_not_equal(harness_send(h, "net", "worker", "work", "after"), 0);
    harness_run_ms(h, 50);
    assert_int_equal(h->nsaid, 0);
    struct ask_ticket *ticket = h->ticket;
    h->ticket = NULL;
    supervisor_answer(ticket, 0, "found", 0);
    harness_until(h, h->nsaid == 3001);
    assert_string_equal(h->said[0].text, "5 found");
    harness_send(h, "net", "worker", "store", "key");
    harness_until(h, h->ticket);
    ticket = h->ticket;
    h->ticket = NULL;
    supervisor_answer(ticket, SESHET_ENOTFOUND, NULL, 0);
    harness_until(h, h->nsaid == 3002);
    assert_string_equal(harness_last(h), "-2 -");
}

static void tickets_outlive_everything(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "store", "key");
    harness_until(h, h->ticket);
    struct ask_ticket *first = h->ticket;
    h->ticket = NULL;
    assert_int_equal(kill(harness_hosts(h).pid, SIGKILL), 0);
    harness_until(h, h->faults == 1);
    supervisor_answer(first, 0, "late", 0);
    harness_send(h, "net", "worker", "store", "again");
    harness_until(h, h->ticket);
    harness_end(h);
}

static void tells_modules_what_changed(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "nick", "");
    harness_until(h, h->nsaid == 1);
    assert_string_equal(harness_last(h), "seshet");
    supervisor_set_network(h->sup, "net",
                           &(struct network_facts){.own_nick = "sesh_", .casemapping = "ascii"});
    harness_send(h, "net", "worker", "nick", "");
    harness_until(h, h->nsaid == 2);
    assert_string_equal(harness_last(h), "sesh_");
}

/* The null device on 0 to 2, and its two pipes: nothing of the server's, nor of other hosts. */
static void children_inherit_nothing(void **state)
{
    struct harness *h = *state;
    char group[16];
    begin_with_worker(h);
    for (size_t i = 1; i <= 5; i++) {
        snprintf(group, sizeof group, "group%zu", i);
        harness_send_group(h, "net", group, "worker", "fds", "");
        harness_until(h, h->nsaid == i);
        assert_string_equal(harness_last(h), "5");
    }
}

static void bounds_what_an_event_says(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "flood", "1000");
    harness_send(h, "net", "worker", "work", "next");
    harness_until(h, harness_count(h, NULL, "one next") == 1);
    assert_int_equal(h->nsaid, 65);
    assert_int_equal(h->faults, 0);
}

static void bounds_what_waits(void **state)
{
    struct harness *h = *state;
    unsigned taken = 0;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "hang", "");
    harness_until(h, harness_hosts(h).state == MODHOST_READY);
    for (int i = 0; i < 20000; i++)
        taken += harness_send(h, "net", "worker", "work", "") != 0;
    assert_in_range(taken, 16000, 16384);
    harness_run_ms(h, 50);
    assert_int_equal(harness_send(h, "net", "worker", "work", ""), 0);
    /* Another group of the same network is not concerned. */
    assert_int_not_equal(harness_send_group(h, "net", "other", "worker", "work", "free"), 0);
    harness_until(h, harness_count(h, "net", "one free") == 1);
    assert_int_equal(harness_hosts(h).hosts, 2);
}

static void drops_a_network_alone(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_network(h, "other");
    harness_send(h, "net", "worker", "hang", "");
    harness_send(h, "other", "worker", "work", "1");
    harness_until(h, h->nsaid == 1 && harness_hosts(h).running == 2);
    supervisor_drop_network(h->sup, "net");
    assert_int_equal(harness_hosts(h).hosts, 1);
    assert_null(supervisor_host(h->sup, "net", "default"));
    harness_network(h, "net");
    harness_send(h, "net", "worker", "work", "anew");
    harness_until(h, harness_count(h, "net", "one anew") == 1);
    harness_run_ms(h, 1700);
    harness_send(h, "other", "worker", "work", "2");
    harness_until(h, harness_count(h, "other", "one 2") == 1);
    assert_int_equal(h->faults, 0);
}

static void on_stopped(void *arg)
{
    struct harness *h = arg;
    h->stopped = true;
}

static void stops_in_peace(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    for (int i = 0; i < 50; i++)
        harness_send(h, "net", "worker", "work", "x");
    harness_until(h, harness_hosts(h).state == MODHOST_READY);
    for (int i = 0; i < 50; i++)
        harness_send(h, "net", "worker", "work", "x");
    supervisor_stop(h->sup, on_stopped, h);
    assert_int_equal(harness_send(h, "net", "worker", "work", "late"), 0);
    harness_until(h, h->stopped);
    assert_int_equal(h->nsaid, 100);
    assert_int_equal(h->faults, 0);
}

static void stops_what_hangs(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "hang", "");
    harness_until(h, harness_hosts(h).state == MODHOST_READY);
    int64_t before = clock_now(&clock_system);
    supervisor_stop(h->sup, on_stopped, h);
    harness_until(h, h->stopped);
    assert_in_range(clock_now(&clock_system) - before, 1000, 2500);
}

static void stops_when_nothing_runs(void **state)
{
    struct harness *h = *state;
    harness_begin(h);
    supervisor_stop(h->sup, on_stopped, h);
    assert_false(h->stopped);
    harness_until(h, h->stopped);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(answers_a_command),
        CASE(declares_what_the_module_says),
        CASE(keeps_order_over_many_hosts),
        CASE(gives_subscribed_events_only),
        CASE(answers_questions_ahead_of_events),
        CASE(tickets_outlive_everything),
        CASE(tells_modules_what_changed),
        CASE(children_inherit_nothing),
        CASE(bounds_what_an_event_says),
        CASE(bounds_what_waits),
        CASE(drops_a_network_alone),
        CASE(stops_in_peace),
        CASE(stops_what_hangs),
        CASE(stops_when_nothing_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
