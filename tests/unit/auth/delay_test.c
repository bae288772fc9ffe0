#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "server/auth/delay.h"

static void each_wrong_one_costs_twice_as_much(void **state)
{
    struct delays *d = delays_new();
    int64_t now_ms = 1000;
    int64_t want = DELAY_FIRST_MS;
    (void)state;
    assert_int_equal(delays_wait(d, "a", now_ms), 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(delays_wrong(d, "a", now_ms), want);
        assert_int_equal(delays_wait(d, "a", now_ms), want);
        assert_int_equal(delays_wait(d, "a", now_ms + want - 1), 1);
        assert_int_equal(delays_wait(d, "a", now_ms + want), 0);
        assert_int_equal(delays_wait(d, "b", now_ms), 0);
        now_ms += want;
        want = want * 2 < DELAY_MOST_MS ? want * 2 : DELAY_MOST_MS;
    }
    delays_free(d);
}

static void a_right_one_clears(void **state)
{
    struct delays *d = delays_new();
    (void)state;
    for (int i = 0; i < 5; i++)
        delays_wrong(d, "a", 0);
    delays_wrong(d, "b", 0);
    delays_right(d, "a");
    delays_right(d, "never");
    assert_int_equal(delays_wait(d, "a", 0), 0);
    assert_int_equal(delays_wait(d, "b", 0), DELAY_FIRST_MS);
    assert_int_equal(delays_wrong(d, "a", 0), DELAY_FIRST_MS);
    delays_free(d);
}

static void what_was_long_ago_is_forgotten(void **state)
{
    struct delays *d = delays_new();
    (void)state;
    for (int i = 0; i < 5; i++)
        delays_wrong(d, "a", 0);
    assert_int_equal(delays_wrong(d, "a", DELAY_FORGET_MS), 32 * DELAY_FIRST_MS);
    assert_int_equal(delays_wrong(d, "a", 2 * DELAY_FORGET_MS + 1), DELAY_FIRST_MS);
    delays_free(d);
}

static void keys_are_bounded(void **state)
{
    struct delays *d = delays_new();
    char key[32];
    (void)state;
    /* The one under attack is kept: it waits longest. */
    for (int i = 0; i < 6; i++)
        delays_wrong(d, "account alice", 0);
    for (int i = 0; i < DELAY_MAX + 100; i++) {
        snprintf(key, sizeof key, "source %d", i);
        delays_wrong(d, key, 1);
    }
    assert_int_equal(delays_count(d), DELAY_MAX);
    assert_int_equal(delays_wait(d, "account alice", 1), 32 * DELAY_FIRST_MS - 1);
    /* Those that are forgotten go first, and all at once. */
    delays_wrong(d, "late", DELAY_FORGET_MS + 2);
    assert_int_equal(delays_count(d), 1);
    delays_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wrong_one_costs_twice_as_much),
        cmocka_unit_test(a_right_one_clears),
        cmocka_unit_test(what_was_long_ago_is_forgotten),
        cmocka_unit_test(keys_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
