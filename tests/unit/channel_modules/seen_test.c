/* seen: how many are remembered. What it says is tested in a real host. */
#include "room.h"

static const char hour[] = "1767225600000"; /* 2026-01-01 00:00 UTC, when the clock begins */

static void put(seshet_test *t, int place, const char *nick, const char *time)
{
    char key[32];
    char record[128];
    snprintf(key, sizeof key, "#%d", place);
    snprintf(record, sizeof record, "%s message %s #chan text", time, nick);
    seshet_test_store(t, SESHET_HERE, key, nick);
    seshet_test_store(t, SESHET_HERE, nick, record);
}

static void test_bound(void **state)
{
    (void)state;
    char nick[32];
    seshet_test *t = seshet_test_new();
    char why[SESHET_TEST_WHY_SIZE];
    for (int i = 0; i < 10; i++) {
        snprintf(nick, sizeof nick, "n%d", i);
        put(t, i, nick, i == 3 ? "1767000000000" : hour);
    }
    seshet_test_store(t, SESHET_HERE, "#next", "9999");
    assert_int_equal(seshet_test_load(t, SESHET_MODULES "/seen.so", why, sizeof why), 0);
    /* The last free place. */
    seshet_test_join(t, "alice", "#chan");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#9999"), "alice");
    /* Of the next eight n3 was seen longest ago: n0 gets its place, and bob that of n0. */
    seshet_test_join(t, "bob", "#chan");
    assert_null(seshet_test_stored(t, SESHET_HERE, "n3"));
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#0"), "bob");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#3"), "n0");
    assert_non_null(seshet_test_stored(t, SESHET_HERE, "n0"));
    assert_non_null(seshet_test_stored(t, SESHET_HERE, "bob"));
    /* Who has a place needs no other. */
    seshet_test_forward(t, 60000);
    seshet_test_say(t, "n0", "#chan", "hello");
    seshet_test_say(t, "BOB", "#chan", "hello");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#next"), "10001");
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
