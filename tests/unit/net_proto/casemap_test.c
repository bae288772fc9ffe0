#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "net/proto/casemap.h"

static void each_mapping_folds_its_own_letters(void **state)
{
    (void)state;
    static const char all[] = "AZaz09[]\\^{}|~@_`\xc4";
    static const struct {
        const char *name;
        enum casemapping map;
        const char *folded;
    } table[] = {
        {"rfc1459", CASEMAPPING_RFC1459, "azaz09{}|~{}|~@_`\xc4"},
        {"rfc1459-strict", CASEMAPPING_RFC1459_STRICT, "azaz09{}|^{}|~@_`\xc4"},
        {"ascii", CASEMAPPING_ASCII, "azaz09[]\\^{}|~@_`\xc4"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char s[sizeof all];
        assert_int_equal(casemapping_parse(table[i].name), table[i].map);
        assert_string_equal(casemapping_name(table[i].map), table[i].name);
        assert_int_equal(irc_fold_copy(table[i].map, s, sizeof s, all), sizeof all - 1);
        assert_string_equal(s, table[i].folded);
        memcpy(s, all, sizeof all);
        irc_fold(table[i].map, s);
        assert_string_equal(s, table[i].folded);
        assert_true(irc_equal(table[i].map, all, s));
        for (int c = 0; c < 256; c++) {
            char once = irc_fold_char(table[i].map, (char)c);
            assert_int_equal(irc_fold_char(table[i].map, once), once);
        }
    }
}

static void unknown_names_are_ascii(void **state)
{
    (void)state;
    assert_int_equal(casemapping_parse("rfc7613"), CASEMAPPING_ASCII);
    assert_int_equal(casemapping_parse(""), CASEMAPPING_ASCII);
    assert_int_equal(casemapping_parse("RFC1459"), CASEMAPPING_RFC1459);
}

static void comparison_is_an_order(void **state)
{
    (void)state;
    assert_true(irc_casecmp(CASEMAPPING_ASCII, "abc", "ABD") < 0);
    assert_true(irc_casecmp(CASEMAPPING_ASCII, "abcd", "ABC") > 0);
    assert_true(irc_casecmp(CASEMAPPING_ASCII, "\xff", "a") > 0);
    assert_int_equal(irc_casecmp(CASEMAPPING_RFC1459, "[x]^", "{X}~"), 0);
    assert_true(irc_casecmp(CASEMAPPING_RFC1459_STRICT, "^", "~") != 0);
    assert_false(irc_equal(CASEMAPPING_ASCII, "[x]", "{x}"));
    assert_true(irc_equal(CASEMAPPING_ASCII, "", ""));
}

static void copies_are_cut_to_size(void **state)
{
    (void)state;
    char s[4] = "zzz";
    assert_int_equal(irc_fold_copy(CASEMAPPING_ASCII, s, 0, "ABC"), 0);
    assert_string_equal(s, "zzz");
    assert_int_equal(irc_fold_copy(CASEMAPPING_ASCII, s, sizeof s, "ABCDE"), 3);
    assert_string_equal(s, "abc");
    assert_int_equal(irc_fold_copy(CASEMAPPING_ASCII, s, 1, "ABC"), 0);
    assert_string_equal(s, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mapping_folds_its_own_letters),
        cmocka_unit_test(unknown_names_are_ascii),
        cmocka_unit_test(comparison_is_an_order),
        cmocka_unit_test(copies_are_cut_to_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
