/* Who is to blame for a death, where no event says so: in load, in unload, and between events. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "harness.h"
#include "server/supervise/child.h"

/* "worker" is the culprit, "other" and "echo" are innocent. All are in one process, in this order.
 */
static void begin_with(struct harness *h, const char *culprit)
{
    static const char *const names[] = {"worker", "other", "echo"};
    harness_install(h->user_dir, "worker", culprit);
    harness_install(h->user_dir, "other", WORKERS "/other/worker.so");
    harness_install(h->system_dir, "echo", MODULES "/echo.so");
    harness_begin(h);
    harness_network(h, "net");
    struct modhost *host =
        supervisor_host(h->sup, "net", &(struct modhost_kind){.group = "default"});
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        harness_until(h, harness_present(h, names[i]));
        modhost_want(host, supervisor_find(h->sup, names[i]), true);
    }
}

static void starts_without(struct harness *h, const char *culprit, enum fault_kind kind)
{
    begin_with(h, culprit);
    harness_send(h, "net", "echo", "echo", "1");
    harness_send(h, "net", "other", "work", "2");
    harness_until(h, h->nsaid == 2);
    assert_int_equal(h->faults, 1);
    assert_string_equal(h->fault_module, "worker");
    assert_int_equal(h->fault_kind, kind);
    assert_string_equal(h->fault_doing, "load");
    assert_int_equal(harness_hosts(h).generation, 2);
    assert_int_equal(harness_send(h, "net", "worker", "work", "3"), 0);
}

static void names_who_closes_its_pipes_in_load(void **state)
{
    starts_without(*state, WORKERS "/close_load/worker.so", FAULT_CLOSED);
}

/* It is seen when the others are loaded as well. */
static void names_who_writes_rubbish_in_load(void **state)
{
    starts_without(*state, WORKERS "/rubbish_load/worker.so", FAULT_RUBBISH);
}

static void names_who_exits_in_unload(void **state)
{
    struct harness *h = *state;
    begin_with(h, WORKERS "/exit_unload/worker.so");
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, h->nsaid == 1);
    harness_remove(h->system_dir, "echo");
    harness_until(h, h->faults == 1);
    assert_string_equal(h->fault_module, "worker");
    assert_int_equal(h->fault_kind, FAULT_EXIT);
    assert_string_equal(h->fault_doing, "unload");
    /* What was unloaded before it has not lost its words. */
    assert_string_equal(h->log, "unloaded other");
}

static void note_pid(void *arg, const struct modhost_status *status)
{
    for (size_t i = 0; i < status->nmodules; i++)
        if (status->modules[i].version && !strcmp(status->modules[i].module->name, "worker"))
            *(int *)arg = status->pid;
}

/* Somebody ends the process of a module that has never run: its events go on waiting. */
static void refuses_nobody_who_is_killed_in_load(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "worker", WORKERS "/hang_load/worker.so");
    harness_begin(h);
    harness_network(h, "net");
    harness_send(h, "net", "worker", "work", "1");
    for (unsigned i = 0; i < 2; i++) {
        harness_until(h, harness_hosts(h).generation == i + 1 && harness_hosts(h).pid);
        /* Where it has not come to its load by then, it is not to blame either. */
        harness_run_ms(h, 300);
        assert_int_equal(kill(harness_hosts(h).pid, SIGTERM), 0);
        harness_until(h, h->faults == i + 1);
        assert_string_equal(h->fault_module, "");
        assert_int_equal(harness_hosts(h).queued, 1);
        assert_null(supervisor_refused(h->sup, "net", supervisor_find(h->sup, "worker")));
    }
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_until(h, harness_count(h, "net", "one 1") == 1);
}

/* Its event is over, and then its process ends, as by a thread of the module. */
static void die_between(struct harness *h, int with_signal)
{
    unsigned faults = h->faults;
    int pid = 0;
    assert_int_not_equal(harness_send(h, "net", "worker", "work", "x"), 0);
    harness_until(h, harness_hosts(h).queued == 0);
    supervisor_each_host(h->sup, note_pid, &pid);
    assert_int_not_equal(pid, 0);
    assert_int_equal(kill(pid, with_signal), 0);
    harness_until(h, h->faults == faults + 1);
    assert_int_equal(h->fault_event, 0);
    assert_int_equal(h->fault_kind, FAULT_SIGNAL);
}

static void die(struct harness *h, const char *module)
{
    unsigned faults = h->faults;
    uint64_t event = harness_send(h, "net", module, "die", "abort");
    harness_until(h, h->faults == faults + 1);
    assert_string_equal(h->fault_module, module);
    assert_int_equal(h->fault_event, event);
}

static void finds_who_dies_between_events(void **state)
{
    struct harness *h = *state;
    h->limits.quarantine = (struct rate){4, 600000};
    begin_with(h, WORKERS "/one/worker.so");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(harness_hosts(h).hosts, 1);
        die_between(h, SIGABRT);
        assert_string_equal(h->fault_module, "");
    }
    /* Now each has a process of its own. */
    harness_send(h, "net", "echo", "echo", "1");
    harness_until(h, harness_count(h, "net", "alice: 1") == 1);
    int pid = harness_hosts(h).pid;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(h->quarantines, 0);
        die_between(h, SIGABRT);
        assert_string_equal(h->fault_module, "worker");
    }
    assert_int_equal(h->quarantines, 1);
    assert_non_null(supervisor_quarantined(h->sup, "net", "worker"));
    assert_int_equal(h->faults, 7);
    /* The others share one again. */
    harness_until(h, harness_hosts(h).hosts == 1);
    harness_send(h, "net", "echo", "echo", "2");
    harness_send(h, "net", "other", "work", "2");
    harness_until(h, harness_count(h, "net", "alice: 2") == 1);
    harness_until(h, harness_count(h, "net", "other 2") == 1);
    assert_int_equal(harness_hosts(h).running, 1);
    assert_int_not_equal(harness_hosts(h).pid, pid);
    assert_int_equal(h->faults, 7);
}

