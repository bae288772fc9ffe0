#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "registry/commands.h"
#include "registry/storage.h"

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    fixture_open(f);
    snprintf(f->socket, sizeof f->socket, "%s/state/redis.sock", f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    free(*state);
    return 0;
}

static struct registry_config config(struct fixture *f, char *dir, size_t size)
{
    snprintf(dir, size, "%s/state", f->folder);
    return (struct registry_config){
        .uri = "embedded", .state_dir = dir, .heartbeat_ms = 50, .timeout_ms = 1000};
}

static void open_embedded(struct fixture *f)
{
    char dir[128];
    const struct registry_config c = config(f, dir, sizeof dir);
    open_registry(f, &c);
    run_until_state(f, REGISTRY_SYNCED);
}

static pid_t redis_pid(struct fixture *f)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    redisContext *c = redis_client(f->socket);
    assert_int_equal(getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len), 0);
    redisFree(c);
    return peer.pid;
}

static void is_a_private_redis(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    int64_t start = now_us();
    open_embedded(f);
    print_message("embedded, from nothing to synced: %lld ms\n",
                  (long long)(now_us() - start) / 1000);
    assert_int_equal(stat(f->socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    static const char *const settings[][2] = {{"appendonly", "yes"},
                                              {"appendfsync", "always"},
                                              {"port", "0"},
                                              {"save", ""},
                                              {"databases", "1"}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        char *value = redis_get(f->socket, "CONFIG GET %s", settings[i][0]);
        assert_string_equal(value, settings[i][1]);
        free(value);
    }
    assert_int_not_equal(getpgid(redis_pid(f)), getpgid(0));
}

static void keeps_its_data_and_ends_with_us(void **state)
{
    struct fixture *f = *state;
    open_embedded(f);
    redis_do(f->socket, "SADD seshet:modules dice");
    redis_do(f->socket, "HSET seshet:module:dice enabled yes");
    pid_t pid = redis_pid(f);
    close_registry(f);
    assert_int_equal(kill(pid, 0), -1);
    open_embedded(f);
    assert_true(module_fields_of(f, "dice")->enabled);
}

static bool says_signal(void *arg)
{
    struct fixture *f = arg;
    return strstr(f->reason, "signal 9") != NULL;
}

static void comes_back_after_a_kill(void **state)
{
    struct fixture *f = *state;
    open_embedded(f);
    redis_do(f->socket, "SADD seshet:modules dice");
    run_until_swaps(f, 1);
    pid_t before = redis_pid(f);
    redis_do(f->socket, "SADD seshet:modules echo");
    kill(before, SIGKILL); /* what was answered is on the disk */
    run_until(f, says_signal, f, "the reason");
    assert_int_equal(f->state, REGISTRY_AWAY);
    run_until_state(f, REGISTRY_SYNCED);
    assert_int_not_equal(redis_pid(f), before);
    assert_int_equal(registry_snapshot(f->registry)->nmodules, 2);
    assert_string_equal(f->reason, "");
}

static bool has_ended(void *arg)
{
    return kill(*(pid_t *)arg, 0) != 0;
}

struct told {
    bool told;
    enum registry_result result;
};

static void on_stored(void *arg, enum registry_result result, const redisReply *reply,
                      const char *text)
{
    (void)reply;
    (void)text;
    *(struct told *)arg = (struct told){.told = true, .result = result};
}

static bool is_told(void *arg)
{
    return ((struct told *)arg)->told;
}

static void ends_when_the_server_begins_to(void **state)
{
    struct fixture *f = *state;
    struct told stored = {0};
    struct told late = {0};
    const char *argv[] = {"SET", "before", "the end"};
    open_embedded(f);
    pid_t pid = redis_pid(f);
    registry_command(f->registry, on_stored, &stored, 3, argv, NULL);
    registry_stop_begin(f->registry);
    registry_command(f->registry, on_stored, &late, 3, argv, NULL);
    run_until(f, is_told, &stored, "the answer");
    assert_int_equal(stored.result, REGISTRY_OK);
    run_until(f, has_ended, &pid, "the end of redis-server");
    assert_true(late.told && late.result == REGISTRY_GONE);
    /* Nobody is alarmed, and it is not started again. */
    run_for(f, 200);
    assert_int_equal(f->state, REGISTRY_SYNCED);
    redisContext *c = redisConnectUnix(f->socket);
    assert_true(c && c->err);
    redisFree(c);
    close_registry(f);
    open_embedded(f);
    char *value = redis_get(f->socket, "GET before");
    assert_string_equal(value, "the end");
    free(value);
}

static void a_hanging_one_is_killed_in_time(void **state)
{
    struct fixture *f = *state;
    struct told stored = {0};
    const char *argv[] = {"SET", "not", "answered"};
    open_embedded(f);
    pid_t pid = redis_pid(f);
    kill(pid, SIGSTOP);
    registry_command(f->registry, on_stored, &stored, 3, argv, NULL);
    registry_stop_begin(f->registry);
    run_for(f, 800);
    int64_t before = now_us();
    close_registry(f);
    assert_in_range(now_us() - before, 0, 5000000);
    assert_true(has_ended(&pid));
    /* And without a beginning. */
    open_embedded(f);
    pid = redis_pid(f);
    kill(pid, SIGSTOP);
    before = now_us();
    close_registry(f);
    assert_in_range(now_us() - before, 900000, 6000000);
    assert_true(has_ended(&pid));
}

/* A server that was killed leaves a Redis that still holds the socket. */
static void a_left_over_one_is_stopped(void **state)
{
    struct fixture *f = *state;
    open_embedded(f);
    close_registry(f);
    redis_start(f, NULL); /* nobody's child that we know of, on our socket */
    redis_do(f->socket, "SET left over");
    pid_t left = f->redis;
    open_embedded(f);
    assert_int_not_equal(redis_pid(f), left);
    assert_int_equal(waitpid(left, NULL, 0), left);
    f->redis = 0;
}

static void two_servers_cannot_share_a_folder(void **state)
{
    struct fixture *f = *state;
    char dir[128];
    char why[REGISTRY_WHY_SIZE] = "";
    open_embedded(f);
    const struct registry_config c = config(f, dir, sizeof dir);
    const struct registry_env env = {.base = f->base, .clock = &clock_system};
    const struct registry_callbacks none = {0};
    assert_null(registry_open(&env, &c, &none, why, sizeof why));
    assert_non_null(strstr(why, "another seshetd"));
}

static void says_what_is_missing(void **state)
{
    struct fixture *f = *state;
    char dir[256];
    char why[REGISTRY_WHY_SIZE] = "";
    struct registry_config c = config(f, dir, sizeof dir);
    const struct registry_env env = {.base = f->base, .clock = &clock_system};
    const struct registry_callbacks none = {0};

    const char *old = getenv("PATH");
    char *path = strdup(old ? old : "/usr/bin");
    setenv("PATH", "/nonexistent", 1);
    assert_null(registry_open(&env, &c, &none, why, sizeof why));
    setenv("PATH", path, 1);
    free(path);
    assert_non_null(strstr(why, "apt install redis-server"));

    snprintf(dir, sizeof dir, "%s/%0100d", f->folder, 7);
    assert_null(registry_open(&env, &c, &none, why, sizeof why));
    assert_non_null(strstr(why, "too long"));

    c.state_dir = "/proc/nowhere";
    assert_null(registry_open(&env, &c, &none, why, sizeof why));
    assert_non_null(strstr(why, "cannot create the folder /proc/nowhere"));
    c.state_dir = NULL;
    assert_null(registry_open(&env, &c, &none, why, sizeof why));
    assert_non_null(strstr(why, "state_dir"));
    c.uri = "redis:/x";
    assert_null(registry_open(&env, &c, &none, why, sizeof why));
    c.uri = "redis://127.0.0.1";
    c.prefix = "a b";
    assert_null(registry_open(&env, &c, &none, why, sizeof why));
    assert_non_null(strstr(why, "prefix"));
}

/* The server is killed: nobody is left to stop its Redis. */
static void dies_with_the_server(void **state)
{
    struct fixture *f = *state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t server = fork();
    if (!server) {
        struct fixture own = *f;
        own.base = event_base_new();
        open_embedded(&own);
        pid_t pid = redis_pid(&own);
        (void)!write(fds[1], &pid, sizeof pid);
        pause();
        _exit(0);
    }
    pid_t redis = 0;
    assert_int_equal(read(fds[0], &redis, sizeof redis), sizeof redis);
    close(fds[0]);
    close(fds[1]);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    for (int64_t end = now_us() + 20000000; !kill(redis, 0) && now_us() < end; usleep(1000))
        ;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)redis);
    char target[256];
    assert_true(readlink(path, target, sizeof target) < 0); /* gone, or nobody reaps it here */
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(is_a_private_redis),
        TEST(keeps_its_data_and_ends_with_us),
        TEST(comes_back_after_a_kill),
        TEST(ends_when_the_server_begins_to),
        TEST(a_hanging_one_is_killed_in_time),
        TEST(a_left_over_one_is_stopped),
        TEST(two_servers_cannot_share_a_folder),
        TEST(says_what_is_missing),
        TEST(dies_with_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
