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

#include "fixture.h"

/* As the reason says. */
static void accept_it(struct fixture *f)
{
    const char *command = strstr(f->reason, "HSET seshet:meta accepted ");
    assert_non_null(command);
    redis_do(f->socket, "HSET seshet:meta accepted %s", strrchr(command, ' ') + 1);
}

struct wanted_reason {
    struct fixture *fixture;
    const char *text;
};

static bool reason_has(void *arg)
{
    struct wanted_reason *w = arg;
    return strstr(w->fixture->reason, w->text) != NULL;
}

static void run_until_reason(struct fixture *f, const char *text)
{
    struct wanted_reason w = {f, text};
    run_until(f, reason_has, &w, text);
}

static void a_flush_keeps_the_snapshot(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "FLUSHALL");
    run_until_state(f, REGISTRY_EMPTIED);
    assert_non_null(strstr(f->reason, "came back empty"));
    assert_true(module_fields_of(f, "dice")->enabled);
    /* Nothing may look like a decision of the server's own. */
    run_for(f, 120);
    char *count = redis_get(f->socket, "EXISTS seshet:meta seshet:modules");
    assert_string_equal(count, "0");
    free(count);
    assert_int_equal(f->state, REGISTRY_EMPTIED);

    accept_it(f);
    run_until_state(f, REGISTRY_SYNCED);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 0);
}

/* Another server, started now, finds nothing and begins: that is nobody's decision. */
static void another_server_decides_nothing(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "FLUSHALL");
    run_until_state(f, REGISTRY_EMPTIED);
    redis_do(f->socket, "HSET seshet:meta schema 3 id another");
    redis_do(f->socket, "SADD seshet:modules echo");
    run_until_reason(f, "began a new one");
    assert_int_equal(f->state, REGISTRY_EMPTIED);
    assert_true(module_fields_of(f, "dice")->enabled);
    /* Nor when it was so quick that nobody saw it empty, or while nobody looked. */
    redis_do(f->socket, "CLIENT KILL TYPE pubsub");
    run_until_state(f, REGISTRY_LOADING);
    run_until_state(f, REGISTRY_EMPTIED);
    accept_it(f);
    run_until_state(f, REGISTRY_SYNCED);
    assert_null(snapshot_module(registry_snapshot(f->registry), "dice"));
    assert_non_null(snapshot_module(registry_snapshot(f->registry), "echo"));
    /* It is the one that counts now; the next loss is none that was accepted. */
    redis_do(f->socket, "HSET seshet:meta id a-third");
    run_until_state(f, REGISTRY_EMPTIED);
    redis_do(f->socket, "HSET seshet:meta id another");
    run_until_state(f, REGISTRY_SYNCED);
}

static bool nothing_is_accepted(void *arg)
{
    struct fixture *f = arg;
    char *count = redis_get(f->socket, "HEXISTS seshet:meta accepted");
    bool none = !strcmp(count, "0");
    free(count);
    return none;
}

/* Several modules are not taken out at once by a decision; and one that is, once, is none for the
 * next time. */
static void a_lost_set_of_modules_keeps_the_snapshot(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    redis_do(f->socket, "SADD seshet:modules echo seen");
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "RENAME seshet:modules aside");
    run_until_state(f, REGISTRY_EMPTIED);
    assert_non_null(strstr(f->reason, "set of modules"));
    assert_true(module_fields_of(f, "dice")->enabled);
    redis_do(f->socket, "RENAME aside seshet:modules");
    run_until_state(f, REGISTRY_SYNCED);
    for (int i = 0; i < 2; i++) {
        redis_do(f->socket, "DEL seshet:modules");
        run_until_state(f, REGISTRY_EMPTIED);
        assert_int_equal(registry_snapshot(f->registry)->nmodules, 3);
        accept_it(f);
        run_until_state(f, REGISTRY_SYNCED);
        assert_int_equal(registry_snapshot(f->registry)->nmodules, 0);
        redis_do(f->socket, "SADD seshet:modules dice echo seen");
        run_until(f, nothing_is_accepted, f, "what was accepted to be done with");
    }
    for (unsigned left = 3; left--;) {
        static const char *const names[] = {"dice", "echo", "seen"};
        redis_do(f->socket, "SREM seshet:modules %s", names[left]);
        while (registry_snapshot(f->registry)->nmodules != left)
            run_until_swaps(f, f->swaps + 1);
    }
    assert_int_equal(f->state, REGISTRY_SYNCED);
}

