/* Answers of many lines, in the library that tests modules (seshet/test.h). */
#include <stdlib.h>
#include <string.h>

#include "heard.h"

/* Takes what is heard; the words must go on from *said. The last line's hint: how many lines more.
 */
static long hear_words(seshet_test *t, const char *begin_with, unsigned long *said)
{
    const char *line;
    long promised = 0;
    int lines = 0;
    while ((line = seshet_test_heard(t))) {
        assert_int_equal(promised, 0);
        if (!lines++)
            assert_int_equal(strncmp(line, begin_with, strlen(begin_with)), 0);
        for (const char *at = line; (at = strstr(at, "word")); at += 8)
            assert_int_equal(strtoul(at + 4, NULL, 10), (*said)++);
        const char *hint = strstr(line, " (");
        promised = hint ? strtol(hint + 2, NULL, 10) : 0;
        assert_true(!hint || strstr(hint, " more line"));
        assert_true(!hint || strstr(hint, ": !more)"));
    }
    assert_in_range(lines, 1, 5);
    return promised;
}

static void test_long_replies(void **state)
{
    (void)state;
    unsigned long said = 0;
    seshet_test *t = begin(API);
    seshet_test_join(t, "bob", "#chan");
    assert_int_equal(seshet_test_say(t, "alice", "#chan", "!api long reply 1 600"), 1);
    assert_true(hear_words(t, "PRIVMSG #chan :alice: word0000 ", &said) > 4);
    /* Nobody else's; and each of the bot's own ways to be called. */
    seshet_test_say(t, "bob", "#chan", "!more");
    hears(t, "PRIVMSG #chan :bob: There is no more.");
    assert_int_equal(seshet_test_say(t, "alice", "#chan", "bot: more"), 0);
    assert_true(hear_words(t, "PRIVMSG #chan :alice: word", &said) > 0);
    seshet_test_say(t, "alice", "bot", "core.more");
    while (said < 600) {
        hear_words(t, "PRIVMSG alice :word", &said);
        seshet_test_say(t, "alice", "bot", "more");
    }
    hears(t, "PRIVMSG alice :There is no more.");
    /* In private; and what is private stays so. */
    said = 0;
    seshet_test_say(t, "alice", "#chan", "!api long alone 1 300");
    assert_true(hear_words(t, "PRIVMSG alice :word0000 ", &said) > 0);
    seshet_test_say(t, "alice", "#chan", "!more");
    hears(t, "PRIVMSG #chan :alice: There is no more.");
    seshet_test_say(t, "alice", "bot", "more");
    assert_int_equal(hear_words(t, "PRIVMSG alice :word", &said), 0);
    assert_int_equal(said, 300);
    /* As an action, and without the nick. */
    said = 0;
    seshet_test_say(t, "alice", "#chan", "!api long me 1 300");
    assert_true(hear_words(t, "PRIVMSG #chan :\001ACTION word0000 ", &said) > 0);
    said = 0;
    seshet_test_say(t, "alice", "#chan", "!api long answer 1 300");
    assert_true(hear_words(t, "PRIVMSG #chan :word0000 ", &said) > 0);
    /* It goes with who leaves, and with the time. */
    seshet_test_part(t, "alice", "#chan", "");
    seshet_test_join(t, "alice", "#chan");
    seshet_test_say(t, "alice", "#chan", "!more");
    hears(t, "PRIVMSG #chan :alice: There is no more.");
    said = 0;
    seshet_test_say(t, "alice", "#chan", "!api long reply 1 300");
    assert_true(hear_words(t, "PRIVMSG #chan :alice: word0000 ", &said) > 0);
    seshet_test_forward(t, 600000);
    seshet_test_say(t, "alice", "#chan", "!more");
    hears(t, "PRIVMSG #chan :alice: There is no more.");
    seshet_test_close(t);
}

/* Of replies, those that are begun say at least a line. */
static void test_many_replies(void **state)
{
    (void)state;
    unsigned long said = 0;
    seshet_test *t = begin(API);
    /* Four of two lines: two are said, the third begins, and the last waits behind it. */
    seshet_test_say(t, "alice", "#chan", "!api long reply 4 60");
    assert_int_equal(hear_words(t, "PRIVMSG #chan :alice: word0000 ", &said), 1);
    assert_in_range(said, 121, 179);
    seshet_test_say(t, "alice", "#chan", "!more");
    assert_int_equal(hear_words(t, "PRIVMSG #chan :alice: word", &said), 0);
    assert_int_equal(said, 240);
    /* A timer answers who set it. */
    said = 0;
    seshet_test_say(t, "alice", "#chan", "!api long-later");
    assert_int_equal(seshet_test_forward(t, 20), 1);
    assert_true(hear_words(t, "PRIVMSG #chan :alice: word0000 ", &said) > 0);
    seshet_test_say(t, "alice", "#chan", "!more");
    hear_words(t, "PRIVMSG #chan :alice: word", &said);
    seshet_test_skip(t);
    /* What nobody asked for is cut after twelve lines. */
    seshet_test_say(t, "alice", "#chan", "!api long #chan 1 900");
    for (int i = 0; i < 12; i++)
        assert_non_null(seshet_test_heard(t));
    assert_null(seshet_test_heard(t));
    assert_non_null(strstr(seshet_test_logged(t), "a text to #chan was cut, "));
    /* As is what only somebody could ask for who has gone. */
    seshet_test_join(t, "bob", "#chan");
    seshet_test_part(t, "bob", "#chan", "say much");
    for (int i = 0; i < 12; i++)
        assert_non_null(seshet_test_heard(t));
    assert_null(seshet_test_heard(t));
    assert_non_null(strstr(seshet_test_logged(t), "a text to #chan was cut, "));
    /* One event may say so many texts, and so many bytes. */
    seshet_test_say(t, "alice", "#chan", "!api long #chan 70 1");
    for (int i = 0; i < 64; i++)
        assert_non_null(seshet_test_heard(t));
    assert_null(seshet_test_heard(t));
    assert_string_equal(
        seshet_test_logged(t),
        "warning: 6 texts were thrown away: one event may say at most 64, and 64 KiB");
    seshet_test_say(t, "alice", "#chan", "!api long reply 5 1800");
    seshet_test_skip(t);
    seshet_test_say(t, "alice", "#chan", "!api ready");
    hears(t, "PRIVMSG #chan :alice: ready ready");
    silent(t);
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_replies),
        cmocka_unit_test(test_many_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
