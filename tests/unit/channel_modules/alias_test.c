/* alias: templates and who may change them. */
#include "room.h"

static void adds(seshet_test *t, const char *name, const char *text)
{
    char line[600];
    char answer[100];
    snprintf(line, sizeof line, "!alias add %s %s", name, text);
    snprintf(answer, sizeof answer, "%s is an alias now.", name);
    room_answers(t, "olga", line, answer);
}

static void says(seshet_test *t, const char *text, const char *line)
{
    char expected[1200];
    snprintf(expected, sizeof expected, "PRIVMSG #chan :%s", line);
    assert_int_equal(seshet_test_say(t, "bob", "#chan", text), 1);
    room_hears(t, expected);
    room_silent(t);
}

static void test_templates(void **state)
{
    (void)state;
    seshet_test *t = room_open("alias");
    adds(t, "rules", "Be kind in $channel, $nick. Yours, $me. It costs $$5 or 5$.");
    says(t, "!rules", "Be kind in #chan, bob. Yours, bot. It costs $5 or 5$.");
    says(t, "!RULES and more", "Be kind in #chan, bob. Yours, bot. It costs $5 or 5$.");
    adds(t, "hug", "/me hugs $1 and $2-");
    says(t, "!hug alice", "bob: hug needs 2 words after it.");
    says(t, "!hug alice  bob and  olga", "\001ACTION hugs alice and bob and  olga\001");
    adds(t, "all", "all: $*");
    says(t, "!all", "all:");
    says(t, "!all $nick $1 \001", "all: $nick $1");
    says(t, "!alias run all x", "all: x");
    /* The caller does not choose how the line begins. */
    adds(t, "parrot", "$*");
    says(t, "!parrot !op me", "bob: !op me");
    adds(t, "parrot2", "$1 $2");
    says(t, "!parrot2 !op me", "bob: !op me");
    assert_int_equal(seshet_test_say(t, "bob", "#chan", "!parrot"), 1);
    assert_int_equal(seshet_test_say(t, "bob", "#chan", "! rules"), 1);
    assert_int_equal(seshet_test_say(t, "bob", "#chan", "!no/such"), 1);
    assert_int_equal(seshet_test_say(t, "bob", "#chan", "rules"), 1);
    seshet_test_join(t, "bob", "#other");
    assert_int_equal(seshet_test_say(t, "bob", "#other", "!rules"), 1);
    room_silent(t);
    assert_int_equal(seshet_test_field(t, "cmd_prefix", "%"), 0);
    says(t, "%all x", "all: x");
    seshet_test_close(t);
}

static void test_changing(void **state)
{
    (void)state;
    seshet_test *t = room_open("alias");
    room_answers(t, "bob", "!alias",
                 "There are no aliases here; an operator can alias add NAME TEXT.");
    room_refuses(t, "bob", "!alias add x y", "alias", "do that");
    seshet_test_say(t, "olga", "bot", "alias");
    room_hears(t, "PRIVMSG olga :Aliases belong to a channel: say that there.");
    room_answers(t, "olga", "!alias add x",
                 "Tell me what to say then, in at most 400 bytes: alias add x Hello $1!");
    room_answers(t, "olga", "!alias add /x y",
                 "Which alias? A name has at most 32 letters, digits, - and _.");
    adds(t, "x", "one");
    room_answers(t, "olga", "!alias add X two", "x is changed.");
    room_answers(t, "bob", "!alias show x", "x, by olga: two");
    room_answers(t, "bob", "!alias show y", "y is no alias here.");
    room_answers(t, "bob", "!alias run y", "y is no alias here.");
    room_answers(t, "bob", "!alias list", "x");
    room_refuses(t, "bob", "!alias remove x", "alias", "do that");
    room_answers(t, "olga", "!alias remove x", "x is gone.");
    room_answers(t, "olga", "!alias remove x", "x is no alias here.");
    room_answers(t, "bob", "!alias sing",
                 "I can list, run, show, add and remove: alias add NAME TEXT");
    seshet_test_store(t, SESHET_HERE, "#chan bad", "unreadable");
    room_answers(t, "bob", "!alias show bad", "bad is no alias here.");
    seshet_test_storage_away(t, 1);
    static const char away[] = "I cannot do that now: the storage is away or refused.";
    room_answers(t, "olga", "!alias add x y", away);
    room_answers(t, "olga", "!alias remove x", away);
    room_answers(t, "olga", "!alias show x", away);
    room_answers(t, "olga", "!alias run x", away);
    room_answers(t, "olga", "!alias", away);
    assert_int_equal(seshet_test_say(t, "bob", "#chan", "!x"), 1);
    room_silent(t);
    seshet_test_close(t);
}

static void test_bounds(void **state)
{
    (void)state;
    char text[64];
    char key[32];
    seshet_test *t = room_open("alias");
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "#chan a%d", i);
        seshet_test_store(t, SESHET_HERE, key, "0 olga text");
    }
    room_answers(t, "olga", "!alias add x y",
                 "There are 100 aliases here already; remove one first.");
    room_answers(t, "olga", "!alias add a1 y", "a1 is changed.");
    seshet_test_store(t, SESHET_HERE, "#chan a1", NULL);
    /* Words many times over: the end is cut. */
    snprintf(text, sizeof text, "!alias add many x$*$*$*$*$*$*$*");
    room_answers(t, "olga", text, "many is an alias now.");
    char line[450];
    memset(line, 'y', sizeof line);
    memcpy(line, "!many ", 6);
    line[400] = 0;
    assert_int_equal(seshet_test_say(t, "bob", "#chan", line), 1);
    size_t len = 0;
    for (const char *heard; (heard = seshet_test_heard(t));)
        len += strlen(heard) - strlen("PRIVMSG #chan :");
    assert_int_equal(len, 1023);
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_changing),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
