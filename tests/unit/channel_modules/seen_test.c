/* seen: how many are remembered, and what is told to whom. */
#include "room.h"

static const char hour[] = "1767225600000"; /* 2026-01-01 00:00 UTC, when the clock begins */

static void put(seshet_test *t, int place, const char *nick, const char *time)
{
    char key[32];
    char record[128];
    snprintf(key, sizeof key, "#%d", place);
    snprintf(record, sizeof record, "%s message %s #chan text", time, nick);
    seshet_test_store(t, SESHET_HERE, key, nick);
    seshet_test_store(t, SESHET_HERE, nick, record);
}

static void test_bound(void **state)
{
    (void)state;
    char nick[32];
    seshet_test *t = seshet_test_new();
    char why[SESHET_TEST_WHY_SIZE];
    for (int i = 0; i < 10; i++) {
        snprintf(nick, sizeof nick, "n%d", i);
        put(t, i, nick, i == 3 ? "1767000000000" : hour);
    }
    seshet_test_store(t, SESHET_HERE, "#next", "9999");
    assert_int_equal(seshet_test_load(t, SESHET_MODULES "/seen.so", why, sizeof why), 0);
    /* The last free place. */
    seshet_test_join(t, "alice", "#chan");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#9999"), "alice");
    /* Of the next eight n3 was seen longest ago: n0 gets its place, and bob that of n0. */
    seshet_test_join(t, "bob", "#chan");
    assert_null(seshet_test_stored(t, SESHET_HERE, "n3"));
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#0"), "bob");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#3"), "n0");
    assert_non_null(seshet_test_stored(t, SESHET_HERE, "n0"));
    assert_non_null(seshet_test_stored(t, SESHET_HERE, "bob"));
    /* Who has a place needs no other. */
    seshet_test_forward(t, 60000);
    seshet_test_say(t, "n0", "#chan", "hello");
    seshet_test_say(t, "BOB", "#chan", "hello");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#next"), "10001");
    seshet_test_close(t);
}

/* Records without an index are bounded from then on. */
static void test_made_anew(void **state)
{
    (void)state;
    char key[32];
    char why[SESHET_TEST_WHY_SIZE];
    int places = 0;
    seshet_test *t = seshet_test_new();
    seshet_test_store(t, SESHET_HERE, "n1", "1767225600000 message n1 #chan text");
    seshet_test_store(t, SESHET_HERE, "n2", "1767225600000 message n2 #chan text");
    assert_int_equal(seshet_test_load(t, SESHET_MODULES "/seen.so", why, sizeof why), 0);
    seshet_test_join(t, "alice", "#chan");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#next"), "3");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#2"), "alice");
    for (int i = 0; i < 2; i++) {
        snprintf(key, sizeof key, "#%d", i);
        const char *nick = seshet_test_stored(t, SESHET_HERE, key);
        assert_non_null(nick);
        places |= nick[1] == '1' ? 1 : 2;
    }
    assert_int_equal(places, 3);
    assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    seshet_test_join(t, "bob", "#chan");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "#next"), "4");
    seshet_test_close(t);
}

/* What is said to whom, and where. */
static void test_telling(void **state)
{
    (void)state;
    seshet_test *t = room_open("seen");
    seshet_test_join(t, "carol", "#two");
    seshet_test_say(t, "carol", "#two", "a secret of #two");
    seshet_test_action(t, "bob", "#chan", "waves");
    seshet_test_forward(t, 2 * 3600 * 1000);
    room_answers(t, "alice", "!seen BOB?",
                 "bob is here now and was last seen 2 hours ago, in #chan: * bob waves");
    room_answers(t, "alice", "!seen carol", "carol was last seen 2 hours ago, in another channel");
    seshet_test_say(t, "alice", "bot", "seen bob");
    room_hears(t, "PRIVMSG alice :bob was last seen 2 hours ago, in a channel");
    seshet_test_say(t, "dave", "#chan", "not a member"); /* as with -n */
    room_answers(t, "alice", "!seen dave",
                 "dave was last seen just now, in #chan, saying: not a member");
    room_answers(t, "alice", "!seen nobody", "I have not seen nobody.");
    room_answers(t, "alice", "!seen #next", "That is no nick.");
    room_answers(t, "alice", "!seen", "Whom do you mean? seen NICK");
    room_answers(t, "alice", "!seen ALICE", "You are here, alice.");
    room_answers(t, "alice", "!seen bot", "You are talking to me.");
    seshet_test_nick(t, "bob", "rob");
    room_answers(t, "alice", "!seen bob", "bob was last seen just now, changing nick to rob");
    seshet_test_kick(t, "olga", "#chan", "rob", "out");
    room_answers(t, "alice", "!seen rob",
                 "rob was last seen just now, kicked from #chan by olga: out");
    room_answers(t, "alice", "!seen olga",
                 "olga is here now and was last seen just now, kicking rob from #chan");
    /* Who was here before the bot. */
    assert_true(seshet_test_raw(t, ":irc.test 353 bot = #chan :zoe") >= 0);
    room_answers(t, "alice", "!seen zoe", "zoe is here now; I have not seen them do anything yet.");
    seshet_test_storage_away(t, 1);
    room_answers(t, "alice", "!seen yves",
                 "I cannot look that up now: the storage is away or refused.");
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bound),
                                       cmocka_unit_test(test_made_anew),
                                       cmocka_unit_test(test_telling)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