static void survives_kill_and_restart(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_kill(f, SIGKILL);
    run_until_state(f, REGISTRY_AWAY);
    assert_true(module_fields_of(f, "dice")->enabled);
    assert_true(f->reason[0] != '\0');

    redis_start(f, NULL); /* without its data */
    run_until_state(f, REGISTRY_EMPTIED);
    assert_true(module_fields_of(f, "dice")->enabled);
    one_module(f);
    redis_do(f->socket, "HSET seshet:module:dice description back");
    run_until_state(f, REGISTRY_SYNCED);
    while (strcmp(module_fields_of(f, "dice")->description, "back") != 0)
        run_until_swaps(f, f->swaps + 1);
    assert_int_equal(registry_stats(f->registry).reconnects, 1);
}

static void notices_a_stopped_redis(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    int64_t start = now_us();
    redis_kill(f, SIGSTOP);
    run_until_state(f, REGISTRY_AWAY);
    assert_true(now_us() - start < 5000000);
    assert_non_null(strstr(f->reason, "in time"));
    redis_kill(f, SIGCONT);
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);
}

/* If the connection that hears changes dies alone, Redis tells the other nothing. */
static void notices_that_nobody_listens(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "CLIENT KILL TYPE pubsub");
    run_until_state(f, REGISTRY_AWAY);
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);
}

static void open_through_proxy(struct fixture *f)
{
    char uri[160];
    proxy_start(f);
    snprintf(uri, sizeof uri, "unix://%s", f->proxy_socket);
    const struct registry_config config = {.uri = uri, .heartbeat_ms = 50, .timeout_ms = 400};
    open_registry(f, &config);
}

/* Both connections live, but changes are lost on the way: only the heartbeat tells. */
static void notices_that_changes_are_not_told(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_through_proxy(f);
    run_until_state(f, REGISTRY_SYNCED);
    f->proxy_deaf = true;
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_until_state(f, REGISTRY_AWAY);
    assert_non_null(strstr(f->reason, "heartbeat"));
    f->proxy_deaf = false;
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);
}

static void survives_a_cut_in_the_middle_of_an_answer(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    for (int i = 0; i < 200; i++)
        redis_do(f->socket, "SADD seshet:modules module-with-a-long-name-%d", i);
    open_through_proxy(f);
    for (long cut = 1; cut < 20000; cut = cut * 3 / 2 + 1) {
        f->proxy_cut = cut; /* bytes from Redis until both connections are closed */
        run_until_state(f, REGISTRY_AWAY);
    }
    f->proxy_cut = 0;
    run_until_state(f, REGISTRY_SYNCED);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 201);
    assert_true(module_fields_of(f, "dice")->enabled);
}

/* A Redis whose data are deleted by name, as `redis-cli --scan | xargs redis-cli DEL` does it. */
static void deleted_data_keep_the_snapshot(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "DEL seshet:modules seshet:meta seshet:module:dice "
                        "seshet:module:dice:enicks");
    run_until_state(f, REGISTRY_EMPTIED);
    assert_true(module_fields_of(f, "dice")->enabled);
    one_module(f);
    run_until_state(f, REGISTRY_SYNCED);
    assert_true(module_fields_of(f, "dice")->enabled);
}

static bool meta_is_there(void *arg)
{
    struct fixture *f = arg;
    char *schema = redis_get(f->socket, "HGET seshet:meta schema");
    bool there = !strcmp(schema, "3");
    free(schema);
    return there;
}

static void a_lost_schema_is_written_again(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    for (int i = 0; i < 20; i++) {
        redis_do(f->socket, "DEL seshet:meta");
        run_until(f, meta_is_there, f, "a schema");
    }
    run_for(f, 20);
    assert_int_equal(f->state, REGISTRY_SYNCED);
    assert_true(module_fields_of(f, "dice")->enabled);
}

