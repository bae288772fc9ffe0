/* karma: what changes it, what does not, and the lists. */
#include "room.h"

static void ignores(seshet_test *t, const char *text)
{
    seshet_test_say(t, "alice", "#chan", text);
    room_silent(t);
}

static void test_changes(void **state)
{
    (void)state;
    seshet_test *t = room_open("karma");
    room_answers(t, "alice", "bob++", "bob has karma 1 now.");
    room_answers(t, "olga", "Bob++ for the tea", "Bob has karma 2 now.");
    room_answers(t, "alice", "BOB++", "You have changed the karma of BOB just now.");
    seshet_test_forward(t, 30000);
    room_answers(t, "alice", "BOB--", "BOB has karma 1 now.");
    room_answers(t, "bob", "bob++", "Your own karma is for others to change.");
    seshet_test_known(t, "bob", "Robert");
    room_answers(t, "bob", "ROBERT++", "Your own karma is for others to change.");
    room_answers(t, "bob", "(green  tea)++ # hot", "green tea has karma 1 now.");
    room_answers(t, "bob", "(c)--", "c has karma -1 now.");
    room_answers(t, "bob", "!karma Green Tea", "Green Tea has karma 1.");
    room_answers(t, "bob", "!karma", "bob has karma 1.");
    room_answers(t, "bob", "!karma nothing", "nothing has no karma yet.");
    ignores(t, "i++");
    ignores(t, "C++ for beginners");
    ignores(t, "--help");
    ignores(t, "+++---");
    ignores(t, "what is name++ then");
    ignores(t, "name++;");
    ignores(t, "()++");
    ignores(t, "(never closed++");
    ignores(t, "anameofmorethanfortybytesisnonethatweliketokeep++");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#chan"), "1 BOB\n1 green tea\n-1 c\n");
    seshet_test_close(t);
}

static void test_lists(void **state)
{
    (void)state;
    seshet_test *t = room_open("karma");
    room_answers(t, "alice", "!karma top",
                 "Nothing has karma here yet. Say name++ or (a phrase)--.");
    seshet_test_store(t, SESHET_HERE, "#chan", "3 tea\n-2 rain\nrubbish\n7 bob\n");
    /* bob is there: a list does not call him. */
    room_answers(t, "alice", "!karma top", "Most karma: b\xe2\x80\x8bob 7, tea 3, rain -2");
    room_answers(t, "alice", "!karma bottom", "Least karma: rain -2, tea 3, b\xe2\x80\x8bob 7");
    seshet_test_say(t, "alice", "bot", "karma top");
    room_hears(t, "PRIVMSG alice :Of which channel? In private, put it first: karma #channel ...");
    seshet_test_say(t, "alice", "bot", "karma #CHAN tea");
    room_hears(t, "PRIVMSG alice :tea has karma 3.");
    seshet_test_say(t, "stranger", "bot", "karma #chan tea");
    room_hears(t, "PRIVMSG stranger :I do not see you in #chan.");
    seshet_test_storage_away(t, 1);
    room_answers(
        t, "alice", "bob++",
        "I cannot count that now: the storage is away or refused. Please try again later.");
    room_answers(t, "alice", "!karma",
                 "I cannot look now: the storage is away or refused. Please try again later.");
    seshet_test_close(t);
}

static void test_forget(void **state)
{
    (void)state;
    seshet_test *t = room_open("karma");
    seshet_test_store(t, SESHET_HERE, "#chan", "3 green tea\n-2 rain\n");
    room_refuses(t, "alice", "!karma forget rain", "karma", "have karma forgotten");
    room_answers(t, "olga", "!karma forget sun", "sun has no karma yet.");
    room_answers(t, "olga", "!karma forget (Green Tea)", "The karma of Green Tea is forgotten.");
    room_answers(t, "alice", "!karma (green  tea)", "green tea has no karma yet.");
    room_answers(t, "alice", "!karma forget", "forget has no karma yet.");
    seshet_test_say(t, "olga", "bot", "karma #chan forget RAIN");
    room_hears(t, "PRIVMSG olga :The karma of RAIN is forgotten.");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#chan"), "");
    /* Another nick is not another person. */
    room_answers(t, "alice", "tea++", "tea has karma 1 now.");
    seshet_test_nick(t, "alice", "malice");
    room_answers(t, "malice", "tea++", "You have changed the karma of tea just now.");
    seshet_test_close(t);
}

static void test_bound(void **state)
{
    (void)state;
    static char record[64 * 1024];
    size_t len = 0;
    seshet_test *t = room_open("karma");
    for (int i = 0; i < 1000; i++)
        len += (size_t)sprintf(record + len, "%d a thing of about so many bytes %d\n",
                               i == 500 ? 1 : 2, i);
    seshet_test_store(t, SESHET_HERE, "#chan", record);
    room_answers(t, "alice", "tea++", "tea has karma 1 now.");
    const char *stored = seshet_test_stored(t, SESHET_HERE, "#chan");
    assert_null(strstr(stored, "bytes 500\n"));
    assert_non_null(strstr(stored, "bytes 501\n"));
    assert_non_null(strstr(stored, "\n1 tea\n"));
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_forget),
        cmocka_unit_test(test_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
