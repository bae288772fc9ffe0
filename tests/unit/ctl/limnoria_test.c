/* Limnoria's files as a document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmalloc.h"
#include "server/ctl/limnoria.h"

#define NOW INT64_C(1700000000)

static struct limnoria_result read_beside(const json_t *known, bool merge, const char *users,
                                          const char *channels, const char *ignores)
{
    struct limnoria_result result;
    const struct limnoria_file files[] = {
        {"users.conf", users, users ? strlen(users) : 0},
        {"channels.conf", channels, channels ? strlen(channels) : 0},
        {"ignores.conf", ignores, ignores ? strlen(ignores) : 0},
    };
    limnoria_read(&result, "net", CASEMAPPING_RFC1459, known, merge, &files[0], &files[1],
                  &files[2], NOW);
    return result;
}

static struct limnoria_result read_all(const char *users, const char *channels, const char *ignores)
{
    return read_beside(NULL, false, users, channels, ignores);
}

/* The value at the path ("users alice hostmasks") as JSON, and what was noted, a line each. */
static void check(struct limnoria_result result, const char *path, const char *wanted,
                  const char *notes)
{
    char *copy = xstrdup(path);
    char *save = NULL;
    const json_t *at = result.document;
    for (char *key = strtok_r(copy, " ", &save); key; key = strtok_r(NULL, " ", &save))
        at = json_object_get(at, key);
    char *got = at ? json_dumps(at, JSON_COMPACT | JSON_ENCODE_ANY) : xstrdup("nothing");
    assert_string_equal(got, wanted);
    free(got);
    free(copy);
    char text[4000] = "";
    size_t i;
    const json_t *note;
    json_array_foreach(result.notes, i, note)
    {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s:%d: %s\n",
                 json_string_value(json_object_get(note, "file")),
                 (int)json_integer_value(json_object_get(note, "line")),
                 json_string_value(json_object_get(note, "text")));
    }
    assert_string_equal(text, notes);
    limnoria_result_free(&result);
}

static int count(const struct limnoria_result *result, const char *what)
{
    return (int)json_integer_value(json_object_get(result->counts, what));
}

#define SHA1   "0123456789abcdef0123456789abcdef01234567"
#define PASS   "  hashed True\n  password 1a2b3c4d|" SHA1 "\n"
#define RECORD "\"password\":\"limnoria:1a2b3c4d|" SHA1 "\""

static void test_a_whole_user(void **state)
{
    (void)state;
    check(read_all("user 1\r\n  name Alice\r\n  ignore False\r\n  secure True\r\n  hashed True\r\n"
                   "  password 1a2b3c4d|" SHA1 "\r\n  capability owner\r\n"
                   "  capability #Chan,op\r\n  capability #a.b,-voice\r\n"
                   "  hostmask *!alice@host.example\r\n  nicks net Alice alice_\r\n\r\n",
                   NULL, NULL),
          "users",
          "{\"alice\":{\"secure\":true,\"ignored\":false,\"capabilities\":[\"net/owner\","
          "\"net/#Chan.op\",\"net/#a.b,-voice\"],"
          "\"hostmasks\":[\"net/*!alice@host.example\"],"
          "\"services\":[\"net/Alice\",\"net/alice_\"]," RECORD "}}",
          "");
}

static void test_counts(void **state)
{
    (void)state;
    struct limnoria_result result =
        read_all("user 1\n name a\n capability owner\n capability admin\n" PASS
                 "user 2\n name b\n hostmask b!*@host.example\n hostmask c!*@host.example\n" PASS
                 " nicks net b\n",
                 "channel #c\n defaultAllow False\n capability x\n ignore a!b@c 0\n",
                 "x!*@spam 0\ny!*@spam 1\n");
    assert_int_equal(count(&result, "users"), 2);
    assert_int_equal(count(&result, "owners"), 1);
    assert_int_equal(count(&result, "capabilities"), 3);
    assert_int_equal(count(&result, "hostmasks"), 2);
    assert_int_equal(count(&result, "services"), 1);
    assert_int_equal(count(&result, "channels"), 1);
    assert_int_equal(count(&result, "ignores"), 2);
    assert_int_equal(count(&result, "expired"), 1);
    assert_int_equal(count(&result, "notes"), 0);
    limnoria_result_free(&result);
}

