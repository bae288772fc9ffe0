/* autoop: who is on the list gets it, when the bot can give it. */
#include "room.h"

static seshet_test *room_of_operator(void)
{
    seshet_test *t = room_open("autoop");
    seshet_test_permit(t, "raw");
    seshet_test_mode(t, "olga", "#chan", "+o", "bot");
    seshet_test_skip(t);
    return t;
}

static void test_on_join(void **state)
{
    (void)state;
    seshet_test *t = room_of_operator();
    room_answers(t, "olga", "!autoop add *!*@dave.test", "*!*@dave.test gets +o from now on.");
    room_answers(t, "olga", "!autoop add v account:Erin", "account:erin gets +v from now on.");
    seshet_test_join(t, "dave", "#chan");
    room_hears(t, "MODE #chan +o dave");
    seshet_test_user(t, "erin", NULL, NULL, "ERIN");
    seshet_test_join(t, "erin", "#chan");
    room_hears(t, "MODE #chan +v erin");
    seshet_test_join(t, "frank", "#chan");
    seshet_test_join(t, "dave", "#other");
    room_silent(t);
    seshet_test_close(t);
}

static void test_when_it_becomes_operator(void **state)
{
    (void)state;
    seshet_test *t = room_of_operator();
    seshet_test_say(t, "olga", "#chan", "!autoop add *!*@*.test");
    room_hears(t, "PRIVMSG #chan :olga: *!*@*.test gets +o from now on.");
    /* At once, but not the bot itself nor who has it. */
    const char *line = seshet_test_heard(t);
    assert_non_null(line);
    assert_true(strcmp(line, "MODE #chan +oo alice bob") == 0 ||
                strcmp(line, "MODE #chan +oo bob alice") == 0);
    room_silent(t);
    seshet_test_mode(t, "olga", "#chan", "-o", "bot");
    seshet_test_join(t, "dave", "#chan");
    seshet_test_join(t, "erin", "#chan");
    seshet_test_mode(t, "olga", "#chan", "+v", "dave");
    room_silent(t);
    seshet_test_mode(t, "olga", "#chan", "+o", "bot");
    /* alice, bob, dave, erin: three in a line. */
    line = seshet_test_heard(t);
    assert_non_null(line);
    assert_int_equal(strncmp(line, "MODE #chan +ooo ", 16), 0);
    line = seshet_test_heard(t);
    assert_non_null(line);
    assert_int_equal(strncmp(line, "MODE #chan +o ", 14), 0);
    room_silent(t);
    seshet_test_close(t);
}

static void test_on_login(void **state)
{
    (void)state;
    seshet_test *t = room_of_operator();
    room_answers(t, "olga", "!autoop add account:al", "account:al gets +o from now on.");
    seshet_test_account(t, "alice", "al");
    room_hears(t, "MODE #chan +o alice");
    seshet_test_account(t, "alice", NULL);
    seshet_test_account(t, "bob", "bobby");
    room_silent(t);
    seshet_test_close(t);
}

static void test_list(void **state)
{
    (void)state;
    seshet_test *t = room_open("autoop");
    room_answers(
        t, "olga", "!autoop add *!*@x",
        "I may not give modes: I lack the permission raw. An owner gives it with: module set "
        "autoop permissions raw");
    seshet_test_permit(t, "raw");
    room_refuses(t, "alice", "!autoop", "autoop", "do that");
    room_refuses(t, "alice", "!autoop add *!*@x", "autoop", "do that");
    seshet_test_mode(t, "olga", "#chan", "+v", "alice"); /* which is not enough */
    room_refuses(t, "alice", "!autoop add *!*@x", "autoop", "do that");
    seshet_test_mode(t, "olga", "#chan", "-v", "alice");
    seshet_test_say(t, "olga", "bot", "autoop");
    room_hears(t, "PRIVMSG olga :Say that in the channel it is for.");
    room_answers(t, "olga", "!autoop",
                 "Nobody is on the list; autoop add MASK puts somebody there.");
    room_answers(t, "olga", "!autoop add", "Whom? autoop add [o|v] MASK | account:NAME | NICK");
    room_answers(t, "olga", "!autoop add v alice", "*!*@alice.test gets +v from now on.");
    room_answers(t, "olga", "!autoop add v alice", "*!*@alice.test is on the list already.");
    seshet_test_account(t, "bob", "Bobby");
    room_answers(t, "olga", "!autoop add bob", "account:bobby gets +o from now on.");
    room_answers(t, "olga", "!autoop add zoe",
                 "Nobody of that nick is here; give me a mask, nick!user@host, or account:NAME.");
    room_answers(t, "olga", "!autoop add alice!*@*",
                 "That mask is anybody's: tell me something of the host.");
    room_answers(t, "olga", "!autoop add *@host",
                 "A mask looks like nick!user@host, with * and ?.");
    room_answers(t, "olga", "!autoop add account:*",
                 "Tell me the whole name of the account: account:NAME.");
    seshet_test_say(t, "olga", "#chan", "!autoop list");
    room_hears(t, "PRIVMSG olga :#chan: +v *!*@alice.test, +o account:bobby");
    room_answers(t, "olga", "!autoop remove *!*@ALICE.test", "*!*@alice.test is off the list.");
    room_answers(t, "olga", "!autoop remove *!*@alice.test", "*!*@alice.test is not on the list.");
    room_answers(t, "olga", "!autoop remove account:Bobby", "account:bobby is off the list.");
    assert_null(seshet_test_stored(t, SESHET_HERE, "#chan"));
    room_answers(t, "olga", "!autoop sing", "I can list, add and remove: autoop add [o|v] MASK");
    seshet_test_storage_away(t, 1);
    room_answers(t, "olga", "!autoop",
                 "I cannot look up the list now: the storage is away or refused.");
    seshet_test_close(t);
}

static void test_bounds(void **state)
{
    (void)state;
    char text[600];
    seshet_test *t = room_open_permitted("autoop", "raw");
    for (int i = 0; i < 64; i++) {
        snprintf(text, sizeof text, "!autoop add *!*@host%d", i);
        assert_int_equal(seshet_test_say(t, "olga", "#chan", text), 1);
    }
    seshet_test_skip(t);
    room_answers(t, "olga", "!autoop add *!*@onemore", "The list is full: it has 64 entries.");
    memset(text, 'x', sizeof text);
    memcpy(text, "!autoop add *!*@", 16);
    text[300] = 0;
    room_answers(t, "olga", text, "Whom? autoop add [o|v] MASK | account:NAME | NICK");
    /* Without the permission: the log says what is missing. */
    seshet_test_permit(t, "");
    seshet_test_mode(t, "olga", "#chan", "+o", "bot");
    seshet_test_user(t, "dave", NULL, "host1", NULL);
    seshet_test_join(t, "dave", "#chan");
    room_silent(t);
    int told = 0;
    for (const char *line; (line = seshet_test_logged(t));)
        told |= strstr(line, "give me the permission raw") != NULL;
    assert_true(told);
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_join),  cmocka_unit_test(test_when_it_becomes_operator),
        cmocka_unit_test(test_on_login), cmocka_unit_test(test_list),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
