/* The library that tests modules (seshet/test.h), itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heard.h"

/* What the module answers to a text in #chan. */
static void answers(seshet_test *t, const char *text, const char *answer)
{
    char line[1024];
    snprintf(line, sizeof line, "PRIVMSG #chan :alice: %s", answer);
    assert_int_equal(seshet_test_say(t, "alice", "#chan", text), 1);
    hears(t, line);
}

static void test_commands(void **state)
{
    (void)state;
    seshet_test *t = begin(COUNTER);
    answers(t, "!answer  me ", "first me");
    answers(t, "!COUNTER.Answer me", "first me");
    answers(t, "bot: answer me", "first me");
    answers(t, "Bot, !answer me", "first me");
    assert_int_equal(seshet_test_say(t, "alice", "#chan", "answer me"), 0);
    assert_int_equal(seshet_test_say(t, "alice", "#chan", "!other.answer me"), 0);
    assert_int_equal(seshet_test_say(t, "bot", "#chan", "!answer me"), 0);
    assert_int_equal(seshet_test_say(t, "alice", "bot", "answer me"), 1);
    hears(t, "PRIVMSG alice :first me");
    assert_int_equal(seshet_test_say(t, "alice", "@#chan", "!answer me"), 1);
    hears(t, "PRIVMSG @#chan :alice: first me");
    assert_int_equal(seshet_test_field(t, "cmd_prefix", "?"), 0);
    answers(t, "?answer me", "first me");
    assert_int_equal(seshet_test_say(t, "alice", "#chan", "!answer me"), 0);
    assert_int_equal(seshet_test_own_nick(t, "carol"), 0);
    answers(t, "carol: answer me", "first me");
    silent(t);
    seshet_test_close(t);
}

static void test_wrong_arguments(void **state)
{
    (void)state;
    char long_text[600];
    seshet_test *t = begin(COUNTER);
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(seshet_test_say(t, "alice", "#chan", long_text), -1);
    assert_int_equal(seshet_test_say(t, "alice", "#chan", "a\nb"), -1);
    assert_int_equal(seshet_test_say(t, "al ice", "#chan", "a"), -1);
    assert_int_equal(seshet_test_say(t, "", "#chan", "a"), -1);
    assert_int_equal(seshet_test_say(t, "alice", "", "a"), -1);
    assert_int_equal(seshet_test_join(t, "alice", "nowhere"), -1);
    assert_int_equal(seshet_test_raw(t, ""), -1);
    assert_int_equal(seshet_test_account(t, "alice", "*"), -1);
    assert_int_equal(seshet_test_field(t, "nothing", "1"), -1);
    assert_int_equal(seshet_test_field(t, "rate_user", "often"), -1);
    assert_int_equal(seshet_test_permit(t, "everything"), -1);
    assert_int_equal(seshet_test_casemapping(t, "klingon"), -1);
    assert_int_equal(seshet_test_network(t, "late"), -1);
    assert_int_equal(seshet_test_store(t, SESHET_HERE, "", "x"), -1);
    assert_int_equal(seshet_test_forward(t, -1), -1);
    seshet_test_close(t);
}

/* The next report, from its type up to its nick's address and its account, and the rest. */
static void reports(seshet_test *t, const char *expected)
{
    char line[1024];
    snprintf(line, sizeof line, "PRIVMSG #reports :%s", expected);
    hears(t, line);
}

static void test_events(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE];
    seshet_test *t = seshet_test_open(REPORTER, why, sizeof why);
    assert_non_null(t);
    assert_int_equal(seshet_test_join(t, "bot", "#reports"), 1);
    reports(t, "type=4 private=0 me=1 nick=bot user=bot host=bot.test account=- channel=#reports "
               "target= command= args= text=");
    assert_int_equal(seshet_test_user(t, "alice", "a", "example.org", "Alice"), 0);
    assert_int_equal(seshet_test_join(t, "alice", "#chan"), 2);
    assert_int_equal(seshet_test_join(t, "alice", "#chan"), 0);
    seshet_test_skip(t);
