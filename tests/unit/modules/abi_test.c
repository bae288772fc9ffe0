/* What was built with the header of the first release fits into the server of today. */
#include <string.h>

#include "abi_rows.h"
#include "heard.h"

static void test_layout(void **state)
{
    (void)state;
    assert_int_equal(abi_count_first, abi_count_now);
    for (size_t i = 0; i < abi_count_first; i++) {
        const struct abi_row *first = &abi_rows_first[i];
        long long now = abi_rows_now[i].value;
        if (first->may_grow ? now < first->value : now != first->value)
            fail_msg("%s was %lld in the first release, and is %lld now", first->what, first->value,
                     now);
    }
}

static void logs(seshet_test *t, const char *line)
{
    const char *logged = seshet_test_logged(t);
    assert_non_null(logged);
    assert_string_equal(logged, line);
}

static void test_module(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE] = "";
    seshet_test *t = seshet_test_open(SESHET_TEST_MODULES "/oldest.so", why, sizeof why);
    assert_string_equal(why, "");
    logs(t, "info: load");
    logs(t, "info: installed");
    logs(t, "info: enabled");
    seshet_test_join(t, "alice", "#chan");
    seshet_test_known(t, "alice", "ally");
    seshet_test_grant(t, "alice", "oldest.word", 1);
    seshet_test_say(t, "alice", "#chan", "!old text");
    hears(t, "PRIVMSG #chan :alice: 35 functions; alice ally 1: text");
    seshet_test_part(t, "bot", "#chan", "");
    seshet_test_join(t, "bot", "#else");
    seshet_test_mode(t, "irc", "#else", "+v", "bot");
    assert_int_equal(seshet_test_topic(t, "alice", "#else", "new"), 1);
    hears(t, "PRIVMSG bot :you have \"v\"");
    seshet_test_field(t, "config.word", "x");
    logs(t, "info: config_changed");
    seshet_test_enable(t, 0);
    logs(t, "info: disabled");
    logs(t, "info: unload");
    seshet_test_enable(t, 1);
    seshet_test_skip(t);
    seshet_test_remove(t);
    logs(t, "info: removed");
    logs(t, "info: unload");
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
