#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "registry/account_overlap.h"
#include "registry/accounts.h"
#include "registry/keys.h"

static void keys_are_read_and_written(void **state)
{
    static const char *const keys[] = {"users",
                                       "user:bob",
                                       "user:[x]|away^:capabilities",
                                       "user:bob:hostmasks",
                                       "user:bob:services",
                                       "policy",
                                       "policy:capabilities",
                                       "policy:registered",
                                       "network:net:policy",
                                       "network:net:policy:capabilities",
                                       "network:net:policy:registered",
                                       "network:net.x:channel:#a.b/c%3Ad",
                                       "network:net:channel:#a:capabilities",
                                       "network:net:channel:#a:ignores",
                                       "auth_groups",
                                       "auth_group:friends",
                                       "auth_group:friends:members",
                                       "network:net",
                                       "network:net:channels"};
    static const char *const others[] = {
        "user",
        "user:",
        "user:Bob",
        "user:bob:",
        "user:bob:x",
        "user:a b",
        "user:a/b",
        "policy:x",
        "network:",
        "network:net:",
        "network:net:user:bob",
        "network:net:users",
        "network:net:channel:",
        "network:net:channel",
        "channel:#a",
        "auth_group:",
        "auth_group:a b",
        "usersx",
        "policyx",
        "network:net:first",
        "network:net:channels:x",
        "storage:user:bob",
        "status:accounts",
        "user:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    char text[KEY_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct registry_key key = key_parse(keys[i]);
        if (!key_of_accounts(key.kind))
            fail_msg("%s", keys[i]);
        assert_string_equal(key_write(&key, text, sizeof text), keys[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (key_parse(others[i]).kind != KEY_OTHER)
            fail_msg("%s", others[i]);
    assert_string_equal(key_parse("network:net.x:channel:#a:ignores").network, "net.x");
    assert_string_equal(key_parse("network:net.x:channel:#a:ignores").name, "#a");
    assert_int_equal(key_parse("network:net:ignores").kind, KEY_IGNORES);
}

static void channels_are_written_into_keys(void **state)
{
    char text[CHANNEL_MAX_NAME + 1];
    char back[CHANNEL_MAX_NAME + 1];
    char longest[CHANNEL_MAX_NAME + 2];
    (void)state;
    channel_key_write(text, sizeof text, CASEMAPPING_RFC1459, "#A[b]:100%");
    assert_string_equal(text, "#a{b}%3A100%25");
    assert_int_equal(channel_key_read(back, sizeof back, text), 0);
    assert_string_equal(back, "#a{b}:100%");
    channel_key_write(text, sizeof text, CASEMAPPING_ASCII, "#A[b]");
    assert_string_equal(text, "#a[b]");
    static const char *const bad[] = {"",   "a",    "#A",   "#a b",  "#a,b",
                                      "#%", "#%3a", "#%41", "#a\001"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(channel_key_read(back, sizeof back, bad[i]), -1);
    memset(longest, 'a', sizeof longest);
    longest[0] = '#';
    longest[CHANNEL_MAX_NAME + 1] = '\0';
    assert_string_equal(channel_key_write(text, sizeof text, CASEMAPPING_ASCII, longest), "");
    longest[CHANNEL_MAX_NAME] = '\0';
    assert_string_equal(channel_key_write(text, sizeof text, CASEMAPPING_ASCII, longest), longest);
    longest[CHANNEL_MAX_NAME - 1] = ':';
    assert_string_equal(channel_key_write(text, sizeof text, CASEMAPPING_ASCII, longest), "");
}

static void overlaps_are_found(void **state)
{
    static const struct {
        const char *a, *b;
        bool overlap;
    } rows[] = {
        {"bob!*@*", "bob!*@*", true},
        {"bob!*@*", "BOB!*@*", true},
        {"bob!*@*", "al!*@*", false},
        {"bob!*@*", "*!*@host", true},
        {"*!*@a.example", "*!*@b.example", false},
        {"*!*@*.example", "*!*@a.example", true},
        {"*!*@a*", "*!*@*b", true},
        {"a?c!*@*", "abc!*@*", true},
        {"a?c!*@*", "ab?!*@*", true},
        {"a?!*@*", "abc!*@*", false},
        {"*abc*!*@*", "*xyz*!*@*", true},
        {"a*b!*@*", "a*c!*@*", false},
        {"*!u@h", "*!v@h", false},
        {"a\\*!*@*", "ab!*@*", false},
        {"a\\*!*@*", "a*!*@*", true},
        {"a\\*!*@*", "a?!*@*", true},
        {"*!*@x[1]", "*!*@x{1}", true},
        {"n!u@1.2.3.*", "n!u@1.2.4.*", false},
        {"*a*a*a*!*@*", "*b*b*b*!*@*", true},
        {"ab!*@*", "abc!*@*", false},
        {"**b!u@h", "b!u@h", true},
        {"*!*@*.a.example", "*!*@a.example", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (mask_overlap(rows[i].a, rows[i].b) != rows[i].overlap ||
            mask_overlap(rows[i].b, rows[i].a) != rows[i].overlap)
            fail_msg("%s %s", rows[i].a, rows[i].b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_read_and_written),
        cmocka_unit_test(channels_are_written_into_keys),
        cmocka_unit_test(overlaps_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