#define ALICE "nick=alice user=a host=example.org account=Alice "
    assert_int_equal(seshet_test_say(t, "alice", "#chan", "hello"), 1);
    reports(t, "type=1 private=0 me=0 " ALICE "channel=#chan target= command= args= text=hello");
    seshet_test_say(t, "alice", "#chan", "!report this");
    reports(t, "type=17 private=0 me=0 " ALICE
               "channel=#chan target= command=report args=this text=!report this");
    seshet_test_action(t, "alice", "#chan", "waves");
    reports(t, "type=2 private=0 me=0 " ALICE "channel=#chan target= command= args= text=waves");
    seshet_test_ctcp(t, "alice", "bot", "version", "");
    reports(t, "type=12 private=1 me=0 " ALICE "channel= target= command=VERSION args= text=");
    seshet_test_mode(t, "alice", "#chan", "+o", "alice");
    reports(t, "type=9 private=0 me=0 " ALICE "channel=#chan target=+o command= args= text=alice");
    seshet_test_topic(t, "alice", "#chan", "of the day");
    reports(t,
            "type=10 private=0 me=0 " ALICE "channel=#chan target= command= args= text=of the day");
    seshet_test_invite(t, "alice", "bot", "#else");
    reports(t, "type=11 private=0 me=0 " ALICE "channel=#else target=bot command= args= text=");
    assert_int_equal(seshet_test_account(t, "alice", NULL), 1);
    reports(t, "type=13 private=0 me=0 nick=alice user=a host=example.org account=- channel= "
               "target= command= args= text=");
    assert_int_equal(seshet_test_nick(t, "alice", "alicia"), 1);
    reports(t, "type=8 private=0 me=0 nick=alice user=a host=example.org account=- channel= "
               "target=alicia command= args= text=");
    seshet_test_kick(t, "bot", "#chan", "alicia", "enough");
    reports(t, "type=7 private=0 me=1 nick=bot user=bot host=bot.test account=- channel=#chan "
               "target=alicia command= args= text=enough");
    seshet_test_join(t, "alicia", "#chan");
    seshet_test_skip(t);
    seshet_test_part(t, "alicia", "#chan", "bye");
    reports(t, "type=5 private=0 me=0 nick=alicia user=a host=example.org account=- "
               "channel=#chan target= command= args= text=bye");
    seshet_test_join(t, "alicia", "#chan");
    seshet_test_skip(t);
    seshet_test_quit(t, "alicia", "gone");
    reports(t, "type=6 private=0 me=0 nick=alicia user=a host=example.org account=- channel= "
               "target= command= args= text=gone");
    assert_int_equal(seshet_test_quit(t, "nobody", "gone"), 0);
    silent(t);
    seshet_test_close(t);
}

static void test_notices_are_not_answered(void **state)
{
    (void)state;
    seshet_test *t = begin(REPORTER);
    seshet_test_skip(t);
    assert_int_equal(seshet_test_notice(t, "alice", "#chan", "beep"), 1);
    assert_non_null(strstr(seshet_test_logged(t), "info: type=3"));
    /* It is not in #reports, and a server would say so. */
    assert_string_equal(seshet_test_logged(t), "warning: nothing said to \"#reports\": the bot is "
                                               "not in that channel");
    assert_string_equal(seshet_test_logged(t), "info: reply to a notice: not allowed here");
    assert_null(seshet_test_logged(t));
    silent(t);
    seshet_test_close(t);
}

static void test_losing_the_network(void **state)
{
    (void)state;
    seshet_test *t = begin(REPORTER);
    seshet_test_skip(t);
    assert_int_equal(seshet_test_disconnected(t, "ping timeout"), 1);
    assert_non_null(strstr(seshet_test_logged(t), "type=15 "));
    assert_string_equal(seshet_test_logged(t),
                        "warning: nothing said to \"#reports\": the network is not connected");
    assert_int_equal(seshet_test_disconnected(t, "again"), -1);
    assert_int_equal(seshet_test_say(t, "alice", "#chan", "hello"), -1);
    assert_int_equal(seshet_test_connected(t), 1);
    assert_non_null(strstr(seshet_test_logged(t), "type=14 "));
    assert_int_equal(seshet_test_connected(t), -1);
    silent(t);
    seshet_test_close(t);
}

