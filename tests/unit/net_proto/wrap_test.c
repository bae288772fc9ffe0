#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/xmalloc.h"
#include "net/proto/wrap.h"

/* All pieces, with '/' between them. */
static char *wrap_all(const char *text, size_t max)
{
    struct buf out = {0};
    /* No NUL behind it: nothing may be read there. */
    size_t len = strlen(text);
    char *copy = xmemdup(text, len);
    const char *at = copy;
    while (at < copy + len) {
        const char *next = NULL;
        size_t n = wrap_next(at, (size_t)(copy + len - at), max, &next);
        assert_true(n > 0 && next > at);
        buf_printf(&out, "%s%.*s", at > copy ? "/" : "", (int)n, at);
        at = next;
    }
    free(copy);
    buf_append(&out, "", 1);
    char *result = xstrdup(buf_data(&out));
    buf_free(&out);
    return result;
}

static void texts_are_wrapped(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t max;
        const char *expected;
    } table[] = {
        {"", 10, ""},
        {"short", 10, "short"},
        {"exactly10.", 10, "exactly10."},
        {"one two three", 7, "one two/three"},
        {"one two three", 8, "one two/three"},
        {"one two three", 6, "one/two/three"},
        {"abcdefghij", 4, "abcd/efgh/ij"},
        {"a bcdefghijk", 8, "a bcdefg/hijk"}, /* the space is not in the last half */
        {"\xc3\xa9\xc3\xa9\xc3\xa9", 3, "\xc3\xa9/\xc3\xa9/\xc3\xa9"},
        {"\xe2\x82\xac\xe2\x82\xac", 4, "\xe2\x82\xac/\xe2\x82\xac"},
        {"a\xf0\x9f\x98\x80", 4, "a/\xf0\x9f\x98\x80"},
        {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 2, "\xf0\x9f\x98\x80/\xf0\x9f\x98\x80"},
        {"ab", 0, "a/b"},
        /* No line begins as a command, if that can be. */
        {"alice: some words !op eve", 19, "alice: some/words !op eve"},
        {"alice: some words  !op eve", 20, "alice: some/words  !op eve"},
        {"words and !op .op -op", 13, "words and !o/p .op -op"},
        {"aaaaaaaa!op eve", 8, "aaaaaaa/a!op eve"},
        {"!!!!!!!!", 4, "!!!!/!!!!"},
        {"\xff\xff\xff", 2, "\xff\xff/\xff"},
        {"\x80\x80\x80\x80\x80\x80", 5, "\x80\x80\x80\x80\x80/\x80"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char *got = wrap_all(table[i].text, table[i].max);
        assert_string_equal(got, table[i].expected);
        free(got);
    }
}

/* Whatever the limit, no piece is over it, none splits a character, and nothing but spaces is lost.
 */
static void pieces_hold_for_every_limit(void **state)
{
    (void)state;
    static const char text[] = "Zw\xc3\xb6lf Boxk\xc3\xa4mpfer \xe2\x82\xac\xe2\x82\xac  jagen "
                               "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80 Viktor.";
    for (size_t max = 4; max < sizeof text + 2; max++) {
        const char *end = text + sizeof text - 1;
        for (const char *at = text; at < end;) {
            const char *next = NULL;
            size_t n = wrap_next(at, (size_t)(end - at), max, &next);
            assert_in_range(n, 1, max);
            assert_true(utf8_valid(at, n));
            for (const char *lost = at + n; lost < next; lost++)
                assert_int_equal(*lost, ' ');
            at = next;
        }
    }
}

static void line_ends_become_spaces(void **state)
{
    (void)state;
    char s[] = "a\rb\nc\0d\001";
    assert_int_equal(wrap_clean(s, sizeof s - 1), sizeof s - 1);
    assert_memory_equal(s, "a b c d\001", sizeof s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_wrapped),
        cmocka_unit_test(pieces_hold_for_every_limit),
        cmocka_unit_test(line_ends_become_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
