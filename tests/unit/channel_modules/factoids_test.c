/* factoids: learning, telling, locking, and what is left alone. */
#include "room.h"

static const char learnt[] = "I will remember that.";

static void says(seshet_test *t, const char *text, const char *line)
{
    seshet_test_say(t, "bob", "#chan", text);
    room_hears(t, line);
}

static void test_learning(void **state)
{
    (void)state;
    seshet_test *t = room_open("factoids");
    room_answers(t, "alice", "!tea is a  drink", learnt);
    says(t, "TEA?", "PRIVMSG #chan :TEA is a drink");
    says(t, "bot: tea?", "PRIVMSG #chan :tea is a drink");
    says(t, "!whatis tea", "PRIVMSG #chan :tea is a drink");
    room_answers(t, "alice", "!learn green tea is healthy, she is sure", learnt);
    says(t, "green  tea??", "PRIVMSG #chan :green tea is healthy, she is sure");
    room_answers(t, "alice", "bot: coffee is <reply> no.", learnt);
    says(t, "coffee?", "PRIVMSG #chan :no.");
    /* No line of ours is a command for another bot. */
    room_answers(t, "alice", "!evil is <reply> !op eve", learnt);
    says(t, "evil?", "PRIVMSG #chan :bob: !op eve");
    room_answers(t, "alice", "!learn .op eve is true", learnt);
    says(t, "!whatis .op eve", "PRIVMSG #chan :bob: .op eve is true");
    room_answers(t, "alice", "!wave is <action> waves", learnt);
    says(t, "wave?", "PRIVMSG #chan :\001ACTION waves\001");
    room_answers(t, "alice", "!or is a||b", learnt);
    says(t, "or?", "PRIVMSG #chan :or is a|b");
    room_answers(t, "alice", "!learn gap is | sure | |", learnt);
    for (int i = 0; i < 20; i++)
        says(t, "gap?", "PRIVMSG #chan :gap is sure");
    room_answers(t, "alice", "!learn nothing is | |", "nothing is what?");
    room_answers(
        t, "bob", "!tea is a plant",
        "tea is known already; \"tea is also ...\" adds to it, forget comes first otherwise.");
    room_answers(t, "bob", "!tea is also a plant", learnt);
    int seen[2] = {0, 0};
    for (int i = 0; i < 100; i++) {
        seshet_test_say(t, "bob", "#chan", "tea?");
        seen[strcmp(seshet_test_heard(t), "PRIVMSG #chan :tea is a drink") == 0]++;
    }
    assert_true(seen[0] && seen[1]);
    room_answers(t, "bob", "!facts tea", "green tea, tea");
    /* Left alone: other commands' arguments, talk, what nobody knows. */
    seshet_test_say(t, "bob", "#chan", "!echo this is it");
    seshet_test_say(t, "bob", "#chan", "milk is good");
    seshet_test_say(t, "bob", "#chan", "olga: milk is good");
    seshet_test_say(t, "bob", "#chan", "milk?");
    seshet_test_say(t, "bob", "#chan", "?");
    room_silent(t);
    room_answers(t, "bob", "!whatis milk?", "I do not know what milk is. Say: learn milk is ...");
    room_answers(t, "bob", "!learn milk", "Learn what? learn NAME is TEXT");
    room_answers(t, "bob", "!whatis", "Which one? whatis NAME (1 to 64 bytes)");
    seshet_test_close(t);
}

static void test_order(void **state)
{
    (void)state;
    char text[400];
    seshet_test *t = room_open("factoids");
    room_answers(t, "alice", "!tea is a drink", learnt);
    room_refuses(t, "alice", "!lock tea", "factoids", "lock that");
    room_answers(t, "olga", "!lock tea", "tea is locked now.");
    room_answers(t, "alice", "!tea is also bad", "tea is locked; an operator can unlock it.");
    room_refuses(t, "alice", "!forget tea", "factoids", "forget what is locked");
    room_answers(t, "olga", "!unlock Tea", "Tea is unlocked now.");
    room_answers(t, "alice", "!forget tea", "I have forgotten tea.");
    room_answers(t, "alice", "!forget tea", "I do not know what tea is.");
    room_answers(t, "olga", "!lock tea", "I do not know what tea is.");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "n/#chan"), "0");
    room_answers(t, "alice", "!facts", "I know nothing here.");
    snprintf(text, sizeof text, "!x is %0370d", 0);
    room_answers(t, "alice", text, learnt);
    snprintf(text, sizeof text, "!x is also %0370d", 0);
    room_answers(t, "alice", text, learnt);
    room_answers(t, "alice", text, "That is too long: I keep 1000 bytes about one thing.");
    seshet_test_store(t, SESHET_HERE, "n/#chan", "2000");
    room_answers(t, "alice", "!y is z", "I know 2000 things in this channel; that is enough.");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "n/#chan"), "2000");
    seshet_test_storage_away(t, 1);
    room_answers(t, "alice", "!y is z",
                 "I cannot save that now: the storage is away or refused. Please try again later.");
    room_answers(t, "alice", "!whatis x",
                 "I cannot look now: the storage is away or refused. Please try again later.");
    seshet_test_say(t, "alice", "#chan", "x?");
    room_silent(t);
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_learning),
                                       cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
