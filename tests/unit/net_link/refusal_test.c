#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/net_link/fake_server.h"

/* What goes wrong on the way, and whether it is tried again. */

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

#define WELCOME ":s 001 bot :hi\r\n:s 376 bot :x\r\n"

static void use_sasl(void)
{
    rig.config.sasl.mechanism = CONN_SASL_PLAIN;
    rig.config.sasl.account = "tim";
    rig.config.sasl.password = "tanstaaftanstaaf";
}

static void expect_stop(enum conn_cause cause, const char *text)
{
    rig_start(&rig);
    rig_until_state(&rig, CONN_STOPPED);
    assert_int_equal(conn_cause(rig.conn), cause);
    if (!strstr(conn_reason(rig.conn), text))
        fail_msg("\"%s\" is not in \"%s\"", text, conn_reason(rig.conn));
    rig_run(&rig, 50);
    assert_int_equal(conn_state(rig.conn), CONN_STOPPED);
    assert_int_equal(rig.fake.accepted, 1);
    assert_int_equal(conn_retry_ms(rig.conn), -1);
}

/* Fails, and is tried again. */
static void expect_retry(enum conn_cause cause, const char *text)
{
    rig_start(&rig);
    rig_until_state(&rig, CONN_WAITING);
    assert_int_equal(conn_cause(rig.conn), cause);
    if (!strstr(conn_reason(rig.conn), text))
        fail_msg("\"%s\" is not in \"%s\"", text, conn_reason(rig.conn));
    assert_true(conn_retry_ms(rig.conn) >= 0);
    rig_until_state(&rig, CONN_RESOLVING);
}

static void test_wrong_password(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "USER",
                                 .reply = ":s 464 * :Password incorrect\r\nERROR :Bad password\r\n",
                                 .close = true},
                                {0}};
    rig.fake.rules = rules;
    expect_stop(CONN_CAUSE_PASSWORD, "Password incorrect");
    assert_null(strstr(rig.seen, "464")); /* what ends the connection is told as its reason */
}

static void test_banned(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "USER", .reply = ":s 465 bot :You are banned from this server\r\n"}, {0}};
    rig.fake.rules = rules;
    expect_stop(CONN_CAUSE_BANNED, "You are banned");
}

static void test_klined(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "USER", .reply = "ERROR :Closing Link: x (K-Lined)\r\n", .close = true}, {0}};
    rig.fake.rules = rules;
    expect_stop(CONN_CAUSE_BANNED, "K-Lined");
}

/* One who was let in is thrown out by a person: whether that lasts, the next registration tells. */
static void test_killed(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    fake_say(&rig.fake, "ERROR :Closing Link: bot[h] (Killed (oper (you are banned)))\r\n");
    fake_hang_up(&rig.fake);
    rig_until_state(&rig, CONN_WAITING);
    assert_int_equal(conn_cause(rig.conn), CONN_CAUSE_CLOSED);
    rig_until_state(&rig, CONN_ONLINE);
    assert_int_equal(rig.fake.accepted, 2);
}

/* Names may hold any word. */
static void test_names_are_no_ban(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "ERROR :Closing Link: kline[gline.example] (Connection timed out)\r\n",
        "ERROR :Closing link: (akill@banned.example) [Registration timeout]\r\n"};
    for (size_t i = 0; i < 2; i++) {
        struct fake_rule rules[] = {
            {.starts = "USER", .reply = lines[i], .close = true, .times = 1}, {0}};
        rig.fake.rules = rules;
        expect_retry(CONN_CAUSE_REGISTER, i ? "timeout" : "timed out");
        conn_free(rig.conn);
        rig.conn = NULL;
        rig_run(&rig, 10);
    }
}

static void test_bans(void **state)
{
    (void)state;
    static const char *const lines[] = {"ERROR :Closing link: (u@h) [Z-lined: go away]\r\n",
                                        "ERROR :You are banned from this server\r\n",
                                        "ERROR :Closing Link: bot[h] ((see [1]) [K-Lined])\r\n"};
    for (size_t i = 0; i < 3; i++) {
        struct fake_rule rules[] = {{.starts = "USER", .reply = lines[i], .close = true}, {0}};
        rig.fake.rules = rules;
        rig_start(&rig);
        rig_until_state(&rig, CONN_STOPPED);
        assert_int_equal(conn_cause(rig.conn), CONN_CAUSE_BANNED);
        conn_free(rig.conn);
        rig.conn = NULL;
        rig_run(&rig, 10);
    }
}