static void test_channels(void **state)
{
    (void)state;
    seshet_test *t = begin(API);
    seshet_test_mode(t, "irc", "#chan", "+ov", "alice alice");
    answers(t, "!api modes #CHAN Alice", "modes 2 \"ov\"");
    answers(t, "!api modes #chan nobody", "modes -2 \"\"");
    answers(t, "!api topic #chan", "topic 0 \"\"");
    seshet_test_topic(t, "alice", "#chan", "of the day");
    answers(t, "!api topic #chan", "topic 10 \"of the day\"");
    answers(t, "!api topic #else", "topic -2 \"\"");
    answers(t, "!api members #else", "-2 members:");
    seshet_test_user(t, "alice", NULL, NULL, "Ali");
    seshet_test_part(t, "bot", "#chan", "");
    seshet_test_join(t, "alice", "#chan");
    answers(t, "!api members #chan", "2 members: bot[] alice[]Ali");
    /* What it asks of the network is recorded, if it may ask. */
    answers(t, "!api act topic #chan new", "topic -5");
    assert_string_equal(seshet_test_logged(t),
                        "warning: it may not act on the network: that needs the permission raw "
                        "(seshetctl module set api permissions raw)");
    answers(t, "!api act topic #chan new", "topic -5"); /* told once */
    assert_null(seshet_test_logged(t));
    assert_int_equal(seshet_test_permit(t, "raw"), 0);
    assert_int_equal(seshet_test_say(t, "alice", "#chan", "!api act topic #chan new"),
                     2); /* as a line, too */
    hears(t, "TOPIC #chan :new");
    hears(t, "PRIVMSG #chan :alice: topic 0");
    seshet_test_say(t, "alice", "#chan", "!api act QUIT :bye");
    hears(t, "PRIVMSG #chan :alice: raw 0");
    assert_string_equal(seshet_test_logged(t), "warning: a line was not sent: it would end or "
                                               "change the connection itself");
    assert_int_equal(seshet_test_permit(t, ""), 0);
    answers(t, "!api field rate_user", "field 1 \"0\"");
    assert_int_equal(seshet_test_field(t, "rate_user", "5/1m"), 0);
    answers(t, "!api field rate_user", "field 4 \"5/1m\"");
    answers(t, "!api field nothing", "field -2 \"\"");
    silent(t);
    seshet_test_close(t);
}

static void test_storage(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE];
    seshet_test *t = seshet_test_new();
    assert_int_equal(seshet_test_store(t, SESHET_HERE, "total", "41"), 0);
    assert_int_equal(seshet_test_load(t, COUNTER, why, sizeof why), 0);
    assert_int_equal(seshet_test_load(t, COUNTER, why, sizeof why), -1);
    seshet_test_join(t, "alice", "#chan");
    answers(t, "!total", "42");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "total"), "42");
    assert_null(seshet_test_stored(t, SESHET_SHARED, "total"));
    answers(t, "!total shared", "1");
    seshet_test_storage_away(t, 1);
    answers(t, "!total", "error: the storage is away or refused");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "total"), "42");
    seshet_test_storage_away(t, 0);
    seshet_test_store(t, SESHET_HERE, "total", "many");
    answers(t, "!total", "error: the storage is away or refused");
    seshet_test_store(t, SESHET_HERE, "total", NULL);
    answers(t, "!total", "1");
    seshet_test_close(t);
}

