#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "net/proto/event_type.h"
#include "registry/register.h"

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

static void an_edit_is_seen_at_once(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redisContext *c = redis_client(f->socket);
    int late = 0; /* a busy machine may be */
    for (unsigned i = 0; i < 200; i++) {
        unsigned before = f->swaps;
        int64_t start = now_us();
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice description edit%u", i));
        run_until_swaps(f, before + 1);
        late += now_us() - start > 50000;
        char text[32];
        snprintf(text, sizeof text, "edit%u", i);
        assert_string_equal(module_fields_of(f, "dice")->description, text);
    }
    redisFree(c);
    print_message("edit to snapshot: %d of 200 took more than 50 ms\n", late);
    assert_true(late < 100);
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

enum { TOGETHER = 200 }; /* in one transaction; more readings than may be under way at once */

static size_t torn;

/* What is written together is seen together. */
static void look_for_parts(struct fixture *f)
{
    const struct snapshot *s = registry_snapshot(f->registry);
    size_t enabled = 0;
    for (size_t i = 0; i < s->nmodules; i++)
        enabled += s->modules[i]->fields.enabled;
    torn += s->nmodules % TOGETHER != 1 || enabled != s->nmodules;
}

static void write_together(struct fixture *f, int number)
{
    redisContext *c = redis_client(f->socket);
    redisAppendCommand(c, "MULTI");
    for (int i = 0; i < TOGETHER; i++) {
        redisAppendCommand(c, "SADD seshet:modules m%d-%d", number, i);
        redisAppendCommand(c, "HSET seshet:module:m%d-%d enabled yes", number, i);
    }
    redisAppendCommand(c, "EXEC");
    for (int i = 0; i < 2 * TOGETHER + 2; i++) {
        void *reply = NULL;
        assert_int_equal(redisGetReply(c, &reply), REDIS_OK);
        freeReplyObject(reply);
    }
    redisFree(c);
    run_until_followed(f);
}

/* On a machine that is so busy that the reading takes longer than others may be held up for, it is
 * seen in parts: so, once in three tries. */
static void a_transaction_is_one_snapshot(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    f->watch = look_for_parts;
    int tries = 0;
    do {
        torn = 0;
        write_together(f, tries++);
        assert_int_equal(registry_snapshot(f->registry)->nmodules, 1 + tries * TOGETHER);
    } while (torn && tries < 3);
    assert_int_equal(torn, 0);
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
    redis_do(f->socket, "HSET seshet:meta schema 3");
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
    char text[32];
};

static bool is_edited(void *arg)
{
    struct edit *e = arg;
    return !strcmp(module_fields_of(e->fixture, "dice")->description, e->text);
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
        struct edit last = {.fixture = f};
        snprintf(last.text, sizeof last.text, "last%d", i);
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice description first%d", i));
        for (int turns = i % 4; turns; turns--)
            event_base_loop(f->base, EVLOOP_NONBLOCK);
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice description %s", last.text));
        run_until(f, is_edited, &last, "the later one of two edits");
    }
    redisFree(c);
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

static void modules_can_be_removed_on_purpose(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "DEL seshet:modules");
    run_until_swaps(f, 2);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 0);
    assert_int_equal(f->state, REGISTRY_SYNCED);
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
    int64_t begun = now_us();
    run_for(f, 200); /* heartbeats as well */
    assert_int_equal(f->swaps, before);
    assert_int_equal(registry_stats(f->registry).invalidations, changes);
    assert_true(registry_stats(f->registry).heartbeat_age_ms < (now_us() - begun) / 1000);
}

static bool done_flag(void *arg)
{
    return *(bool *)arg;
}

static void on_registered(void *arg, enum registry_result result, const char *text)
{
    assert_string_equal(text, "");
    assert_int_equal(result, REGISTRY_OK);
    *(bool *)arg = true;
}

static void register_it(struct fixture *f, const struct registry_module *m, bool enable)
{
    bool done = false;
    registry_register_module(f->registry, m, enable, on_registered, &done);
    assert_false(done);
    run_until(f, done_flag, &done, "the registration");
    run_until_followed(f);
}

static void registration_writes_only_what_is_missing(void **state)
{
    struct fixture *f = *state;
    struct registry_module m = {.name = "dice",
                                .description = "Rolls dice.",
                                .usage = "",
                                .event_types = EVENT_BIT(EVENT_COMMAND)};
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    register_it(f, &m, false);
    const struct module_fields *fields = module_fields_of(f, "dice");
    assert_false(fields->enabled);
    assert_string_equal(fields->description, "Rolls dice.");
    assert_int_equal(fields->event_types, EVENT_BIT(EVENT_COMMAND));
    const struct module_def *def = snapshot_module(registry_snapshot(f->registry), "dice");
    assert_string_equal(def->lists[LIST_ENICKS]->items[0], "$me");

    /* A newer version replaces what the older one said of itself. */
    m.old_description = m.description;
    m.description = "Rolls more dice.";
    register_it(f, &m, false);
    assert_string_equal(module_fields_of(f, "dice")->description, "Rolls more dice.");

    redis_do(f->socket, "SREM seshet:module:dice:enicks $me");
    redis_do(f->socket, "HSET seshet:module:dice enabled yes description Mine.");
    m.old_description = m.description;
    m.description = "Newer.";
    m.event_types |= EVENT_BIT(EVENT_JOIN);
    register_it(f, &m, false);
    fields = module_fields_of(f, "dice");
    assert_true(fields->enabled);
    assert_string_equal(fields->description, "Mine.");
    assert_int_equal(fields->event_types, m.event_types);
    def = snapshot_module(registry_snapshot(f->registry), "dice");
    assert_null(def->lists[LIST_ENICKS]);

    uint64_t before = registry_stats(f->registry).invalidations;
    register_it(f, &m, true); /* nothing to write, nobody to wake but for the two of the fence */
    assert_int_equal(registry_stats(f->registry).invalidations, before + 2);

    redis_do(f->socket, "HDEL seshet:module:dice enabled"); /* which is "no" */
    register_it(f, &m, true);
    assert_false(module_fields_of(f, "dice")->enabled);
    m.name = "echo";
    register_it(f, &m, true);
    assert_true(module_fields_of(f, "echo")->enabled);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(loads_what_is_there),
        TEST(an_edit_is_seen_at_once),
        TEST(overlays_come_and_go),
        TEST(a_transaction_is_one_snapshot),
        TEST(an_edit_during_the_load_is_not_missed),
        TEST(an_edit_during_a_reading_is_not_missed),
        TEST(a_wrong_edit_is_told_and_changes_nothing),
        TEST(modules_can_be_removed_on_purpose),
        TEST(busy_keys_cause_no_reading),
        TEST(registration_writes_only_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