#define DENIED "ERROR :Closing link: (u@h) [Access denied by configuration]\r\n"

/* InspIRCd's word for a wrong password, among other things. */
static void test_denied_with_password(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "USER", .reply = DENIED, .close = true}, {0}};
    rig.fake.rules = rules;
    rig.config.server_password = "wrong";
    expect_stop(CONN_CAUSE_PASSWORD, "server_password_file");
}

static void test_denied_without_password(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "USER", .reply = DENIED, .close = true}, {0}};
    rig.fake.rules = rules;
    expect_retry(CONN_CAUSE_REGISTER, "server_password_file");
}

static void test_throttled(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "", .reply = "ERROR :Trying to reconnect too fast.\r\n", .close = true}, {0}};
    rig.fake.rules = rules;
    expect_retry(CONN_CAUSE_REGISTER, "too fast");
}

static void test_sasl(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "CAP LS", .reply = ":s CAP * LS :sasl=PLAIN,EXTERNAL\r\n"},
        {.starts = "AUTHENTICATE PLAIN", .reply = "AUTHENTICATE +\r\n"},
        {.starts = "AUTHENTICATE AHRpbQB0YW5zdGFhZnRhbnN0YWFm",
         .reply = ":s 900 bot b!u@h tim :You are now logged in\r\n:s 903 bot :ok\r\n"},
        {0}};
    use_sasl();
    rig.fake.rules = rules;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    assert_true(rig_heard(&rig, "\nAUTHENTICATE AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nCAP END"));

    /* The services go and come back: logs in again. */
    rig.fake.heard[0] = '\0';
    fake_say(&rig.fake, ":s CAP bot DEL :sasl\r\n:s CAP bot NEW :sasl=PLAIN\r\n");
    rig_until_heard(&rig, "\nCAP REQ :sasl\nAUTHENTICATE PLAIN\nAUTHENTICATE AHR");
    /* If that fails, the connection stays. */
    fake_say(&rig.fake, ":s CAP bot DEL :sasl\r\n:s CAP bot NEW :sasl=PLAIN\r\n:s 904 bot :no\r\n");
    rig_run(&rig, 50);
    assert_int_equal(conn_state(rig.conn), CONN_ONLINE);
}

static void test_sasl_refused(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "CAP LS", .reply = ":s CAP * LS :sasl\r\n"},
                                {.starts = "AUTHENTICATE PLAIN", .reply = "AUTHENTICATE +\r\n"},
                                {.starts = "AUTHENTICATE", .reply = ":s 904 bot :SASL failed\r\n"},
                                {0}};
    use_sasl();
    rig.fake.rules = rules;
    expect_stop(CONN_CAUSE_SASL, "login as tim was refused: SASL failed");
    assert_null(strstr(conn_reason(rig.conn), "tanstaaf"));
}

static void test_sasl_aborted(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "CAP LS", .reply = ":s CAP * LS :sasl\r\n"},
                                {.starts = "AUTHENTICATE", .reply = ":s 906 bot :aborted\r\n"},
                                {0}};
    use_sasl();
    rig.fake.rules = rules;
    expect_retry(CONN_CAUSE_SASL, "aborted");
}

static void test_sasl_other_mechanism(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "CAP LS", .reply = ":s CAP * LS :sasl\r\n"},
        {.starts = "AUTHENTICATE", .reply = ":s 908 bot EXTERNAL :are\r\n:s 904 bot :failed\r\n"},
        {0}};
    use_sasl();
    rig.fake.rules = rules;
    expect_retry(CONN_CAUSE_SASL, "failed");
}

static void test_sasl_not_offered(void **state)
{
    (void)state;
    use_sasl();
    expect_retry(CONN_CAUSE_SASL, "services may be down");
}