static void test_reload(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE] = "";
    seshet_test *t = begin(COUNTER);
    assert_string_equal(seshet_test_logged(t), "info: loaded with first");
    answers(t, "!count", "1");
    answers(t, "!count", "2");
    answers(t, "!total", "1");
    assert_int_equal(seshet_test_reload(t, why, sizeof why), 0);
    assert_string_equal(seshet_test_logged(t), "info: loaded with first");
    assert_string_equal(seshet_test_logged(t), "info: unloaded with first");
    answers(t, "!count", "1");
    answers(t, "!total", "2");
    assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    assert_string_equal(seshet_test_logged(t), "info: loaded with first");
    assert_null(seshet_test_logged(t));
    answers(t, "!count", "1");
    /* Two at a time know nothing of each other. */
    seshet_test *other = begin(COUNTER);
    answers(other, "!count", "1");
    answers(t, "!count", "2");
    seshet_test_close(other);
    seshet_test_close(t);
    seshet_test_close(NULL);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *why;
    } rows[] = {
        {SESHET_TEST_MODULES "/refuses.so", "it refused to load: the moon is not full on test"},
        {SESHET_TEST_MODULES "/nothing.so", "cannot open "},
        {SESHET_TEST_MODULES "/wrong_abi.so", "ABI"},
        {SESHET_TEST_MODULES "/undefined.so", "undefined symbol"},
        {"/etc/passwd", "is not called NAME.so"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[SESHET_TEST_WHY_SIZE] = "";
        assert_null(seshet_test_open(rows[i].file, why, sizeof why));
        if (!strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].file, why);
    }
}

static void test_time(void **state)
{
    (void)state;
    seshet_test *t = begin(API);
    int64_t began = seshet_test_now(t);
    seshet_test_say(t, "alice", "#chan", "!api later 2000 second");
    seshet_test_say(t, "alice", "bot", "api later 1000 first");
    silent(t);
    assert_int_equal(seshet_test_forward(t, 999), 0);
    silent(t);
    assert_int_equal(seshet_test_forward(t, 3600000), 2);
    hears(t, "PRIVMSG alice :later first");
    hears(t, "PRIVMSG #chan :alice: later second");
    assert_int_equal(seshet_test_now(t) - began, 3600999);
    /* Every 100 ms, until it cancels itself. */
    seshet_test_say(t, "alice", "#chan", "!api every");
    assert_int_equal(seshet_test_forward(t, 60000), 3);
    hears(t, "PRIVMSG #chan :alice: again 1");
    hears(t, "PRIVMSG #chan :alice: again 2");
    hears(t, "PRIVMSG #chan :alice: again 3");
    hears(t, "PRIVMSG #chan :alice: cancelled 1");
    answers(t, "!api refused", "refused -1 -1 0");
    silent(t);
    seshet_test_close(t);
}

static void logs(seshet_test *t, const char *line)
{
    const char *logged = seshet_test_logged(t);
    assert_non_null(logged);
    assert_string_equal(logged, line);
}

