/* topic: pieces, what was before, and who may. */
#include "room.h"

static const char away[] = "I cannot do that now: the storage is away or refused.";

static seshet_test *room_of_operator(void)
{
    seshet_test *t = room_open("topic");
    seshet_test_permit(t, "raw");
    seshet_test_mode(t, "olga", "#chan", "+o", "bot");
    seshet_test_skip(t);
    return t;
}

/* olga says it, and the bot asks for this topic; the network says yes. */
static void sets(seshet_test *t, const char *text, const char *topic)
{
    char line[600];
    snprintf(line, sizeof line, "TOPIC #chan :%s", topic);
    assert_int_equal(seshet_test_say(t, "olga", "#chan", text), 1);
    room_hears(t, line);
    room_silent(t);
    seshet_test_topic(t, "bot", "#chan", topic);
}

static void test_pieces(void **state)
{
    (void)state;
    seshet_test *t = room_of_operator();
    room_answers(t, "alice", "!topics", "There is no topic.");
    room_answers(t, "olga", "!topics remove 1", "There is no topic; topics add TEXT begins one.");
    sets(t, "!topics add one", "one");
    sets(t, "!topics add two words", "one | two words");
    sets(t, "!topics insert 1 zero", "zero | one | two words");
    room_answers(t, "alice", "!topics", "1: zero 2: one 3: two words");
    sets(t, "!topics replace 2 uno", "zero | uno | two words");
    sets(t, "!topics reorder 3 1 2", "two words | zero | uno");
    sets(t, "!topics remove 2", "two words | uno");
    sets(t, "!topics separator ::", "two words :: uno");
    sets(t, "!topics add x", "two words :: uno :: x");
    sets(t, "!topics set all new", "all new");
    sets(t, "!topics clear", "");
    room_answers(t, "olga", "!topics separator a b",
                 "The separator is ::; another one has 1 to 8 bytes and no space.");
    room_answers(t, "olga", "!topics separator -", "The separator is - now.");
    seshet_test_close(t);
}

static void test_undo_and_restore(void **state)
{
    (void)state;
    seshet_test *t = room_of_operator();
    room_answers(t, "olga", "!topics undo", "There is nothing to undo.");
    room_answers(t, "olga", "!topics restore", "I have not set a topic here yet.");
    seshet_test_topic(t, "olga", "#chan", "by hand");
    sets(t, "!topics add a", "by hand | a");
    sets(t, "!topics add b", "by hand | a | b");
    sets(t, "!topics undo", "by hand | a");
    room_answers(t, "olga", "!topics restore", "That is the topic already.");
    seshet_test_topic(t, "alice", "#chan", "spoilt");
    sets(t, "!topics restore", "by hand | a");
    sets(t, "!topics undo", "spoilt");
    sets(t, "!topics undo", "by hand");
    room_answers(t, "olga", "!topics undo", "There is nothing to undo.");
    for (int i = 0; i < 14; i++) {
        char text[32];
        char topic[32];
        snprintf(text, sizeof text, "!topics set %d", i);
        snprintf(topic, sizeof topic, "%d", i);
        sets(t, text, topic);
    }
    for (int i = 12; i > 2; i--) {
        char topic[32];
        snprintf(topic, sizeof topic, "%d", i);
        sets(t, "!topics undo", topic);
    }
    room_answers(t, "olga", "!topics undo", "There is nothing to undo.");
    seshet_test_close(t);
}

/* Changes that overtake the network's answers. */
static void test_quick(void **state)
{
    (void)state;
    seshet_test *t = room_of_operator();
    seshet_test_say(t, "olga", "#chan", "!topics add a");
    seshet_test_say(t, "olga", "#chan", "!topics add b");
    room_hears(t, "TOPIC #chan :a");
    room_hears(t, "TOPIC #chan :a | b");
    seshet_test_topic(t, "bot", "#chan", "a");
    seshet_test_say(t, "olga", "#chan", "!topics add c");
    room_hears(t, "TOPIC #chan :a | b | c");
    /* The network never answers: what it has counts again. */
    seshet_test_forward(t, 10000);
    room_answers(t, "alice", "!topics", "1: a");
    /* Somebody else is faster: theirs counts. */
    seshet_test_say(t, "olga", "#chan", "!topics add d");
    room_hears(t, "TOPIC #chan :a | d");
    seshet_test_topic(t, "alice", "#chan", "mine");
    room_answers(t, "alice", "!topics", "1: mine");
    seshet_test_close(t);
}

static void test_who_and_wrong(void **state)
{
    (void)state;
    static const char which[] = "Which piece? Give me a number from 1 to 2.";
    seshet_test *t = room_open("topic");
    room_refuses(t, "alice", "!topics add x", "topic", "do that");
    seshet_test_say(t, "olga", "bot", "topics");
    room_hears(t, "PRIVMSG olga :Say that in the channel it is for.");
    room_answers(
        t, "olga", "!topics add x",
        "I may not change topics: I lack the permission raw. An owner gives it with: module "
        "set topic permissions raw");
    seshet_test_permit(t, "raw");
    seshet_test_topic(t, "olga", "#chan", "a | b");
    seshet_test_say(t, "olga", "#chan", "!topics add c");
    room_hears(t, "TOPIC #chan :a | b | c");
    room_hears(t, "PRIVMSG #chan :olga: I have asked for it, but I am no operator here: the "
                  "network may refuse.");
    seshet_test_topic(t, "olga", "#chan", "a | b");
    static const char *const numbers[] = {"0", "3", "-1", "x", "1x", "99999999999", ""};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[64];
        snprintf(text, sizeof text, "!topics remove %s", numbers[i]);
        room_answers(t, "olga", text, which);
    }
    room_answers(t, "olga", "!topics replace 1", "Tell me the text as well.");
    room_answers(t, "olga", "!topics add", "Tell me the text as well.");
    static const char *const orders[] = {"1", "1 1", "1 2 3", "2 x", ""};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        char text[64];
        snprintf(text, sizeof text, "!topics reorder %s", orders[i]);
        room_answers(t, "olga", text,
                     "Name each of the 2 pieces once, in their new order: topics reorder 2 1");
    }
    room_answers(t, "olga", "!topics sing",
                 "I can add, insert, replace, remove, reorder, set, clear, undo, restore and "
                 "change the separator.");
    char text[450];
    memset(text, 'x', sizeof text);
    memcpy(text, "!topics add ", 12);
    text[12 + 386] = 0;
    room_answers(t, "olga", text, "That would be too long: a topic has at most 390 bytes.");
    seshet_test_storage_away(t, 1);
    room_answers(t, "olga", "!topics add c", away);
    seshet_test_close(t);
}

static void test_many_pieces(void **state)
{
    (void)state;
    seshet_test *t = room_of_operator();
    char topic[400] = "p";
    for (size_t i = 0; i < 39; i++)
        memcpy(topic + 1 + i * 4, " | p", 5);
    seshet_test_topic(t, "olga", "#chan", topic);
    room_answers(t, "olga", "!topics add q", "A topic has at most 32 pieces.");
    /* The last piece is all the rest. */
    sets(t, "!topics remove 32",
         "p | p | p | p | p | p | p | p | p | p | p | p | p | p | p | p | p "
         "| p | p | p | p | p | p | p | p | p | p | p | p | p | p");
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),      cmocka_unit_test(test_undo_and_restore),
        cmocka_unit_test(test_quick),       cmocka_unit_test(test_who_and_wrong),
        cmocka_unit_test(test_many_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