static void test_sasl_naked(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "CAP LS", .reply = ":s CAP * LS :sasl batch\r\n"},
        {.starts = "CAP REQ :batch sasl", .reply = ":s CAP * NAK :batch sasl\r\n"},
        {.starts = "CAP REQ :sasl", .reply = ":s CAP * NAK :sasl\r\n"},
        {0}};
    use_sasl();
    rig.fake.rules = rules;
    expect_retry(CONN_CAUSE_SASL, "services may be down");
}

static void test_sasl_without_cap(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "CAP"}, {.starts = "USER", .reply = WELCOME}, {0}};
    use_sasl();
    rig.fake.rules = rules;
    expect_retry(CONN_CAUSE_SASL, "services may be down");
}

static void test_nick_in_use(void **state)
{
    (void)state;
    static const char *const alternates[] = {"second"};
    struct fake_rule rules[] = {
        {.starts = "NICK bot", .reply = ":s 433 * bot :Nickname in use\r\n", .times = 1},
        {.starts = "NICK second", .reply = ":s 433 * second :in use\r\n"},
        {.starts = "NICK bot_", .reply = ":s 001 bot_ :hi\r\n:s 376 bot_ :x\r\n"},
        {.starts = "CAP END"},
        {0}};
    rig.config.alternate_nicks = alternates;
    rig.config.nalternates = 1;
    rig.fake.rules = rules;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    assert_string_equal(conn_nick(rig.conn), "bot_");
    /* Its holder leaves. */
    fake_say(&rig.fake, ":bot!u@h QUIT :bye\r\n");
    rig.fake.heard[0] = '\0';
    rig_until_heard(&rig, "\nNICK bot");
    fake_say(&rig.fake, ":bot_!u@h NICK :bot\r\n");
    rig_until_message(&rig, "NICK bot");
    assert_string_equal(conn_nick(rig.conn), "bot");
}

static void test_nick_storm(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "NICK ", .reply = ":s 433 * %s :Nickname in use\r\n"}, {.starts = "CAP"}, {0}};
    rig.fake.rules = rules;
    expect_retry(CONN_CAUSE_NICK, "No nick was accepted");
}

static void test_nick_invalid(void **state)
{
    (void)state;
    struct fake_rule rules[] = {
        {.starts = "NICK ", .reply = ":s 432 * %s :Erroneous\r\n"}, {.starts = "CAP"}, {0}};
    rig.fake.rules = rules;
    expect_stop(CONN_CAUSE_NICK, "Erroneous");
}

static void test_silent_registration(void **state)
{
    (void)state;
    rig.fake.polite = false;
    rig.config.register_ms = 50;
    expect_retry(CONN_CAUSE_REGISTER, "did not complete");
}

/* The server closes after the first line that begins with `starts`. */
static void check_close(const char *starts, enum conn_cause cause)
{
    struct fake_rule rules[] = {{.starts = starts, .close = true, .times = 1}, {0}};
    rig.fake.rules = rules;
    rig.trail[0] = '\0';
    rig_start(&rig);
    rig_until_state(&rig, CONN_WAITING);
    assert_int_equal(conn_cause(rig.conn), cause);
    rig_until_state(&rig, CONN_ONLINE); /* and then it goes well */
    conn_free(rig.conn);
    rig.conn = NULL;
    rig_run(&rig, 10);
}

static void test_close_in_each_state(void **state)
{
    (void)state;
    check_close("", CONN_CAUSE_CLOSED);
    check_close("CAP LS", CONN_CAUSE_CLOSED);
    check_close("USER", CONN_CAUSE_CLOSED);
    check_close("CAP REQ", CONN_CAUSE_CLOSED);
    check_close("CAP END", CONN_CAUSE_CLOSED);
    check_close("PING", CONN_CAUSE_CLOSED);
}

static void test_refused_connection(void **state)
{
    (void)state;
    rig.server.port = 1;
    expect_retry(CONN_CAUSE_CONNECT, "127.0.0.1 port 1: Connection refused");
}

