/* remind: how times are written, and that no reminder is lost or said twice. The clock begins at
 * 2026-01-01 00:00:00 UTC, a thursday. */
#include "room.h"

#include <stdlib.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* What "remind WHEN tea" is answered with begins so; then it is cancelled. */
static void means(seshet_test *t, const char *when, const char *at)
{
    char text[128];
    snprintf(text, sizeof text, "!remind %s tea", when);
    seshet_test_say(t, "alice", "#chan", text);
    const char *line = seshet_test_heard(t);
    assert_non_null(line);
    if (!strstr(line, at))
        fail_msg("%s: %s", when, line);
    const char *is = strstr(line, "number ");
    assert_non_null(is);
    snprintf(text, sizeof text, "!remind cancel %ld", strtol(is + strlen("number "), NULL, 10));
    seshet_test_say(t, "alice", "#chan", text);
    assert_non_null(strstr(seshet_test_heard(t), "is cancelled."));
}

static void test_times(void **state)
{
    (void)state;
    seshet_test *t = room_open("remind");
    seshet_test_forward(t, 12 * HOUR);
    means(t, "in 10m", "in 10 minutes (2026-01-01 12:10:00 UTC)");
    means(t, "me in 1h30m to", "(2026-01-01 13:30:00 UTC)");
    means(t, "1h30m", "(2026-01-01 13:30:00 UTC)");
    means(t, "5 minutes to", "(2026-01-01 12:05:00 UTC)");
    means(t, "in 2 hours and 5 minutes", "(2026-01-01 14:05:00 UTC)");
    means(t, "in 1 day, 2 hours, 3 s", "(2026-01-02 14:00:03 UTC)");
    means(t, "in an hour", "(2026-01-01 13:00:00 UTC)");
    means(t, "in 1w 3 cups of", "(2026-01-08 12:00:00 UTC)");
    means(t, "at 14:30", "(2026-01-01 14:30:00 UTC)");
    means(t, "at 9:00", "(2026-01-02 09:00:00 UTC)");
    means(t, "at 9pm", "(2026-01-01 21:00:00 UTC)");
    means(t, "at 12:15 am", "(2026-01-02 00:15:00 UTC)");
    means(t, "at 14:30 +02:00", "(2026-01-01 12:30:00 UTC)");
    means(t, "at 13:30 +0200", "(2026-01-02 11:30:00 UTC)");
    means(t, "at 8:30 -5", "(2026-01-01 13:30:00 UTC)");
    means(t, "at 13:00 UTC", "(2026-01-01 13:00:00 UTC)");
    means(t, "tomorrow", "(2026-01-02 12:00:00 UTC)");
    means(t, "tomorrow at 9:00", "(2026-01-02 09:00:00 UTC)");
    means(t, "at 9:00 tomorrow", "(2026-01-02 09:00:00 UTC)");
    means(t, "on friday at 17:00", "(2026-01-02 17:00:00 UTC)");
    means(t, "thursday at 11:00", "(2026-01-08 11:00:00 UTC)");
    means(t, "thu at 13:00", "(2026-01-01 13:00:00 UTC)");
    means(t, "on 2026-12-24 at 18:00 +01:00", "(2026-12-24 17:00:00 UTC)");
    means(t, "2026-02-01", "(2026-02-01 12:00:00 UTC)");
    seshet_test_close(t);
}

static void refuses(seshet_test *t, const char *what, const char *why)
{
    char text[128];
    snprintf(text, sizeof text, "!remind %s", what);
    seshet_test_say(t, "alice", "#chan", text);
    const char *line = seshet_test_heard(t);
    assert_non_null(line);
    if (!strstr(line, why))
        fail_msg("%s: %s", what, line);
    room_silent(t);
}

