#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/defer.h"

struct diary {
    struct defer_queue queue;
    char text[32];
    int wakes;
};

static void wake(void *arg)
{
    ((struct diary *)arg)->wakes++;
}

static void append(struct diary *d, char c)
{
    d->text[strlen(d->text)] = c; /* the rest is NUL */
}

static void write_a(void *arg)
{
    append(arg, 'a');
}

static void write_b_then_a(void *arg)
{
    struct diary *d = arg;
    append(d, 'b');
    defer_call(&d->queue, write_a, d);
}

static void calls_run_in_order(void **state)
{
    (void)state;
    struct diary d = {.text = ""};
    defer_init(&d.queue, wake, &d);
    defer_run(&d.queue);
    assert_int_equal(d.wakes, 0);
    defer_call(&d.queue, write_b_then_a, &d);
    defer_call(&d.queue, write_a, &d);
    defer_free(&d.queue, malloc(10));
    assert_string_equal(d.text, "");
    assert_int_equal(d.wakes, 1);
    defer_run(&d.queue);
    assert_string_equal(d.text, "baa"); /* what a call queues runs in the same pass, last */
    defer_run(&d.queue);
    assert_string_equal(d.text, "baa");
}

static void each_turn_wakes_once(void **state)
{
    (void)state;
    struct diary d = {.text = ""};
    defer_init(&d.queue, wake, &d);
    for (int turn = 1; turn <= 3; turn++) {
        defer_call(&d.queue, write_a, &d);
        defer_call(&d.queue, write_a, &d);
        assert_int_equal(d.wakes, turn);
        defer_run(&d.queue);
    }
    struct defer_queue silent;
    defer_init(&silent, NULL, NULL);
    defer_call(&silent, write_a, &d);
    defer_run(&silent);
    assert_string_equal(d.text, "aaaaaaa");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_run_in_order),
        cmocka_unit_test(each_turn_wakes_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
