#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
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
                                  .args = "",
                                  .reply_to = "#test"};
    begin_with_worker(h);
    struct modhost *host =
        supervisor_host(h->sup, "net", &(struct modhost_kind){.group = "default"});
    const struct module_decl *decl = supervisor_find(h->sup, "worker");
    assert_int_not_equal(modhost_send(host, decl, &ev), 0);
    harness_until(h, h->nsaid == 1);
    assert_string_equal(h->said[0].text, "one heard a word");
    ev.type = SESHET_JOIN;
    assert_int_equal(modhost_send(host, decl, &ev), 0);
    assert_int_equal(harness_send(h, "net", "worker", "unknown", ""), 0);
    assert_null(supervisor_host(h->sup, "another", &(struct modhost_kind){.group = "default"}));
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
    assert_in_range(taken, 8000, 8192);
    harness_run_ms(h, 50);
    assert_int_equal(harness_send(h, "net", "worker", "work", ""), 0);
    /* Others of the same process have their room, until that is full too. */
    harness_install(h->user_dir, "echo", MODULES "/echo.so");
    harness_until(h, harness_present(h, "echo"));
    for (int i = 0; i < 8000; i++)
        assert_int_not_equal(harness_send(h, "net", "echo", "echo", "x"), 0);
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
    assert_null(supervisor_host(h->sup, "net", &(struct modhost_kind){.group = "default"}));
    harness_network(h, "net");
    harness_send(h, "net", "worker", "work", "anew");
    harness_until(h, harness_count(h, "net", "one anew") == 1);
    harness_run_ms(h, 1700);
    harness_send(h, "other", "worker", "work", "2");
    harness_until(h, harness_count(h, "other", "one 2") == 1);
    assert_int_equal(h->faults, 0);
}

/* What command_index_new does: each group's module is wanted, and nothing else. */
static void want(struct harness *h, const char *module, const char *const *groups)
{
    supervisor_want_begin(h->sup, "net");
    for (size_t i = 0; groups[i]; i++)
        modhost_want(supervisor_host(h->sup, "net", &(struct modhost_kind){.group = groups[i]}),
                     supervisor_find(h->sup, module), true);
    supervisor_want_end(h->sup, "net");
}

static size_t count_processes(void)
{
    char path[64];
    char text[4096] = "";
    size_t n = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    (void)!fread(text, 1, sizeof text - 1, f);
    fclose(f);
    for (char *at = text; (at = strchr(at, ' ')); at++)
        n++;
    return n;
}

/* A module that moves from group to group leaves nothing behind. */
static void ends_hosts_that_nobody_wants(void **state)
{
    struct harness *h = *state;
    char group[16];
    begin_with_worker(h);
    for (unsigned i = 0; i < 20; i++) {
        snprintf(group, sizeof group, "g%u", i);
        want(h, "worker", (const char *[]){group, NULL});
        assert_int_not_equal(harness_send_group(h, "net", group, "worker", "work", "x"), 0);
        harness_until(h, h->nsaid == i + 1);
    }
    harness_until(h, harness_hosts(h).hosts == 1 && count_processes() == 1);
    /* Wanted by nobody. */
    want(h, "worker", (const char *[]){NULL});
    harness_until(h, harness_hosts(h).hosts == 0 && count_processes() == 0);
    /* And again. */
    want(h, "worker", (const char *[]){"g1", NULL});
    assert_int_equal(harness_hosts(h).hosts, 1);
    harness_send_group(h, "net", "g1", "worker", "work", "again");
    harness_until(h, harness_count(h, "net", "one again") == 1);
    assert_int_equal(h->faults, 0);
}

/* An end comes after what it was given, also when nothing of that was begun. */
static void handles_what_it_has_before_it_ends(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    want(h, "worker", (const char *[]){"a", "b", NULL});
    for (int i = 0; i < 100; i++)
        harness_send_group(h, "net", "a", "worker", "slow", "x");
    want(h, "worker", (const char *[]){"b", NULL});
    harness_until(h, h->nsaid == 100);
    for (int i = 0; i < 100; i++)
        harness_send_group(h, "net", "b", "worker", "slow", "x");
    harness_until(h, h->nsaid > 101);
    want(h, "worker", (const char *[]){NULL});
    harness_until(h, h->nsaid == 200);
    harness_until(h, harness_hosts(h).hosts == 0 && count_processes() == 0);
    assert_int_equal(h->faults, 0);
}

