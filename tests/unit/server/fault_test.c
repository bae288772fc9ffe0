#include <stdio.h>

#include "harness.h"

static void begin_with_worker(struct harness *h)
{
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    harness_network(h, "net");
    harness_network(h, "other");
    harness_until(h, harness_present(h, "worker"));
}

static const struct module_decl *worker(const struct harness *h)
{
    return supervisor_find(h->sup, "worker");
}

static void set_deadline(struct harness *h, const char *network, int64_t ms)
{
    struct modhost_kind kind = {.group = "default", .module = "worker"};
    struct modhost *host = supervisor_host(h->sup, network, &kind);
    modhost_want(host, worker(h), true);
    modhost_set_deadline(host, worker(h), ms);
}

/* The event that hangs is dropped after its deadline, those around it are done once. */
static void ends_an_event_that_hangs(void **state)
{
    struct harness *h = *state;
    char args[16];
    begin_with_worker(h);
    set_deadline(h, "net", 300);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(args, sizeof args, "%u", i);
        harness_send(h, "net", "worker", i == 20 ? "hang" : "work", args);
    }
    int64_t begun = clock_now(&clock_system);
    harness_until(h, h->nsaid == 39 && harness_hosts(h).queued == 0);
    assert_in_range(clock_now(&clock_system) - begun, 300, 20000);
    for (unsigned i = 0; i < 39; i++) {
        snprintf(args, sizeof args, "one %u", i + (i >= 20));
        assert_string_equal(h->said[i].text, args);
    }
    assert_int_equal(h->faults, 1);
    assert_int_equal(h->fault_kind, FAULT_DEADLINE);
    assert_string_equal(h->fault_module, "worker");
    assert_string_equal(h->fault_doing, "command hang");
    assert_non_null(strstr(h->fault, "deadline of 300ms"));
}

/* Many short ones in a row take long together, and none of them is late. */
static void leaves_those_that_are_in_time(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    set_deadline(h, "net", 100);
    for (unsigned i = 0; i < 500; i++)
        harness_send(h, "net", "worker", "slow", "1");
    harness_until(h, h->nsaid == 500);
    assert_int_equal(h->faults, 0);
}

/* The process whose successor is there already is not waited for longer than its event may take. */
static void ends_an_old_generation_that_hangs(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    set_deadline(h, "net", 400);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    harness_send(h, "net", "worker", "hang", "");
    harness_run_ms(h, 20);
    harness_install(h->user_dir, "worker", WORKERS "/two/worker.so");
    harness_until(h, harness_has_version(h, "worker", "two"));
    harness_send(h, "net", "worker", "work", "2");
    harness_until(h, harness_count(h, "net", "two 2") == 1);
    harness_until(h, h->faults == 1 && harness_hosts(h).queued == 0);
    assert_int_equal(h->fault_kind, FAULT_DEADLINE);
    assert_int_equal(h->nsaid, 2);
}

/* Waiting for us is not the module's fault. */
static void does_not_count_what_waits_for_an_answer(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    set_deadline(h, "net", 100);
    harness_send(h, "net", "worker", "store", "key");
    harness_until(h, h->ticket);
    harness_run_ms(h, 600);
    assert_int_equal(h->faults, 0);
    supervisor_answer(h->ticket, 3, "abc", 0);
    h->ticket = NULL;
    harness_until(h, h->nsaid == 1);
    assert_string_equal(harness_last(h), "3 abc");
}

static void die_times(struct harness *h, const char *network, unsigned times)
{
    unsigned faults = h->faults;
    for (unsigned i = 0; i < times; i++) {
        assert_int_not_equal(harness_send(h, network, "worker", "die", "segv"), 0);
        harness_until(h, h->faults == faults + i + 1);
    }
}

