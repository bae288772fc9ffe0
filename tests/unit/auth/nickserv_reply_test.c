#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/auth/nickserv_reply.h"

static const struct {
    const char *text;
    enum nickserv_reply_kind kind;
    const char *nick;
    const char *account;
} rows[] = {
    /* atheme, ACC nick * */
    {"Alice -> other ACC 3", NICKSERV_ANSWER, "Alice", "other"},
    {"Alice -> other ACC 3 ", NICKSERV_ANSWER, "Alice", "other"},
    {"Alice -> other ACC 3 AAAAAAAAB", NICKSERV_ANSWER, "Alice", "other"},
    {"carl -> * ACC 0 (not registered)", NICKSERV_ANSWER, "carl", ""},
    {"nobody -> * ACC 0 (offline)", NICKSERV_ANSWER, "nobody", ""},
    {"bob -> bob ACC 2", NICKSERV_ANSWER, "bob", ""},
    {"bob -> bob ACC 1", NICKSERV_ANSWER, "bob", ""},
    {"bob -> * ACC 3", NICKSERV_ANSWER, "bob", ""},
    {"\002bob\002 -> \002bob\002 ACC 3", NICKSERV_ANSWER, "bob", "bob"},
    {"ACC -> ACC ACC 3", NICKSERV_ANSWER, "ACC", "ACC"},
    {"STATUS -> eve ACC 3", NICKSERV_ANSWER, "STATUS", "eve"},
    /* without an account */
    {"bob ACC 3", NICKSERV_ANSWER, "bob", "bob"},
    {"bob acc 3", NICKSERV_ANSWER, "bob", "bob"},
    {"bob ACC 0 (not registered)", NICKSERV_ANSWER, "bob", ""},
    /* anope */
    {"STATUS bob 3 other", NICKSERV_ANSWER, "bob", "other"},
    {"STATUS bob 3", NICKSERV_ANSWER, "bob", "bob"},
    {"STATUS bob 2 ", NICKSERV_ANSWER, "bob", ""},
    {"STATUS bob 1 bob", NICKSERV_ANSWER, "bob", ""},
    {"STATUS bob 0 ", NICKSERV_ANSWER, "bob", ""},
    /* the command is not known */
    {"Unknown command \002ACC\002. \"/msg NickServ HELP\" for help.", NICKSERV_UNKNOWN, "", ""},
    {"Invalid command. Use \002/msg NickServ help\002 for a command listing.", NICKSERV_UNKNOWN, "",
     ""},
    /* anything else */
    {"", NICKSERV_OTHER, "", ""},
    {"   ", NICKSERV_OTHER, "", ""},
    {"ACC", NICKSERV_OTHER, "", ""},
    {"bob ACC", NICKSERV_OTHER, "", ""},
    {"bob ACC 33", NICKSERV_OTHER, "", ""},
    {"bob ACC x", NICKSERV_OTHER, "", ""},
    {"bob -> bob ACC", NICKSERV_OTHER, "", ""},
    {"bob -> bob 3", NICKSERV_OTHER, "", ""},
    {"STATUS bob", NICKSERV_OTHER, "", ""},
    {"STATUS bob 3x", NICKSERV_OTHER, "", ""},
    {"You are logged in as bob.", NICKSERV_OTHER, "", ""},
    {"This nickname is registered. Please choose a different nickname.", NICKSERV_OTHER, "", ""},
};

static void every_known_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct nickserv_reply reply;
        nickserv_reply_parse(&reply, rows[i].text);
        if (reply.kind != rows[i].kind || strcmp(reply.nick, rows[i].nick) != 0 ||
            strcmp(reply.account, rows[i].account) != 0)
            fail_msg("\"%s\": %d, \"%s\", \"%s\"", rows[i].text, (int)reply.kind, reply.nick,
                     reply.account);
    }
}

/* A word that is too long is cut nowhere: the answer does not count. */
static void long_words(void **state)
{
    char text[1000];
    struct nickserv_reply reply;
    (void)state;
    memset(text, 'a', 300);
    memcpy(text + 300, " ACC 3", sizeof " ACC 3");
    nickserv_reply_parse(&reply, text);
    assert_int_equal(reply.kind, NICKSERV_OTHER);
    memset(text, ' ', 900);
    text[900] = '\0';
    nickserv_reply_parse(&reply, text);
    assert_int_equal(reply.kind, NICKSERV_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_form),
        cmocka_unit_test(long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
