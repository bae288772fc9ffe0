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
#include "registry/edit.h"
#include "registry/inspect.h"

static const struct edit_place SHARED = {"", "dice"};
static const struct edit_place LIBERA = {"libera", "dice"};

struct answered {
    bool done;
    enum registry_result result;
    char text[300];
    bool changed[64];
    size_t count;
    size_t nchanged;
};

static void on_answer(void *arg, const struct edit_answer *answer)
{
    struct answered *a = arg;
    assert_false(a->done);
    *a = (struct answered){true, answer->result, "", {false}, answer->count, answer->nchanged};
    snprintf(a->text, sizeof a->text, "%s", answer->text);
    assert_true(answer->count <= 64);
    for (size_t i = 0; i < answer->count; i++)
        a->changed[i] = answer->changed[i];
}

static bool is_done(void *arg)
{
    return ((struct answered *)arg)->done;
}

static struct answered commit(struct fixture *f, struct registry_edit *e)
{
    struct answered a = {0};
    registry_edit_commit(e, f->registry, on_answer, &a);
    assert_false(a.done); /* never from inside the call */
    run_until(f, is_done, &a, "the edit is answered");
    return a;
}

static void assert_redis(struct fixture *f, const char *command, const char *wanted)
{
    char *got = redis_get(f->socket, command, "");
    assert_string_equal(got, wanted);
    free(got);
}

static void synced(struct fixture *f)
{
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
}

static void edits_are_written_and_seen(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    synced(f);
    struct registry_edit *e = registry_edit_new();
    assert_int_equal(registry_edit_set(e, SHARED, "rate_user", "3/1m", why, sizeof why), 0);
    assert_int_equal(registry_edit_set(e, SHARED, "rate_user.roll", "1/1m", why, sizeof why), 0);
    assert_int_equal(registry_edit_set(e, LIBERA, "enabled", "no", why, sizeof why), 0);
    assert_int_equal(registry_edit_add(e, LIBERA, "echannels", "#a b", why, sizeof why), -1);
    assert_int_equal(registry_edit_add(e, LIBERA, "echannels", "#a", why, sizeof why), 0);
    assert_int_equal(registry_edit_add(e, LIBERA, "echannels", "#a", why, sizeof why), 0);
    assert_int_equal(registry_edit_count(e), 5);
    struct answered a = commit(f, e);
    assert_int_equal(a.result, REGISTRY_OK);
    assert_int_equal(a.count, 5);
    assert_int_equal(a.nchanged, 4);
    assert_false(a.changed[4]);
    assert_redis(f, "HGET seshet:module:dice rate_user%s", "3/1m");
    assert_redis(f, "HGET seshet:module:dice rate_user.roll%s", "1/1m");
    assert_redis(f, "HGET seshet:network:libera:module:dice enabled%s", "no");
    assert_redis(f, "SISMEMBER seshet:network:libera:module:dice:echannels #a%s", "1");

    e = registry_edit_new();
    registry_edit_unset(e, SHARED, "rate_user", why, sizeof why);
    registry_edit_remove(e, LIBERA, "echannels", "#a", why, sizeof why);
    registry_edit_remove(e, LIBERA, "echannels", "is no channel", why, sizeof why);
    a = commit(f, e);
    assert_int_equal(a.nchanged, 2);
    assert_redis(f, "HEXISTS seshet:module:dice rate_user%s", "0");
    assert_redis(f, "EXISTS seshet:network:libera:module:dice:echannels%s", "0");
}

/* What the snapshot said when the edit was answered. */
struct in_force {
    struct registry *registry;
    bool done;
    bool enabled;
    bool registered;
};

static void on_force(void *arg, const struct edit_answer *answer)
{
    struct in_force *now = arg;
    const struct snapshot *snapshot = registry_snapshot(now->registry);
    const struct module_def *dice = snapshot_module(snapshot, "dice");
    assert_int_equal(answer->result, REGISTRY_OK);
    now->enabled = dice && dice->fields.enabled;
    now->registered = snapshot_module(snapshot, "late") != NULL;
    now->done = true;
}

