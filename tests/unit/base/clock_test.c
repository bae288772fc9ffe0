#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void a_manual_clock_stands_still(void **state)
{
    (void)state;
    struct clock c = clock_manual(5000);
    assert_int_equal(clock_now(&c), 5000);
    assert_int_equal(clock_wall(&c), 5000);
    c.manual_ms += 20;
    assert_int_equal(clock_now(&c), 5020);
}

static void the_system_clock_goes_on(void **state)
{
    (void)state;
    int64_t before = clock_now(&clock_system);
    assert_true(before > 0);
    assert_true(clock_now(&clock_system) >= before);
    assert_true(clock_wall(&clock_system) > INT64_C(1600000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manual_clock_stands_still),
        cmocka_unit_test(the_system_clock_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
