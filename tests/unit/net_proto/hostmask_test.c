#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "net/proto/hostmask.h"

static void globs_match(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *text;
        bool match;
    } table[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"**", "", true},
        {"*", "abc", true},
        {"?", "", false},
        {"?", "a", true},
        {"a", "", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"a*", "abc", true},
        {"*c", "abc", true},
        {"*c", "cab", false},
        {"*b*", "abc", true},
        {"*x*", "abc", false},
        {"a*b*c", "aXbYc", true},
        {"a*b*c", "aXcYb", false},
        {"a*a", "a", false},
        {"a*a", "aa", true},
        {"*ab*ab*", "abab", true},
        {"*ab*ab*", "aba", false},
        {"*?", "", false},
        {"*?", "a", true},
        {"?*?", "a", false},
        {"?*?", "ab", true},
        {"*aab", "aaab", true},
        {"*a?b*", "xaaybz", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\?b", "a?b", true},
        {"a\\?b", "axb", false},
        {"\\\\", "\\", true},
        {"*\\**", "a*b", true},
        {"*\\**", "ab", false},
        {"a\\", "a\\", true},
        {"*\\", "x\\", true},
        {"NICK!*@*.Example", "nick!user@host.example", true},
        {"nick!*@*.example", "nick!user@host.example.org", false},
        {"*!*@[host]", "n!u@{HOST}", true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(glob_match(CASEMAPPING_RFC1459, table[i].pattern, table[i].text),
                         table[i].match);
    assert_false(glob_match(CASEMAPPING_ASCII, "[", "{"));
}

/* Every short pattern against every short text, beside the definition itself. */
static bool match_plainly(const char *p, const char *t)
{
    if (!*p)
        return !*t;
    if (*p == '*')
        return match_plainly(p + 1, t) || (*t && match_plainly(p, t + 1));
    return *t && (*p == '?' || *p == *t) && match_plainly(p + 1, t + 1);
}

static void write_word(char *dst, unsigned number, unsigned len, const char *letters)
{
    unsigned base = (unsigned)strlen(letters);
    for (unsigned i = 0; i < len; i++, number /= base)
        dst[i] = letters[number % base];
    dst[len] = '\0';
}

static void short_globs_match_by_definition(void **state)
{
    (void)state;
    char pattern[8];
    char text[8];
    for (unsigned plen = 0; plen <= 5; plen++) {
        for (unsigned p = 0; p < 1U << 2 * plen; p++) {
            write_word(pattern, p, plen, "ab?*");
            for (unsigned tlen = 0; tlen <= 5; tlen++) {
                for (unsigned t = 0; t < 1U << tlen; t++) {
                    write_word(text, t, tlen, "ab");
                    assert_int_equal(glob_match(CASEMAPPING_ASCII, pattern, text),
                                     match_plainly(pattern, text));
                }
            }
        }
    }
}

/* Matches start, unit times count, end against a long text of one letter. */
static double seconds_for(const char *start, const char *unit, size_t count, const char *end)
{
    struct buf pattern = {0};
    char text[10001] = "";
    memset(text, 'a', sizeof text - 1);
    buf_printf(&pattern, "%s", start);
    for (size_t i = 0; i < count; i++)
        buf_printf(&pattern, "%s", unit);
    buf_printf(&pattern, "%s", end);
    buf_append(&pattern, "", 1);
    clock_t began = clock();
    assert_false(glob_match(CASEMAPPING_RFC1459, buf_data(&pattern), text));
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    buf_free(&pattern);
    return seconds;
}

static void hostile_globs_are_quick(void **state)
{
    (void)state;
    assert_true(seconds_for("", "*a", 5000, "*b") < 2);
    assert_true(seconds_for("", "*a", 5000, "*b*") < 2);
    assert_true(seconds_for("", "a*", 5000, "b") < 2);
    assert_true(seconds_for("", "*?", 5000, "b*") < 2);
    assert_true(seconds_for("", "*", 10000, "b") < 2);
    assert_true(seconds_for("", "a", 9999, "b") < 2);
    assert_true(seconds_for("*", "a", 9999, "b") < 2);
    assert_true(seconds_for("*", "a", 5000, "b*") < 2);
    assert_true(seconds_for("*", "?", 5000, "b*") < 2);
}

static void hostmasks_are_written(void **state)
{
    (void)state;
    char dst[64];
    assert_string_equal(hostmask_write(dst, sizeof dst, "n", "u", "h"), "n!u@h");
    assert_string_equal(hostmask_write(dst, sizeof dst, "n", NULL, NULL), "n!*@*");
    assert_string_equal(hostmask_write(dst, sizeof dst, NULL, "", "h"), "*!*@h");
    assert_string_equal(hostmask_write(dst, 4, "nick", "u", "h"), "nic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_match),
        cmocka_unit_test(short_globs_match_by_definition),
        cmocka_unit_test(hostile_globs_are_quick),
        cmocka_unit_test(hostmasks_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