static bool is_answered(void *arg)
{
    return ((struct in_force *)arg)->done;
}

/* Nobody who is told that it is done has to wait until it is in force. */
static void an_answer_comes_when_it_is_in_force(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    synced(f);
    for (int i = 0; i < 20; i++) {
        struct in_force now = {.registry = f->registry};
        struct registry_edit *e = registry_edit_new();
        registry_edit_set(e, SHARED, "enabled", i % 2 ? "yes" : "no", why, sizeof why);
        if (i % 2)
            registry_edit_delist(e, "late", why, sizeof why);
        else
            registry_edit_enlist(e, "late", why, sizeof why);
        registry_edit_commit(e, f->registry, on_force, &now);
        run_until(f, is_answered, &now, "the edit is answered");
        assert_int_equal(now.enabled, i % 2);
        assert_int_equal(now.registered, !(i % 2));
    }
}

/* What no snapshot holds is waited for by nobody. */
static void what_is_stored_is_answered(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    synced(f);
    struct registry_edit *e = registry_edit_new();
    registry_edit_store(e, "storage:module:dice", "key", "value", why, sizeof why);
    struct answered a = commit(f, e);
    assert_int_equal(a.result, REGISTRY_OK);
    assert_int_equal(a.nchanged, 1);
}

/* Whatever comes of what Redis tells subscribers, and whoever edited something just before. */
static void an_answer_does_not_wait_to_be_told(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    char uri[128];
    one_module(f);
    proxy_start(f);
    snprintf(uri, sizeof uri, "unix://%s", f->proxy_socket);
    /* It takes long until it is noticed that changes are not told. */
    const struct registry_config config = {.uri = uri, .heartbeat_ms = 60000, .timeout_ms = 60000};
    open_registry(f, &config);
    run_until_state(f, REGISTRY_SYNCED);
    for (int i = 0; i < 20; i++) {
        bool enabled = i % 2;
        f->proxy_deaf = i < 10;
        redis_do(f->socket, "HSET seshet:module:dice usage before%d", i);
        struct registry_edit *e = registry_edit_new();
        registry_edit_set(e, SHARED, "enabled", enabled ? "yes" : "no", why, sizeof why);
        assert_int_equal(commit(f, e).nchanged, 1);
        assert_int_equal(module_fields_of(f, "dice")->enabled, enabled);
    }
}

static void what_is_wrong_is_refused(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    static const struct edit_place nowhere = {"no where", "dice"};
    static const struct edit_place nothing = {"", "no thing"};
    struct registry_edit *e = registry_edit_new();
    (void)f;
    assert_int_equal(registry_edit_set(e, SHARED, "rate_usr", "1/1m", why, sizeof why), -1);
    assert_non_null(strstr(why, "rate_user"));
    assert_int_equal(registry_edit_set(e, SHARED, "cmd_prefix", "!!", why, sizeof why), -1);
    assert_int_equal(registry_edit_set(e, SHARED, "event_types", "join", why, sizeof why), -1);
    assert_int_equal(registry_edit_set(e, SHARED, "inherit", "no", why, sizeof why), -1);
    assert_int_equal(registry_edit_set(e, SHARED, "enicks", "a", why, sizeof why), -1);
    assert_int_equal(registry_edit_set(e, nowhere, "enabled", "yes", why, sizeof why), -1);
    assert_int_equal(registry_edit_set(e, nothing, "enabled", "yes", why, sizeof why), -1);
    assert_int_equal(registry_edit_add(e, SHARED, "enick", "a", why, sizeof why), -1);
    assert_non_null(strstr(why, "enicks"));
    assert_int_equal(registry_edit_remove(e, SHARED, "enick", "a", why, sizeof why), -1);
    assert_int_equal(registry_edit_ignore(e, "", "rubbish", 0, why, sizeof why), -1);
    assert_int_equal(registry_edit_store(e, "module:dice", "a", "b", why, sizeof why), -1);
    assert_int_equal(registry_edit_count(e), 0);
    registry_edit_free(e);
    e = registry_edit_new();
    for (int i = 0; i < EDIT_MAX_WRITES; i++)
        assert_int_equal(registry_edit_set(e, SHARED, "enabled", "yes", why, sizeof why), 0);
    assert_int_equal(registry_edit_set(e, SHARED, "enabled", "yes", why, sizeof why), -1);
    registry_edit_free(e);
}

