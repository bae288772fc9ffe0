#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

static void begin_with_worker(struct harness *h)
{
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    harness_network(h, "net");
}

/* Every event 0 ... n-1 was answered once, by whatever build. */
static void check_each_once(const struct harness *h, unsigned n)
{
    unsigned char *seen = calloc(n, 1);
    for (size_t i = 0; i < h->nsaid; i++) {
        const char *space = strchr(h->said[i].text, ' ');
        unsigned long number = strtoul(space, NULL, 10);
        assert_in_range(number, 0, n - 1);
        assert_int_equal(seen[number]++, 0);
    }
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(seen[i], 1);
    free(seen);
}

static void loses_nothing_over_two_hundred_replacements(void **state)
{
    struct harness *h = *state;
    enum { REPLACEMENTS = 200 };
    static const char *const builds[] = {WORKERS "/one/worker.so", WORKERS "/two/worker.so"};
    char args[16];
    unsigned sent = 0;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "0");
    sent++;
    harness_until(h, h->nsaid == 1);
    for (int i = 0; i < REPLACEMENTS; i++) {
        unsigned calls = h->modules_calls;
        harness_install(h->user_dir, "worker", builds[i % 2]);
        /* Some are replaced before they were noticed. */
        int64_t until = harness_deadline();
        do {
            for (int burst = 0; burst < 20; burst++) {
                snprintf(args, sizeof args, "%u", sent++);
                assert_int_not_equal(
                    harness_send(h, "net", "worker", burst == 19 ? "slow" : "work", args), 0);
            }
            assert_int_equal(harness_turn(h, until), 0);
            if (harness_hosts(h).queued > 2000)
                harness_until(h, harness_hosts(h).queued < 200);
        } while (i % 4 && h->modules_calls == calls);
    }
    harness_install(h->user_dir, "worker", WORKERS "/three/worker.so");
    harness_until(h, harness_has_version(h, "worker", "three"));
    harness_until(h, harness_hosts(h).queued == 0 && harness_hosts(h).state == MODHOST_READY);
    snprintf(args, sizeof args, "%u", sent++);
    harness_send(h, "net", "worker", "work", args);
    harness_until(h, h->nsaid >= sent);
    check_each_once(h, sent);
    assert_int_equal(strncmp(harness_last(h), "three ", 6), 0);
    assert_int_equal(h->faults, 0);
    assert_int_equal(h->errors, 0);
    assert_in_range(harness_hosts(h).generation, 20, 300);
}

static void keeps_the_old_build_when_the_new_one_is_bad(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    harness_write_part(h->user_dir, "worker", WORKERS "/two/worker.so", 3000);
    harness_until(h, h->errors == 1);
    assert_string_equal(h->error_name, "worker");
    const struct module_decl *decl = supervisor_find(h->sup, "worker");
    assert_non_null(decl->error);
    assert_true(decl->present);
    assert_string_equal(decl->version, "one");
    harness_send(h, "net", "worker", "work", "2");
    harness_until(h, h->nsaid == 2);
    assert_string_equal(harness_last(h), "one 2");
    harness_install(h->user_dir, "worker", WORKERS "/two/worker.so");
    harness_until(h, harness_has_version(h, "worker", "two"));
    assert_null(decl->error);
    harness_until(h, harness_hosts(h).state == MODHOST_READY && harness_hosts(h).generation == 2);
    harness_send(h, "net", "worker", "work", "3");
    harness_until(h, h->nsaid == 3);
    assert_string_equal(harness_last(h), "two 3");
}

