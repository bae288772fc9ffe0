#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "server/say/answer.h"

#define LINES_MAX 400

struct stage {
    struct irc_state *net;
    struct more *more;
    struct answer answer;
    struct answer_tally tally;
    char *lines[LINES_MAX];
    size_t count;
    size_t full; /* so many lines can be sent; 0: all */
};

static int on_line(void *arg, const char *line, size_t len)
{
    struct stage *s = arg;
    if (s->full && s->count == s->full)
        return -1;
    assert_in_range(s->count, 0, LINES_MAX - 1);
    assert_in_range(len, 1, 510);
    assert_null(memchr(line, '\n', len));
    s->lines[s->count++] = strndup(line, len);
    return 0;
}

static int begin(void **state)
{
    struct stage *s = calloc(1, sizeof *s);
    s->net = irc_state_new("bot", NULL, NULL);
    s->more = more_new();
    s->answer = (struct answer){.state = s->net,
                                .more = s->more,
                                .now_ms = 1000,
                                .prefix = '!',
                                .who = {"alice", "al", "a.test"},
                                .tally = &s->tally,
                                .send = on_line,
                                .arg = s};
    *state = s;
    return 0;
}

static void forget_lines(struct stage *s)
{
    while (s->count)
        free(s->lines[--s->count]);
}

static int end(void **state)
{
    struct stage *s = *state;
    forget_lines(s);
    more_free(s->more);
    irc_state_free(s->net);
    free(s);
    return 0;
}

/* "word0000 word0001 ...": the caller frees it. */
static char *words(size_t count)
{
    char *text = malloc(count * 32 + 1);
    char *at = text;
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "word%04zu ", i);
    at[-1] = '\0';
    return text;
}

static void say(struct stage *s, const char *target, const char *text)
{
    size_t cut;
    assert_int_equal(answer_say(&s->answer, SAY_PRIVMSG, target, text, strlen(text), &cut), 0);
    assert_int_equal(cut, 0);
}

/* The number in the last line's hint; 0: it has none. */
static long promised(const struct stage *s)
{
    long count = 0;
    const char *line = s->lines[s->count - 1];
    const char *hint = strstr(line, " (");
    char expected[64];
    if (!hint)
        return 0;
    count = strtol(hint + 2, NULL, 10);
    snprintf(expected, sizeof expected, " (%ld more line%s: !more)", count, count == 1 ? "" : "s");
    assert_string_equal(hint, expected);
    return count;
}

/* Which words the lines have, in order, from the first; behind the last of them. */
static size_t count_words(const struct stage *s, size_t first)
{
    for (size_t i = 0; i < s->count; i++)
        for (const char *at = s->lines[i]; (at = strstr(at, "word")); at += 8)
            assert_int_equal(strtoul(at + 4, NULL, 10), first++);
    return first;
}

static void test_short(void **state)
{
    struct stage *s = *state;
    say(s, "#chan", "alice: all is well");
    assert_int_equal(s->count, 1);
    assert_string_equal(s->lines[0], "PRIVMSG #chan :alice: all is well");
    assert_int_equal(answer_more(&s->answer, "#chan", false), 1);
    assert_int_equal(s->count, 1);
}

/* Every length: nothing is lost, nothing is said twice, and the hint tells the truth. */
static void test_every_length(void **state)
{
    struct stage *s = *state;
    for (size_t count = 150; count < 600; count++) {
        char *text = words(count);
        size_t said = 0;
        long promise = 0;
        s->tally = (struct answer_tally){0};
        say(s, "#chan", text);
        for (;;) {
            said = count_words(s, said);
            assert_in_range(s->count, 1, ANSWER_LINES);
            assert_true(!promise || (long)s->count == (promise < 4 ? promise : 4));
            promise = promised(s);
            assert_int_equal(promise > 0, said < count);
            assert_true(!promise || s->count == ANSWER_LINES);
            forget_lines(s);
            if (!promise)
                break;
            assert_int_equal(answer_more(&s->answer, "#chan", false), 0);
            assert_int_equal(strncmp(s->lines[0], "PRIVMSG #chan :alice: word", 26), 0);
        }
        assert_int_equal(said, count);
        assert_int_equal(answer_more(&s->answer, "#chan", false), 1);
        free(text);
    }
}

