#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/net_link/fake_server.h"

/* Names, resolved by a name server in the same loop. */

static struct rig rig;
static struct evdns_server_port *dns_server;
static int questions;

static void on_question(struct evdns_server_request *request, void *arg)
{
    (void)arg;
    int error = DNS_ERR_NOTEXIST;
    questions++;
    for (int i = 0; i < request->nquestions; i++) {
        /* evdns mixes upper and lower case, against forgers. */
        const struct evdns_server_question *q = request->questions[i];
        if (!strcasecmp(q->name, "silent.test"))
            return (void)evdns_server_request_drop(request);
        if (!strcasecmp(q->name, "two.test") && q->type == EVDNS_TYPE_A) {
            struct in_addr both[] = {{htonl(INADDR_LOOPBACK + 1)}, {htonl(INADDR_LOOPBACK)}};
            evdns_server_request_add_a_reply(request, q->name, 2, both, 60);
            error = 0;
        }
        if (strcasecmp(q->name, "irc.test") != 0)
            continue;
        error = 0;
        if (q->type == EVDNS_TYPE_A) {
            struct in_addr v4 = {htonl(INADDR_LOOPBACK)};
            evdns_server_request_add_a_reply(request, q->name, 1, &v4, 60);
        } else if (q->type == EVDNS_TYPE_AAAA) {
            /* Nobody listens there: the next address must be tried. */
            evdns_server_request_add_aaaa_reply(request, q->name, 1, &in6addr_loopback, 60);
        }
    }
    evdns_server_request_respond(request, error);
}

static int setup(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    rig_open(&rig);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    dns_server = evdns_add_server_port_with_base(rig.base, fd, 0, on_question, NULL);
    rig.loop->dns = evdns_base_new(rig.base, 0);
    evdns_base_nameserver_sockaddr_add(rig.loop->dns, (struct sockaddr *)&at, sizeof at, 0);
    questions = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    conn_free(rig.conn);
    rig.conn = NULL;
    defer_run(&rig.defer);
    evdns_base_free(rig.loop->dns, 1);
    evdns_close_server_port(dns_server);
    rig_run(&rig, 20);
    rig_close(&rig);
    return 0;
}

static void test_name(void **state)
{
    (void)state;
    rig.server.host = "irc.test";
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    assert_string_equal(rig.trail, " resolving connecting registering online");
    assert_true(questions >= 2); /* both families */
}

/* A socket at 127.0.0.2 that is full: who connects gets no answer. */
static void open_full_socket(int fds[3])
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(rig.fake.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
    for (int i = 0; i < 3; i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (i ? SOCK_NONBLOCK : 0), 0);
    assert_int_equal(bind(fds[0], (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fds[0], 0), 0);
    for (int i = 1; i < 3; i++)
        (void)connect(fds[i], (struct sockaddr *)&at, sizeof at);
}

/* The first address does not answer: the second is tried within the same attempt. */
static void test_second_address(void **state)
{
    (void)state;
    int fds[3];
    open_full_socket(fds);
    rig.server.host = "two.test";
    rig.config.connect_ms = 50;
    rig_start(&rig);
    rig_until_state(&rig, CONN_ONLINE);
    assert_int_equal(conn_counters(rig.conn).attempts, 1);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}

static void test_unknown_name(void **state)
{
    (void)state;
    rig.server.host = "nobody.test";
    rig_start(&rig);
    rig_until_state(&rig, CONN_WAITING);
    assert_int_equal(conn_cause(rig.conn), CONN_CAUSE_RESOLVE);
    assert_non_null(strstr(conn_reason(rig.conn), "nobody.test"));
}

/* Ended, and freed, while the answer is awaited. */
static void test_given_up(void **state)
{
    (void)state;
    rig.server.host = "silent.test";
    rig_start(&rig);
    while (!questions)
        rig_run(&rig, 5);
    assert_int_equal(conn_state(rig.conn), CONN_RESOLVING);
    conn_reconnect(rig.conn, "again");
    rig_run(&rig, 20);
    assert_int_equal(conn_state(rig.conn), CONN_RESOLVING);
    conn_quit(rig.conn, "enough");
    assert_int_equal(conn_state(rig.conn), CONN_STOPPED);
    conn_start(rig.conn);
    rig_run(&rig, 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_name),
        TEST(test_second_address),
        TEST(test_unknown_name),
        TEST(test_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