static void goes_on_when_the_new_build(struct harness *h, const char *build, const char *why)
{
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    harness_install(h->user_dir, "worker", build);
    harness_until(h, h->faults == 1);
    assert_string_equal(h->fault_module, "worker");
    assert_int_equal(h->fault_event, 0);
    assert_non_null(strstr(h->fault, why));
    assert_non_null(strstr(h->fault, "the last good one goes on"));
    harness_send(h, "net", "worker", "work", "2");
    harness_until(h, h->nsaid == 2);
    assert_string_equal(harness_last(h), "one 2");
    /* Also when it has to be started again. */
    harness_send(h, "net", "worker", "die", "segv");
    harness_send(h, "net", "worker", "work", "3");
    harness_until(h, h->nsaid == 3);
    assert_string_equal(harness_last(h), "one 3");
    assert_int_equal(h->faults, 2);
    harness_install(h->user_dir, "worker", WORKERS "/three/worker.so");
    harness_until(h, harness_has_version(h, "worker", "three"));
    harness_until(h, harness_hosts(h).state == MODHOST_READY);
    harness_send(h, "net", "worker", "work", "4");
    harness_until(h, h->nsaid == 4);
    assert_string_equal(harness_last(h), "three 4");
}

static void goes_on_when_the_new_build_refuses(void **state)
{
    goes_on_when_the_new_build(*state, WORKERS "/bad_load/worker.so", "not today");
}

static void goes_on_when_the_new_build_crashes(void **state)
{
    goes_on_when_the_new_build(*state, WORKERS "/crash_load/worker.so", "SIGABRT");
}

static void goes_on_when_the_new_build_closes_its_pipes(void **state)
{
    goes_on_when_the_new_build(*state, WORKERS "/close_load/worker.so", "was closed");
}

static void loads_a_module_when_its_first_event_comes(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    harness_install(h->system_dir, "echo", MODULES "/echo.so");
    harness_until(h, harness_present(h, "echo"));
    for (int i = 0; i < 50; i++) {
        assert_int_not_equal(harness_send(h, "net", "echo", "echo", "new"), 0);
        assert_int_not_equal(harness_send(h, "net", "worker", "work", "old"), 0);
    }
    harness_until(h, h->nsaid == 101);
    assert_int_equal(harness_count(h, "net", "alice: new"), 50);
    assert_int_equal(harness_count(h, "net", "one old"), 50);
    assert_int_equal(harness_hosts(h).generation, 2);
}

static void unloads_a_module_that_was_removed(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_install(h->system_dir, "echo", MODULES "/echo.so");
    harness_until(h, harness_present(h, "echo"));
    harness_send(h, "net", "worker", "work", "1");
    harness_send(h, "net", "echo", "echo", "1");
    harness_until(h, h->nsaid == 2);
    harness_remove(h->user_dir, "worker");
    harness_until(h, !harness_present(h, "worker"));
    assert_int_equal(harness_send(h, "net", "worker", "work", "2"), 0);
    harness_send(h, "net", "echo", "echo", "2");
    harness_until(h, h->nsaid == 3);
    harness_remove(h->system_dir, "echo");
    harness_until(h, harness_hosts(h).state == MODHOST_IDLE);
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_until(h, harness_present(h, "worker"));
    harness_send(h, "net", "worker", "work", "3");
    harness_until(h, h->nsaid == 4);
    assert_int_equal(h->faults, 0);
}

/* "more" stands first in the second build, so all its numbers are others. */
static void calls_commands_by_name_over_builds(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    harness_install(h->user_dir, "worker", WORKERS "/two/worker.so");
    harness_until(h, harness_has_version(h, "worker", "two"));
    /* The old generation still runs. */
    harness_send(h, "net", "worker", "work", "2");
    harness_send(h, "net", "worker", "more", "3");
    harness_until(h, h->nsaid == 3);
    assert_int_equal(harness_count(h, NULL, "one 2") + harness_count(h, NULL, "two 2"), 1);
    assert_int_equal(harness_count(h, NULL, "two 3"), 1);
}

/* The old generation is in a handler that never ends; the new one serves. */
static void swaps_past_a_handler_that_hangs(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    harness_send(h, "net", "worker", "hang", "");
    harness_until(h, harness_hosts(h).state == MODHOST_READY);
    harness_install(h->user_dir, "worker", WORKERS "/three/worker.so");
    harness_until(h, harness_hosts(h).generation == 2);
    harness_until(h, harness_hosts(h).state == MODHOST_READY);
    harness_send(h, "net", "worker", "work", "free");
    harness_until(h, h->nsaid == 1);
    assert_string_equal(harness_last(h), "three free");
    assert_int_equal(harness_hosts(h).queued, 1);
}

