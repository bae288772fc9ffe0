/* quotes: numbers stay, pages fill, operators delete. */
#include "room.h"

static void test_quotes(void **state)
{
    (void)state;
    seshet_test *t = room_open("quotes");
    room_answers(t, "alice", "!quote", "There are no quotes here yet. Add one: quote add TEXT");
    room_answers(t, "alice", "!quote add <bob>  tea\x02 is\x02 good", "That is quote #1.");
    seshet_test_say(t, "bob", "#chan", "!quote");
    room_hears(t, "PRIVMSG #chan :#1: <bob> tea is good (2026-01-01)");
    room_answers(t, "bob", "!quote add <olga> Tea again", "That is quote #2.");
    seshet_test_say(t, "bob", "#chan", "!quote #2");
    room_hears(t, "PRIVMSG #chan :#2: <olga> Tea again (2026-01-01)");
    seshet_test_say(t, "bob", "#chan", "!quote find TEA");
    room_hears(t, "PRIVMSG #chan :#1: <bob> tea is good (also #2)");
    room_answers(t, "bob", "!quote find coffee", "No quote has that in it.");
    room_refuses(t, "bob", "!quote delete 1", "quotes", "delete quotes");
    room_answers(t, "olga", "!quote delete 1", "Quote #1 is gone.");
    room_answers(t, "olga", "!quote delete 1", "There is no quote #1 here.");
    room_answers(t, "olga", "!quote 1", "There is no quote #1 here.");
    room_answers(t, "olga", "!quote add third", "That is quote #3.");
    room_answers(t, "bob", "!quote what",
                 "quote [NUMBER], quote add TEXT, quote find TEXT or quote delete NUMBER");
    room_answers(t, "bob", "!quote add", "A quote has 1 to 400 bytes; yours has 0.");
    /* Another channel has its own. */
    seshet_test_join(t, "bob", "#other");
    seshet_test_say(t, "bob", "#other", "!quote 2");
    room_hears(t, "PRIVMSG #other :bob: There is no quote #2 here.");
    seshet_test_say(t, "bob", "bot", "quote #chan 3");
    room_hears(t, "PRIVMSG bob :#3: third (2026-01-01)");
    seshet_test_storage_away(t, 1);
    room_answers(t, "olga", "!quote add x",
                 "I cannot save that now: the storage is away or refused. Please try again later.");
    room_answers(t, "olga", "!quote",
                 "I cannot look now: the storage is away or refused. Please try again later.");
    seshet_test_close(t);
}

/* Who is no operator, but was given the right to: everywhere, or in one channel. */
static void test_managers(void **state)
{
    (void)state;
    seshet_test *t = room_open("quotes");
    seshet_test_join(t, "bob", "#a.b");
    for (int i = 1; i <= 3; i++) {
        char answer[32];
        snprintf(answer, sizeof answer, "That is quote #%d.", i);
        room_answers(t, "bob", "!quote add x", answer);
    }
    seshet_test_grant(t, "bob", "karma.manage", 1);
    seshet_test_grant(t, "bob", "#a.b,quotes.manage", 1);
    room_refuses(t, "bob", "!quote delete 1", "quotes", "delete quotes");
    seshet_test_say(t, "bob", "#a.b", "!quote delete 1");
    room_hears(t, "PRIVMSG #a.b :bob: There is no quote #1 here.");
    seshet_test_grant(t, "bob", "#Chan.quotes.manage", 1);
    room_answers(t, "bob", "!quote delete 1", "Quote #1 is gone.");
    seshet_test_grant(t, "bob", "#chan.quotes.manage", 0);
    room_refuses(t, "bob", "!quote delete 2", "quotes", "delete quotes");
    seshet_test_grant(t, "bob", "quotes.manage", 1);
    room_answers(t, "bob", "!quote delete 2", "Quote #2 is gone.");
    room_refuses(t, "alice", "!quote delete 3", "quotes", "delete quotes");
    seshet_test_close(t);
}

static void test_pages(void **state)
{
    (void)state;
    char text[64];
    char answer[64];
    seshet_test *t = room_open("quotes");
    for (int i = 1; i <= 120; i++) {
        snprintf(text, sizeof text, "!quote add number %d.", i);
        snprintf(answer, sizeof answer, "That is quote #%d.", i);
        room_answers(t, "alice", text, answer);
    }
    seshet_test_say(t, "bob", "#chan", "!quote find number 120.");
    room_hears(t, "PRIVMSG #chan :#120: number 120.");
    seshet_test_say(t, "bob", "#chan", "!quote find 0.");
    room_hears(
        t, "PRIVMSG #chan :#10: number 10. (also #20 #30 #40 #50 #60 #70 #80 #90 #100 and 2 more)");
    room_answers(t, "olga", "!quote delete 51", "Quote #51 is gone.");
    seshet_test_say(t, "bob", "#chan", "!quote 52");
    room_hears(t, "PRIVMSG #chan :#52: number 52. (2026-01-01)");
    seshet_test_store(t, SESHET_HERE, "n/#chan", "2000");
    room_answers(t, "bob", "!quote add x", "I have numbered 2000 quotes here; that is enough.");
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_quotes),
                                       cmocka_unit_test(test_managers),
                                       cmocka_unit_test(test_pages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
