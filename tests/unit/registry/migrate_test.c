#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "registry/fields.h"
#include "registry/migrate.h"

static void judges_every_number(void **state)
{
    static const struct {
        const char *schema;
        enum migrate_verdict verdict;
        const char *why;
    } rows[] = {{"1", MIGRATE_OLDER, NULL},
                {"2", MIGRATE_OLDER, NULL},
                {"3", MIGRATE_CURRENT, NULL},
                {"4", MIGRATE_REFUSE, "understands up to 3"},
                {"2147483647", MIGRATE_REFUSE, "understands up to 3"},
                {"99999999999999999999", MIGRATE_REFUSE, "no schema"},
                {"0", MIGRATE_REFUSE, "no schema"},
                {"-1", MIGRATE_REFUSE, "no schema"},
                {"", MIGRATE_REFUSE, "no schema"},
                {"3 ", MIGRATE_REFUSE, "no schema"},
                {"3.0", MIGRATE_REFUSE, "no schema"},
                {"two", MIGRATE_REFUSE, "no schema"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[REGISTRY_WHY_SIZE] = "";
        int number = 0;
        assert_int_equal(migrate_judge(rows[i].schema, &number, why, sizeof why), rows[i].verdict);
        if (rows[i].why)
            assert_non_null(strstr(why, rows[i].why));
        else
            assert_string_equal(why, "");
    }
}

static void every_step_from_1_says_what_changes(void **state)
{
    (void)state;
    for (int number = 1; number < REGISTRY_SCHEMA; number++)
        assert_non_null(migrate_step(number));
    assert_null(migrate_step(0));
    assert_null(migrate_step(REGISTRY_SCHEMA));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_every_number),
        cmocka_unit_test(every_step_from_1_says_what_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