static void a_key_of_the_wrong_type_stops_all(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    synced(f);
    redis_do(f->socket, "SET seshet:module:dice:dnicks rubbish");
    struct registry_edit *e = registry_edit_new();
    registry_edit_set(e, SHARED, "usage", "new", why, sizeof why);
    registry_edit_add(e, SHARED, "dnicks", "a", why, sizeof why);
    struct answered a = commit(f, e);
    assert_int_equal(a.result, REGISTRY_DENIED);
    assert_non_null(strstr(a.text, "seshet:module:dice:dnicks is a string and must be a set"));
    assert_redis(f, "HEXISTS seshet:module:dice usage%s", "0");
}

static void ignores_come_and_go(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    synced(f);
    struct registry_edit *e = registry_edit_new();
    registry_edit_ignore(e, "libera", "*!*@evil", 1234, why, sizeof why);
    registry_edit_ignore(e, "", "*!*@worse", 0, why, sizeof why);
    assert_int_equal(commit(f, e).nchanged, 2);
    assert_redis(f, "HGET seshet:network:libera:ignores *!*@evil%s", "1234");
    assert_redis(f, "HGET seshet:ignores *!*@worse%s", "0");
    e = registry_edit_new();
    registry_edit_expire(e, "libera", "*!*@evil", 1233, why, sizeof why);
    assert_int_equal(commit(f, e).nchanged, 0);
    e = registry_edit_new();
    registry_edit_expire(e, "libera", "*!*@evil", 1234, why, sizeof why);
    registry_edit_unignore(e, "", "*!*@worse", why, sizeof why);
    assert_int_equal(commit(f, e).nchanged, 2);
    assert_redis(f, "EXISTS seshet:network:libera:ignores seshet:ignores%s", "0");
}

/* Once, and only where nothing stands. */
static void first_values(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    static const char *const yes[] = {"yes"};
    static const char *const channels[] = {"#a", "#b"};
    static const char *const nicks[] = {"other"};
    synced(f);
    redis_do(f->socket, "SADD seshet:network:libera:module:dice:dnicks mine");
    for (int turn = 0; turn < 2; turn++) {
        struct registry_edit *e = registry_edit_new();
        assert_int_equal(registry_edit_first(e, LIBERA, "enabled", yes, 1, why, sizeof why), 0);
        assert_int_equal(registry_edit_first(e, LIBERA, "echannels", channels, 2, why, sizeof why),
                         0);
        assert_int_equal(registry_edit_first(e, LIBERA, "dnicks", nicks, 1, why, sizeof why), 0);
        assert_int_equal(registry_edit_first(e, LIBERA, "rate_user", yes, 1, why, sizeof why), -1);
        assert_int_equal(registry_edit_first(e, LIBERA, "echannels", yes, 1, why, sizeof why), -1);
        struct answered a = commit(f, e);
        assert_int_equal(a.result, REGISTRY_OK);
        /* the mark and the value; the mark and two items; the mark alone */
        assert_int_equal(a.nchanged, turn ? 0 : 6);
        assert_redis(f, "SCARD seshet:network:libera:module:dice:dnicks%s", "1");
        assert_redis(f, "SCARD seshet:network:libera:module:dice:echannels%s", turn ? "0" : "2");
        assert_redis(f, "HGET seshet:network:libera:module:dice enabled%s", turn ? "no" : "yes");
        redis_do(f->socket, "DEL seshet:network:libera:module:dice:echannels");
        redis_do(f->socket, "HSET seshet:network:libera:module:dice enabled no");
    }
}

