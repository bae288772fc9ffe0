#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/net_link/fake_server.h"

/* The way to CONN_ONLINE and back, lines in and out. */

static struct rig rig;

static int setup(void **state)
{
    (void)state;
    rig_open(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void test_online(void **state)
{
    (void)state;
    static const struct conn_channel channels[] = {{"#one", NULL}, {"#two", "key"}};
    rig.config.channels = channels;
    rig.config.nchannels = 2;
    rig.config.user_modes = "+B";
    rig.config.server_password = "pass word";
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    assert_string_equal(rig.trail, " resolving connecting registering online");
    assert_string_equal(conn_nick(rig.conn), "bot");
    assert_true(conn_has_cap(rig.conn, "server-time"));
    assert_false(conn_has_cap(rig.conn, "batch"));
    assert_false(conn_is_tls(rig.conn));
    char name[32];
    snprintf(name, sizeof name, "127.0.0.1:%u", rig.fake.port);
    assert_string_equal(conn_server_name(rig.conn), name);
    rig_until_heard(&rig, "\nJOIN #two,#one key");
    assert_true(rig_heard(&rig, "\nCAP LS 302\nPASS :pass word\nNICK bot\nUSER user 0 * :A bot\n"
                                "CAP REQ :multi-prefix server-time\nCAP END\n"));
    assert_true(rig_heard(&rig, "\nMODE bot +B"));
}

/* What waits goes first, within bounds. */
static void test_quit(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    rig_run(&rig, 20);
    rig.fake.heard[0] = '\0';
    assert_int_equal(conn_send(rig.conn, CONN_BULK, "WHO #x"), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(conn_send(rig.conn, CONN_NORMAL, "PRIVMSG #x :%d.", i), 0);
    uint64_t sent = conn_counters(rig.conn).lines_out;
    conn_quit(rig.conn, "Going");
    assert_int_equal(conn_state(rig.conn), CONN_CLOSING);
    assert_int_equal(conn_queue_length(rig.conn), 1);
    assert_int_equal(conn_send(rig.conn, CONN_NORMAL, "PRIVMSG #x :late"), -1);
    rig_until_state(&rig, CONN_STOPPED);
    assert_int_equal(conn_cause(rig.conn), CONN_CAUSE_ASKED);
    assert_string_equal(conn_reason(rig.conn), "Going");
    assert_true(rig_heard(&rig, "\nPRIVMSG #x :0.\n"));
    assert_true(rig_heard(&rig, "\nPRIVMSG #x :9.\nQUIT :Going"));
    assert_false(rig_heard(&rig, "WHO"));
    assert_int_equal(conn_counters(rig.conn).lines_out, sent + 11);
    assert_int_equal(conn_counters(rig.conn).dropped, 91);
    conn_start(rig.conn);
    rig_until_state(&rig, CONN_ONLINE);
    assert_int_equal(conn_counters(rig.conn).attempts, 2);
}

/* With pacing the last words are as many as may be said at once. */
static void test_quit_in_a_burst(void **state)
{
    (void)state;
    rig.config.pacing.burst = 3;
    rig.config.pacing.interval_ms = 60000;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    for (int i = 0; i < 20; i++)
        conn_send(rig.conn, CONN_NORMAL, "PRIVMSG #x :%d.", i);
    rig_run(&rig, 50);
    size_t waiting = conn_queue_length(rig.conn);
    assert_in_range(waiting, 17, 20);
    conn_quit(rig.conn, "Going");
    rig_until_state(&rig, CONN_STOPPED);
    char last[64];
    snprintf(last, sizeof last, "\nPRIVMSG #x :%zu.\nQUIT :Going", 20 - waiting + 2);
    assert_true(rig_heard(&rig, last));
}

/* The server does not close: we do, after quit_ms. */
static void test_quit_unanswered(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "QUIT", .reply = "PING :still here\r\n"}, {0}};
    rig.fake.rules = rules;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    conn_quit(rig.conn, "Going");
    rig_until_heard(&rig, "\nPONG :still here");
    assert_int_equal(conn_state(rig.conn), CONN_CLOSING);
    rig_until_state(&rig, CONN_STOPPED);
}

/* Told to stop and to start again before the server has closed: the last word counts. */
static void test_start_while_closing(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "QUIT"}, {0}};
    rig.fake.rules = rules;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    conn_quit(rig.conn, "Switched off");
    rig_until_heard(&rig, "\nQUIT :Switched off");
    conn_start(rig.conn);
    assert_int_equal(conn_state(rig.conn), CONN_CLOSING);
    rig_until_state(&rig, CONN_REGISTERING);
    rig_until_state(&rig, CONN_ONLINE);
    assert_null(strstr(rig.trail, "stopped"));
    conn_quit(rig.conn, "Switched off");
    conn_start(rig.conn);
    conn_quit(rig.conn, "After all");
    rig_until_state(&rig, CONN_STOPPED);
    assert_string_equal(conn_reason(rig.conn), "After all");
}

