#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/state/state.h"
#include "server/say/more.h"

static struct irc_state *net;
static struct more *more;
static size_t cut;

static const struct more_person alice = {"alice", "al", "a.test"};
static const struct more_person bob = {"bob", "bo", "b.test"};

static const struct isupport *is(void)
{
    return irc_state_isupport(net);
}

static uint64_t keep(const struct more_person *who, const char *place, const char *text,
                     int64_t now)
{
    return more_keep(more, is(), who, place, text, strlen(text), now, &cut);
}

/* NULL: there must be none. */
static void taken(const struct more_person *who, const char *place, int64_t now, const char *text,
                  const char *from)
{
    struct more_rest rest;
    bool there = more_take(more, is(), who, place, now, &rest);
    assert_int_equal(there, text != NULL);
    if (!there)
        return;
    assert_string_equal(rest.text, text);
    assert_string_equal(rest.place, from);
    free(rest.text);
    free(rest.place);
}

static int begin(void **state)
{
    (void)state;
    net = irc_state_new("bot", NULL, NULL);
    more = more_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    more_free(more);
    irc_state_free(net);
    return 0;
}

static void test_person_and_place(void **state)
{
    (void)state;
    const struct more_person thief = {"alice", "th", "t.test"};
    const struct more_person spelled = {"ALICE", "al", "a.test"};
    keep(&alice, "#one", "in one", 0);
    keep(&alice, "", "alone", 1);
    keep(&bob, "#one", "of bob", 2);
    taken(&thief, "#one", 3, NULL, NULL);
    taken(&alice, "#two", 3, NULL, NULL);
    taken(&alice, "@#one", 3, NULL, NULL);
    taken(&spelled, "#ONE", 3, "in one", "#one");
    /* What is for one person alone is never said in a channel. */
    taken(&alice, "#one", 3, NULL, NULL);
    taken(&alice, "", 3, "alone", "");
    taken(&alice, "", 3, NULL, NULL);
    taken(&bob, "", 3, "of bob", "#one");
}

static void test_the_newest_counts(void **state)
{
    (void)state;
    uint64_t first = keep(&alice, "#one", "first", 0);
    keep(&alice, "#two", "second", 1);
    uint64_t third = keep(&alice, "#one", "third", 2);
    assert_int_not_equal(first, third);
    assert_false(more_add(more, first, "x", 1, 3, &cut));
    assert_true(more_add(more, third, "fourth", 6, 3, &cut));
    taken(&alice, "", 4, "third\nfourth", "#one");
    taken(&alice, "", 4, "second", "#two");
    assert_false(more_add(more, third, "x", 1, 4, &cut));
}

static void test_bounds(void **state)
{
    (void)state;
    char nick[8];
    for (int i = 0; i <= MORE_RESTS_MAX; i++) {
        snprintf(nick, sizeof nick, "u%d", i);
        keep(&(struct more_person){nick, "u", "h"}, "#one", nick, i);
    }
    taken(&(struct more_person){"u0", "u", "h"}, "#one", 20, NULL, NULL);
    taken(&(struct more_person){"u1", "u", "h"}, "#one", 20, "u1", "#one");
    taken(&(struct more_person){"u16", "u", "h"}, "#one", 20, "u16", "#one");
    /* Only whole characters are left. */
    char *text = malloc(MORE_BYTES_MAX + 2);
    memset(text, 'x', MORE_BYTES_MAX - 1);
    memcpy(text + MORE_BYTES_MAX - 1, "ä", 3);
    uint64_t number = keep(&alice, "#one", text, 0);
    assert_int_equal(cut, 2);
    assert_true(more_add(more, number, "more", 4, 0, &cut));
    assert_int_equal(cut, 4);
    text[MORE_BYTES_MAX - 1] = '\0';
    taken(&alice, "#one", 0, text, "#one");
    free(text);
}

static void test_time(void **state)
{
    (void)state;
    uint64_t number = keep(&alice, "#one", "first", 1000);
    taken(&alice, "#one", 1000 + MORE_KEEP_MS, NULL, NULL);
    assert_false(more_add(more, number, "x", 1, 1000 + MORE_KEEP_MS, &cut));
    keep(&alice, "#one", "second", 1000);
    taken(&alice, "#one", 999 + MORE_KEEP_MS, "second", "#one");
}

static void test_forgetting(void **state)
{
    (void)state;
    keep(&alice, "#one", "one", 0);
    keep(&alice, "@#one", "ops of one", 1);
    keep(&alice, "##one", "another", 2);
    keep(&alice, "", "alone", 3);
    keep(&bob, "#one", "of bob", 4);
    char line[] = ":irc.test 005 bot STATUSMSG=@ :are supported";
    struct irc_msg msg;
    assert_int_equal(irc_parse(&msg, line), 0);
    irc_state_apply(net, &msg, 0);
    more_forget(more, is(), "Alice", "#ONE");
    taken(&alice, "", 5, "alone", "");
    taken(&alice, "", 5, "another", "##one");
    taken(&alice, "", 5, NULL, NULL);
    keep(&alice, "#two", "two", 6);
    more_forget_place(more, is(), "#one");
    taken(&bob, "", 7, NULL, NULL);
    more_forget(more, is(), "alice", NULL);
    taken(&alice, "", 7, NULL, NULL);
    keep(&alice, "#two", "two", 8);
    more_forget_place(more, is(), NULL);
    taken(&alice, "", 9, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_person_and_place, begin, end),
        cmocka_unit_test_setup_teardown(test_the_newest_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_bounds, begin, end),
        cmocka_unit_test_setup_teardown(test_time, begin, end),
        cmocka_unit_test_setup_teardown(test_forgetting, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
