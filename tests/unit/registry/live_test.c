#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "net/proto/event_type.h"
#include "registry/register.h"
#include "registry/storage.h"
#include "registry/uri.h"

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    fixture_open(f);
    redis_start(f, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    free(*state);
    return 0;
}

static void one_module(struct fixture *f)
{
    redis_do(f->socket, "HSET seshet:meta schema 1");
    redis_do(f->socket, "SADD seshet:modules dice");
    redis_do(f->socket, "HSET seshet:module:dice enabled yes cmd_prefix .");
    redis_do(f->socket, "SADD seshet:module:dice:enicks $me");
}

static void loads_what_is_there(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    redis_do(f->socket, "HSET seshet:network:libera:module:dice enabled no");
    redis_do(f->socket, "SADD seshet:network:libera:module:dice:dchannels #a #b");
    redis_do(f->socket, "SET seshet:storage:x y");
    open_default(f);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 0);
    run_until_state(f, REGISTRY_SYNCED);
    assert_true(module_fields_of(f, "dice")->enabled);
    const struct snapshot *s = registry_snapshot(f->registry);
    const struct module_def *overlay = snapshot_overlay(snapshot_network(s, "libera"), "dice");
    assert_false(overlay->fields.enabled);
    assert_int_equal(overlay->lists[LIST_DCHANNELS]->count, 2);
    assert_int_equal(f->swaps, 1);
    assert_int_equal(registry_stats(f->registry).full_loads, 1);
}

static void an_empty_redis_gets_a_schema(void **state)
{
    struct fixture *f = *state;
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    run_for(f, 20);
    char *schema = redis_get(f->socket, "HGET seshet:meta schema");
    assert_string_equal(schema, "1");
    free(schema);
}

static void an_edit_is_seen_at_once(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redisContext *c = redis_client(f->socket);
    int64_t worst = 0;
    for (unsigned i = 0; i < 200; i++) {
        unsigned before = f->swaps;
        int64_t start = now_us();
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice description edit%u", i));
        run_until_swaps(f, before + 1);
        int64_t took = now_us() - start;
        worst = took > worst ? took : worst;
        char text[32];
        snprintf(text, sizeof text, "edit%u", i);
        assert_string_equal(module_fields_of(f, "dice")->description, text);
    }
    redisFree(c);
    print_message("edit to snapshot, worst of 200: %lld us\n", (long long)worst);
    assert_true(worst < 50000);
}

static bool has_overlay(void *arg)
{
    struct fixture *f = arg;
    const struct snapshot *s = registry_snapshot(f->registry);
    const struct module_def *def = snapshot_overlay(snapshot_network(s, "oftc"), "dice");
    return def && def->lists[LIST_ECHANNELS] && def->fields.cmd_prefix == '?';
}

static bool has_no_overlay(void *arg)
{
    struct fixture *f = arg;
    return !registry_snapshot(f->registry)->nnetworks;
}

static void overlays_come_and_go(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "HSET seshet:network:oftc:module:dice cmd_prefix ?");
    redis_do(f->socket, "SADD seshet:network:oftc:module:dice:echannels #x");
    run_until(f, has_overlay, f, "an overlay");
    redis_do(f->socket, "RENAME seshet:network:oftc:module:dice elsewhere");
    redis_do(f->socket, "PEXPIRE seshet:network:oftc:module:dice:echannels 5");
    run_until(f, has_no_overlay, f, "no overlay");
}

static void a_transaction_is_one_snapshot(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    unsigned before = f->swaps;
    redisContext *c = redis_client(f->socket);
    redisAppendCommand(c, "MULTI");
    for (int i = 0; i < 100; i++) {
        redisAppendCommand(c, "SADD seshet:modules m%d", i);
        redisAppendCommand(c, "HSET seshet:module:m%d enabled yes", i);
    }
    redisAppendCommand(c, "EXEC");
    for (int i = 0; i < 202; i++) {
        void *reply = NULL;
        assert_int_equal(redisGetReply(c, &reply), REDIS_OK);
        freeReplyObject(reply);
    }
    redisFree(c);
    run_until_swaps(f, before + 1);
    run_for(f, 50);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 101);
    assert_true(module_fields_of(f, "m99")->enabled);
    assert_true(f->swaps - before <= 2);
}