/* What a reload ends in. */
struct reload {
    struct harness *h;
    bool done;
    unsigned hosts;
    char refused[128];
    bool pending;
    bool newest;
};

static void look_at(void *arg, const struct modhost_status *status)
{
    struct reload *r = arg;
    for (size_t i = 0; i < status->nmodules; i++) {
        const struct modhost_module_status *m = &status->modules[i];
        r->hosts++;
        r->pending = m->pending;
        r->newest = m->version && m->version == m->module->serial;
        snprintf(r->refused, sizeof r->refused, "%s", m->refused ? m->refused : "");
    }
}

static void on_loaded(void *arg)
{
    struct reload *r = arg;
    r->done = true;
    supervisor_each_host(r->h->sup, look_at, r);
}

static void on_found(void *arg)
{
    struct reload *r = arg;
    supervisor_load(r->h->sup, "worker", on_loaded, r);
}

static struct reload reload(struct harness *h)
{
    struct reload r = {.h = h};
    supervisor_reload(h->sup, "worker", on_found, &r);
    harness_until(h, r.done);
    return r;
}

static void tells_whether_a_build_was_loaded(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    /* Nothing runs, and nothing is started for it. */
    assert_int_equal(reload(h).hosts, 0);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    for (int i = 0; i < 2; i++) {
        harness_install(h->user_dir, "worker", WORKERS "/three/worker.so");
        struct reload good = reload(h);
        assert_true(good.newest && !good.pending && !*good.refused);
        harness_install(h->user_dir, "worker", WORKERS "/bad_load/worker.so");
        struct reload bad = reload(h);
        assert_true(!bad.newest && !bad.pending && bad.hosts == 1);
        assert_non_null(strstr(bad.refused, "not today"));
        harness_install(h->user_dir, "worker", WORKERS "/crash_load/worker.so");
        assert_non_null(strstr(reload(h).refused, "SIGABRT"));
    }
    assert_int_equal(harness_hosts(h).state, MODHOST_READY);
}

/* Without an event: nobody would hear otherwise whether the next build is better. */
static void loads_again_what_was_refused_from_the_start(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "worker", WORKERS "/bad_load/worker.so");
    harness_begin(h);
    harness_network(h, "net");
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->faults == 1);
    struct reload bad = reload(h);
    assert_int_equal(h->faults, 2);
    assert_true(!bad.newest && !bad.pending && bad.hosts == 1);
    assert_non_null(strstr(bad.refused, "not today"));
    harness_install(h->user_dir, "worker", WORKERS "/three/worker.so");
    assert_true(reload(h).newest);
}

static void tells_at_the_end_who_waits_for_a_load(void **state)
{
    struct harness *h = *state;
    struct reload r = {.h = h};
    begin_with_worker(h);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    harness_install(h->user_dir, "worker", WORKERS "/hang_load/worker.so");
    supervisor_reload(h->sup, "worker", on_found, &r);
    harness_until(h, harness_hosts(h).state == MODHOST_SWAPPING);
    assert_false(r.done);
    supervisor_stop(h->sup, NULL, NULL);
    assert_true(r.done);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(loses_nothing_over_two_hundred_replacements),
        CASE(keeps_the_old_build_when_the_new_one_is_bad),
        CASE(goes_on_when_the_new_build_refuses),
        CASE(goes_on_when_the_new_build_crashes),
        CASE(goes_on_when_the_new_build_closes_its_pipes),
        CASE(loads_a_module_when_its_first_event_comes),
        CASE(unloads_a_module_that_was_removed),
        CASE(calls_commands_by_name_over_builds),
        CASE(swaps_past_a_handler_that_hangs),
        CASE(tells_whether_a_build_was_loaded),
        CASE(loads_again_what_was_refused_from_the_start),
        CASE(tells_at_the_end_who_waits_for_a_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
