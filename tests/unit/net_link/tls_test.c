#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "net/link/tls.h"
#include "tests/unit/net_link/fake_server.h"
#include "tests/unit/net_link/test_certs.h"

/* TLS with good and bad certificates, made here. */

static struct rig rig;
static char folder[] = "/tmp/seshet-tls-XXXXXX";
static char ca_path[64];
static char client_path[64];
static EVP_PKEY *ca_key;
static EVP_PKEY *key;
static X509 *ca;
static X509 *shown; /* by the server */

static int setup_all(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(ca_path, sizeof ca_path, "%s/ca.pem", folder);
    snprintf(client_path, sizeof client_path, "%s/client.pem", folder);
    ca_key = cert_key();
    key = cert_key();
    ca = cert_make(ca_key, &(struct cert_wish){.from_days = -10, .to_days = 10, .ca = true});
    cert_write(ca_path, ca, NULL);
    return 0;
}

static int teardown_all(void **state)
{
    (void)state;
    unlink(ca_path);
    unlink(client_path);
    rmdir(folder);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    rig_open(&rig);
    rig.server.tls = true;
    rig.server.ca_file = ca_path;
    shown = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_close(&rig);
    X509_free(shown);
    return 0;
}

static void serve(const char *names, int from_days, int to_days, bool self_signed)
{
    X509_free(shown);
    shown = cert_make(key, &(struct cert_wish){.names = names,
                                               .from_days = from_days,
                                               .to_days = to_days,
                                               .issuer = self_signed ? NULL : ca,
                                               .issuer_key = self_signed ? NULL : ca_key});
    SSL_CTX_free(rig.fake.tls);
    rig.fake.tls = cert_server(shown, key);
}

static void expect_online(void)
{
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    assert_true(conn_is_tls(rig.conn));
    assert_string_equal(rig.trail, " resolving connecting securing registering online");
    rig_until_heard(&rig, "\nPING");
}

static void expect_refusal(const char *text)
{
    rig_start(&rig);
    rig_until_state(&rig, CONN_WAITING);
    assert_int_equal(conn_cause(rig.conn), CONN_CAUSE_TLS);
    if (!strstr(conn_reason(rig.conn), text))
        fail_msg("\"%s\" is not in \"%s\"", text, conn_reason(rig.conn));
    assert_string_equal(rig.fake.heard, ""); /* not a byte for a stranger */
}

static void test_good(void **state)
{
    (void)state;
    serve("DNS:irc.test,IP:127.0.0.1", -1, 1, false);
    expect_online();
    rig.fake.heard[0] = '\0';
    conn_quit(rig.conn, "bye");
    rig_until_heard(&rig, "\nQUIT :bye");
    rig_until_state(&rig, CONN_STOPPED);
}

static void test_expired(void **state)
{
    (void)state;
    serve("IP:127.0.0.1", -9, -1, false);
    expect_refusal("certificate has expired on 20");
}

static void test_not_yet_valid(void **state)
{
    (void)state;
    serve("IP:127.0.0.1", 1, 9, false);
    expect_refusal("valid only from 20");
}

static void test_wrong_name(void **state)
{
    (void)state;
    serve("DNS:a.test,DNS:b.test,DNS:c.test,DNS:d.test", -1, 1, false);
    expect_refusal("certificate is for a.test, b.test, c.test and 1 more, not 127.0.0.1");
    conn_free(rig.conn);
    serve(NULL, -1, 1, false);
    expect_refusal("certificate is for common.test, not 127.0.0.1");
}

static void test_self_signed(void **state)
{
    (void)state;
    char print[65];
    serve("IP:127.0.0.1", -1, 1, true);
    expect_refusal("self-signed certificate; to trust it anyway, set fingerprint = \"");
    conn_free(rig.conn);
    /* What the reason shows is what has to be set. */
    cert_fingerprint(shown, print);
    char told[96];
    const char *at = strstr(conn_reason(rig.conn), "fingerprint = \"");
    snprintf(told, sizeof told, "%.95s", at + strlen("fingerprint = \""));
    defer_run(&rig.defer);
    rig.trail[0] = '\0';
    rig.server.fingerprint = told;
    expect_online();
}