static void test_reconnect(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    conn_reconnect(rig.conn, "New settings");
    rig_until_heard(&rig, "\nQUIT :New settings");
    rig_until_state(&rig, CONN_REGISTERING);
    rig_until_state(&rig, CONN_ONLINE);
    assert_string_equal(rig.trail, " resolving connecting registering online closing resolving "
                                   "connecting registering online");
}

static void test_server_without_cap(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "CAP", .reply = ":s 421 * CAP :Unknown command\r\n"},
        {.starts = "USER", .reply = ":s 001 bot :hi\r\n:s 422 bot :No MOTD\r\n"},
        {0}};
    rig.fake.rules = rules;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    assert_false(rig_heard(&rig, "CAP END"));
}

/* No end of the MOTD at all: online when the time for registration is over. */
static void test_no_end_of_motd(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "CAP END", .reply = ":s 001 bot :hi\r\n"}, {0}};
    rig.fake.rules = rules;
    rig.config.register_ms = 100;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
}

/* The whole conversation, in pieces of every size. */
static void test_every_split(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "CAP LS",
         .reply = ":s CAP * LS * :batch\r\n:s CAP * LS :server-time chghost\r\n"},
        {.starts = "CAP END",
         .reply = ":s 001 bot :hi\r\n:s 005 bot NICKLEN=12 :are supported\r\n:s 376 bot :x\r\n"
                  "@time=2020-01-01T00:00:00.000Z;a=b\\:c :n!u@h PRIVMSG bot :last line\r\n"},
        {0}};
    rig.fake.rules = rules;
    rig_start(&rig);
    for (int piece = 1; piece < 24; piece++) {
        rig.fake.piece = piece;
        rig_until_message(&rig, "PRIVMSG last line");
        assert_int_equal(conn_state(rig.conn), CONN_ONLINE);
        assert_int_equal(rig.is.nicklen, 12);
        assert_true(conn_has_cap(rig.conn, "chghost"));
        rig.seen[0] = '\0';
        conn_reconnect(rig.conn, "again");
    }
}

static void test_rubbish(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    static const char rubbish[] =
        "\0\0\r\n\r\n:\r\n: \r\n@\r\n@a\r\n@a=b :x\r\n   \r\n\xff\xfe\xfd "
        "\x80\r\n:\xff!\xff@\xff PRIVMSG\r\nNICK\r\n:bot NICK\r\n433\r\n"
        "CAP\r\nAUTHENTICATE\r\nPING\r\nPONG\r\n005\r\n001\r\n470\r\n"
        "904\r\n353 \0x\r\n303\r\n731\r\nJOIN\r\nKICK\r\nPART\r\n";
    fake_send(&rig.fake, rubbish, sizeof rubbish - 1);
    char *huge = malloc(100000);
    memset(huge, 'h', 100000);
    huge[0] = '@';
    fake_send(&rig.fake, huge, 100000);
    fake_say(&rig.fake, "\r\n");
    huge[0] = ':';
    fake_send(&rig.fake, huge, 100000);
    fake_say(&rig.fake, "\r\nPING :end\r\n");
    free(huge);
    rig_until_heard(&rig, "\nPONG :end");
    assert_int_equal(conn_state(rig.conn), CONN_ONLINE);
    assert_int_equal(conn_counters(rig.conn).cut_in, 2);
    assert_true(conn_counters(rig.conn).rubbish >= 3);
}

static void count_down(struct rig *r, struct irc_msg *msg)
{
    (void)msg;
    if (!strncmp(r->last, "PRIVMSG", 7))
        conn_send(r->conn, CONN_NORMAL, "PRIVMSG #x :answer");
}

/* Thousands of lines, each answered: nothing lost, and a PING in between is answered in time. */
static void test_flood(void **state)
{
    (void)state;
    rig.config.queue_lines = 100000;
    rig.config.queue_bytes = 100000000;
    rig.on_message = count_down;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    rig.fake.heard[0] = '\0';
    for (int i = 0; i < 5000; i++)
        fake_say(&rig.fake, ":n!u@h PRIVMSG #x :flood\r\n");
    fake_say(&rig.fake, "PING :end\r\n");
    rig_until_heard(&rig, "\nPONG :end");
    rig_run(&rig, 50);
    size_t answers = 0;
    for (const char *s = rig.fake.heard; (s = strstr(s, "answer")); s++)
        answers++;
    assert_int_equal(answers, 5000);
    assert_int_equal(conn_queue_length(rig.conn), 0);
    assert_int_equal(conn_counters(rig.conn).dropped, 0);
}