/* Another version ends it as well. */
static void joins_them_when_one_was_replaced(void **state)
{
    struct harness *h = *state;
    begin_with(h, WORKERS "/one/worker.so");
    for (int i = 0; i < 3; i++)
        die_between(h, SIGABRT);
    harness_send(h, "net", "echo", "echo", "1");
    harness_send(h, "net", "worker", "nick", "");
    harness_send(h, "net", "other", "work", "1");
    harness_until(h, harness_count(h, "net", "alice: 1") == 1);
    harness_until(h, harness_count(h, "net", "other 1") == 1);
    harness_until(h, harness_count(h, "net", "seshet") == 1);
    assert_int_equal(harness_hosts(h).running, 3);
    harness_install(h->user_dir, "worker", WORKERS "/two/worker.so");
    harness_until(h, harness_has_version(h, "worker", "two"));
    harness_until(h, harness_hosts(h).hosts == 1);
    harness_send(h, "net", "worker", "work", "1");
    harness_send(h, "net", "echo", "echo", "2");
    harness_until(h, harness_count(h, "net", "two 1") == 1);
    harness_until(h, harness_count(h, "net", "alice: 2") == 1);
    assert_int_equal(harness_hosts(h).running, 1);
    assert_int_equal(h->faults, 3);
}

static unsigned count_ticks(const struct harness *h, const char *module)
{
    unsigned n = 0;
    for (size_t i = 0; i < h->nsaid; i++)
        n += !strcmp(h->said[i].module, module) && !strcmp(h->said[i].text, "tick");
    return n;
}

/* Until each of the two has called its timer once more. */
static void tick_again(struct harness *h)
{
    unsigned worker = count_ticks(h, "worker");
    unsigned other = count_ticks(h, "other");
    harness_until(h, count_ticks(h, "worker") > worker && count_ticks(h, "other") > other);
}

/* No event comes that would start the processes. */
static void timers_go_on_apart_and_together(void **state)
{
    struct harness *h = *state;
    struct network_facts ticks = {.own_nick = "ticks", .casemapping = "rfc1459", .user = h};
    begin_with(h, WORKERS "/one/worker.so");
    supervisor_set_network(h->sup, "net", &ticks);
    for (int i = 0; i < 3; i++)
        die_between(h, SIGABRT);
    tick_again(h);
    assert_int_equal(harness_hosts(h).running, 3);
    harness_install(h->user_dir, "worker", WORKERS "/two/worker.so");
    harness_until(h, harness_hosts(h).hosts == 1);
    tick_again(h);
    assert_int_equal(harness_hosts(h).running, 1);
    assert_int_equal(h->faults, 3);
}

/* Where something kills the process between events, an event that dies may be innocent. */
static void does_not_count_what_others_may_have_done(void **state)
{
    struct harness *h = *state;
    h->limits.quarantine = (struct rate){2, 600000};
    begin_with(h, WORKERS "/one/worker.so");
    die(h, "other");
    die_between(h, SIGABRT);
    die(h, "other");
    assert_int_equal(h->quarantines, 0);
    die_between(h, SIGABRT);
    /* Alone it is its own doing. */
    die(h, "other");
    assert_int_equal(h->quarantines, 0);
    die(h, "other");
    assert_int_equal(h->quarantines, 1);
    assert_non_null(supervisor_quarantined(h->sup, "net", "other"));
}

/* Nobody else can have done it; and each time it takes longer until it runs again. */
static void blames_who_is_alone(void **state)
{
    struct harness *h = *state;
    enum { DEATHS = 9, AT_LEAST_MS = 10 + 20 + 40 + 80 + 160 + 320 + 640 };
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    harness_network(h, "net");
    /* What people do to it is nobody's doing. */
    die_between(h, SIGKILL);
    assert_string_equal(h->fault_module, "");
    int64_t begun = clock_now(&clock_system);
    for (int i = 0; i < DEATHS; i++) {
        die_between(h, SIGABRT);
        assert_string_equal(h->fault_module, "worker");
    }
    assert_in_range(clock_now(&clock_system) - begun, AT_LEAST_MS, INT64_MAX);
}

static void keeps_its_page(void **state)
{
    struct child child;
    char *argv[] = {"/bin/sleep", "60", NULL};
    char *error = NULL;
    char path[64];
    (void)state;
    assert_int_equal(child_spawn(&child, argv, &error), 0);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)child.pid, IPC_FD_CELL);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 2 * IPC_CELL_SIZE), -1);
    close(fd);
    child_end(&child, 10000);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(names_who_closes_its_pipes_in_load),
        CASE(names_who_writes_rubbish_in_load),
        CASE(names_who_exits_in_unload),
        CASE(refuses_nobody_who_is_killed_in_load),
        CASE(finds_who_dies_between_events),
        CASE(joins_them_when_one_was_replaced),
        CASE(timers_go_on_apart_and_together),
        CASE(does_not_count_what_others_may_have_done),
        CASE(blames_who_is_alone),
        cmocka_unit_test(keeps_its_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
