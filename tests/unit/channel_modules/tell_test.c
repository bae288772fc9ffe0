/* tell: messages wait, are bounded, and are given once. */
#include "room.h"

static const char later[] = "I will tell carol when I see them next.";

static void test_delivery(void **state)
{
    (void)state;
    seshet_test *t = room_open("tell");
    room_answers(t, "alice", "!tell carol  the  tea is ready", later);
    seshet_test_say(t, "alice", "bot", "tell Carol[x] secret");
    room_hears(t, "PRIVMSG alice :I will tell Carol[x] when I see them next.");
    seshet_test_forward(t, 3 * 60000);
    seshet_test_join(t, "CAROL", "#chan");
    room_hears(
        t, "PRIVMSG CAROL :3 minutes ago in #chan, alice asked me to tell you: the tea is ready");
    room_silent(t);
    seshet_test_say(t, "CAROL", "#chan", "hello");
    room_silent(t);
    /* The casemapping's brackets, and a nick that is taken. */
    seshet_test_nick(t, "CAROL", "cArOl{X}");
    room_hears(t, "PRIVMSG cArOl{X} :3 minutes ago, alice asked me to tell you: secret");
    room_silent(t);
    assert_null(seshet_test_stored(t, SESHET_HERE, "to/carol"));
    seshet_test_close(t);
}

/* Under another nick, and known all the same. */
static void test_accounts(void **state)
{
    (void)state;
    seshet_test *t = room_open("tell");
    room_answers(t, "alice", "!tell carol hi", later);
    seshet_test_user(t, "guest", NULL, NULL, "carol"); /* to services: not to the bot */
    seshet_test_join(t, "guest", "#chan");
    room_silent(t);
    seshet_test_known(t, "guest", "Carol");
    seshet_test_say(t, "guest", "#chan", "hello");
    room_hears(t, "PRIVMSG guest :a moment ago in #chan, alice asked me to tell you: hi");
    seshet_test_say(t, "guest", "#chan", "hello");
    room_silent(t);
    seshet_test_close(t);
}

static void test_restart(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE];
    seshet_test *t = room_open("tell");
    room_answers(t, "alice", "!tell carol: hi", later);
    assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    seshet_test_join(t, "carol", "#chan");
    room_hears(t, "PRIVMSG carol :a moment ago in #chan, alice asked me to tell you: hi");
    room_silent(t);
    seshet_test_close(t);
}

static void test_bounds(void **state)
{
    (void)state;
    char text[420];
    seshet_test *t = room_open("tell");
    for (int i = 0; i < 5; i++) {
        snprintf(text, sizeof text, "!tell carol %d", i);
        room_answers(t, "alice", text, later);
    }
    room_answers(t, "bob", "!tell carol 6", "5 messages wait for carol already; that is enough.");
    for (int i = 0; i < 5; i++) {
        char answer[80];
        snprintf(text, sizeof text, "!tell n%c x", 'a' + i);
        snprintf(answer, sizeof answer, "I will tell n%c when I see them next.", 'a' + i);
        room_answers(t, "alice", text, answer);
    }
    room_answers(t, "alice", "!tell nz x",
                 "You have 10 messages waiting already; untell NICK takes some back.");
    snprintf(text, sizeof text, "!tell dora %0351d", 0);
    room_answers(t, "bob", text, "A message has at most 350 bytes; yours has 351.");
    room_answers(t, "bob", "!tell", "Tell whom what? tell NICK TEXT");
    room_answers(t, "bob", "!tell dora", "Tell whom what? tell NICK TEXT");
    room_answers(t, "bob", "!tell #chan x", "That is no nick.");
    room_answers(t, "bob", "!tell BOT x", "You have told me just now.");
    room_answers(t, "bob", "!tell Bob x", "You know that already. Try remind, if it is on here.");
    seshet_test_close(t);
}

/* One's own, by the account where there was one. */
static void test_untell(void **state)
{
    (void)state;
    seshet_test *t = room_open("tell");
    room_answers(t, "alice", "!tell carol one", later);
    room_answers(t, "bob", "!tell carol two", later);
    seshet_test_known(t, "alice", "al");
    room_answers(t, "alice", "!tell carol three", later);
    room_answers(t, "alice", "!untell dora", "No message of yours waits for dora.");
    room_answers(t, "alice", "!untell", "Take back what you wanted to tell whom? untell NICK");
    seshet_test_nick(t, "alice", "al2");
    room_answers(t, "al2", "!untell CAROL", "I will not tell CAROL; 1 message is taken back.");
    room_answers(t, "al2", "!untell carol", "No message of yours waits for carol.");
    seshet_test_nick(t, "bob", "alice");
    room_answers(t, "alice", "!untell carol", "I will not tell carol; 1 message is taken back.");
    seshet_test_storage_away(t, 1);
    room_answers(t, "olga", "!untell carol",
                 "I cannot do that now: the storage is away or refused. Please try again later.");
    seshet_test_storage_away(t, 0);
    seshet_test_join(t, "carol", "#chan");
    room_hears(t, "PRIVMSG carol :a moment ago in #chan, bob asked me to tell you: two");
    room_silent(t);
    room_answers(t, "alice", "!tell carol: four", later);
    room_answers(t, "alice", "!untell carol", "I will not tell carol; 1 message is taken back.");
    assert_null(seshet_test_stored(t, SESHET_HERE, "to/carol"));
    seshet_test_close(t);
}

static void test_storage_away(void **state)
{
    (void)state;
    seshet_test *t = room_open("tell");
    room_answers(t, "alice", "!tell carol kept", later);
    seshet_test_storage_away(t, 1);
    room_answers(t, "alice", "!tell carol lost",
                 "I cannot save that now: the storage is away or refused. Please try again later.");
    seshet_test_join(t, "carol", "#chan");
    room_silent(t);
    seshet_test_storage_away(t, 0);
    seshet_test_say(t, "carol", "#chan", "hello");
    room_hears(t, "PRIVMSG carol :a moment ago in #chan, alice asked me to tell you: kept");
    room_silent(t);
    seshet_test_close(t);
}

/* The storage is away when the module begins. */
static void test_late_storage(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE];
    seshet_test *t = room_open("tell");
    room_answers(t, "alice", "!tell carol hi", later);
    seshet_test_storage_away(t, 1);
    assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    seshet_test_join(t, "carol", "#chan");
    room_silent(t);
    seshet_test_storage_away(t, 0);
    seshet_test_say(t, "carol", "#chan", "too early");
    room_silent(t);
    seshet_test_forward(t, 10000);
    seshet_test_say(t, "carol", "#chan", "hello");
    room_hears(t, "PRIVMSG carol :10 seconds ago in #chan, alice asked me to tell you: hi");
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivery),     cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_restart),      cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_untell),       cmocka_unit_test(test_storage_away),
        cmocka_unit_test(test_late_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
