#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"

static void copies_are_cut_to_size(void **state)
{
    (void)state;
    char s[4] = "zzz";
    assert_false(str_copy(s, 0, "ab"));
    assert_string_equal(s, "zzz");
    assert_true(str_copy(s, sizeof s, "abc"));
    assert_string_equal(s, "abc");
    assert_false(str_copy(s, sizeof s, "abcd"));
    assert_string_equal(s, "abc");
    assert_true(str_copy(s, 1, ""));
    assert_string_equal(s, "");
}

static void booleans_are_read(void **state)
{
    (void)state;
    static const char *const yes[] = {"yes", "true", "on", "1", "YES", "On"};
    static const char *const no[] = {"no", "false", "off", "0", "No"};
    static const char *const neither[] = {"", "y", "2", "yes ", " no", "nope"};
    bool value;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(str_parse_bool(yes[i], &value) == 0 && value);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_true(str_parse_bool(no[i], &value) == 0 && !value);
    for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
        assert_int_equal(str_parse_bool(neither[i], &value), -1);
}

static void numbers_are_read(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_int_equal(str_parse_int("42", 0, 100, &value), 0);
    assert_int_equal(value, 42);
    assert_int_equal(str_parse_int("-5", -5, 5, &value), 0);
    assert_int_equal(value, -5);
    assert_int_equal(str_parse_int("9223372036854775807", 0, INT64_MAX, &value), 0);
    assert_true(value == INT64_MAX);
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1x",
                                      "x",
                                      "0x10",
                                      "101",
                                      "-1",
                                      "9223372036854775808",
                                      "99999999999999999999999",
                                      "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(str_parse_int(bad[i], 0, 100, &value), -1);
}

static void distances_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        unsigned distance;
    } table[] = {{"", "", 0},
                 {"a", "", 1},
                 {"abc", "abc", 0},
                 {"ABC", "abc", 0},
                 {"abc", "abd", 1},
                 {"abc", "ab", 1},
                 {"ab", "ba", 1},
                 {"abcd", "acbd", 1},
                 {"kitten", "sitting", 3},
                 {"sevrer", "server", 1}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(str_distance(table[i].a, table[i].b, 10), table[i].distance);
        assert_int_equal(str_distance(table[i].b, table[i].a, 10), table[i].distance);
    }
    assert_int_equal(str_distance("kitten", "sitting", 1), 2);
    char text[100];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(str_distance(text, text, 3), 4); /* too long to be looked at */
}

static void the_nearest_name_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"server", "servers", "nick", "channels"};
    assert_string_equal(str_nearest("sevrers", names, 4), "servers");
    assert_string_equal(str_nearest("nik", names, 4), "nick");
    assert_string_equal(str_nearest("Server", names, 4), "server");
    assert_null(str_nearest("zzzzzz", names, 4));
    static const char *const keys[] = {"nick", "alternate_nicks", "modules", "user_modes",
                                       "command_prefix"};
    assert_string_equal(str_nearest("altnicks", keys, 5), "alternate_nicks");
    assert_string_equal(str_nearest("Prefix", keys, 5), "command_prefix");
    assert_string_equal(str_nearest("modes", keys, 5), "user_modes");
    assert_string_equal(str_nearest("nicks", keys, 5), "nick");
    assert_null(str_nearest("comm_and_more", keys, 5));
    static const char *const rates[] = {"rate_user", "rate_network"};
    assert_null(str_nearest("rate", rates, 2));
    assert_null(str_nearest("x", names, 0));
}

static void durations_read_well(void **state)
{
    (void)state;
    char s[32];
    assert_string_equal(str_duration(s, sizeof s, -5), "0s");
    assert_string_equal(str_duration(s, sizeof s, 999), "0s");
    assert_string_equal(str_duration(s, sizeof s, 59000), "59s");
    assert_string_equal(str_duration(s, sizeof s, 302000), "5m 2s");
    assert_string_equal(str_duration(s, sizeof s, 3600000), "1h 0m");
    assert_string_equal(str_duration(s, sizeof s, INT64_C(273600000)), "3d 4h");
    str_duration(s, sizeof s, INT64_MAX);
    assert_string_equal(str_duration(s, 3, 302000), "5m");
}

static void secrets_are_freed(void **state)
{
    (void)state;
    str_free_secret(NULL);
    str_free_secret(xstrdup("secret"));
}

static void control_bytes_are_seen_anywhere(void **state)
{
    (void)state;
    char text[70];
    memset(text, '~', sizeof text);
    assert_false(str_has_control(text, sizeof text));
    assert_false(str_has_control("", 0));
    assert_false(str_has_control(" \x7f\x80\xff", 4));
    for (size_t i = 0; i < sizeof text; i++) {
        for (int c = 0; c < ' '; c++) {
            text[i] = (char)c;
            assert_true(str_has_control(text, sizeof text));
            assert_false(str_has_control(text, i));
        }
        text[i] = '~';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_are_cut_to_size),
        cmocka_unit_test(booleans_are_read),
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(distances_are_counted),
        cmocka_unit_test(the_nearest_name_is_found),
        cmocka_unit_test(durations_read_well),
        cmocka_unit_test(secrets_are_freed),
        cmocka_unit_test(control_bytes_are_seen_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