static void test_unknown_name(void **state)
{
    (void)state;
    rig.server.host = "no.such.host.invalid"; /* and no resolver */
    expect_retry(CONN_CAUSE_RESOLVE, "no.such.host.invalid");
}

/* The second server takes over, and the backoff grows. */
static void test_servers_in_turn(void **state)
{
    (void)state;
    struct conn_server servers[2] = {rig.server, rig.server};
    servers[0].port = 1;
    rig.config.servers = servers;
    rig.config.nservers = 2;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    assert_int_equal(conn_counters(rig.conn).attempts, 2);
}

static int64_t waited[16];
static int nwaited;

static void note_wait(struct rig *r, enum conn_state now)
{
    if (now == CONN_WAITING && nwaited < 16)
        waited[nwaited++] = conn_retry_ms(r->conn);
}

static void test_backoff(void **state)
{
    (void)state;
    nwaited = 0;
    rig.server.port = 1;
    rig.on_state = note_wait;
    rig_start(&rig);
    while (nwaited < 5)
        rig_run(&rig, 10);
    static const int64_t most[] = {20, 40, 80, 80, 80};
    for (int i = 0; i < 5; i++)
        assert_in_range(waited[i], most[i] / 2 - 5, most[i]);
}

static void test_no_backoff_after_long_stay(void **state)
{
    (void)state;
    rig.config.backoff_first_ms = 60;
    rig.config.backoff_max_ms = 60;
    rig.config.lasting_ms = 100;
    nwaited = 0;
    rig.on_state = note_wait;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    rig_run(&rig, 110);
    fake_hang_up(&rig.fake);
    rig_until_state(&rig, CONN_WAITING);
    assert_int_equal(waited[0], 0);
    rig_until_state(&rig, CONN_ONLINE);
}

static void quit_in_callback(struct rig *r, enum conn_state now)
{
    if (now == CONN_WAITING)
        conn_quit(r->conn, "enough");
}

static void test_quit_while_waiting(void **state)
{
    (void)state;
    rig.server.port = 1;
    rig.on_state = quit_in_callback;
    rig_start(&rig);
    rig_until_state(&rig, CONN_STOPPED);
    rig_run(&rig, 60);
    assert_string_equal(rig.trail, " resolving connecting waiting stopped");
    assert_string_equal(conn_reason(rig.conn), "enough");
}

static void test_unusable_config(void **state)
{
    (void)state;
    rig.config.sasl.mechanism = CONN_SASL_PLAIN;
    rig_start(&rig);
    assert_null(rig.conn);
    assert_non_null(strstr(rig.error, "account"));
    free(rig.error);
    rig.config.sasl.mechanism = CONN_SASL_NONE;
    rig.server.fingerprint = "AB:CD";
    rig_start(&rig);
    assert_null(rig.conn);
    assert_non_null(strstr(rig.error, "64 hex digits"));
    free(rig.error);
    rig.server.fingerprint = NULL;
    rig.server.tls = true;
    rig.server.ca_file = "/no/such/file";
    rig_start(&rig);
    assert_null(rig.conn);
    assert_non_null(strstr(rig.error, "/no/such/file: No such file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_wrong_password),
        TEST(test_banned),
        TEST(test_klined),
        TEST(test_killed),
        TEST(test_names_are_no_ban),
        TEST(test_bans),
        TEST(test_denied_with_password),
        TEST(test_denied_without_password),
        TEST(test_throttled),
        TEST(test_sasl),
        TEST(test_sasl_refused),
        TEST(test_sasl_aborted),
        TEST(test_sasl_other_mechanism),
        TEST(test_sasl_not_offered),
        TEST(test_sasl_naked),
        TEST(test_sasl_without_cap),
        TEST(test_nick_in_use),
        TEST(test_nick_storm),
        TEST(test_nick_invalid),
        TEST(test_silent_registration),
        TEST(test_close_in_each_state),
        TEST(test_refused_connection),
        TEST(test_unknown_name),
        TEST(test_servers_in_turn),
        TEST(test_backoff),
        TEST(test_no_backoff_after_long_stay),
        TEST(test_quit_while_waiting),
        TEST(test_unusable_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