/* A server that stops reading: what waits is bounded, the rest is dropped and counted. */
static void test_stalled_server(void **state)
{
    (void)state;
    char line[400];
    memset(line, 'x', sizeof line);
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    rig.fake.deaf = true;
    event_del(rig.fake.reading);
    int refused = 0;
    for (int turn = 0; turn < 60; turn++) {
        for (int i = 0; i < 500; i++)
            refused += conn_send_line(rig.conn, CONN_NORMAL, line, sizeof line) != 0;
        rig_run(&rig, 1);
    }
    assert_true(refused > 0);
    assert_int_equal(conn_counters(rig.conn).dropped, refused);
    assert_true(conn_queue_length(rig.conn) <= rig.config.queue_lines);
    rig.fake.deaf = false;
    event_add(rig.fake.reading, NULL);
    for (int i = 0; i < 300 && conn_queue_length(rig.conn); i++)
        rig_run(&rig, 10);
    assert_int_equal(conn_queue_length(rig.conn), 0);
}

static void test_output_is_clean(void **state)
{
    (void)state;
    char line[1000];
    memset(line, 'x', sizeof line);
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    conn_send(rig.conn, CONN_NORMAL, "PRIVMSG #x :a\r\nQUIT :b");
    conn_send_line(rig.conn, CONN_NORMAL, line, sizeof line);
    rig_until_heard(&rig, "xxx");
    assert_true(rig_heard(&rig, "\nPRIVMSG #x :a  QUIT :b\n"));
    assert_int_equal(strlen(strstr(rig.fake.heard, "\nxxx")), 511);
    assert_int_equal(conn_counters(rig.conn).cut_out, 1);
}

static void test_pacing(void **state)
{
    (void)state;
    rig.config.pacing.burst = 2;
    rig.config.pacing.interval_ms = 50;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    rig_run(&rig, 120);
    int64_t start = clock_now(&clock_system);
    for (int i = 0; i < 6; i++)
        conn_send(rig.conn, CONN_NORMAL, "PRIVMSG #x :%d", i);
    rig_until_heard(&rig, "PRIVMSG #x :5");
    assert_in_range(clock_now(&clock_system) - start, 150, 1000);
}

static enum conn_state free_in;

static void free_at_once(struct rig *r, enum conn_state now)
{
    if (now == free_in) {
        conn_free(r->conn);
        r->conn = NULL;
    }
}

/* conn_free from a callback, in each state. */
static void test_free_in_callback(void **state)
{
    (void)state;
    static const enum conn_state states[] = {CONN_CONNECTING, CONN_REGISTERING, CONN_ONLINE};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        rig.on_state = free_at_once;
        free_in = states[i];
        rig_start(&rig);
        for (int n = 0; rig.conn && n < 100; n++)
            rig_run(&rig, 5);
        assert_null(rig.conn);
    }
}

static void quit_on_message(struct rig *r, struct irc_msg *msg)
{
    (void)msg;
    if (!strcmp(r->last, "PRIVMSG go"))
        conn_quit(r->conn, "told to");
    if (!strcmp(r->last, "PRIVMSG again"))
        conn_reconnect(r->conn, "told to");
    if (!strcmp(r->last, "PRIVMSG die")) {
        conn_free(r->conn);
        r->conn = NULL;
    }
}

static void test_ends_in_on_message(void **state)
{
    (void)state;
    rig.on_message = quit_on_message;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    fake_say(&rig.fake, ":n PRIVMSG bot :go\r\n:n PRIVMSG bot :more\r\n");
    rig_until_state(&rig, CONN_STOPPED);
    conn_start(rig.conn);
    rig_until_state(&rig, CONN_ONLINE);
    fake_say(&rig.fake, ":n PRIVMSG bot :again\r\n:n PRIVMSG bot :more\r\n");
    rig_until_state(&rig, CONN_RESOLVING);
    rig_until_state(&rig, CONN_ONLINE);
    fake_say(&rig.fake, ":n PRIVMSG bot :die\r\n:n PRIVMSG bot :more\r\n");
    for (int n = 0; rig.conn && n < 100; n++)
        rig_run(&rig, 5);
    assert_null(rig.conn);
    assert_string_equal(rig.last, "PRIVMSG die");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_online),
        TEST(test_quit),
        TEST(test_quit_in_a_burst),
        TEST(test_quit_unanswered),
        TEST(test_start_while_closing),
        TEST(test_reconnect),
        TEST(test_server_without_cap),
        TEST(test_no_end_of_motd),
        TEST(test_every_split),
        TEST(test_rubbish),
        TEST(test_flood),
        TEST(test_stalled_server),
        TEST(test_output_is_clean),
        TEST(test_pacing),
        TEST(test_free_in_callback),
        TEST(test_ends_in_on_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