/* What it takes to be known, and by what: every row is a user and what is said of it. */
static void test_users_that_cannot_come(void **state)
{
    (void)state;
    check(
        read_all("user 1\n  name a.b\n" PASS "user 2\n  capability owner\n" PASS
                 "user 3\n  name carl\n" PASS "user 4\n  name CARL\n" PASS
                 "user 5\n  name dora\n  hashed True\n",
                 NULL, NULL),
        "users",
        "{\"carl\":{\"secure\":false,\"ignored\":false,\"capabilities\":[],\"hostmasks\":[],"
        "\"services\":[]," RECORD "}}",
        "users.conf:1: user \"a.b\": a name is at most 64 letters, digits and -[]\\`_^{}|; left "
        "out\n"
        "users.conf:5: user \"\": a name is at most 64 letters, digits and -[]\\`_^{}|; left out\n"
        "users.conf:13: there is a user carl before: left out\n"
        "users.conf:17: user dora has no password, and logs in with none\n"
        "users.conf:17: nothing is left by which user dora is known: left out\n");
}

static void test_passwords(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"hashed False\n password plain", "is not hashed"},
        {"password 1a|" SHA1, "is not hashed"},
        {"hashed True\n password " SHA1, "is no salted SHA-1"},
        {"hashed True\n password 1a|0123456789abcdef0123456789abcdef", "is no salted SHA-1"},
        {"hashed True\n password 1a|b|" SHA1, "is no salted SHA-1"},
        {"hashed True\n password |" SHA1, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *users = xasprintf("user 1\n name eve\n %s\n hostmask eve!*@host\n", rows[i][0]);
        struct limnoria_result result = read_all(users, NULL, NULL);
        const json_t *eve = json_object_get(json_object_get(result.document, "users"), "eve");
        const char *note =
            json_string_value(json_object_get(json_array_get(result.notes, 0), "text"));
        assert_non_null(eve);
        if (rows[i][1]) {
            assert_null(json_object_get(eve, "password"));
            assert_non_null(note);
            assert_non_null(strstr(note, rows[i][1]));
            assert_null(strstr(note, "plain"));
        }
        limnoria_result_free(&result);
        free(users);
    }
}

static void test_lines_that_cannot_come(void **state)
{
    (void)state;
    check(read_all("name early\nuser 1\n  name alice\n" PASS
                   "  capability a b\n  capability #c.op\n"
                   "  capability net/x\n  capability a.b.c\n  capability Fine\n  shoesize 43\n"
                   "  ignore perhaps\n  gpgkey 0xdead\n  nicks other bob\n  secure\n",
                   NULL, NULL),
          "users alice capabilities", "[\"net/fine\"]",
          "users.conf:1: \"name\" belongs to no user: left out\n"
          "users.conf:6: capability \"a b\": a capability is one word: no white space, no control "
          "bytes, valid UTF-8; left out\n"
          "users.conf:7: capability \"#c.op\": after the channel comes a comma, as in #channel,op; "
          "left out\n"
          "users.conf:8: capability \"net/x\": its name holds a slash, which divides network and "
          "name here; left out\n"
          "users.conf:9: capability \"a.b.c\": a name has one dot at most, as in module.command; "
          "after a channel with a dot in it write a comma: #a.b,x; left out\n"
          "users.conf:11: \"shoesize\" is unknown: left out\n"
          "users.conf:12: ignore is neither True nor False: left out\n"
          "users.conf:13: nobody logs in with a GPG key here: left out\n"
          "users.conf:14: nicks of network \"other\", which is not net: left out\n"
          "users.conf:15: secure is neither True nor False: left out\n");
}

static void test_the_later_sign_of_a_capability_counts(void **state)
{
    (void)state;
    check(read_all("user 1\n name a\n capability x\n capability -x\n capability Y\n capability y\n"
                   " capability #c,op\n capability #c,-op\n" PASS,
                   NULL, NULL),
          "users a capabilities", "[\"net/-x\",\"net/y\",\"net/#c.-op\"]", "");
}