static void test_who_it_was(void **state)
{
    (void)state;
    seshet_test *t = begin(WHO);
    seshet_test_skip(t);
    answers(t, "!who", "who: nobody -2, own 0, trusted 0");
    assert_int_equal(seshet_test_known(t, "alice", "Alice"), 0);
    assert_int_equal(seshet_test_grant(t, "alice", "Who.Admin", 1), 0);
    answers(t, "!who", "who: alice 1, own 1, trusted 0");
    assert_int_equal(seshet_test_grant(t, "alice", "#Chan.op", 1), 0);
    answers(t, "!who #chan.who.admin", "who: alice 1, own 1, #chan.who.admin 1");
    answers(t, "!who #else.x", "who: alice 1, own 1, #else.x 0");
    answers(t, "!who #chan.-x", "who: alice 1, own 1, #chan.-x 0");
    answers(t, "!who libera/x", "who: alice 1, own 1, libera/x -1");
    answers(t, "!who a.b.c", "who: alice 1, own 1, a.b.c -1");
    assert_int_equal(seshet_test_grant(t, "alice", "who.admin", 0), 0);
    answers(t, "!who", "who: alice 1, own 0, trusted 0");
    assert_int_equal(seshet_test_grant(t, "alice", "owner", 1), 0);
    answers(t, "!who", "who: alice 1, own 1, trusted 1");
    /* Others have nothing of it; a nick that is another one now has it still. */
    seshet_test_join(t, "bob", "#chan");
    seshet_test_skip(t);
    seshet_test_say(t, "bob", "#chan", "!who");
    hears(t, "PRIVMSG #chan :bob: who: nobody -2, own 0, trusted 0");
    seshet_test_nick(t, "alice", "alicia");
    seshet_test_say(t, "alicia", "#chan", "!who");
    hears(t, "PRIVMSG #chan :alicia: who: alice 1, own 1, trusted 1");
    assert_int_equal(seshet_test_known(t, "alicia", NULL), 0);
    seshet_test_say(t, "alicia", "#chan", "!who");
    hears(t, "PRIVMSG #chan :alicia: who: nobody -2, own 1, trusted 1");
    assert_int_equal(seshet_test_known(t, "alicia", "two words"), -1);
    assert_int_equal(seshet_test_grant(t, "alicia", "two words", 1), -1);
    assert_int_equal(seshet_test_grant(t, "alicia", "libera/x", 1), -1);
    silent(t);
    seshet_test_close(t);
}

/* A timer's call speaks of who set it, although he has gone; and of what he may do now. */
static void test_who_set_a_timer(void **state)
{
    (void)state;
    seshet_test *t = begin(WHO);
    seshet_test_skip(t);
    seshet_test_known(t, "alice", "ally");
    seshet_test_grant(t, "alice", "who.admin", 1);
    seshet_test_say(t, "alice", "#chan", "!later");
    seshet_test_known(t, "alice", "other");
    seshet_test_grant(t, "alice", "trusted", 1);
    seshet_test_quit(t, "alice", "");
    assert_int_equal(seshet_test_forward(t, 1), 1);
    hears(t, "PRIVMSG #chan :alice: later: ally 1, own 1, trusted 1");
    seshet_test_join(t, "alice", "#chan");
    hears(t, "PRIVMSG #chan :alice: join: nobody -2, own 0, trusted 0");
    seshet_test_say(t, "alice", "#chan", "!later");
    assert_int_equal(seshet_test_forward(t, 1), 1);
    hears(t, "PRIVMSG #chan :alice: later: nobody -2, own 0, trusted 0");
    seshet_test_say(t, "alice", "#chan", "!later"); /* not due before the end */
    silent(t);
    seshet_test_close(t);
}

static void test_config(void **state)
{
    (void)state;
    seshet_test *t = begin(WHO);
    seshet_test_skip(t);
    answers(t, "!config word", "config -2 \"\"");
    answers(t, "!config No", "config -1 \"\"");
    assert_int_equal(seshet_test_field(t, "config.word", "tea"), 0);
    logs(t, "info: life config_changed tea -2 -1");
    answers(t, "!config word", "config 3 \"tea\"");
    assert_int_equal(seshet_test_field(t, "config.word", "tea"), 0);
    assert_int_equal(seshet_test_field(t, "config.Word", "tea"), -1);
    assert_int_equal(seshet_test_permit(t, "raw"), 0);
    assert_null(seshet_test_logged(t));
    assert_int_equal(seshet_test_field(t, "rate_user", "5/1m"), 0);
    logs(t, "info: life config_changed tea -2 -1");
    assert_int_equal(seshet_test_field(t, "config.word", "0123456789abcdefg"), 0);
    logs(t, "info: life config_changed 0123456789abcdefg -2 -1");
    answers(t, "!config word", "config -3 \"\"");
    seshet_test_close(t);
}

#define LIFE(what)  "info: life " what " tea -2 -1" /* nobody is there to reply to */
#define QUIET(what) "info: life " what " tea -2 -5"

