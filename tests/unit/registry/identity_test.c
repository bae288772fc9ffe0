#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "registry/identity.h"

static struct identity found(const char *known, const char *schema, const char *id,
                             const char *accepted)
{
    struct identity identity = {0};
    snprintf(identity.known, sizeof identity.known, "%s", known);
    identity_begin(&identity);
    identity_read(&identity, "schema", schema);
    identity_read(&identity, "id", id);
    identity_read(&identity, "accepted", accepted);
    identity_read(&identity, "colour", "red");
    return identity;
}

static void judges_what_may_be_followed(void **state)
{
    static const struct {
        const char *what;
        const char *known, *schema, *id, *accepted;
        size_t before;
        enum identity_verdict none, some; /* without and with modules in Redis */
    } rows[] = {
        {"the first start", "", "", "", "", 0, IDENTITY_SAME, IDENTITY_SAME},
        {"a start on what is there", "", "2", "a", "", 0, IDENTITY_SAME, IDENTITY_SAME},
        {"nothing to lose", "a", "2", "b", "", 0, IDENTITY_SAME, IDENTITY_SAME},
        {"the same as before", "a", "2", "a", "", 9, IDENTITY_LOST_MODULES, IDENTITY_SAME},
        {"the only one taken out", "a", "2", "a", "", 1, IDENTITY_SAME, IDENTITY_SAME},
        {"nothing left", "a", "", "", "", 9, IDENTITY_LOST, IDENTITY_SAME},
        {"nothing left of one", "a", "", "", "", 1, IDENTITY_LOST, IDENTITY_SAME},
        {"nothing left, no id", "", "", "", "", 9, IDENTITY_LOST, IDENTITY_SAME},
        {"a person's schema", "a", "2", "", "", 9, IDENTITY_SAME, IDENTITY_SAME},
        {"begun anew", "a", "2", "b", "", 9, IDENTITY_OTHER, IDENTITY_OTHER},
        {"begun anew, before one", "a", "2", "b", "", 1, IDENTITY_OTHER, IDENTITY_OTHER},
        {"begun anew, accepted", "a", "2", "b", "a", 9, IDENTITY_SAME, IDENTITY_SAME},
        {"another one accepted", "a", "2", "b", "c", 9, IDENTITY_OTHER, IDENTITY_OTHER},
        {"empty, accepted", "a", "", "", "a", 9, IDENTITY_SAME, IDENTITY_SAME},
        {"no modules, accepted", "a", "2", "a", "a", 9, IDENTITY_SAME, IDENTITY_SAME},
        {"no id is accepted by none", "", "", "", "", 2, IDENTITY_LOST, IDENTITY_SAME},
        {"an id that is none", "a", "2", "x y", "", 9, IDENTITY_LOST_MODULES, IDENTITY_SAME},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct identity identity =
            found(rows[i].known, rows[i].schema, rows[i].id, rows[i].accepted);
        if (identity_judge(&identity, false, rows[i].before) != rows[i].none ||
            identity_judge(&identity, true, rows[i].before) != rows[i].some)
            fail_msg("%s", rows[i].what);
    }
}

static void an_id_is_kept_or_made(void **state)
{
    char id[IDENTITY_SIZE];
    char other[IDENTITY_SIZE];
    struct identity identity = found("", "2", "b", "");
    (void)state;
    identity_choose(&identity, id);
    assert_string_equal(id, "b");
    identity_follow(&identity);
    assert_string_equal(identity.known, "b");
    /* What a person began anew goes on as the one it was. */
    identity_begin(&identity);
    identity_choose(&identity, id);
    assert_string_equal(id, "b");
    identity_follow(&identity);
    assert_string_equal(identity.known, "b");
    identity = found("", "", "no word", "");
    identity_choose(&identity, id);
    identity_choose(&identity, other);
    assert_int_equal(strlen(id), IDENTITY_ID_LEN);
    assert_string_not_equal(id, other);
}

static void what_was_accepted_is_done_with_when_there_are_modules(void **state)
{
    (void)state;
    struct identity identity = found("a", "2", "a", "a");
    assert_true(identity_accepted_is_done(&identity, true));
    assert_false(identity_accepted_is_done(&identity, false));
    /* Servers that knew the lost one may still come. */
    identity = found("a", "2", "b", "a");
    assert_false(identity_accepted_is_done(&identity, true));
    identity = found("", "", "", "");
    assert_false(identity_accepted_is_done(&identity, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_what_may_be_followed),
        cmocka_unit_test(an_id_is_kept_or_made),
        cmocka_unit_test(what_was_accepted_is_done_with_when_there_are_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