static void test_hostmasks(void **state)
{
    (void)state;
    check(
        read_all("user 1\n name a\n" PASS "  hostmask *!*@*\n  hostmask a?!*@*\n"
                 "  hostmask abc!*@*\n  hostmask no mask!*@*\n  hostmask bare\n"
                 "  hostmask d\\e!*@host\n  hostmask account:x!y@z\n"
                 "user 2\n name b\n" PASS "  hostmask ABC!~b@host.example\n"
                 "  hostmask bo*!bobby@*.example\n"
                 "user 3\n name c\n" PASS "  hostmask *!*@wide.example\n"
                 "  hostmask c*!cc@there\n  hostmask c*!*@there\n",
                 NULL, NULL),
        "users",
        "{\"a\":{\"secure\":false,\"ignored\":false,\"capabilities\":[],\"hostmasks\":"
        "[\"net/abc!*@*\",\"net/d\\\\\\\\e!*@host\"],\"services\":[]," RECORD "},"
        "\"b\":{\"secure\":false,\"ignored\":false,\"capabilities\":[],\"hostmasks\":"
        "[\"net/bo*!bobby@*.example\"],\"services\":[]," RECORD "},"
        "\"c\":{\"secure\":false,\"ignored\":false,\"capabilities\":[],\"hostmasks\":"
        "[\"net/c*!cc@there\",\"net/c*!*@there\"],\"services\":[]," RECORD "}}",
        "users.conf:5: hostmask \"*!*@*\": \"*!*@*\" would match nearly everybody: a hostmask has "
        "at least 3 characters that are no wildcards; left out\n"
        "users.conf:6: hostmask \"a?!*@*\": \"a?!*@*\" would match nearly everybody: a hostmask "
        "has at least 3 characters that are no wildcards; left out\n"
        "users.conf:8: hostmask \"no mask!*@*\": a mask holds no space and no control character; "
        "left out\n"
        "users.conf:9: hostmask \"bare\": it is no nick!user@host; left out\n"
        "users.conf:11: hostmask \"account:x!y@z\": it is no nick!user@host; left out\n"
        "users.conf:16: hostmask \"ABC!~b@host.example\" overlaps another user's on line 7, "
        "\"abc!*@*\": left out\n"
        "users.conf:22: hostmask \"*!*@wide.example\" overlaps another user's on line 7, "
        "\"abc!*@*\": left out\n");
}

static void test_services_accounts_belong_to_one(void **state)
{
    (void)state;
    check(read_all("user 1\n name a\n nicks NET one\nuser 2\n name b\n" PASS " nicks net ONE two\n",
                   NULL, NULL),
          "users b services", "[\"net/two\"]",
          "users.conf:1: user a has no password, and logs in with none\n"
          "users.conf:4: account \"net/ONE\" of user b is given to a: left out\n");
}

static void test_channels(void **state)
{
    (void)state;
    check(
        read_all(NULL,
                 "channel #plain\n  lobotomized False\n  defaultAllow True\n  capability -op\n"
                 "  capability -halfop\n  capability -voice\n  capability -protected\n\n"
                 "channel #A.b[]\n  lobotomized True\n  defaultAllow False\n  capability topic\n"
                 "  capability -Roll\n  capability op\n  capability #c,x\n"
                 "  ban *!*@bad.example 0\n  ban *!*@old.example 1600000000\n"
                 "  ignore spam!*@* 1800000000.5\n  ignore a!b@c soon\n  colour red\n\n"
                 "channel nochannel\n  lobotomized True\nchannel #a.B{]\n  lobotomized False\n",
                 NULL),
        "networks net channels",
        "{\"#a.b{}\":{\"default_allow\":false,\"lobotomized\":true,\"capabilities\":"
        "[\"topic\",\"-roll\"],\"ignores\":{\"*!*@bad.example\":0,\"spam!*@*\":1800000000}}}",
        "channels.conf:14: capability \"op\" of #a.b{}: nobody has it by default here; grant it to "
        "users by name; left out\n"
        "channels.conf:15: capability \"#c,x\" of #a.b{}: a channel's own capabilities name no "
        "channel; left out\n"
        "channels.conf:16: #a.b{} keeps no bans here: \"*!*@bad.example 0\" is ignored in it, as "
        "it "
        "was, but not kicked\n"
        "channels.conf:19: \"soon\" is no time: left out\n"
        "channels.conf:20: \"colour\" is unknown: left out\n"
        "channels.conf:22: \"nochannel\" is no channel: left out\n"
        "channels.conf:24: #a.b{} stands there before: left out\n");
}