static void survives_a_restart_with_data(void **state)
{
    struct fixture *f = *state;
    static const char *const durable[] = {"--appendonly", "yes", "--appendfsync", "no", NULL};
    redis_kill(f, SIGKILL);
    redis_start(f, durable);
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    for (int i = 0; i < 3; i++) {
        redis_kill(f, SIGKILL);
        run_until_state(f, REGISTRY_AWAY);
        redis_start(f, durable);
        redis_do(f->socket, "HSET seshet:module:dice enabled %s", i % 2 ? "yes" : "no");
        run_until_state(f, REGISTRY_SYNCED);
        assert_int_equal(module_fields_of(f, "dice")->enabled, i % 2);
    }
}

/* ---- Redis that refuses ---- */

static bool writes_are_refused(void *arg)
{
    struct fixture *f = arg;
    return f->state == REGISTRY_SYNCED && f->reason[0];
}

static bool all_is_well(void *arg)
{
    struct fixture *f = arg;
    return f->state == REGISTRY_SYNCED && !f->reason[0];
}

static bool is_disabled(void *arg)
{
    return !module_fields_of(arg, "dice")->enabled;
}

static void goes_on_reading_when_memory_is_full(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_through_proxy(f);
    run_until(f, all_is_well, f, "a good state");
    redis_do(f->socket, "CONFIG SET maxmemory 1");
    run_until(f, writes_are_refused, f, "the state to say so");
    assert_non_null(strstr(f->reason, "OOM"));
    int64_t before = now_us();
    run_for(f, 600); /* longer than the timeout: the heartbeat goes on */
    assert_int_equal(f->state, REGISTRY_SYNCED);
    assert_true(registry_stats(f->registry).heartbeat_age_ms < (now_us() - before) / 1000);
    redis_do(f->socket, "HDEL seshet:module:dice enabled"); /* needs no memory */
    run_until(f, is_disabled, f, "an edit");

    f->proxy_deaf = true; /* noticed here as well */
    run_until_state(f, REGISTRY_AWAY);
    assert_non_null(strstr(f->reason, "heartbeat"));
    f->proxy_deaf = false;
    run_until(f, writes_are_refused, f, "a new connection");
    uint64_t loads = registry_stats(f->registry).full_loads;
    redis_do(f->socket, "CONFIG SET maxmemory 0");
    run_until(f, all_is_well, f, "a good state");
    assert_int_equal(registry_stats(f->registry).full_loads, loads + 1);
}

/* An edit that could not be read is read once it can be. */
static void catches_up_when_reading_is_permitted_again(void **state)
{
    struct fixture *f = *state;
    char uri[128];
    one_module(f);
    redis_do(f->socket, "ACL SETUSER bot on >secret ~* &* +@all");
    snprintf(uri, sizeof uri, "unix://bot:secret@%s", f->socket);
    const struct registry_config config = {.uri = uri, .heartbeat_ms = 50, .timeout_ms = 400};
    open_registry(f, &config);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "ACL SETUSER bot -hgetall");
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_until_state(f, REGISTRY_REFUSED);
    assert_non_null(strstr(f->reason, "refuses to read module:dice"));
    assert_true(module_fields_of(f, "dice")->enabled);
    redis_do(f->socket, "ACL SETUSER bot +@all");
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);

    redis_do(f->socket, "ACL SETUSER bot -@write");
    run_until_reason(f, "NOPERM");
    redis_do(f->socket, "HSET seshet:module:dice enabled yes");
    run_until_followed(f);
    assert_true(module_fields_of(f, "dice")->enabled);
    redis_do(f->socket, "ACL SETUSER bot +@all");
    run_until(f, all_is_well, f, "a good state");

    redis_do(f->socket, "ACL SETUSER bot resetpass >other");
    redis_do(f->socket, "CLIENT KILL USER bot");
    run_until_reason(f, "refused user and password");
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    redis_do(f->socket, "ACL SETUSER bot >secret");
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);
    redis_do(f->socket, "ACL DELUSER bot"); /* closes its connections */
    run_until_reason(f, "refused user and password");
}

