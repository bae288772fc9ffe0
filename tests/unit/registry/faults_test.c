#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/dns.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "registry/uri.h"

static void a_flush_keeps_the_snapshot(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "FLUSHALL");
    run_until_state(f, REGISTRY_EMPTIED);
    assert_non_null(strstr(f->reason, "HSET seshet:meta schema 1"));
    assert_true(module_fields_of(f, "dice")->enabled);
    /* Nothing may look like a decision of the server's own. */
    run_for(f, 120);
    char *count = redis_get(f->socket, "EXISTS seshet:meta seshet:modules");
    assert_string_equal(count, "0");
    free(count);
    assert_int_equal(f->state, REGISTRY_EMPTIED);

    redis_do(f->socket, "HSET seshet:meta schema 1");
    run_until_state(f, REGISTRY_SYNCED);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 0);
}

static void modules_can_be_removed_on_purpose(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "DEL seshet:modules");
    run_until_swaps(f, 2);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 0);
    assert_int_equal(f->state, REGISTRY_SYNCED);
}

static void survives_kill_and_restart(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_kill(f, SIGKILL);
    run_until_state(f, REGISTRY_AWAY);
    assert_true(module_fields_of(f, "dice")->enabled);
    assert_true(f->reason[0] != '\0');

    redis_start(f, NULL); /* without its data */
    run_until_state(f, REGISTRY_EMPTIED);
    assert_true(module_fields_of(f, "dice")->enabled);
    one_module(f);
    redis_do(f->socket, "HSET seshet:module:dice description back");
    run_until_state(f, REGISTRY_SYNCED);
    while (strcmp(module_fields_of(f, "dice")->description, "back") != 0)
        run_until_swaps(f, f->swaps + 1);
    assert_int_equal(registry_stats(f->registry).reconnects, 1);
}

static void notices_a_stopped_redis(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    int64_t start = now_us();
    redis_kill(f, SIGSTOP);
    run_until_state(f, REGISTRY_AWAY);
    assert_true(now_us() - start < 2000000);
    assert_non_null(strstr(f->reason, "in time"));
    redis_kill(f, SIGCONT);
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);
}

/* If the connection that hears changes dies alone, Redis tells the other nothing. */
static void notices_that_nobody_listens(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "CLIENT KILL TYPE pubsub");
    run_until_state(f, REGISTRY_AWAY);
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);
}

/* Both connections live, but changes are lost on the way: only the heartbeat tells. */
static void notices_that_changes_are_not_told(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_through_proxy(f);
    run_until_state(f, REGISTRY_SYNCED);
    f->proxy_deaf = true;
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_until_state(f, REGISTRY_AWAY);
    assert_non_null(strstr(f->reason, "heartbeat"));
    f->proxy_deaf = false;
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);
}

static void survives_a_cut_in_the_middle_of_an_answer(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    for (int i = 0; i < 200; i++)
        redis_do(f->socket, "SADD seshet:modules module-with-a-long-name-%d", i);
    open_through_proxy(f);
    for (long cut = 1; cut < 20000; cut = cut * 3 / 2 + 1) {
        f->proxy_cut = cut; /* bytes from Redis until both connections are closed */
        run_until_state(f, REGISTRY_AWAY);
    }
    f->proxy_cut = 0;
    run_until_state(f, REGISTRY_SYNCED);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 201);
    assert_true(module_fields_of(f, "dice")->enabled);
}

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

static void a_newer_schema_is_refused(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "HSET seshet:meta schema 2");
    run_until_state(f, REGISTRY_REFUSED);
    assert_non_null(strstr(f->reason, "schema \"2\""));
    redis_do(f->socket, "HSET seshet:module:dice enabled no");
    run_for(f, 20);
    assert_true(module_fields_of(f, "dice")->enabled);
    redis_do(f->socket, "HSET seshet:meta schema 1");
    run_until_state(f, REGISTRY_SYNCED);
    assert_false(module_fields_of(f, "dice")->enabled);
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
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, redis_setup, redis_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_flush_keeps_the_snapshot),
        TEST(modules_can_be_removed_on_purpose),
        TEST(survives_kill_and_restart),
        TEST(notices_a_stopped_redis),
        TEST(notices_that_nobody_listens),
        TEST(notices_that_changes_are_not_told),
        TEST(survives_a_cut_in_the_middle_of_an_answer),
        TEST(a_wrong_password_is_told),
        TEST(a_replica_is_refused),
        TEST(a_newer_schema_is_refused),
        TEST(no_redis_at_all),
        TEST(resolves_names_and_counts_databases),
        TEST(verifies_the_certificate_over_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
