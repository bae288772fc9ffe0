#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/proto/event_type.h"

static void names_and_numbers_belong_together(void **state)
{
    (void)state;
    for (int i = -1; i <= EVENT_TYPE_END + 1; i++) {
        enum event_type type;
        const char *name = event_type_name((enum event_type)i);
        if (i < EVENT_MESSAGE || i > EVENT_COMMAND) {
            assert_null(name);
            continue;
        }
        assert_int_equal(event_type_parse(name, &type), 0);
        assert_int_equal(type, i);
    }
    enum event_type type = EVENT_RAW;
    assert_int_equal(event_type_parse("JOIN", &type), 0);
    assert_int_equal(type, EVENT_JOIN);
    assert_int_equal(event_type_parse("joins", &type), -1);
    assert_int_equal(event_type_parse("", &type), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_and_numbers_belong_together)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
