#include <signal.h>

#include "harness.h"

/* The one module hangs while it is examined, the other when it is to run: where it ran before, its
 * last good build goes on; a third is not kept from its work. Both deadlines are ten seconds, so
 * they are tested together, and with them that of an event for which none was set: five. */
static void ends_a_load_that_hangs(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "hanging", WORKERS "/hang_constructor/worker.so");
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_install(h->system_dir, "echo", MODULES "/echo.so");
    harness_begin(h);
    harness_network(h, "net");
    harness_until(h, harness_present(h, "worker") && harness_present(h, "echo"));
    assert_false(harness_present(h, "hanging"));
    assert_int_not_equal(harness_send(h, "net", "worker", "work", "1"), 0);
    int64_t begun = clock_now(&clock_system);
    assert_int_not_equal(harness_send_group(h, "net", "slow", "worker", "hang", ""), 0);
    harness_until(h, h->nsaid == 1 && harness_hosts(h).running == 2);
    harness_install(h->user_dir, "worker", WORKERS "/hang_load/worker.so");
    harness_until(h, harness_has_version(h, "worker", "hang_load"));
    assert_int_not_equal(harness_send(h, "net", "worker", "work", "2"), 0);
    harness_until(h, h->nsaid == 2);
    assert_string_equal(harness_last(h), "one 2");
    assert_int_not_equal(harness_send_group(h, "net", "new", "worker", "work", "3"), 0);
    assert_int_not_equal(harness_send_group(h, "net", "other", "echo", "echo", "free"), 0);
    harness_until(h, h->nsaid == 3);
    assert_string_equal(harness_last(h), "alice: free");
    harness_until(h, h->faults == 1);
    assert_in_range(clock_now(&clock_system) - begun, 4900, INT64_MAX);
    assert_int_equal(h->fault_kind, FAULT_DEADLINE);
    assert_string_equal(h->fault_doing, "command hang");
    assert_non_null(strstr(h->fault, "longer than its deadline of 5s"));
    harness_until(h, h->errors == 1 && h->faults == 4);
    assert_int_not_equal(harness_send(h, "net", "worker", "work", "4"), 0);
    harness_until(h, h->nsaid == 4);
    assert_string_equal(harness_last(h), "one 4");
    assert_string_equal(h->error_name, "hanging");
    assert_string_equal(h->error, "loading it takes more than 10 s");
    assert_string_equal(h->fault_module, "worker");
    assert_non_null(strstr(h->fault, "takes more than 10 s to load"));
    harness_until(h, harness_hosts(h).queued == 0);
}

static void begin_with(struct harness *h, const char *slow)
{
    harness_install(h->user_dir, "worker", slow);
    harness_install(h->system_dir, "echo", MODULES "/echo.so");
    harness_begin(h);
    harness_network(h, "net");
    harness_until(h, harness_present(h, "worker") && harness_present(h, "echo"));
    harness_send(h, "net", "worker", "work", "1");
    harness_send(h, "net", "echo", "echo", "2");
    harness_until(h, h->nsaid == 1);
    assert_string_equal(harness_last(h), "alice: 2");
    assert_int_equal(h->faults, 0);
}

/* Others that have something to do do not wait for its end. */
static void starts_without_what_hangs(void **state)
{
    struct harness *h = *state;
    begin_with(h, WORKERS "/hang_load/worker.so");
    /* Nor when their process ends, and the next one is in that load. */
    harness_until(h, harness_hosts(h).state == MODHOST_SWAPPING);
    assert_int_equal(kill(harness_hosts(h).pid, SIGKILL), 0);
    harness_send(h, "net", "echo", "echo", "3");
    harness_until(h, h->nsaid == 2);
    assert_int_equal(h->faults, 1);
    assert_string_equal(h->fault_module, "");
}

static void loads_later_what_takes_long(void **state)
{
    struct harness *h = *state;
    begin_with(h, WORKERS "/late_load/worker.so");
    harness_until(h, h->nsaid == 2);
    assert_string_equal(harness_last(h), "late_load 1");
    harness_until(h, harness_hosts(h).queued == 0 && harness_hosts(h).running == 1);
    assert_int_equal(harness_hosts(h).generation, 3);
    assert_int_equal(h->faults, 0);
}

/* Who mends it does not have to wait for the deadline. */
static void replaces_a_file_that_hangs(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "worker", WORKERS "/hang_constructor/worker.so");
    harness_begin(h);
    assert_false(harness_present(h, "worker"));
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_until(h, harness_has_version(h, "worker", "one"));
    assert_null(strstr(h->error, "more than 10 s"));
    assert_null(supervisor_find(h->sup, "worker")->error);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ends_a_load_that_hangs),
        CASE(starts_without_what_hangs),
        CASE(loads_later_what_takes_long),
        CASE(replaces_a_file_that_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