static void clearing_keeps_what_servers_write(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    synced(f);
    redis_do(f->socket, "HSET seshet:module:dice event_types command usage x");
    redis_do(f->socket, "SADD seshet:module:dice:enicks a b");
    redis_do(f->socket, "SET seshet:module:dice:dnicks rubbish");
    struct registry_edit *e = registry_edit_new();
    registry_edit_clear(e, SHARED, why, sizeof why);
    registry_edit_enlist(e, "dice", why, sizeof why);
    registry_edit_add(e, SHARED, "enicks", "c", why, sizeof why);
    registry_edit_add(e, SHARED, "dnicks", "d", why, sizeof why);
    assert_int_equal(commit(f, e).result, REGISTRY_OK);
    assert_redis(f, "HLEN seshet:module:dice%s", "1");
    assert_redis(f, "HGET seshet:module:dice event_types%s", "command");
    assert_redis(f, "SCARD seshet:module:dice:enicks%s", "1");
    assert_redis(f, "SISMEMBER seshet:module:dice:dnicks d%s", "1");
}

static void while_redis_is_away(void **state)
{
    struct fixture *f = *state;
    char why[REGISTRY_WHY_SIZE];
    synced(f);
    redis_kill(f, SIGKILL);
    run_until_state(f, REGISTRY_AWAY);
    struct registry_edit *e = registry_edit_new();
    registry_edit_set(e, SHARED, "usage", "new", why, sizeof why);
    struct answered a = commit(f, e);
    assert_int_equal(a.result, REGISTRY_GONE);
    assert_true(*a.text);
    assert_int_equal(a.nchanged, 0);
}

struct seen {
    bool done;
    enum registry_result result;
    size_t keys;
    size_t steps;
    struct fixture *fixture;
    char value[64];
};

static void on_keys(void *arg, const struct scan_answer *answer)
{
    struct seen *seen = arg;
    seen->result = answer->result;
    seen->keys += answer->count;
    seen->steps++;
    for (size_t i = 0; i < answer->count; i++)
        assert_int_equal(strncmp(answer->keys[i], "storage:", 8), 0);
    if (answer->next)
        registry_scan(seen->fixture->registry, answer->next, "storage:*", on_keys, seen);
    else
        seen->done = true;
}

static bool is_seen(void *arg)
{
    return ((struct seen *)arg)->done;
}

static void on_hash(void *arg, const struct hash_answer *answer)
{
    struct seen *seen = arg;
    seen->done = true;
    seen->result = answer->result;
    seen->keys = answer->count;
    if (answer->count)
        snprintf(seen->value, sizeof seen->value, "%s=%s", answer->pairs[0], answer->pairs[1]);
}

static void looking_at_redis(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {.fixture = f};
    synced(f);
    for (int i = 0; i < 1200; i++)
        redis_do(f->socket, "HSET seshet:storage:module:m%d a b%d", i, i);
    redis_do(f->socket, "SET other:storage:x y");
    registry_scan(f->registry, "0", "storage:*", on_keys, &seen);
    run_until(f, is_seen, &seen, "all keys are seen");
    assert_int_equal(seen.result, REGISTRY_OK);
    assert_true(seen.keys >= 1200 && seen.steps > 1);
    seen = (struct seen){.fixture = f};
    registry_hash(f->registry, "storage:module:m7", on_hash, &seen);
    run_until(f, is_seen, &seen, "a hash is read");
    assert_int_equal(seen.keys, 1);
    assert_string_equal(seen.value, "a=b7");
    seen = (struct seen){.fixture = f};
    registry_hash(f->registry, "storage:module:none", on_hash, &seen);
    run_until(f, is_seen, &seen, "a hash is missed");
    assert_int_equal(seen.result, REGISTRY_NOT_FOUND);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(edits_are_written_and_seen),
        TEST(an_answer_comes_when_it_is_in_force),
        TEST(what_is_stored_is_answered),
        TEST(an_answer_does_not_wait_to_be_told),
        TEST(what_is_wrong_is_refused),
        TEST(a_key_of_the_wrong_type_stops_all),
        TEST(ignores_come_and_go),
        TEST(first_values),
        TEST(clearing_keeps_what_servers_write),
        TEST(while_redis_is_away),
        TEST(looking_at_redis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
