#include "harness.h"

/* The one module hangs while it is examined, the other when it is to run: where it ran before, its
 * last good build goes on; a third is not kept from its work. Both deadlines are ten seconds, so
 * they are tested together. */
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
    harness_until(h, h->nsaid == 1);
    harness_install(h->user_dir, "worker", WORKERS "/hang_load/worker.so");
    harness_until(h, harness_has_version(h, "worker", "hang_load"));
    assert_int_not_equal(harness_send(h, "net", "worker", "work", "2"), 0);
    harness_until(h, h->nsaid == 2);
    assert_string_equal(harness_last(h), "one 2");
    assert_int_not_equal(harness_send_group(h, "net", "new", "worker", "work", "3"), 0);
    assert_int_not_equal(harness_send_group(h, "net", "other", "echo", "echo", "free"), 0);
    harness_until(h, h->nsaid == 3);
    assert_string_equal(harness_last(h), "alice: free");
    harness_until(h, h->errors == 1 && h->faults == 2);
    assert_int_not_equal(harness_send(h, "net", "worker", "work", "4"), 0);
    harness_until(h, h->nsaid == 4);
    assert_string_equal(harness_last(h), "one 4");
    assert_string_equal(h->error_name, "hanging");
    assert_string_equal(h->error, "loading it takes more than 10 s");
    assert_string_equal(h->fault_module, "worker");
    assert_non_null(strstr(h->fault, "takes more than 10 s to load"));
    harness_until(h, harness_hosts(h).queued == 0);
}

/* Who mends it does not have to wait for the deadline. */
static void replaces_a_file_that_hangs(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "worker", WORKERS "/hang_constructor/worker.so");
    int64_t before = clock_now(&clock_system);
    harness_begin(h);
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_until(h, harness_has_version(h, "worker", "one"));
    assert_in_range(clock_now(&clock_system) - before, 1000, 7000);
    assert_null(supervisor_find(h->sup, "worker")->error);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ends_a_load_that_hangs),
        CASE(replaces_a_file_that_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
