#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/net_link/fake_server.h"

/* Life while online: PING, channels, changes of the configuration. */

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

static int pings_heard(void)
{
    int pings = 0;
    for (const char *s = rig.fake.heard; (s = strstr(s, "\nPING :")); s++)
        pings++;
    return pings;
}

static void test_lag(void **state)
{
    (void)state;
    rig.config.ping_ms = 20;
    rig_start(&rig);
    assert_int_equal(conn_lag_ms(rig.conn), -1);
    rig_until_state(&rig, CONN_ONLINE);
    /* On a busy machine it takes longer. */
    int spans = 0;
    while (pings_heard() < 4 && spans < 1000) {
        rig_run(&rig, 20);
        spans++;
    }
    assert_in_range(spans, 2, 999);
    assert_in_range(conn_lag_ms(rig.conn), 0, 10000);
}

static void test_silence(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "PING", .times = 1}, {0}};
    rig.fake.rules = rules;
    rig.config.ping_ms = 50;
    rig.config.timeout_ms = 400;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    rig_until_state(&rig, CONN_WAITING);
    assert_int_equal(conn_cause(rig.conn), CONN_CAUSE_TIMEOUT);
    rig_until_state(&rig, CONN_ONLINE);
    rig_run(&rig, 600);
    assert_int_equal(conn_state(rig.conn), CONN_ONLINE);
}

/* No PONG, but other lines: the link lives. */
static void test_no_pong(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "PING"}, {0}};
    rig.fake.rules = rules;
    rig.config.ping_ms = 50;
    rig.config.timeout_ms = 400;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    for (int i = 0; i < 20; i++) {
        fake_say(&rig.fake, ":n!u@h PRIVMSG bot :still here\r\n");
        rig_run(&rig, 40);
    }
    assert_int_equal(conn_state(rig.conn), CONN_ONLINE);
    assert_int_equal(conn_counters(rig.conn).attempts, 1);
    rig_until_state(&rig, CONN_WAITING);
}

static void test_channels(void **state)
{
    (void)state;
    static const struct conn_channel first[] = {{"#a", NULL}, {"#b", NULL}};
    static const struct conn_channel second[] = {{"#B", NULL}, {"#c", NULL}};
    rig.config.channels = first;
    rig.config.nchannels = 2;
    rig_start(&rig);
    rig_until_heard(&rig, "\nJOIN #a,#b");
    conn_set_channels(rig.conn, second, 2);
    rig_until_heard(&rig, "\nPART #a\nJOIN #c");
    fake_hang_up(&rig.fake);
    rig.fake.heard[0] = '\0';
    rig_until_heard(&rig, "\nJOIN #b,#c");
}

static void test_set_nick(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    conn_set_nick(rig.conn, "first"); /* only the last one is wanted */
    conn_set_nick(rig.conn, "second");
    rig_until_heard(&rig, "\nNICK second");
    fake_hang_up(&rig.fake);
    rig.fake.heard[0] = '\0';
    rig_until_heard(&rig, "NICK second");
    assert_null(strstr(rig.fake.heard, "first"));
}

static void test_set_config(void **state)
{
    (void)state;
    static const struct conn_channel channels[] = {{"#new", NULL}};
    char *error = NULL;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    rig.config.channels = channels;
    rig.config.nchannels = 1;
    rig.config.nick = "newnick";
    rig.config.user_modes = "+i";
    rig.config.pacing.interval_ms = 1;
    assert_int_equal(conn_set_config(rig.conn, &rig.config, &error), 0);
    rig_until_heard(&rig, "\nNICK newnick");
    rig_until_heard(&rig, "\nMODE bot +i");
    rig_until_heard(&rig, "\nJOIN #new");
    assert_int_equal(conn_state(rig.conn), CONN_ONLINE);
    /* What needs a new connection is told, and used then. */
    rig.config.realname = "Another";
    assert_int_equal(conn_set_config(rig.conn, &rig.config, &error), 1);
    conn_reconnect(rig.conn, "changed");
    rig_until_heard(&rig, " 0 * :Another");
    rig_until_state(&rig, CONN_ONLINE);
    /* A broken one changes nothing. */
    rig.config.nservers = 0;
    rig.config.nick = "broken";
    assert_int_equal(conn_set_config(rig.conn, &rig.config, &error), -1);
    assert_non_null(error);
    free(error);
    rig_run(&rig, 20);
    assert_false(rig_heard(&rig, "broken"));
}

/* Fewer servers while an attempt is under way to one that is gone. */
static void test_set_config_while_connecting(void **state)
{
    (void)state;
    struct conn_server servers[3] = {rig.server, rig.server, rig.server};
    char *error = NULL;
    servers[0].port = servers[1].port = 1;
    rig.config.servers = servers;
    rig.config.nservers = 3;
    rig_start(&rig);
    while (conn_counters(rig.conn).attempts < 3)
        rig_run(&rig, 1);
    rig.config.servers = &rig.server;
    rig.config.nservers = 1;
    assert_int_equal(conn_set_config(rig.conn, &rig.config, &error), 1);
    rig_until_state(&rig, CONN_ONLINE);
    fake_hang_up(&rig.fake);
    rig_until_state(&rig, CONN_WAITING);
    rig_until_state(&rig, CONN_ONLINE);
}

static void test_kick_and_forced_nick(void **state)
{
    (void)state;
    static const struct conn_channel channels[] = {{"#a", NULL}};
    rig.config.channels = channels;
    rig.config.nchannels = 1;
    rig_start(&rig);
    rig_until_message(&rig, "JOIN #a");
    fake_say(&rig.fake, ":srv NICK x\r\n:bot!u@h NICK Guest1\r\n:op!u@h KICK #a guest1 :out\r\n");
    rig_until_message(&rig, "KICK out");
    assert_string_equal(conn_nick(rig.conn), "Guest1");
    assert_int_equal(conn_state(rig.conn), CONN_ONLINE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lag),
        TEST(test_silence),
        TEST(test_no_pong),
        TEST(test_channels),
        TEST(test_set_nick),
        TEST(test_set_config),
        TEST(test_set_config_while_connecting),
        TEST(test_kick_and_forced_nick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
