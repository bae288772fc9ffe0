#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/identities.h"

static void test_counted_by_place(void **state)
{
    (void)state;
    struct identities *ids = identities_new();
    struct identity_place *libera = identities_add(ids, "Libera", "bot");
    assert_ptr_equal(identities_add(ids, "Libera", "bot"), libera);
    struct identity_place *oftc = identities_add(ids, "OFTC", "other");
    assert_true(identity_place_has(libera, "bot"));
    assert_false(identity_place_has(oftc, "bot"));
    assert_false(identity_place_has(libera, "bot2"));
    assert_false(identity_place_shared(libera));
    identities_add(ids, "Libera", "bot2");
    assert_true(identity_place_shared(libera));
    identities_remove(ids, libera, "bot");
    assert_true(identity_place_has(libera, "bot"));
    identities_remove(ids, libera, "bot");
    assert_false(identity_place_has(libera, "bot"));
    identities_remove(ids, libera, "nobody");
    identities_remove(ids, libera, "bot2");
    identities_remove(ids, oftc, "other");
    identities_free(ids);
}

static void test_free_with_places_left(void **state)
{
    (void)state;
    struct identities *ids = identities_new();
    identities_add(ids, "Libera", "bot");
    identities_add(ids, "OFTC", "bot");
    identities_free(ids);
    identities_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counted_by_place),
        cmocka_unit_test(test_free_with_places_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