static void on_host(void *arg, const struct modhost_status *status)
{
    for (size_t i = 0; i < status->nmodules; i++)
        if (status->modules[i].version)
            buf_printf(arg, "%s ", status->modules[i].module->name);
}

static bool has_loaded(struct harness *h, const char *wanted)
{
    struct buf text = {0};
    supervisor_each_host(h->sup, on_host, &text);
    buf_append(&text, "", 1);
    bool same = !strcmp(buf_data(&text), wanted);
    buf_free(&text);
    return same;
}

static void unloads_and_loads_what_changes(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "echo", MODULES "/echo.so");
    begin_with_worker(h);
    struct modhost *host =
        supervisor_host(h->sup, "net", &(struct modhost_kind){.group = "default"});
    const struct module_decl *worker = supervisor_find(h->sup, "worker");
    const struct module_decl *echo = supervisor_find(h->sup, "echo");
    modhost_want(host, worker, true);
    modhost_want(host, echo, true);
    supervisor_want_end(h->sup, "net");
    assert_int_equal(harness_hosts(h).running, 0);
    harness_send(h, "net", "worker", "work", "1");
    harness_until(h, has_loaded(h, "worker echo "));
    /* Only what changed is said. */
    modhost_want(host, worker, false);
    supervisor_want_end(h->sup, "net");
    harness_until(h, has_loaded(h, "echo ") && harness_count(h, NULL, "one 1") == 1);
    modhost_want(host, worker, true);
    supervisor_want_end(h->sup, "net");
    harness_until(h, has_loaded(h, "worker echo ") && count_processes() == 1);
    assert_int_equal(h->faults, 0);
}

static void a_new_file_starts_no_host_that_is_idle(void **state)
{
    struct harness *h = *state;
    begin_with_worker(h);
    want(h, "worker", (const char *[]){"a", "b", NULL});
    harness_send_group(h, "net", "a", "worker", "work", "x");
    harness_send_group(h, "net", "b", "worker", "work", "x");
    harness_until(h, h->nsaid == 2);
    want(h, "worker", (const char *[]){"b", NULL});
    harness_until(h, count_processes() == 1);
    harness_install(h->user_dir, "worker", WORKERS "/two/worker.so");
    harness_until(h, harness_has_version(h, "worker", "two"));
    harness_until(h, harness_hosts(h).generation == 2);
    harness_until(h, count_processes() == 1);
    assert_int_equal(harness_hosts(h).hosts, 1);
}

/* Bytes, too, must go down by half before "takes events again" is told. */
static void tells_once_that_it_is_full(void **state)
{
    struct harness *h = *state;
    char *text = malloc(8001);
    memset(text, 'x', 8000);
    text[8000] = '\0';
    begin_with_worker(h);
    harness_send(h, "net", "worker", "slow", "x");
    harness_until(h, h->nsaid == 1);
    log_open(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    FILE *log = tmpfile();
    assert_non_null(log);
    int saved = dup(2);
    dup2(fileno(log), 2);
    /* As long as it is fed as fast as it works, 4 MiB wait. */
    for (int turn = 0; turn < 200; turn++) {
        while (harness_send(h, "net", "worker", "slow", text))
            ;
        harness_turn(h, harness_deadline());
    }
    log_close();
    dup2(saved, 2);
    close(saved);
    free(text);
    char line[4096];
    unsigned told = 0;
    rewind(log);
    while (fgets(line, sizeof line, log))
        told += strstr(line, "modhost.full") != NULL;
    fclose(log);
    assert_int_equal(told, 1);
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
        CASE(ends_hosts_that_nobody_wants),
        CASE(handles_what_it_has_before_it_ends),
        CASE(unloads_and_loads_what_changes),
        CASE(a_new_file_starts_no_host_that_is_idle),
        CASE(tells_once_that_it_is_full),
        CASE(stops_in_peace),
        CASE(stops_what_hangs),
        CASE(stops_when_nothing_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