static void quarantines_on_one_network(void **state)
{
    struct harness *h = *state;
    h->limits.quarantine = (struct rate){3, 600000};
    begin_with_worker(h);
    die_times(h, "net", 2);
    assert_null(supervisor_quarantined(h->sup, "net", "worker"));
    die_times(h, "other", 1);
    die_times(h, "net", 1);
    assert_int_equal(h->quarantines, 1);
    assert_non_null(strstr(h->quarantine, "3 faults within 10m, the last in command die"));
    assert_non_null(supervisor_quarantined(h->sup, "net", "worker"));
    assert_null(supervisor_quarantined(h->sup, "other", "worker"));
    assert_int_equal(harness_send(h, "net", "worker", "work", "lost"), 0);
    assert_int_not_equal(harness_send(h, "other", "worker", "work", "free"), 0);
    harness_until(h, harness_count(h, "other", "one free") == 1);
    /* By a word, */
    assert_int_equal(supervisor_lift(h->sup, "other", "worker"), 0);
    assert_int_equal(supervisor_lift(h->sup, NULL, "worker"), 1);
    assert_int_not_equal(harness_send(h, "net", "worker", "work", "back"), 0);
    harness_until(h, harness_count(h, "net", "one back") == 1);
    /* or by another file; what was before counts no more. */
    die_times(h, "net", 3);
    assert_int_equal(h->quarantines, 2);
    harness_install(h->user_dir, "worker", WORKERS "/two/worker.so");
    harness_until(h, harness_has_version(h, "worker", "two"));
    assert_null(supervisor_quarantined(h->sup, "net", "worker"));
    harness_send(h, "net", "worker", "work", "new");
    harness_until(h, harness_count(h, "net", "two new") == 1);
    die_times(h, "net", 2);
    assert_int_equal(h->quarantines, 2);
}

/* The others of its host go on, also with what waited behind it. */
static void quarantines_one_of_a_host(void **state)
{
    struct harness *h = *state;
    h->limits.quarantine = (struct rate){1, 600000};
    harness_install(h->system_dir, "echo", MODULES "/echo.so");
    begin_with_worker(h);
    harness_until(h, harness_present(h, "echo"));
    harness_send(h, "net", "echo", "echo", "before");
    harness_send(h, "net", "worker", "die", "abort");
    harness_send(h, "net", "worker", "work", "dropped");
    harness_send(h, "net", "echo", "echo", "behind");
    harness_until(h, harness_count(h, "net", "alice: behind") == 1);
    harness_until(h, harness_hosts(h).queued == 0);
    assert_int_equal(h->quarantines, 1);
    assert_int_equal(h->nsaid, 2);
    assert_int_equal(harness_send(h, "net", "worker", "work", "1"), 0);
}

static void names_what_went_wrong(void **state)
{
    struct harness *h = *state;
    static const struct {
        const char *how;
        enum fault_kind kind;
    } cases[] = {{"segv", FAULT_SIGNAL},
                 {"abort", FAULT_SIGNAL},
                 {"exit", FAULT_EXIT},
                 {"rubbish", FAULT_RUBBISH},
                 {"close", FAULT_CLOSED}};
    begin_with_worker(h);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        harness_send(h, "net", "worker", "die", cases[i].how);
        harness_until(h, h->faults == i + 1);
        assert_int_equal(h->fault_kind, cases[i].kind);
        assert_string_equal(h->fault_doing, "command die");
    }
}

static void rests_and_comes_back(void **state)
{
    struct harness *h = *state;
    h->limits.idle_ms = 200;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    harness_until(h, harness_hosts(h).running == 0);
    assert_int_equal(h->faults, 0);
    harness_send(h, "net", "worker", "work", "2");
    harness_until(h, h->nsaid == 2);
    assert_string_equal(harness_last(h), "one 2");
    supervisor_set_limits(h->sup, &(struct supervisor_limits){0});
    int pid = harness_hosts(h).pid;
    harness_run_ms(h, 500);
    assert_int_equal(harness_hosts(h).pid, pid);
}

static void cuts_what_is_logged(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "log", "5000");
    harness_until(h, h->nsaid == 1);
    assert_in_range(h->logs, 256, 1000);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ends_an_event_that_hangs),
        CASE(leaves_those_that_are_in_time),
        CASE(ends_an_old_generation_that_hangs),
        CASE(does_not_count_what_waits_for_an_answer),
        CASE(quarantines_on_one_network),
        CASE(quarantines_one_of_a_host),
        CASE(names_what_went_wrong),
        CASE(rests_and_comes_back),
        CASE(cuts_what_is_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