static void test_life(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE] = "";
    seshet_test *t = seshet_test_new();
    assert_int_equal(seshet_test_field(t, "config.word", "tea"), 0);
    assert_int_equal(seshet_test_enable(t, 0), 0);
    assert_int_equal(seshet_test_load(t, WHO, why, sizeof why), -1);
    assert_string_equal(why, "the module is not enabled");
    assert_int_equal(seshet_test_enable(t, 1), 0);
    seshet_test_storage_away(t, 1);
    assert_int_equal(seshet_test_load(t, WHO, why, sizeof why), 0);
    logs(t, QUIET("load"));
    logs(t, LIFE("enabled"));
    seshet_test_storage_away(t, 0);
    assert_int_equal(seshet_test_field(t, "enabled", "no"), 0);
    logs(t, LIFE("disabled"));
    logs(t, QUIET("unload"));
    assert_int_equal(seshet_test_join(t, "alice", "#chan"), 0);
    assert_int_equal(seshet_test_reload(t, why, sizeof why), -1);
    assert_int_equal(seshet_test_field(t, "enabled", "yes"), 0);
    logs(t, QUIET("load"));
    logs(t, LIFE("installed"));
    logs(t, LIFE("enabled"));
    assert_int_equal(seshet_test_enable(t, 1), 0);
    assert_null(seshet_test_logged(t));
    assert_int_equal(seshet_test_reload(t, why, sizeof why), 0);
    logs(t, QUIET("load"));
    logs(t, QUIET("unload"));
    assert_int_equal(seshet_test_remove(t), 0);
    logs(t, LIFE("removed"));
    logs(t, QUIET("unload"));
    assert_int_equal(seshet_test_remove(t), -1);
    assert_int_equal(seshet_test_load(t, WHO, why, sizeof why), 0);
    logs(t, QUIET("load"));
    logs(t, LIFE("enabled"));
    assert_null(seshet_test_logged(t));
    silent(t);
    seshet_test_close(t);
}

#define HOST "a-host-with-a-long-name.of-a-network-with-more-of-them.example"

static void test_long_texts_are_split(void **state)
{
    (void)state;
    char text[480];
    seshet_test *t = begin(SESHET_ECHO);
    assert_int_equal(seshet_test_user(t, "bot", NULL, HOST, NULL), 0);
    strcpy(text, "!echo");
    for (int i = 0; i < 45; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " word%05d", i);
    assert_int_equal(seshet_test_say(t, "alice", "#chan", text), 1);
    const char *first = seshet_test_heard(t);
    /* As others see it: its source before it, CR LF behind it. The cut is between two words. */
    assert_in_range(strlen(first), 400, 510 - strlen(":bot!bot@ ") - strlen(HOST));
    assert_int_equal(strncmp(first, "PRIVMSG #chan :alice: word00000 ", 32), 0);
    char *cut = strdup(first + strlen(first) - strlen("word00000"));
    assert_int_equal(strncmp(cut, "word", 4), 0);
    const char *second = seshet_test_heard(t);
    assert_int_equal(strncmp(second, "PRIVMSG #chan :word", 19), 0);
    assert_int_equal(strtol(second + 19, NULL, 10), strtol(cut + 4, NULL, 10) + 1);
    free(cut);
    silent(t);
    seshet_test_close(t);
}

static void test_casemapping(void **state)
{
    (void)state;
    seshet_test *t = begin(API);
    seshet_test_join(t, "Bob[1]", "#chan");
    answers(t, "!api modes #chan bob{1}", "modes 0 \"\"");
    assert_int_equal(seshet_test_casemapping(t, "ascii"), 0);
    answers(t, "!api modes #chan bob{1}", "modes -2 \"\"");
    answers(t, "!api modes #chan bob[1]", "modes 0 \"\"");
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_notices_are_not_answered),
        cmocka_unit_test(test_losing_the_network),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_storage),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_who_it_was),
        cmocka_unit_test(test_who_set_a_timer),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_long_texts_are_split),
        cmocka_unit_test(test_casemapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