static void test_unknown_issuer(void **state)
{
    (void)state;
    serve("IP:127.0.0.1", -1, 1, false);
    rig.server.ca_file = NULL; /* the system's roots do not know our CA */
    if (access("/etc/ssl/certs/ca-certificates.crt", R_OK))
        skip();
    expect_refusal("issued by someone who is not trusted here");
}

static void test_pinned(void **state)
{
    (void)state;
    char print[65];
    serve("DNS:other.test", -9, -1, true); /* expired, wrong name, self-signed: but that one */
    cert_fingerprint(shown, print);
    rig.server.fingerprint = print;
    rig.server.ca_file = NULL;
    expect_online();
}

static void test_pinned_other(void **state)
{
    (void)state;
    char print[65];
    serve("IP:127.0.0.1", -1, 1, false);
    cert_fingerprint(ca, print);
    rig.server.fingerprint = print;
    expect_refusal("not the one in fingerprint; it has ");
}

static void test_unverified(void **state)
{
    (void)state;
    serve("DNS:other.test", -9, -1, true);
    rig.server.verify = false;
    expect_online();
}

static void test_plain_port(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "", .reply = ":s NOTICE * :hello\r\n"}, {0}};
    rig.fake.rules = rules;
    expect_refusal("does not speak TLS");
}

static void test_silent_port(void **state)
{
    (void)state;
    rig.fake.polite = false;
    rig.fake.deaf = true;
    rig.config.connect_ms = 50;
    expect_refusal("no answer");
}

static void test_closed_in_handshake(void **state)
{
    (void)state;
    struct fake_rule rules[] = {{.starts = "", .close = true}, {0}};
    rig.fake.rules = rules;
    expect_refusal("No TLS with 127.0.0.1");
}

static void test_every_split(void **state)
{
    (void)state;
    serve("IP:127.0.0.1", -1, 1, false);
    for (int piece = 1; piece < 100; piece += 13) {
        rig.fake.piece = piece;
        rig.trail[0] = rig.fake.heard[0] = '\0';
        expect_online();
        conn_free(rig.conn);
        rig.conn = NULL;
        rig_run(&rig, 5);
    }
}

static void answer_flood(struct rig *r, struct irc_msg *msg)
{
    (void)msg;
    if (!strncmp(r->last, "PRIVMSG", 7))
        conn_send(r->conn, CONN_NORMAL, "PRIVMSG #x :answer");
}

static void test_flood(void **state)
{
    (void)state;
    serve("IP:127.0.0.1", -1, 1, false);
    rig.config.queue_lines = 100000;
    rig.config.queue_bytes = 100000000;
    rig.on_message = answer_flood;
    expect_online();
    rig.fake.heard[0] = '\0';
    struct buf lines = {0};
    for (int i = 0; i < 20000; i++)
        buf_printf(&lines, ":n!u@h PRIVMSG #x :flood of lines\r\n");
    buf_printf(&lines, "PING :end\r\n");
    fake_send(&rig.fake, buf_data(&lines), lines.len);
    buf_free(&lines);
    rig_until_heard(&rig, "\nPONG :end");
    for (int i = 0; i < 100 && conn_counters(rig.conn).lines_out < 20000; i++)
        rig_run(&rig, 10);
    assert_true(conn_counters(rig.conn).lines_in > 20000);
    assert_true(conn_counters(rig.conn).lines_out > 20000);
    assert_int_equal(conn_counters(rig.conn).dropped, 0);
}

