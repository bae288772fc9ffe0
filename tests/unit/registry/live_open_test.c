#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/dns.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "net/proto/event_type.h"
#include "registry/uri.h"

static void a_wrong_password_is_told(void **state)
{
    struct fixture *f = *state;
    redis_do(f->socket, "CONFIG SET requirepass s3cret");
    open_default(f);
    run_until_state(f, REGISTRY_REFUSED);
    assert_non_null(strstr(f->reason, "wants a password"));
    close_registry(f);

    char uri[128];
    snprintf(uri, sizeof uri, "unix://:wrong@%s", f->socket);
    struct registry_config config = {.uri = uri};
    open_registry(f, &config);
    run_until_state(f, REGISTRY_REFUSED);
    assert_non_null(strstr(f->reason, "user and password"));
    close_registry(f);

    config.password = "s3cret"; /* stronger than the one in the URI */
    open_registry(f, &config);
    run_until_state(f, REGISTRY_SYNCED);
}

static void a_replica_is_refused(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    redis_do(f->socket, "REPLICAOF 127.0.0.1 1");
    open_default(f);
    run_until_state(f, REGISTRY_REFUSED);
    assert_non_null(strstr(f->reason, "replica of 127.0.0.1"));
    redis_do(f->socket, "REPLICAOF NO ONE");
    run_until_state(f, REGISTRY_SYNCED);
    /* A master that becomes a replica is left. */
    redis_do(f->socket, "REPLICAOF 127.0.0.1 1");
    run_until_state(f, REGISTRY_REFUSED);
    assert_true(module_fields_of(f, "dice")->enabled);
}

/* ---- Schemas ---- */

static void expect_schema(struct fixture *f, const char *wanted)
{
    run_until_redis(f, "seshet:meta", "schema", wanted);
}

static void an_empty_redis_gets_a_schema(void **state)
{
    struct fixture *f = *state;
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    expect_schema(f, "3");
}

static bool says_how(void *arg)
{
    return strstr(((struct fixture *)arg)->reason, "redis-cli DEL seshet:meta") != NULL;
}

static void a_newer_schema_is_refused(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "HSET seshet:meta schema 4");
    run_until_state(f, REGISTRY_REFUSED);
    assert_non_null(strstr(f->reason, "schema \"4\""));
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_for(f, 20);
    assert_true(module_fields_of(f, "dice")->enabled);
    expect_schema(f, "4");
    redis_do(f->socket, "HSET seshet:meta schema 3");
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);
}

static void a_schema_that_is_none_is_refused(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    redis_do(f->socket, "HSET seshet:meta schema two");
    open_default(f);
    run_until_state(f, REGISTRY_REFUSED);
    assert_non_null(strstr(f->reason, "\"two\", which is no schema"));
    redis_do(f->socket, "SET seshet:meta 2");
    run_until(f, says_how, f, "the way out");
    assert_int_equal(f->state, REGISTRY_REFUSED);
    redis_do(f->socket, "DEL seshet:meta");
    run_until_state(f, REGISTRY_SYNCED);
    assert_true(module_fields_of(f, "dice")->enabled);
    expect_schema(f, "3");
}

/* What servers of schema 1 wrote, every field that they knew. */
static void write_version_1(struct fixture *f)
{
    redis_do(f->socket, "SADD seshet:modules dice echo");
    redis_do(f->socket, "HSET seshet:module:dice enabled yes description Rolls. usage roll "
                        "cmd_prefix . group games");
    redis_do(f->socket, "HSET seshet:module:dice event_types %s", "command message");
    redis_do(f->socket, "SADD seshet:module:dice:enicks $me");
    redis_do(f->socket, "SADD seshet:module:dice:dnicks other");
    redis_do(f->socket, "SADD seshet:module:dice:echannels #a net/#b");
    redis_do(f->socket, "SADD seshet:module:dice:dchannels #c");
    redis_do(f->socket, "HSET seshet:network:net:module:dice enabled no inherit dchannels");
    redis_do(f->socket, "SADD seshet:network:net:module:dice:echannels #d");
}

static void expect_version_1(struct fixture *f)
{
    const struct snapshot *s = registry_snapshot(f->registry);
    const struct module_def *dice = snapshot_module(s, "dice");
    const struct module_def *overlay = snapshot_overlay(snapshot_network(s, "net"), "dice");
    assert_int_equal(s->nmodules, 2);
    assert_true(dice->fields.enabled);
    assert_string_equal(dice->fields.description, "Rolls.");
    assert_string_equal(dice->fields.usage, "roll");
    assert_int_equal(dice->fields.cmd_prefix, '.');
    assert_string_equal(dice->fields.group, "games");
    assert_int_equal(dice->fields.event_types, EVENT_BIT(EVENT_COMMAND) | EVENT_BIT(EVENT_MESSAGE));
    assert_string_equal(dice->lists[LIST_ENICKS]->items[0], "$me");
    assert_string_equal(dice->lists[LIST_DNICKS]->items[0], "other");
    assert_int_equal(dice->lists[LIST_ECHANNELS]->count, 2);
    assert_string_equal(dice->lists[LIST_DCHANNELS]->items[0], "#c");
    assert_false(overlay->fields.enabled);
    assert_int_equal(overlay->fields.inherit, LIST_BIT(LIST_DCHANNELS));
    assert_string_equal(overlay->lists[LIST_ECHANNELS]->items[0], "#d");
}