static void test_characters_stay_whole(void **state)
{
    struct stage *s = *state;
    char text[6000];
    size_t total = 0;
    for (size_t i = 0; i + 3 < sizeof text; i += 3, total += 3)
        memcpy(text + i, "\u20ac", 4);
    say(s, "#chan", text);
    do {
        for (size_t i = 0; i < s->count; i++) {
            assert_true(utf8_valid(s->lines[i], strlen(s->lines[i])));
            for (const char *at = s->lines[i]; (at = strstr(at, "\u20ac")); at += 3)
                total -= 3;
        }
        forget_lines(s);
    } while (!answer_more(&s->answer, "#chan", false));
    assert_int_equal(total, 0);
}

static void test_answers_of_one_event(void **state)
{
    struct stage *s = *state;
    char *text = words(100); /* two lines and some */
    say(s, "#chan", text);
    assert_int_equal(s->count, 3);
    assert_int_equal(promised(s), 0);
    /* A line is left for the next: it has three. */
    say(s, "#chan", text);
    assert_int_equal(s->count, 4);
    assert_int_equal(promised(s), 2);
    /* What follows waits behind it. */
    say(s, "#chan", "and a last one");
    say(s, "#chan", "really");
    assert_int_equal(s->count, 4);
    forget_lines(s);
    assert_int_equal(answer_more(&s->answer, "#chan", false), 0);
    assert_int_equal(s->count, 4);
    assert_string_equal(s->lines[2], "PRIVMSG #chan :and a last one");
    assert_string_equal(s->lines[3], "PRIVMSG #chan :really");
    /* It has been asked for: what comes now is not put behind what is gone. */
    say(s, "#chan", "later");
    assert_string_equal(s->lines[4], "PRIVMSG #chan :later");
    /* Short ones are said, however many. */
    s->tally = (struct answer_tally){0};
    for (int i = 0; i < 20; i++)
        say(s, "#chan", "short");
    assert_int_equal(s->count, 25);
    free(text);
}

static void test_in_private(void **state)
{
    struct stage *s = *state;
    char *text = words(600);
    say(s, "#chan", text);
    size_t said = count_words(s, 0);
    forget_lines(s);
    /* Asked for in private, it goes on there; then where it began. */
    assert_int_equal(answer_more(&s->answer, "alice", true), 0);
    assert_int_equal(strncmp(s->lines[0], "PRIVMSG alice :word", 19), 0);
    said = count_words(s, said);
    forget_lines(s);
    assert_int_equal(answer_more(&s->answer, "#chan", false), 0);
    count_words(s, said);
    forget_lines(s);
    s->tally = (struct answer_tally){0};
    say(s, "ALICE", text);
    forget_lines(s);
    s->answer.who.nick = "bob";
    assert_int_equal(answer_more(&s->answer, "bob", true), 1);
    s->answer.who.nick = "alice";
    assert_int_equal(answer_more(&s->answer, "alice", true), 0);
    free(text);
}

static void test_a_full_queue(void **state)
{
    struct stage *s = *state;
    char *text = words(600);
    size_t cut;
    s->full = 2;
    assert_int_equal(answer_say(&s->answer, SAY_PRIVMSG, "#chan", text, strlen(text), &cut), -1);
    assert_int_equal(s->count, 2);
    assert_int_equal(answer_more(&s->answer, "#chan", false), 1);
    free(text);
}

static void test_an_action(void **state)
{
    struct stage *s = *state;
    char *text = words(300);
    size_t cut;
    answer_say(&s->answer, SAY_ACTION, "#chan", text, strlen(text), &cut);
    const char *last = s->lines[s->count - 1];
    assert_non_null(strstr(last, "more)\001"));
    forget_lines(s);
    assert_int_equal(answer_more(&s->answer, "#chan", false), 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_short, begin, end),
        cmocka_unit_test_setup_teardown(test_every_length, begin, end),
        cmocka_unit_test_setup_teardown(test_characters_stay_whole, begin, end),
        cmocka_unit_test_setup_teardown(test_answers_of_one_event, begin, end),
        cmocka_unit_test_setup_teardown(test_in_private, begin, end),
        cmocka_unit_test_setup_teardown(test_a_full_queue, begin, end),
        cmocka_unit_test_setup_teardown(test_an_action, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
