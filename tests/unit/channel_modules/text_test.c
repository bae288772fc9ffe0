/* Texts of the bundled modules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "modules/common/text.h"

static void test_words(void **state)
{
    (void)state;
    char word[6];
    const char *rest = "  one  two three-is-long";
    assert_int_equal(text_word(&rest, word, sizeof word), 0);
    assert_string_equal(word, "one");
    assert_int_equal(text_word(&rest, word, sizeof word), 0);
    assert_string_equal(word, "two");
    assert_int_equal(text_word(&rest, word, sizeof word), -1);
    assert_string_equal(rest, "three-is-long");
    rest = " ";
    assert_int_equal(text_word(&rest, word, sizeof word), -1);
}

static void test_cut_and_clean(void **state)
{
    (void)state;
    char text[64];
    snprintf(text, sizeof text, "a\xc3\xa4\xe2\x82\xac");
    assert_int_equal(text_cut(text, 6), 6);
    assert_int_equal(text_cut(text, 5), 3);
    assert_int_equal(text_cut(text, 2), 1);
    assert_string_equal(text, "a");
    snprintf(text, sizeof text,
             "\x02one\x0f \x03"
             "04,12two\x03 \x01three\t4\x7f");
    text_clean(text);
    assert_string_equal(text, "one two three 4");
}

static void test_utf8(void **state)
{
    (void)state;
    char c[4];
    assert_true(text_is_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10));
    static const char *const wrong[] = {"\xc3",
                                        "\xa4",
                                        "\xc0\x80",
                                        "\xed\xa0\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xe0\x80\x80",
                                        "\xf0\x80\x80\x80",
                                        "\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(text_is_utf8(wrong[i], strlen(wrong[i])));
    assert_int_equal(text_put_utf8(0x20ac, c), 3);
    assert_memory_equal(c, "\xe2\x82\xac", 3);
    assert_int_equal(text_put_utf8(0x1f600, c), 4);
    assert_memory_equal(c, "\xf0\x9f\x98\x80", 4);
    assert_int_equal(text_put_utf8(0xd800, c), 3);
    assert_memory_equal(c, "\xef\xbf\xbd", 3);
}

static void test_like(void **state)
{
    (void)state;
    assert_true(text_like("*!*@*.example", "alice!a@host.example"));
    assert_true(text_like("a?ice*", "alice"));
    assert_true(text_like("*", ""));
    assert_true(text_like("a*b*c", "axxbxxbxc"));
    assert_false(text_like("a?", "a"));
    assert_false(text_like("*!*@*.example", "alice!a@host.example.org"));
    /* No time without end. */
    char text[401];
    memset(text, 'a', 400);
    text[400] = 0;
    assert_false(text_like("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_cut_and_clean),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
