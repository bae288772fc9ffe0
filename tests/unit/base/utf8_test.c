#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

static void characters_are_measured(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t len;
        bool valid;
    } table[] = {
        {"a", 1, true},
        {"\xc3\xa9", 2, true},
        {"\xe2\x82\xac", 3, true},
        {"\xf0\x9f\x98\x80", 4, true},
        {"\xf4\x8f\xbf\xbf", 4, true},  /* U+10FFFF */
        {"\xed\x9f\xbf", 3, true},      /* before the surrogates */
        {"\xee\x80\x80", 3, true},      /* after them */
        {"\xed\xa0\x80", 1, false},     /* a surrogate */
        {"\xf4\x90\x80\x80", 1, false}, /* over U+10FFFF */
        {"\xf5\x80\x80\x80", 1, false},
        {"\xc0\x80", 1, false}, /* overlong */
        {"\xc1\xbf", 1, false},
        {"\xe0\x9f\xbf", 1, false},
        {"\xf0\x8f\xbf\xbf", 1, false},
        {"\x80", 1, false},
        {"\xc3", 1, false}, /* cut */
        {"\xe2\x82", 1, false},
        {"\xf0\x9f\x98", 1, false},
        {"\xc3"
         "a",
         1, false},
        {"\xff", 1, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(utf8_char(table[i].s, strlen(table[i].s)), table[i].len);
        assert_int_equal(utf8_valid(table[i].s, strlen(table[i].s)), table[i].valid);
    }
    assert_int_equal(utf8_char("", 0), 0);
    assert_true(utf8_valid("", 0));
    assert_true(utf8_valid("a\xc3\xa9z", 4));
    assert_false(utf8_valid("a\xc3\xa9\xa9", 4));
}

static void cuts_lie_between_characters(void **state)
{
    (void)state;
    static const char s[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    static const size_t cut[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11};
    for (size_t max = 0; max < sizeof cut / sizeof *cut; max++)
        assert_int_equal(utf8_cut(s, sizeof s - 1, max), cut[max]);
    /* Bytes that are no characters stand for themselves. */
    for (size_t max = 0; max <= 6; max++)
        assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80\x80", 6, max), max);
    assert_int_equal(utf8_cut("\xff\xff", 2, 1), 1);
    assert_int_equal(utf8_cut("", 0, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_measured),
        cmocka_unit_test(cuts_lie_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
