#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/backoff.h"

static void delays_double_up_to_the_most(void **state)
{
    (void)state;
    static const uint32_t full[] = {100, 200, 400, 800, 1000, 1000, 1000};
    for (int run = 0; run < 200; run++) {
        struct backoff b = {.first_ms = 100, .max_ms = 1000};
        for (size_t i = 0; i < sizeof full / sizeof *full; i++)
            assert_in_range(backoff_next(&b), full[i] / 2, full[i]);
        backoff_reset(&b);
        assert_in_range(backoff_next(&b), 50, 100);
    }
}

static void delays_differ(void **state)
{
    (void)state;
    uint32_t seen[50];
    size_t different = 0;
    for (size_t i = 0; i < 50; i++) {
        struct backoff b = {.first_ms = 100000, .max_ms = 100000};
        seen[i] = backoff_next(&b);
        for (size_t j = 0; j < i; j++)
            different += seen[i] != seen[j];
    }
    assert_true(different > 1000);
}

static void extremes_hold(void **state)
{
    (void)state;
    struct backoff b = {.first_ms = 1, .max_ms = UINT32_MAX};
    for (int i = 0; i < 1000; i++)
        backoff_next(&b);
    assert_true(backoff_next(&b) >= UINT32_MAX / 2);
    b = (struct backoff){.first_ms = 1, .max_ms = UINT32_MAX, .failures = UINT32_MAX - 1};
    assert_true(backoff_next(&b) >= UINT32_MAX / 2);
    b = (struct backoff){.first_ms = 0, .max_ms = 10, .failures = 5};
    assert_int_equal(backoff_next(&b), 0);
    b = (struct backoff){.first_ms = 50, .max_ms = 10};
    assert_in_range(backoff_next(&b), 5, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_double_up_to_the_most),
        cmocka_unit_test(delays_differ),
        cmocka_unit_test(extremes_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
