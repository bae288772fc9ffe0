#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/say/repeat.h"

static bool say(struct repeat_guard *guard, const char *target, const char *text, int64_t now)
{
    return repeat_allow(guard, target, text, strlen(text), now);
}

static void test_the_same_text_stops(void **state)
{
    (void)state;
    struct repeat_guard guard = {0};
    for (int i = 0; i < REPEAT_MOST; i++)
        assert_true(say(&guard, "#a", "hi", 1000 + i));
    assert_false(say(&guard, "#a", "hi", 2000));
    assert_false(say(&guard, "#a", "hi", 2001));
    assert_true(say(&guard, "#b", "hi", 2002));
}

static void test_another_text_or_silence_begins_anew(void **state)
{
    (void)state;
    struct repeat_guard guard = {0};
    for (int i = 0; i <= REPEAT_MOST; i++)
        say(&guard, "#a", "hi", 1000);
    assert_false(say(&guard, "#a", "hi", 1000));
    assert_true(say(&guard, "#a", "ho", 1000));
    assert_true(say(&guard, "#a", "hi", 1000));
    for (int i = 0; i <= REPEAT_MOST; i++)
        say(&guard, "#a", "hi", 1000);
    assert_false(say(&guard, "#a", "hi", 1000));
    assert_true(say(&guard, "#a", "hi", 1000 + REPEAT_FORGET_MS));
}

static void test_the_target_spoken_to_longest_ago_is_forgotten(void **state)
{
    (void)state;
    struct repeat_guard guard = {0};
    char target[16];
    for (int i = 0; i < REPEAT_MOST; i++)
        say(&guard, "#a", "hi", 1000);
    for (int i = 0; i < REPEAT_TARGETS - 1; i++) {
        snprintf(target, sizeof target, "#%d", i);
        say(&guard, target, "hi", 1001 + i);
    }
    assert_false(say(&guard, "#a", "hi", 1100));
    for (int i = 0; i < REPEAT_TARGETS; i++) {
        snprintf(target, sizeof target, "#new%d", i);
        say(&guard, target, "hi", 1200 + i);
    }
    assert_true(say(&guard, "#a", "hi", 1300));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_text_stops),
        cmocka_unit_test(test_another_text_or_silence_begins_anew),
        cmocka_unit_test(test_the_target_spoken_to_longest_ago_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
