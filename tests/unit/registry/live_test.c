#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

static void loads_what_is_there(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    redis_do(f->socket, "HSET seshet:network:libera:module:dice enabled no");
    redis_do(f->socket, "SADD seshet:network:libera:module:dice:dchannels #a #b");
    redis_do(f->socket, "SET seshet:storage:x y");
    open_default(f);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 0);
    run_until_state(f, REGISTRY_SYNCED);
    assert_true(module_fields_of(f, "dice")->enabled);
    const struct snapshot *s = registry_snapshot(f->registry);
    const struct module_def *overlay = snapshot_overlay(snapshot_network(s, "libera"), "dice");
    assert_false(overlay->fields.enabled);
    assert_int_equal(overlay->lists[LIST_DCHANNELS]->count, 2);
    assert_int_equal(f->swaps, 1);
    assert_int_equal(registry_stats(f->registry).full_loads, 1);
}

static void an_empty_redis_gets_a_schema(void **state)
{
    struct fixture *f = *state;
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    run_for(f, 20);
    char *schema = redis_get(f->socket, "HGET seshet:meta schema");
    assert_string_equal(schema, "1");
    free(schema);
}

static void an_edit_is_seen_at_once(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redisContext *c = redis_client(f->socket);
    int64_t worst = 0;
    for (unsigned i = 0; i < 200; i++) {
        unsigned before = f->swaps;
        int64_t start = now_us();
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice description edit%u", i));
        run_until_swaps(f, before + 1);
        int64_t took = now_us() - start;
        worst = took > worst ? took : worst;
        char text[32];
        snprintf(text, sizeof text, "edit%u", i);
        assert_string_equal(module_fields_of(f, "dice")->description, text);
    }
    redisFree(c);
    print_message("edit to snapshot, worst of 200: %lld us\n", (long long)worst);
    assert_true(worst < 50000);
}

static bool has_overlay(void *arg)
{
    struct fixture *f = arg;
    const struct snapshot *s = registry_snapshot(f->registry);
    const struct module_def *def = snapshot_overlay(snapshot_network(s, "oftc"), "dice");
    return def && def->lists[LIST_ECHANNELS] && def->fields.cmd_prefix == '?';
}

static bool has_no_overlay(void *arg)
{
    struct fixture *f = arg;
    return !registry_snapshot(f->registry)->nnetworks;
}

static void overlays_come_and_go(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "HSET seshet:network:oftc:module:dice cmd_prefix ?");
    redis_do(f->socket, "SADD seshet:network:oftc:module:dice:echannels #x");
    run_until(f, has_overlay, f, "an overlay");
    redis_do(f->socket, "RENAME seshet:network:oftc:module:dice elsewhere");
    redis_do(f->socket, "PEXPIRE seshet:network:oftc:module:dice:echannels 5");
    run_until(f, has_no_overlay, f, "no overlay");
}

static void a_transaction_is_one_snapshot(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    unsigned before = f->swaps;
    redisContext *c = redis_client(f->socket);
    redisAppendCommand(c, "MULTI");
    for (int i = 0; i < 100; i++) {
        redisAppendCommand(c, "SADD seshet:modules m%d", i);
        redisAppendCommand(c, "HSET seshet:module:m%d enabled yes", i);
    }
    redisAppendCommand(c, "EXEC");
    for (int i = 0; i < 202; i++) {
        void *reply = NULL;
        assert_int_equal(redisGetReply(c, &reply), REDIS_OK);
        freeReplyObject(reply);
    }
    redisFree(c);
    run_until_swaps(f, before + 1);
    run_for(f, 50);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 101);
    assert_true(module_fields_of(f, "m99")->enabled);
    assert_true(f->swaps - before <= 2);
}

static bool is_last(void *arg)
{
    struct fixture *f = arg;
    const struct module_def *def = snapshot_module(registry_snapshot(f->registry), "m0");
    return f->state == REGISTRY_SYNCED && def && !strcmp(def->fields.description, "last");
}

/* Edits go on during the whole load; what stands at the end must be the last one. */
static void an_edit_during_the_load_is_not_missed(void **state)
{
    struct fixture *f = *state;
    redisContext *c = redis_client(f->socket);
    redis_do(f->socket, "HSET seshet:meta schema 1");
    for (int i = 0; i < 500; i++) {
        freeReplyObject(redisCommand(c, "SADD seshet:modules m%d", i));
        freeReplyObject(redisCommand(c, "HSET seshet:module:m%d description d%d", i, i));
    }
    open_default(f);
    for (int i = 0; f->state != REGISTRY_SYNCED; i++) {
        for (int j = 0; j < 5; j++)
            freeReplyObject(redisCommand(c, "HSET seshet:module:m%d description e%d", j, i));
        run_for(f, 0);
        assert_true(i < 100000);
    }
    freeReplyObject(redisCommand(c, "HSET seshet:module:m0 description last"));
    redisFree(c);
    run_until(f, is_last, f, "the last edit");
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 500);
}

struct edit {
    struct fixture *fixture;
    const char *module;
    char text[32];
};

static bool is_edited(void *arg)
{
    struct edit *e = arg;
    return !strcmp(module_fields_of(e->fixture, e->module)->description, e->text);
}