static void test_refusals(void **state)
{
    (void)state;
    seshet_test *t = room_open("remind");
    static const char unclear[] = "I do not understand when. Say: in 1h30m";
    refuses(t, "", "When, and of what?");
    refuses(t, "tea", unclear);
    refuses(t, "in 10 tea", unclear);
    refuses(t, "10 tea", unclear);
    refuses(t, "a day", unclear);
    refuses(t, "-5m tea", unclear);
    refuses(t, "in 10mtea", unclear);
    refuses(t, "at 14 tea", unclear);
    refuses(t, "in 99999999999m tea", unclear);
    refuses(t, "at 25:00 tea", "a time of day is 0:00 to 23:59");
    refuses(t, "at 13pm tea", "hours go from 1 to 12");
    refuses(t, "at 12:00 +15:00 tea", "a zone is -14:00 to +14:00");
    refuses(t, "on 2026-02-30 tea", "there is no such day");
    refuses(t, "on 2025-12-31 tea", "That is over");
    refuses(t, "in 0s tea", "That is over");
    refuses(t, "in 999999w tea", "within five years");
    refuses(t, "in 100y tea", "within five years");
    refuses(t, "on 2126-01-01 tea", "within five years");
    refuses(t, "in 10m", "Of what? I keep 1 to 350 bytes; you gave 0.");
    refuses(t, "cancel 7", "You have no reminder of that number");
    refuses(t, "list", "You have no reminders here.");
    for (int i = 0; i < 10; i++)
        refuses(t, "in 1h tea", "I will remind you in 1 hour");
    refuses(t, "in 1h tea", "You have 10 reminders already; cancel one first.");
    seshet_test_storage_away(t, 1);
    refuses(t, "cancel 1", "I cannot save that now: the storage is away or refused.");
    seshet_test_say(t, "bob", "#chan", "!remind in 1h tea");
    room_hears(t,
               "PRIVMSG #chan :bob: I cannot save that now: the storage is away or refused. Please "
               "try again later.");
    seshet_test_close(t);
}

static void sets(seshet_test *t, const char *nick, const char *target, const char *text)
{
    assert_int_equal(seshet_test_say(t, nick, target, text), 1);
    const char *line = seshet_test_heard(t);
    assert_non_null(line);
    assert_non_null(strstr(line, "I will remind you in "));
}

static void test_reminding(void **state)
{
    (void)state;
    seshet_test *t = room_open("remind");
    sets(t, "alice", "#chan", "!remind in 10m that the tea is ready");
    sets(t, "bob", "bot", "remind in 5m secret");
    sets(t, "alice", "#chan", "!remind in 2h leave");
    room_answers(t, "alice", "!remind list",
                 "1 in 10 minutes: the tea is ready; 3 in 2 hours: leave");
    room_answers(t, "bob", "!remind list", "You have no reminders here.");
    seshet_test_say(t, "bob", "bot", "remind list");
    room_hears(t, "PRIVMSG bob :2 in 5 minutes: secret");
    room_refuses(t, "bob", "!remind cancel 3", "remind", "cancel what others are reminded of");
    room_answers(t, "olga", "!remind cancel 2",
                 "You have no reminder of that number; see: remind list");
    room_answers(t, "olga", "!remind cancel 3", "Reminder 3 is cancelled.");
    seshet_test_forward(t, 5 * MINUTE - 1);
    room_silent(t);
    seshet_test_forward(t, 1);
    room_hears(t, "PRIVMSG bob :You wanted to be reminded, 5 minutes ago: secret");
    seshet_test_forward(t, 5 * MINUTE);
    room_hears(t,
               "PRIVMSG #chan :alice: you wanted to be reminded, 10 minutes ago: the tea is ready");
    seshet_test_forward(t, DAY);
    room_silent(t);
    assert_null(seshet_test_stored(t, SESHET_HERE, "r/1"));
    seshet_test_close(t);
}

static void test_restart(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE];
    seshet_test *t = room_open("remind");
    sets(t, "alice", "#chan", "!remind in 3d far");
    sets(t, "alice", "#chan", "!remind in 10m near");
    assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    seshet_test_forward(t, 10 * MINUTE);
    room_hears(t, "PRIVMSG #chan :alice: you wanted to be reminded, 10 minutes ago: near");
    assert_int_equal(seshet_test_reload(t, why, sizeof why), 0);
    seshet_test_forward(t, 3 * DAY);
    room_hears(t, "PRIVMSG #chan :alice: you wanted to be reminded, 3 days ago: far");
    room_silent(t);
    seshet_test_close(t);
}

/* Whoever takes the nick of somebody known sees and cancels nothing; who is known may have another
 * nick. */
static void test_accounts(void **state)
{
    (void)state;
    static const char none[] = "You have no reminder of that number; see: remind list";
    char why[SESHET_TEST_WHY_SIZE];
    seshet_test *t = room_open("remind");
    seshet_test_known(t, "alice", "al");
    seshet_test_user(t, "bob", NULL, NULL, "Bobby");
    sets(t, "alice", "bot", "remind in 1h of al");
    sets(t, "bob", "bot", "remind in 1h of Bobby");
    assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    seshet_test_nick(t, "alice", "al2");
    seshet_test_nick(t, "bob", "alice");
    seshet_test_say(t, "alice", "bot", "remind list");
    room_hears(t, "PRIVMSG alice :2 in 1 hour: of Bobby");
    room_answers(t, "alice", "!remind cancel 1", none);
    seshet_test_account(t, "alice", NULL);
    room_answers(t, "alice", "!remind cancel 2", none);
    seshet_test_say(t, "al2", "bot", "remind list");
    room_hears(t, "PRIVMSG al2 :1 in 1 hour: of al");
    room_answers(t, "al2", "!remind cancel #1", "Reminder 1 is cancelled.");
    seshet_test_user(t, "olga", NULL, NULL, "BOBBY");
    room_answers(t, "olga", "!remind cancel 2", "Reminder 2 is cancelled.");
    seshet_test_close(t);
}

