#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/token_bucket.h"

static void a_burst_then_one_an_interval(void **state)
{
    (void)state;
    struct token_bucket b;
    token_bucket_init(&b, 3, 1000, 50);
    for (int i = 0; i < 3; i++)
        assert_true(token_bucket_take(&b, 50));
    assert_false(token_bucket_take(&b, 50));
    assert_int_equal(token_bucket_wait(&b, 50), 1000);
    assert_int_equal(token_bucket_wait(&b, 1049), 1);
    assert_false(token_bucket_take(&b, 1049));
    assert_int_equal(token_bucket_wait(&b, 1050), 0);
    assert_true(token_bucket_take(&b, 1050));
    assert_false(token_bucket_take(&b, 1050));
}

static void parts_of_an_interval_are_kept(void **state)
{
    (void)state;
    struct token_bucket b;
    token_bucket_init(&b, 2, 1000, 0);
    assert_true(token_bucket_take(&b, 0) && token_bucket_take(&b, 0));
    assert_true(token_bucket_take(&b, 1900));
    assert_true(token_bucket_take(&b, 2000));
    assert_false(token_bucket_take(&b, 2000));
}

static void it_never_holds_more_than_the_burst(void **state)
{
    (void)state;
    struct token_bucket b;
    token_bucket_init(&b, 2, 1000, 0);
    assert_true(token_bucket_take(&b, 0));
    int64_t later = INT64_C(1000000000000);
    assert_true(token_bucket_take(&b, later) && token_bucket_take(&b, later));
    assert_false(token_bucket_take(&b, later));
    /* Full for long: the next token comes a whole interval after the first is taken. */
    later += 100500;
    assert_true(token_bucket_take(&b, later) && token_bucket_take(&b, later));
    assert_int_equal(token_bucket_wait(&b, later), 1000);
}

static void over_any_time_the_rate_holds(void **state)
{
    (void)state;
    struct token_bucket b;
    unsigned random = 7;
    int64_t now = 0;
    int taken = 0;
    token_bucket_init(&b, 5, 300, now);
    while (now < 1000000) {
        random = random * 1664525 + 1013904223;
        now += (random >> 16) % 200;
        taken += token_bucket_take(&b, now);
        assert_true(taken <= 5 + now / 300);
    }
    assert_true(taken >= now / 300 - 5);
}

static void no_interval_is_no_limit(void **state)
{
    (void)state;
    struct token_bucket b;
    token_bucket_init(&b, 1, 0, 0);
    for (int i = 0; i < 1000; i++)
        assert_true(token_bucket_take(&b, 0));
    assert_int_equal(token_bucket_wait(&b, 0), 0);
    token_bucket_init(&b, 0, 100, 0); /* a bucket for none would never let anything pass */
    assert_true(token_bucket_take(&b, 0));
    assert_false(token_bucket_take(&b, 0));
}

static void a_clock_that_goes_back_does_no_harm(void **state)
{
    (void)state;
    struct token_bucket b;
    token_bucket_init(&b, 1, 100, 1000);
    assert_true(token_bucket_take(&b, 1000));
    assert_false(token_bucket_take(&b, 0));
    assert_true(token_bucket_take(&b, 1100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_then_one_an_interval),
        cmocka_unit_test(parts_of_an_interval_are_kept),
        cmocka_unit_test(it_never_holds_more_than_the_burst),
        cmocka_unit_test(over_any_time_the_rate_holds),
        cmocka_unit_test(no_interval_is_no_limit),
        cmocka_unit_test(a_clock_that_goes_back_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