static bool is_last(void *arg)
{
    struct fixture *f = arg;
    const struct module_def *def = snapshot_module(registry_snapshot(f->registry), "m0");
    return f->state == REGISTRY_SYNCED && def && !strcmp(def->fields.description, "last");
}

/* Edits go on during the whole load; what stands at the end must be the last one. */
static void an_edit_during_the_load_is_not_missed(void **state)
{
    struct fixture *f = *state;
    redisContext *c = redis_client(f->socket);
    redis_do(f->socket, "HSET seshet:meta schema 1");
    for (int i = 0; i < 500; i++) {
        freeReplyObject(redisCommand(c, "SADD seshet:modules m%d", i));
        freeReplyObject(redisCommand(c, "HSET seshet:module:m%d description d%d", i, i));
    }
    open_default(f);
    for (int i = 0; f->state != REGISTRY_SYNCED; i++) {
        for (int j = 0; j < 5; j++)
            freeReplyObject(redisCommand(c, "HSET seshet:module:m%d description e%d", j, i));
        run_for(f, 0);
        assert_true(i < 100000);
    }
    freeReplyObject(redisCommand(c, "HSET seshet:module:m0 description last"));
    redisFree(c);
    run_until(f, is_last, f, "the last edit");
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 500);
}

static void open_through_proxy(struct fixture *f)
{
    char uri[160];
    proxy_start(f);
    snprintf(uri, sizeof uri, "unix://%s", f->proxy_socket);
    const struct registry_config config = {.uri = uri, .heartbeat_ms = 50, .timeout_ms = 400};
    open_registry(f, &config);
}

struct edit {
    struct fixture *fixture;
    const char *module;
    char text[32];
};

static bool is_edited(void *arg)
{
    struct edit *e = arg;
    return !strcmp(module_fields_of(e->fixture, e->module)->description, e->text);
}

/* The answer to a reading may be older than an edit that is told before the answer comes. */
static void an_edit_during_a_reading_is_not_missed(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redisContext *c = redis_client(f->socket);
    for (int i = 0; i < 400; i++) {
        struct edit last = {.fixture = f, .module = "dice"};
        snprintf(last.text, sizeof last.text, "last%d", i);
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice description first%d", i));
        for (int turns = i % 4; turns; turns--)
            event_base_loop(f->base, EVLOOP_NONBLOCK);
        freeReplyObject(redisCommand(c, "HSET seshet:module:dice description %s", last.text));
        run_until(f, is_edited, &last, "the later one of two edits");
    }
    redisFree(c);
}

/* Changes a hundred definitions as fast as Redis can, from a process of its own. */
static pid_t start_churn(struct fixture *f)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    redisContext *c = redisConnectUnix(f->socket);
    for (int i = 0; getppid() == parent; i++) {
        for (int j = 0; j < 100; j++)
            redisAppendCommand(c, "HSET seshet:module:busy%d description %d", j, i);
        for (int j = 0; j < 100; j++) {
            void *reply = NULL;
            if (redisGetReply(c, &reply))
                _exit(0);
            freeReplyObject(reply);
        }
    }
    _exit(0);
}