static void test_external(void **state)
{
    (void)state;
    EVP_PKEY *client_key = cert_key();
    X509 *client = cert_make(client_key, &(struct cert_wish){.from_days = -1, .to_days = 1});
    struct fake_rule rules[] = {{.starts = "CAP LS", .reply = ":s CAP * LS :sasl=EXTERNAL\r\n"},
                                {.starts = "AUTHENTICATE EXTERNAL", .reply = "AUTHENTICATE +\r\n"},
                                {.starts = "AUTHENTICATE +", .reply = ":s 903 bot :ok\r\n"},
                                {0}};
    cert_write(client_path, client, client_key);
    rig.fake.rules = rules;
    rig.config.sasl.mechanism = CONN_SASL_EXTERNAL;
    rig.config.sasl.cert_file = client_path;
    serve("IP:127.0.0.1", -1, 1, false);
    expect_online();
    X509 *seen = SSL_get1_peer_certificate(rig.fake.ssl);
    assert_non_null(seen);
    assert_int_equal(X509_cmp(seen, client), 0);
    X509_free(seen);
    conn_free(rig.conn);
    /* A key that is not its own, and no key at all. */
    cert_write(client_path, client, key);
    rig_start(&rig);
    assert_null(rig.conn);
    assert_non_null(strstr(rig.error, "does not belong"));
    free(rig.error);
    cert_write(client_path, client, NULL);
    rig_start(&rig);
    assert_null(rig.conn);
    assert_non_null(strstr(rig.error, "private key"));
    X509_free(client);
    EVP_PKEY_free(client_key);
}

static void test_shared_trust(void **state)
{
    (void)state;
    struct conn_server servers[2] = {rig.server, rig.server};
    serve("IP:127.0.0.1", -1, 1, false);
    servers[1].port++;
    rig.config.servers = servers;
    rig.config.nservers = 2;
    expect_online();
    char *error = NULL;
    assert_non_null(rig.loop->trusts);
    assert_int_equal(conn_set_config(rig.conn, &rig.config, &error), 0);
    /* The file was replaced: loaded anew, when it is configured again. */
    unlink(ca_path);
    cert_write(ca_path, ca, NULL);
    assert_int_equal(conn_set_config(rig.conn, &rig.config, &error), 0);
}

static void expect_problem(int failed, char *error, const char *wanted)
{
    assert_int_equal(failed, wanted ? -1 : 0);
    if (wanted && !strstr(error, wanted))
        fail_msg("%s", error);
    free(error);
}

/* Before anything connects. */
static void test_checked_files(void **state)
{
    (void)state;
    EVP_PKEY *client_key = cert_key();
    X509 *client = cert_make(client_key, &(struct cert_wish){.from_days = -1, .to_days = 1});
    char *error = NULL;
    int failed = tls_check_trust(ca_path, &error);
    expect_problem(failed, error, NULL);
    failed = tls_check_trust("/etc/hostname", &error);
    expect_problem(failed, error, "cannot use the trusted certificates /etc/hostname");
    failed = tls_check_trust("/nonexistent", &error);
    expect_problem(failed, error, "/nonexistent");
    cert_write(client_path, client, client_key);
    error = NULL;
    failed = tls_check_identity(client_path, NULL, &error);
    expect_problem(failed, error, NULL);
    failed = tls_check_identity("/etc/hostname", NULL, &error);
    expect_problem(failed, error, "cannot use the client certificate /etc/hostname");
    failed = tls_check_identity(client_path, ca_path, &error);
    expect_problem(failed, error, "cannot use the private key in ");
    X509_free(client);
    EVP_PKEY_free(client_key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),         TEST(test_expired),       TEST(test_not_yet_valid),
        TEST(test_wrong_name),   TEST(test_self_signed),   TEST(test_unknown_issuer),
        TEST(test_pinned),       TEST(test_pinned_other),  TEST(test_unverified),
        TEST(test_plain_port),   TEST(test_silent_port),   TEST(test_closed_in_handshake),
        TEST(test_every_split),  TEST(test_flood),         TEST(test_external),
        TEST(test_shared_trust), TEST(test_checked_files),
    };
    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