static void test_ignores(void **state)
{
    (void)state;
    check(read_all(NULL, NULL,
                   "# a comment\n\nspam!*@* 0\r\nOld!*@* 1.5\nback\\slash!*@* 1800000000\nword\n"
                   "*!*@forever.example"),
          "ignores",
          "{\"net\":{\"spam!*@*\":0,\"back\\\\\\\\slash!*@*\":1800000000,"
          "\"*!*@forever.example\":0}}",
          "ignores.conf:6: mask \"word\": it is no nick!user@host; left out\n");
}

static void test_lines_that_are_none(void **state)
{
    (void)state;
    char users[1200] = "user 1\n name \xff\n name b\001\n name ";
    size_t len = strlen(users);
    memset(users + len, 'x', sizeof users - len - 1);
    check(read_all(users, NULL, NULL), "users", "{}",
          "users.conf:2: the line holds control bytes or is no UTF-8: left out\n"
          "users.conf:3: the line holds control bytes or is no UTF-8: left out\n"
          "users.conf:4: the line is longer than 1000 bytes: left out\n"
          "users.conf:1: user \"\": a name is at most 64 letters, digits and -[]\\`_^{}|; left "
          "out\n");
}

static void test_who_is_known_keeps_what_he_has(void **state)
{
    (void)state;
    json_t *known =
        json_pack("{s:{s:[s, s, s], s:[s]}, s:{}}", "a", "hostmasks", "net/*!*@one.example",
                  "far/*!*@two.example", "*!*@all.example", "services", "net/Acc", "zoe");
    check(read_beside(
              known, true,
              "user 1\n name a\n" PASS " capability x\n hostmask ab!*@one.example\n"
              " nicks net acc\n"
              "user 2\n name b\n" PASS " hostmask bob!*@one.example\n"
              " hostmask bob!*@two.example\n hostmask bob!*@all.example\n nicks net acc own\n",
              NULL, NULL),
          "users",
          "{\"a\":{\"capabilities\":[\"net/x\"],\"hostmasks\":[\"net/ab!*@one.example\"],"
          "\"services\":[\"net/acc\"]},"
          "\"b\":{\"secure\":false,\"ignored\":false,\"capabilities\":[],\"hostmasks\":"
          "[\"net/bob!*@two.example\"],\"services\":[\"net/own\"]," RECORD "}}",
          "users.conf:1: there is an account a already: it keeps its password, and whether it is "
          "secure or ignored\n"
          "users.conf:12: hostmask \"bob!*@one.example\" overlaps one of the account a, "
          "\"*!*@one.example\": left out\n"
          "users.conf:14: hostmask \"bob!*@all.example\" overlaps one of the account a, "
          "\"*!*@all.example\": left out\n"
          "users.conf:8: account \"net/acc\" of user b is given to a: left out\n");
    /* A name is no person, unless somebody says so. */
    check(read_beside(known, false,
                      "user 1\n name A\n" PASS " capability owner\n hostmask *!*@evil.example\n",
                      NULL, NULL),
          "users", "{}",
          "users.conf:1: there is an account a already: left out; with --merge it gets the rights "
          "and hostmasks of this user, if they are one person\n");
    json_decref(known);
}

/* Also what is cut in the middle of a character is text. */
static void test_notes_are_text_and_bounded(void **state)
{
    (void)state;
    static const char line[] = "xääääääääääääääääääääääääääääääääääääääää\n";
    size_t lines = LIMNORIA_MAX_NOTES + 10;
    char *users = xcalloc(lines, sizeof line);
    size_t len = 0;
    for (size_t i = 0; i < lines; i++)
        len += (size_t)sprintf(users + len, "%s", line);
    struct limnoria_result result = read_all(users, NULL, NULL);
    assert_int_equal(json_array_size(result.notes), LIMNORIA_MAX_NOTES);
    assert_int_equal(count(&result, "notes"), lines);
    assert_non_null(json_string_value(json_object_get(json_array_get(result.notes, 0), "text")));
    limnoria_result_free(&result);
    free(users);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_user),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_users_that_cannot_come),
        cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_lines_that_cannot_come),
        cmocka_unit_test(test_the_later_sign_of_a_capability_counts),
        cmocka_unit_test(test_hostmasks),
        cmocka_unit_test(test_services_accounts_belong_to_one),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_ignores),
        cmocka_unit_test(test_lines_that_are_none),
        cmocka_unit_test(test_who_is_known_keeps_what_he_has),
        cmocka_unit_test(test_notes_are_text_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