/* While others change without pause, and answers take a while, an edit still counts soon. */
static void endless_changes_hold_nobody_back(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    for (int i = 0; i < 100; i++)
        redis_do(f->socket, "SADD seshet:modules busy%d", i);
    f->proxy_delay_ms = 5;
    open_through_proxy(f);
    run_until_state(f, REGISTRY_SYNCED);
    pid_t pid = start_churn(f);
    run_for(f, 100);
    for (int i = 0; i < 20; i++) {
        struct edit edit = {.fixture = f, .module = "dice"};
        snprintf(edit.text, sizeof edit.text, "edited%d", i);
        int64_t start = now_us();
        redis_do(f->socket, "HSET seshet:module:dice description %s", edit.text);
        run_until(f, is_edited, &edit, "an edit among others");
        assert_true(now_us() - start < 500000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    struct edit last = {.fixture = f, .module = "busy0", .text = "at rest"};
    redis_do(f->socket, "HSET seshet:module:busy0 description %s", last.text);
    run_until(f, is_edited, &last, "the last of the changes");
}

static char *status_text;
static struct fixture *status_fixture;
static bool status_is(void *arg)
{
    free(status_text);
    status_text =
        redis_get(status_fixture->socket, "HGET seshet:status:module:dice %s", (const char *)arg);
    return strcmp(status_text, "(nil)") != 0;
}

static bool status_is_not(void *arg)
{
    return !status_is(arg);
}

static void a_wrong_edit_is_told_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    status_fixture = f;
    one_module(f);
    redis_do(f->socket, "HSET seshet:status:module:dice cmd_prefix old");
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    run_until(f, status_is_not, "cmd_prefix", "the old status to go");
    redis_do(f->socket, "HSET seshet:module:dice cmd_prefix !!");
    run_until(f, status_is, "cmd_prefix", "a status");
    assert_non_null(strstr(status_text, "must be one character"));
    assert_int_equal(module_fields_of(f, "dice")->cmd_prefix, '.');
    redis_do(f->socket, "HSET seshet:module:dice cmd_prefix ?");
    run_until(f, status_is_not, "cmd_prefix", "no status");
    assert_int_equal(module_fields_of(f, "dice")->cmd_prefix, '?');

    redis_do(f->socket, "DEL seshet:module:dice:enicks");
    redis_do(f->socket, "SET seshet:module:dice:enicks x");
    run_until(f, status_is, "enicks", "a status of a wrong type");
    assert_non_null(strstr(status_text, "wrong type"));
    redis_do(f->socket, "SADD seshet:module:dice:echanels #a");
    run_until(f, status_is, "echanels", "a status of an unknown list");
    assert_non_null(strstr(status_text, "did you mean echannels?"));
    free(status_text);
    status_text = NULL;
}

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

static void busy_keys_cause_no_reading(void **state)
{
    struct fixture *f = *state;
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    unsigned before = f->swaps;
    uint64_t changes = registry_stats(f->registry).invalidations;
    for (int i = 0; i < 100; i++) {
        redis_do(f->socket, "HSET seshet:storage:module:dice k %d", i);
        redis_do(f->socket, "HSET seshet:status:x k %d", i);
        redis_do(f->socket, "SET seshet:presence:other %d", i);
    }
    run_for(f, 200); /* heartbeats as well */
    assert_int_equal(f->swaps, before);
    assert_int_equal(registry_stats(f->registry).invalidations, changes);
    assert_true(registry_stats(f->registry).heartbeat_age_ms < 150);
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

/* ---- Registration ---- */

static bool done_flag(void *arg)
{
    return *(bool *)arg;
}

static void on_registered(void *arg, enum registry_result result, const char *text)
{
    assert_string_equal(text, "");
    assert_int_equal(result, REGISTRY_OK);
    *(bool *)arg = true;
}

static void register_it(struct fixture *f, const struct registry_module *m, bool enable)
{
    bool done = false;
    registry_register_module(f->registry, m, enable, on_registered, &done);
    assert_false(done);
    run_until(f, done_flag, &done, "the registration");
    run_for(f, 20);
}

static void registration_writes_only_what_is_missing(void **state)
{
    struct fixture *f = *state;
    struct registry_module m = {.name = "dice",
                                .description = "Rolls dice.",
                                .usage = "",
                                .event_types = EVENT_BIT(EVENT_COMMAND)};
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    register_it(f, &m, false);
    const struct module_fields *fields = module_fields_of(f, "dice");
    assert_false(fields->enabled);
    assert_string_equal(fields->description, "Rolls dice.");
    assert_int_equal(fields->event_types, EVENT_BIT(EVENT_COMMAND));
    const struct module_def *def = snapshot_module(registry_snapshot(f->registry), "dice");
    assert_string_equal(def->lists[LIST_ENICKS]->items[0], "$me");

    redis_do(f->socket, "SREM seshet:module:dice:enicks $me");
    redis_do(f->socket, "HSET seshet:module:dice enabled yes description Mine.");
    m.description = "Newer.";
    m.event_types |= EVENT_BIT(EVENT_JOIN);
    register_it(f, &m, false);
    fields = module_fields_of(f, "dice");
    assert_true(fields->enabled);
    assert_string_equal(fields->description, "Mine.");
    assert_int_equal(fields->event_types, m.event_types);
    def = snapshot_module(registry_snapshot(f->registry), "dice");
    assert_null(def->lists[LIST_ENICKS]);

    uint64_t before = registry_stats(f->registry).invalidations;
    register_it(f, &m, true); /* nothing to write, nobody to wake */
    assert_int_equal(registry_stats(f->registry).invalidations, before);
    m.name = "echo";
    register_it(f, &m, true);
    assert_true(module_fields_of(f, "echo")->enabled);
}

/* ---- Storage ---- */

struct answers {
    int count;
    int results[REGISTRY_DENIED + 1];
    struct storage_answer last;
    char value[128];
    char text[256];
    int wanted;
};

static void on_answer(void *arg, const struct storage_answer *answer)
{
    struct answers *a = arg;
    a->count++;
    a->results[answer->result]++;
    a->last = *answer;
    snprintf(a->value, sizeof a->value, "%s", answer->value ? answer->value : "");
    snprintf(a->text, sizeof a->text, "%s", answer->text);
}

static bool all_answered(void *arg)
{
    struct answers *a = arg;
    return a->count >= a->wanted;
}

static const struct storage_place here = {"libera", "seen"};
static const struct storage_place shared = {NULL, "seen"};

static void storage_keeps_values(void **state)
{
    struct fixture *f = *state;
    struct answers a = {0};
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    storage_set(f->registry, here, "alice", "va\0lue", 6, on_answer, &a);
    storage_get(f->registry, here, "alice", on_answer, &a);
    assert_int_equal(a.count, 0); /* never from inside the call */
    a.wanted = 2;
    run_until(f, all_answered, &a, "answers");
    assert_int_equal(a.last.result, REGISTRY_OK);
    assert_int_equal(a.last.value_len, 6);
    char *raw = redis_get(f->socket, "HSTRLEN seshet:storage:network:libera:module:seen alice");
    assert_string_equal(raw, "6");
    free(raw);

    storage_get(f->registry, shared, "alice", on_answer, &a);
    a.wanted++;
    run_until(f, all_answered, &a, "an answer");
    assert_int_equal(a.last.result, REGISTRY_NOT_FOUND);
    storage_increment(f->registry, shared, "n", 5, on_answer, &a);
    storage_increment(f->registry, shared, "n", -2, on_answer, &a);
    a.wanted += 2;
    run_until(f, all_answered, &a, "answers");
    assert_int_equal(a.last.number, 3);
    storage_delete(f->registry, shared, "n", on_answer, &a);
    a.wanted++;
    run_until(f, all_answered, &a, "an answer");
    assert_int_equal(a.last.result, REGISTRY_OK);
    storage_delete(f->registry, shared, "n", on_answer, &a);
    a.wanted++;
    run_until(f, all_answered, &a, "an answer");
    assert_int_equal(a.last.result, REGISTRY_NOT_FOUND);
}

static void storage_says_no(void **state)
{
    struct fixture *f = *state;
    struct answers a = {.wanted = 1};
    char *big = calloc(1, STORAGE_MAX_VALUE + 2);
    memset(big, 'x', STORAGE_MAX_VALUE + 1);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    storage_set(f->registry, here, "k", big, STORAGE_MAX_VALUE + 1, on_answer, &a);
    storage_set(f->registry, here, "", "v", 1, on_answer, &a);
    storage_get(f->registry, (struct storage_place){"a:b", "seen"}, "k", on_answer, &a);
    a.wanted = 3;
    run_until(f, all_answered, &a, "answers");
    assert_int_equal(a.results[REGISTRY_DENIED], 3);
    storage_set(f->registry, here, "k", big, STORAGE_MAX_VALUE, on_answer, &a);
    storage_increment(f->registry, here, "k", 1, on_answer, &a);
    a.wanted += 2;
    run_until(f, all_answered, &a, "answers");
    assert_int_equal(a.last.result, REGISTRY_DENIED);
    assert_non_null(strstr(a.text, "not an integer"));
    free(big);

    redis_do(f->socket, "CONFIG SET maxmemory 1");
    storage_set(f->registry, here, "k", "v", 1, on_answer, &a);
    a.wanted++;
    run_until(f, all_answered, &a, "an answer");
    assert_int_equal(a.last.result, REGISTRY_DENIED);
    assert_non_null(strstr(a.text, "OOM"));
    run_for(f, 600); /* longer than the heartbeat's timeout */
    assert_int_equal(f->state, REGISTRY_SYNCED);
    assert_int_equal(registry_stats(f->registry).reconnects, 0);
}

static void storage_answers_once_when_redis_goes(void **state)
{
    struct fixture *f = *state;
    struct answers a = {.wanted = 1};
    open_default(f);
    storage_set(f->registry, here, "k", "v", 1, on_answer, &a); /* not there yet */
    run_until(f, all_answered, &a, "an answer");
    assert_int_equal(a.last.result, REGISTRY_GONE);
    run_until_state(f, REGISTRY_SYNCED);

    redis_kill(f, SIGSTOP);
    for (int i = 0; i < 100; i++)
        storage_increment(f->registry, here, "n", 1, on_answer, &a);
    redis_kill(f, SIGKILL);
    run_until_state(f, REGISTRY_AWAY);
    run_for(f, 20);
    assert_int_equal(a.count, 101);
    assert_int_equal(a.results[REGISTRY_GONE], 101);
    storage_set(f->registry, here, "k", "v", 1, on_answer, &a);
    a.wanted = 102;
    run_until(f, all_answered, &a, "a refusal");
    assert_non_null(strstr(a.text, "away"));
}

static void on_answer_again(void *arg, const struct storage_answer *answer)
{
    struct fixture *f = arg;
    static struct answers ignored;
    (void)answer;
    f->swaps++;
    storage_get(f->registry, here, "k", on_answer, &ignored);
}

static void closing_answers_everybody(void **state)
{
    struct fixture *f = *state;
    struct answers a = {0};
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    for (int i = 0; i < 10; i++)
        storage_get(f->registry, here, "k", on_answer, &a);
    storage_get(f->registry, (struct storage_place){"", ""}, "k", on_answer, &a);
    unsigned before = f->swaps;
    storage_get(f->registry, here, "k", on_answer_again, f);
    close_registry(f);
    assert_int_equal(a.count, 11);
    assert_int_equal(f->swaps, before + 1);
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
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(loads_what_is_there),
        TEST(an_empty_redis_gets_a_schema),
        TEST(an_edit_is_seen_at_once),
        TEST(overlays_come_and_go),
        TEST(a_transaction_is_one_snapshot),
        TEST(an_edit_during_the_load_is_not_missed),
        TEST(an_edit_during_a_reading_is_not_missed),
        TEST(endless_changes_hold_nobody_back),
        TEST(a_wrong_edit_is_told_and_changes_nothing),
        TEST(a_flush_keeps_the_snapshot),
        TEST(modules_can_be_removed_on_purpose),
        TEST(survives_kill_and_restart),
        TEST(notices_a_stopped_redis),
        TEST(notices_that_nobody_listens),
        TEST(notices_that_changes_are_not_told),
        TEST(survives_a_cut_in_the_middle_of_an_answer),
        TEST(busy_keys_cause_no_reading),
        TEST(a_wrong_password_is_told),
        TEST(a_replica_is_refused),
        TEST(a_newer_schema_is_refused),
        TEST(registration_writes_only_what_is_missing),
        TEST(storage_keeps_values),
        TEST(storage_says_no),
        TEST(storage_answers_once_when_redis_goes),
        TEST(closing_answers_everybody),
        TEST(no_redis_at_all),
        TEST(resolves_names_and_counts_databases),
        TEST(verifies_the_certificate_over_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