/* What was due while nobody was there comes at once, and says so. */
static void test_missed(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE];
    char record[128];
    seshet_test *t = seshet_test_new();
    int64_t now = seshet_test_now(t);
    snprintf(record, sizeof record, "%lld %lld alice * - missed", (long long)now - 3 * HOUR,
             (long long)now - 5 * HOUR);
    seshet_test_store(t, SESHET_HERE, "r/4", record);
    seshet_test_store(t, SESHET_HERE, "r/5", "rubbish");
    assert_int_equal(seshet_test_load(t, SESHET_MODULES "/remind.so", why, sizeof why), 0);
    seshet_test_forward(t, 1);
    room_hears(t,
               "PRIVMSG alice :You wanted to be reminded, 5 hours ago: missed (this comes 3 hours "
               "late, I could not say it before)");
    seshet_test_forward(t, DAY);
    room_silent(t);
    seshet_test_close(t);
}

static void test_away(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE];
    seshet_test *t = room_open("remind");
    sets(t, "alice", "#chan", "!remind in 10m tea");
    sets(t, "alice", "bot", "remind in 10m private");
    seshet_test_disconnected(t, "lost");
    assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    seshet_test_forward(t, HOUR);
    room_silent(t);
    seshet_test_connected(t);
    room_hears(
        t, "PRIVMSG alice :You wanted to be reminded, 1 hour ago: private (this comes 50 minutes "
           "late, I could not say it before)");
    room_silent(t);
    seshet_test_join(t, "bot", "#chan");
    room_hears(t, "PRIVMSG #chan :alice: you wanted to be reminded, 1 hour ago: tea (this comes 50 "
                  "minutes late, I could not say it before)");
    room_silent(t);
    seshet_test_close(t);
}

/* Away from its channel for good: it is dropped a week later. */
static void test_given_up(void **state)
{
    (void)state;
    seshet_test *t = room_open("remind");
    sets(t, "alice", "#chan", "!remind in 10m tea");
    seshet_test_kick(t, "olga", "#chan", "bot", "out");
    seshet_test_forward(t, 7 * DAY);
    assert_non_null(seshet_test_stored(t, SESHET_HERE, "r/1"));
    seshet_test_forward(t, HOUR);
    assert_null(seshet_test_stored(t, SESHET_HERE, "r/1"));
    room_silent(t);
    seshet_test_close(t);
}

static void test_storage_away(void **state)
{
    (void)state;
    char why[SESHET_TEST_WHY_SIZE];
    seshet_test *t = room_open("remind");
    sets(t, "alice", "#chan", "!remind in 10m tea");
    sets(t, "alice", "#chan", "!remind in 1h cake");
    seshet_test_storage_away(t, 1);
    seshet_test_forward(t, 10 * MINUTE);
    room_hears(t, "PRIVMSG #chan :alice: you wanted to be reminded, 10 minutes ago: tea");
    seshet_test_forward(t, 10 * MINUTE);
    room_silent(t);
    assert_non_null(seshet_test_stored(t, SESHET_HERE, "r/1"));
    seshet_test_storage_away(t, 0);
    seshet_test_forward(t, MINUTE);
    room_silent(t);
    assert_null(seshet_test_stored(t, SESHET_HERE, "r/1"));
    /* It is away when the module begins. */
    seshet_test_storage_away(t, 1);
    assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    seshet_test_forward(t, MINUTE);
    room_answers(t, "alice", "!remind list",
                 "I cannot read my list of reminders now: the storage is "
                 "away or refused. Please try again later.");
    seshet_test_storage_away(t, 0);
    seshet_test_forward(t, HOUR);
    room_hears(t, "PRIVMSG #chan :alice: you wanted to be reminded, 1 hour ago: cake");
    room_silent(t);
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_reminding),    cmocka_unit_test(test_restart),
        cmocka_unit_test(test_accounts),     cmocka_unit_test(test_missed),
        cmocka_unit_test(test_away),         cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_storage_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
