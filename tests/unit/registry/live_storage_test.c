#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "registry/storage.h"

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
    assert_true(a.last.no_number);
    storage_set(f->registry, here, "n", "9223372036854775807", 19, on_answer, &a);
    storage_increment(f->registry, here, "n", 1, on_answer, &a);
    a.wanted += 2;
    run_until(f, all_answered, &a, "answers");
    assert_int_equal(a.last.result, REGISTRY_DENIED);
    assert_true(a.last.no_number);
    free(big);

    redis_do(f->socket, "CONFIG SET maxmemory 1");
    storage_set(f->registry, here, "k", "v", 1, on_answer, &a);
    a.wanted++;
    run_until(f, all_answered, &a, "an answer");
    assert_int_equal(a.last.result, REGISTRY_DENIED);
    assert_non_null(strstr(a.text, "OOM"));
    assert_false(a.last.no_number);
    run_for(f, 600); /* longer than the heartbeat's timeout */
    assert_int_equal(f->state, REGISTRY_SYNCED);
    assert_int_equal(registry_stats(f->registry).reconnects, 0);
}

static void a_key_of_the_wrong_type_is_named(void **state)
{
    static const char where[] = "seshet:storage:network:libera:module:seen";
    struct fixture *f = *state;
    struct answers a = {.wanted = 3};
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    redis_do(f->socket, "SET seshet:storage:network:libera:module:seen x");
    redis_do(f->socket, "SET seshet:network:libera:installed x");
    storage_get(f->registry, here, "k", on_answer, &a);
    storage_set(f->registry, here, "k", "v", 1, on_answer, &a);
    storage_keys(f->registry, here, "", 0, on_answer, &a);
    run_until(f, all_answered, &a, "answers");
    assert_int_equal(a.results[REGISTRY_DENIED], 3);
    assert_non_null(strstr(a.text, where));
    assert_non_null(strstr(a.text, "it must be a hash"));
    storage_first(f->registry, here, on_answer, &a);
    a.wanted++;
    run_until(f, all_answered, &a, "an answer");
    assert_non_null(strstr(a.text, "seshet:network:libera:installed has the wrong type: it must be "
                                   "a set"));
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
    a.wanted = 101;
    run_until(f, all_answered, &a, "all answers");
    run_for(f, 20);
    assert_int_equal(a.count, 101);
    assert_int_equal(a.results[REGISTRY_UNSURE], 100);
    storage_set(f->registry, here, "k", "v", 1, on_answer, &a);
    a.wanted = 102;
    run_until(f, all_answered, &a, "a refusal");
    assert_int_equal(a.results[REGISTRY_GONE], 2);
    assert_non_null(strstr(a.text, "away"));
}

/* The line brings an answer byte by byte: alive, but nobody waits for it longer than agreed. */
static void storage_does_not_wait_for_a_slow_line(void **state)
{
    struct fixture *f = *state;
    struct answers a = {0};
    char uri[160];
    char big[3000];
    memset(big, 'x', sizeof big);
    proxy_start(f);
    snprintf(uri, sizeof uri, "unix://%s", f->proxy_socket);
    const struct registry_config config = {.uri = uri, .heartbeat_ms = 50, .timeout_ms = 300};
    open_registry(f, &config);
    run_until_state(f, REGISTRY_SYNCED);
    storage_set(f->registry, shared, "big", big, sizeof big, on_answer, &a);
    a.wanted = 1;
    run_until(f, all_answered, &a, "an answer");
    f->proxy_trickle = 1;
    storage_get(f->registry, shared, "big", on_answer, &a);
    for (int i = 0; i < 10; i++)
        storage_increment(f->registry, shared, "n", 1, on_answer, &a);
    int64_t start = now_us();
    a.wanted = 12;
    run_until(f, all_answered, &a, "refusals");
    assert_true(now_us() - start < 2000000);
    assert_int_equal(a.results[REGISTRY_UNSURE], 11);
    assert_non_null(strstr(a.text, "may or may not be done"));
    assert_int_equal(f->state, REGISTRY_SYNCED);
    f->proxy_trickle = 0;
    storage_increment(f->registry, shared, "n", 1, on_answer, &a);
    a.wanted = 13;
    run_until(f, all_answered, &a, "an answer");
    assert_int_equal(a.count, 13);
    assert_int_equal(a.last.number, 11);
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

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(storage_keeps_values),
        TEST(storage_says_no),
        TEST(a_key_of_the_wrong_type_is_named),
        TEST(storage_answers_once_when_redis_goes),
        TEST(storage_does_not_wait_for_a_slow_line),
        TEST(closing_answers_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
