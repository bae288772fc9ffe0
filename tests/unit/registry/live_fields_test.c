#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fixture.h"
#include "registry/ignores.h"

/* What the newest kinds of keys say, out of a real Redis and after an edit of it. */

static bool is_ignored(struct fixture *f, const char *network, const char *host)
{
    struct registry_view *view =
        registry_view_new(registry_snapshot(f->registry), network, CASEMAPPING_RFC1459, '!');
    struct mask_source source;
    mask_source_init(&source, view->casemapping, "alice", "al", host, NULL);
    bool found = ignores_match(view, NULL, &source, 1000, NULL);
    registry_view_free(view);
    return found;
}

struct wanted {
    struct fixture *f;
    const char *network;
    const char *host;
    bool ignored;
};

static bool as_wanted(void *arg)
{
    const struct wanted *w = arg;
    return is_ignored(w->f, w->network, w->host) == w->ignored;
}

static void ignores_follow_edits(void **state)
{
    struct fixture *f = *state;
    struct wanted w = {f, "libera", "b.example", true};
    one_module(f);
    redis_do(f->socket, "HSET seshet:ignores *!*@a.example 0");
    redis_do(f->socket, "HSET seshet:network:libera:ignores *!*@b.example 2000");
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    assert_true(is_ignored(f, "libera", "A.example"));
    assert_true(is_ignored(f, "oftc", "a.example"));
    assert_true(is_ignored(f, "libera", "b.example"));
    assert_false(is_ignored(f, "oftc", "b.example"));
    redis_do(f->socket, "HSET seshet:network:oftc:ignores *!*@b.example 0");
    w.network = "oftc";
    run_until(f, as_wanted, &w, "an ignore is heard");
    redis_do(f->socket, "HDEL seshet:network:oftc:ignores *!*@b.example");
    w.ignored = false;
    run_until(f, as_wanted, &w, "an ignore is lifted");
    redis_do(f->socket, "DEL seshet:ignores");
    w.host = "a.example";
    run_until(f, as_wanted, &w, "an ignore of all networks is lifted");
    assert_true(is_ignored(f, "libera", "b.example"));
    redis_do(f->socket, "DEL seshet:network:libera:ignores");
    redis_do(f->socket, "SADD seshet:network:libera:ignores *!*@b.example");
    /* A set: it keeps what was known. */
    run_until_redis(f, "seshet:status:registry", "libera/ignores", "it must be a hash");
}

static const char *limit_of(struct fixture *f)
{
    static char text[RATE_TEXT_SIZE];
    const struct module_def *def = snapshot_module(registry_snapshot(f->registry), "dice");
    const struct command_rate *rate = module_fields_rate(&def->fields, FIELD_RATE_USER, "roll");
    return rate ? rate_write(text, sizeof text, rate->rate) : "none";
}

static bool limit_is(void *arg)
{
    struct wanted *w = arg;
    return !strcmp(limit_of(w->f), w->host);
}

static void limits_follow_edits(void **state)
{
    struct fixture *f = *state;
    struct wanted w = {.f = f, .host = "5/1m"};
    one_module(f);
    redis_do(f->socket, "HSET seshet:module:dice rate_user.roll 3/1m");
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    assert_string_equal(limit_of(f), "3/1m");
    redis_do(f->socket, "HSET seshet:module:dice rate_user.roll 5/60s");
    run_until(f, limit_is, &w, "a limit is heard");
    redis_do(f->socket, "HSET seshet:module:dice rate_user.roll often");
    run_until_redis(f, "seshet:status:module:dice", "rate_user.roll", "the last good value counts");
    assert_string_equal(limit_of(f), "5/1m");
    redis_do(f->socket, "HDEL seshet:module:dice rate_user.roll");
    w.host = "none";
    run_until(f, limit_is, &w, "a limit is lifted");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(ignores_follow_edits),
        TEST(limits_follow_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