/* The answer to a reading may be older than an edit that is told before the answer comes. */
static void an_edit_during_a_reading_is_not_missed(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redisContext *c = redis_client(f->socket);
    for (int i = 0; i < 400; i++) {
        struct edit last = {.fixture = f, .module = "dice"};
        snprintf(last.text, sizeof last.text, "last%d", i);
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice description first%d", i));
        for (int turns = i % 4; turns; turns--)
            event_base_loop(f->base, EVLOOP_NONBLOCK);
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice description %s", last.text));
        run_until(f, is_edited, &last, "the later one of two edits");
    }
    redisFree(c);
}

/* Changes a hundred definitions as fast as Redis can, from a process of its own. */
static pid_t start_churn(struct fixture *f)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    redisContext *c = redisConnectUnix(f->socket);
    for (int i = 0; getppid() == parent; i++) {
        for (int j = 0; j < 100; j++)
            redisAppendCommand(c, "HSET seshet:module:busy%d description %d", j, i);
        for (int j = 0; j < 100; j++) {
            void *reply = NULL;
            if (redisGetReply(c, &reply))
                _exit(0);
            freeReplyObject(reply);
        }
    }
    _exit(0);
}

/* While others change without pause, and answers take a while, an edit still counts soon. */
static void endless_changes_hold_nobody_back(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    for (int i = 0; i < 100; i++)
        redis_do(f->socket, "SADD seshet:modules busy%d", i);
    f->proxy_delay_ms = 5;
    open_through_proxy(f);
    run_until_state(f, REGISTRY_SYNCED);
    pid_t pid = start_churn(f);
    run_for(f, 100);
    for (int i = 0; i < 20; i++) {
        struct edit edit = {.fixture = f, .module = "dice"};
        snprintf(edit.text, sizeof edit.text, "edited%d", i);
        int64_t start = now_us();
        redis_do(f->socket, "HSET seshet:module:dice description %s", edit.text);
        run_until(f, is_edited, &edit, "an edit among others");
        assert_true(now_us() - start < 500000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    struct edit last = {.fixture = f, .module = "busy0", .text = "at rest"};
    redis_do(f->socket, "HSET seshet:module:busy0 description %s", last.text);
    run_until(f, is_edited, &last, "the last of the changes");
}

static char *status_text;
static struct fixture *status_fixture;
static bool status_is(void *arg)
{
    free(status_text);
    status_text =
        redis_get(status_fixture->socket, "HGET seshet:status:module:dice %s", (const char *)arg);
    return strcmp(status_text, "(nil)") != 0;
}

static bool status_is_not(void *arg)
{
    return !status_is(arg);
}

static void a_wrong_edit_is_told_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    status_fixture = f;
    one_module(f);
    redis_do(f->socket, "HSET seshet:status:module:dice cmd_prefix old");
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    run_until(f, status_is_not, "cmd_prefix", "the old status to go");
    redis_do(f->socket, "HSET seshet:module:dice cmd_prefix !!");
    run_until(f, status_is, "cmd_prefix", "a status");
    assert_non_null(strstr(status_text, "must be one character"));
    assert_int_equal(module_fields_of(f, "dice")->cmd_prefix, '.');
    redis_do(f->socket, "HSET seshet:module:dice cmd_prefix ?");
    run_until(f, status_is_not, "cmd_prefix", "no status");
    assert_int_equal(module_fields_of(f, "dice")->cmd_prefix, '?');

    redis_do(f->socket, "DEL seshet:module:dice:enicks");
    redis_do(f->socket, "SET seshet:module:dice:enicks x");
    run_until(f, status_is, "enicks", "a status of a wrong type");
    assert_non_null(strstr(status_text, "wrong type"));
    redis_do(f->socket, "SADD seshet:module:dice:echanels #a");
    run_until(f, status_is, "echanels", "a status of an unknown list");
    assert_non_null(strstr(status_text, "did you mean echannels?"));
    free(status_text);
    status_text = NULL;
}

static void busy_keys_cause_no_reading(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    unsigned before = f->swaps;
    uint64_t changes = registry_stats(f->registry).invalidations;
    for (int i = 0; i < 100; i++) {
        redis_do(f->socket, "HSET seshet:storage:module:dice k %d", i);
        redis_do(f->socket, "HSET seshet:status:x k %d", i);
        redis_do(f->socket, "SET seshet:presence:other %d", i);
    }
    run_for(f, 200); /* heartbeats as well */
    assert_int_equal(f->swaps, before);
    assert_int_equal(registry_stats(f->registry).invalidations, changes);
    assert_true(registry_stats(f->registry).heartbeat_age_ms < 150);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, redis_setup, redis_teardown)
    const struct CMUnitTest tests[] = {
        TEST(loads_what_is_there),
        TEST(an_empty_redis_gets_a_schema),
        TEST(an_edit_is_seen_at_once),
        TEST(overlays_come_and_go),
        TEST(a_transaction_is_one_snapshot),
        TEST(an_edit_during_the_load_is_not_missed),
        TEST(an_edit_during_a_reading_is_not_missed),
        TEST(endless_changes_hold_nobody_back),
        TEST(a_wrong_edit_is_told_and_changes_nothing),
        TEST(busy_keys_cause_no_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