static void take_over(struct fixture *f)
{
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    expect_version_1(f);
    expect_schema(f, "3");
    assert_int_equal(registry_stats(f->registry).full_loads, 1);
    close_registry(f);
}

static void version_1_is_taken_over(void **state)
{
    struct fixture *f = *state;
    write_version_1(f);
    redis_do(f->socket, "HSET seshet:meta schema 1");
    take_over(f);
    take_over(f);                           /* a second server finds it done */
    redis_do(f->socket, "DEL seshet:meta"); /* written by hand, or restored without it */
    take_over(f);
}

/* Somebody puts the old number back while servers run. */
static void version_1_does_not_come_back(void **state)
{
    struct fixture *f = *state;
    write_version_1(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "HSET seshet:meta schema 1");
    expect_schema(f, "3");
    expect_version_1(f);
}

static void no_redis_at_all(void **state)
{
    struct fixture *f = *state;
    const struct registry_config config = {.uri = "redis://127.0.0.1:1/0"};
    open_registry(f, &config);
    run_until_state(f, REGISTRY_AWAY);
    assert_non_null(strstr(f->reason, "redis://127.0.0.1:1/0: Connection refused"));
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 0);
    close_registry(f);
    const struct registry_config name = {.uri = "redis://redis.invalid"};
    open_registry(f, &name);
    run_until_state(f, REGISTRY_REFUSED);
}

static void free_port(char *port, size_t size)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    close(fd);
    snprintf(port, size, "%d", ntohs(any.sin_port));
}

static void resolves_names_and_counts_databases(void **state)
{
    struct fixture *f = *state;
    char port[8];
    char uri[64];
    free_port(port, sizeof port);
    redis_kill(f, SIGKILL);
    redis_start(f, (const char *const[]){"--port", port, "--bind", "127.0.0.1", NULL});
    redisContext *c = redis_client(f->socket);
    freeReplyObject(redisCommand(c, "SELECT 3"));
    freeReplyObject(redisCommand(c, "SADD my:modules dice"));

    f->dns = evdns_base_new(f->base, EVDNS_BASE_INITIALIZE_NAMESERVERS);
    snprintf(uri, sizeof uri, "redis://localhost:%s/3", port);
    const struct registry_config config = {.uri = uri, .prefix = "my:", .client_name = "me"};
    open_registry(f, &config);
    run_until_state(f, REGISTRY_SYNCED);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 1);
    freeReplyObject(redisCommand(c, "HSET my:module:dice enabled yes"));
    run_until_swaps(f, 2);
    assert_true(module_fields_of(f, "dice")->enabled);
    redisFree(c);
}

static void try_tls(struct fixture *f, const char *host, const char *port, const char *query,
                    enum registry_state wanted)
{
    char uri[256];
    snprintf(uri, sizeof uri, "rediss://%s:%s/0%s", host, port, query);
    const struct registry_config config = {.uri = uri};
    open_registry(f, &config);
    run_until_state(f, wanted);
    if (wanted == REGISTRY_AWAY)
        assert_non_null(strstr(f->reason, "certificate verify failed"));
    close_registry(f);
}

/* The certificate is for localhost, signed by itself. */
static void verifies_the_certificate_over_tls(void **state)
{
    struct fixture *f = *state;
    char port[8];
    char key[96];
    char cert[96];
    char query[128];
    if (!uri_tls_supported())
        skip();
    snprintf(key, sizeof key, "%s/key.pem", f->folder);
    snprintf(cert, sizeof cert, "%s/cert.pem", f->folder);
    snprintf(query, sizeof query, "?ca=%s", cert);
    run_program((const char *const[]){"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                                      "-days", "2", "-subj", "/CN=localhost", "-addext",
                                      "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert,
                                      NULL});
    free_port(port, sizeof port);
    redis_kill(f, SIGKILL);
    redis_start(f,
                (const char *const[]){"--tls-port", port, "--bind", "127.0.0.1", "--tls-cert-file",
                                      cert, "--tls-key-file", key, "--tls-auth-clients", "no",
                                      "--tls-ca-cert-file", cert, NULL});
    f->dns = evdns_base_new(f->base, EVDNS_BASE_INITIALIZE_NAMESERVERS);
    try_tls(f, "localhost", port, query, REGISTRY_SYNCED);
    try_tls(f, "localhost", port, "", REGISTRY_AWAY);
    try_tls(f, "127.0.0.1", port, query, REGISTRY_AWAY);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_empty_redis_gets_a_schema),
        TEST(a_wrong_password_is_told),
        TEST(a_replica_is_refused),
        TEST(a_newer_schema_is_refused),
        TEST(a_schema_that_is_none_is_refused),
        TEST(version_1_is_taken_over),
        TEST(version_1_does_not_come_back),
        TEST(no_redis_at_all),
        TEST(resolves_names_and_counts_databases),
        TEST(verifies_the_certificate_over_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
