#include "room.h"

seshet_test *room_open_permitted(const char *module, const char *permissions)
{
    char file[512];
    char why[SESHET_TEST_WHY_SIZE] = "";
    seshet_test *t = seshet_test_new();
    snprintf(file, sizeof file, SESHET_MODULES "/%s.so", module);
    assert_int_equal(seshet_test_permit(t, permissions), 0);
    (void)seshet_test_load(t, file, why, sizeof why);
    assert_string_equal(why, "");
    seshet_test_join(t, "olga", "#chan");
    seshet_test_mode(t, "olga", "#chan", "+o", "olga");
    seshet_test_join(t, "alice", "#chan");
    seshet_test_join(t, "bob", "#chan");
    seshet_test_skip(t);
    return t;
}

seshet_test *room_open(const char *module)
{
    return room_open_permitted(module, "");
}

void room_hears(seshet_test *t, const char *line)
{
    const char *heard = seshet_test_heard(t);
    assert_non_null(heard);
    assert_string_equal(heard, line);
}

void room_silent(seshet_test *t)
{
    const char *heard = seshet_test_heard(t);
    if (heard)
        assert_string_equal(heard, "");
}

void room_answers(seshet_test *t, const char *nick, const char *text, const char *answer)
{
    char line[2048];
    snprintf(line, sizeof line, "PRIVMSG #chan :%s: %s", nick, answer);
    assert_int_equal(seshet_test_say(t, nick, "#chan", text), 1);
    room_hears(t, line);
    room_silent(t);
}

void room_refuses(seshet_test *t, const char *nick, const char *text, const char *module,
                  const char *what)
{
    char answer[1024];
    snprintf(answer, sizeof answer,
             "Only operators of #chan, and who has the capability %s.manage, may %s. An "
             "owner gives it with: capability add ACCOUNT %s.manage",
             module, what, module);
    room_answers(t, nick, text, answer);
}