static void catches_up_after_a_script_that_runs_for_long(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    redis_do(f->socket, "CONFIG SET busy-reply-threshold 20");
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redisContext *c = redis_client(f->socket);
    redisAppendCommand(c, "EVAL %s 0", "while true do end");
    int sent = 0;
    while (!sent)
        assert_int_equal(redisBufferWrite(c, &sent), REDIS_OK);
    run_until(f, writes_are_refused, f, "the state to say so");
    assert_non_null(strstr(f->reason, "BUSY"));
    assert_true(module_fields_of(f, "dice")->enabled);
    redis_do(f->socket, "SCRIPT KILL");
    void *killed = NULL;
    assert_int_equal(redisGetReply(c, &killed), REDIS_OK);
    freeReplyObject(killed);
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_until(f, is_disabled, f, "an edit");
    run_until(f, all_is_well, f, "a good state");
    redisFree(c);
}

static void a_slow_line_is_no_dead_line(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    for (int i = 0; i < 100; i++)
        redis_do(f->socket, "SADD seshet:modules module-%d", i);
    f->proxy_trickle = 4; /* much longer than the timeout for all of it */
    open_through_proxy(f);
    int64_t start = now_us();
    run_until_state(f, REGISTRY_SYNCED);
    assert_true(now_us() - start > 600000);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 101);
    assert_int_equal(registry_stats(f->registry).full_loads, 1);
}

enum { TOGETHER = 60 }; /* modules in one transaction */

static void has_all_or_nothing(struct fixture *f)
{
    const struct snapshot *s = registry_snapshot(f->registry);
    assert_true(s->nmodules == 1 || s->nmodules == 1 + TOGETHER);
    for (size_t i = 0; i < s->nmodules; i++)
        assert_true(s->modules[i]->fields.enabled);
}

/* What turns up in one answer is asked for by the next questions. */
static void a_transaction_is_one_snapshot_from_afar(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    f->proxy_late_ms = 120;
    open_through_proxy(f);
    run_until_state(f, REGISTRY_SYNCED);
    f->watch = has_all_or_nothing;
    redisContext *c = redis_client(f->socket);
    freeReplyObject(redisCommand(c, "MULTI"));
    for (int i = 0; i < TOGETHER; i++) {
        freeReplyObject(redisCommand(c, "SADD seshet:modules module-%d", i));
        freeReplyObject(redisCommand(c, "HSET seshet:module:module-%d enabled yes", i));
    }
    freeReplyObject(redisCommand(c, "EXEC"));
    redisFree(c);
    run_until_swaps(f, f->swaps + 1);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 1 + TOGETHER);
}

/* The link is made anew while edits go on: what stands at the end is the last one. */
static void an_edit_during_a_reload_is_not_missed(void **state)
{
    struct fixture *f = *state;
    redisContext *c = redis_client(f->socket);
    one_module(f);
    for (int i = 0; i < 300; i++)
        redis_do(f->socket, "SADD seshet:modules module-%d", i);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    for (int round = 0; round < 10; round++) {
        bool yes = round % 2;
        freeReplyObject(redisCommand(c, "CLIENT KILL TYPE %s", round % 3 ? "pubsub" : "normal"));
        run_until_state(f, REGISTRY_LOADING);
        for (int i = 0; i < round; i++)
            event_base_loop(f->base, EVLOOP_ONCE);
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice enabled %s", yes ? "yes" : "no"));
        run_until_state(f, REGISTRY_SYNCED);
        run_until_followed(f);
        assert_int_equal(module_fields_of(f, "dice")->enabled, yes);
    }
    redisFree(c);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_flush_keeps_the_snapshot),
        TEST(another_server_decides_nothing),
        TEST(a_lost_set_of_modules_keeps_the_snapshot),
        TEST(deleted_data_keep_the_snapshot),
        TEST(a_lost_schema_is_written_again),
        TEST(survives_kill_and_restart),
        TEST(survives_a_restart_with_data),
        TEST(notices_a_stopped_redis),
        TEST(notices_that_nobody_listens),
        TEST(notices_that_changes_are_not_told),
        TEST(survives_a_cut_in_the_middle_of_an_answer),
        TEST(a_slow_line_is_no_dead_line),
        TEST(a_transaction_is_one_snapshot_from_afar),
        TEST(goes_on_reading_when_memory_is_full),
        TEST(catches_up_when_reading_is_permitted_again),
        TEST(catches_up_after_a_script_that_runs_for_long),
        TEST(an_edit_during_a_reload_is_not_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
