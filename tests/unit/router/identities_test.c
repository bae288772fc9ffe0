#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/identities.h"

static void test_counted_by_place(void **state)
{
    (void)state;
    struct identities *ids = identities_new();
    assert_false(identities_has(ids, "Libera", "bot"));
    identities_add(ids, "Libera", "bot");
    identities_add(ids, "Libera", "bot");
    assert_true(identities_has(ids, "Libera", "bot"));
    assert_false(identities_has(ids, "OFTC", "bot"));
    assert_false(identities_has(ids, "Libera", "bot2"));
    identities_remove(ids, "Libera", "bot");
    assert_true(identities_has(ids, "Libera", "bot"));
    identities_remove(ids, "Libera", "bot");
    assert_false(identities_has(ids, "Libera", "bot"));
    identities_remove(ids, "Libera", "bot");
    identities_free(ids);
}

static void test_long_names_are_cut_alike(void **state)
{
    (void)state;
    struct identities *ids = identities_new();
    char place[1000];
    memset(place, 'x', sizeof place - 1);
    place[sizeof place - 1] = '\0';
    identities_add(ids, place, "bot");
    assert_true(identities_has(ids, place, "bot"));
    identities_free(ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counted_by_place),
        cmocka_unit_test(test_long_names_are_cut_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
