#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS 30000

int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void fixture_open(struct fixture *f)
{
    *f = (struct fixture){0};
    signal(SIGPIPE, SIG_IGN);
    snprintf(f->folder, sizeof f->folder, "/tmp/seshet-registry-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->socket, sizeof f->socket, "%s/r.sock", f->folder);
    f->base = event_base_new();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void proxy_stop(struct fixture *f);

void fixture_close(struct fixture *f)
{
    close_registry(f);
    proxy_stop(f);
    if (f->dns)
        evdns_base_free(f->dns, 0);
    if (f->redis)
        redis_kill(f, SIGKILL);
    event_base_free(f->base);
    nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    fixture_open(f);
    redis_start(f, NULL);
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    fixture_close(*state);
    free(*state);
    return 0;
}

void one_module(struct fixture *f)
{
    redis_do(f->socket, "HSET seshet:meta schema 3 id known");
    redis_do(f->socket, "SADD seshet:modules dice");
    redis_do(f->socket, "HSET seshet:module:dice enabled yes cmd_prefix .");
    redis_do(f->socket, "SADD seshet:module:dice:enicks $me");
}

/* ---- redis-server ---- */

void redis_start(struct fixture *f, const char *const *arguments)
{
    const char *argv[32] = {"redis-server", "--port", "0",      "--unixsocket",
                            f->socket,      "--save", "",       "--loglevel",
                            "warning",      "--dir",  f->folder};
    int n = 11;
    for (; arguments && *arguments; arguments++)
        argv[n++] = *arguments;
    unlink(f->socket);
    pid_t parent = getpid();
    f->redis = fork();
    if (!f->redis) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent && freopen("/dev/null", "w", stdout))
            execvp(argv[0], (char **)argv);
        _exit(127);
    }
    assert_true(f->redis > 0);
    for (int64_t end = now_us() + DEADLINE_MS * 1000; now_us() < end; usleep(1000)) {
        redisContext *c = redisConnectUnix(f->socket);
        bool up = c && !c->err;
        redisReply *reply = up ? redisCommand(c, "PING") : NULL;
        up = reply && (reply->type == REDIS_REPLY_STATUS || !strncmp(reply->str, "NOAUTH", 6));
        if (reply)
            freeReplyObject(reply);
        if (c)
            redisFree(c);
        if (up)
            return;
    }
    fail_msg("redis-server does not start");
}

void redis_kill(struct fixture *f, int sig)
{
    kill(f->redis, sig);
    if (sig != SIGKILL && sig != SIGTERM)
        return;
    waitpid(f->redis, NULL, 0);
    f->redis = 0;
}

void run_program(const char *const *argv)
{
    int status = -1;
    pid_t pid = fork();
    if (!pid) {
        if (freopen("/dev/null", "w", stderr))
            execvp(argv[0], (char **)argv);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

redisContext *redis_client(const char *socket)
{
    redisContext *c = redisConnectUnix(socket);
    if (!c || c->err)
        fail_msg("%s: %s", socket, c ? c->errstr : "no memory");
    return c;
}

static redisReply *one_command(const char *socket, const char *format, va_list ap)
{
    redisContext *c = redis_client(socket);
    redisReply *reply = redisvCommand(c, format, ap);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", format, reply ? reply->str : c->errstr);
    redisFree(c);
    return reply;
}

void redis_do(const char *socket, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    freeReplyObject(one_command(socket, format, ap));
    va_end(ap);
}

char *redis_get(const char *socket, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    redisReply *reply = one_command(socket, format, ap);
    va_end(ap);
    char *text = NULL;
    if (reply->type == REDIS_REPLY_ARRAY)
        text = strdup(reply->element[1]->str);
    else if (reply->type == REDIS_REPLY_INTEGER)
        assert_true(asprintf(&text, "%lld", reply->integer) > 0);
    else
        text = strdup(reply->type == REDIS_REPLY_NIL ? "(nil)" : reply->str);
    freeReplyObject(reply);
    return text;
}

/* ---- Proxy ---- */

struct proxied {
    struct proxied *next;
    struct fixture *fixture;
    struct bufferevent *client;
    struct bufferevent *server;
    struct event *trickle;
    bool subscribed;
};

static void proxied_free(struct proxied *p)
{
    struct proxied **link = &p->fixture->proxied;
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    event_free(p->trickle);
    bufferevent_free(p->client);
    bufferevent_free(p->server);
    free(p);
}

static void proxy_stop(struct fixture *f)
{
    while (f->proxied)
        proxied_free(f->proxied);
    if (f->proxy)
        evconnlistener_free(f->proxy);
}

static void from_client(struct bufferevent *bev, void *arg)
{
    struct proxied *p = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    if (evbuffer_search(in, "SUBSCRIBE", 9, NULL).pos >= 0)
        p->subscribed = true;
    evbuffer_add_buffer(bufferevent_get_output(p->server), in);
}

static void from_server(struct bufferevent *bev, void *arg)
{
    struct proxied *p = arg;
    struct fixture *f = p->fixture;
    struct evbuffer *in = bufferevent_get_input(bev);
    long len = (long)evbuffer_get_length(in);
    if (f->proxy_deaf && p->subscribed) {
        evbuffer_drain(in, (size_t)len);
    } else if (f->proxy_trickle) {
        static const struct timeval later = {0, 1000};
        evbuffer_remove_buffer(in, bufferevent_get_output(p->client), (size_t)f->proxy_trickle);
        event_add(p->trickle, &later);
    } else if (f->proxy_late_ms) {
        const struct timeval later = {0, f->proxy_late_ms * 1000};
        if (!event_pending(p->trickle, EV_TIMEOUT, NULL))
            event_add(p->trickle, &later);
    } else if (f->proxy_cut > 0 && len >= f->proxy_cut) {
        char part[4096];
        int n = evbuffer_remove(in, part, f->proxy_cut < 4096 ? (size_t)f->proxy_cut : 4096);
        send(bufferevent_getfd(p->client), part, (size_t)n, MSG_NOSIGNAL);
        while (f->proxied)
            proxied_free(f->proxied);
    } else {
        f->proxy_cut -= f->proxy_cut ? len : 0;
        evbuffer_add_buffer(bufferevent_get_output(p->client), in);
    }
}

static void on_trickle(evutil_socket_t fd, short what, void *arg)
{
    struct proxied *p = arg;
    (void)fd;
    (void)what;
    struct evbuffer *in = bufferevent_get_input(p->server);
    if (p->fixture->proxy_late_ms)
        evbuffer_add_buffer(bufferevent_get_output(p->client), in);
    else if (evbuffer_get_length(in))
        from_server(p->server, p);
}

static void proxied_ended(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        proxied_free(arg);
}

static void proxy_accept(struct evconnlistener *listener, evutil_socket_t fd,
                         struct sockaddr *address, int len, void *arg)
{
    (void)listener;
    (void)address;
    (void)len;
    struct fixture *f = arg;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct proxied *p = calloc(1, sizeof *p);
    snprintf(un.sun_path, sizeof un.sun_path, "%s", f->socket);
    p->fixture = f;
    p->next = f->proxied;
    f->proxied = p;
    p->trickle = evtimer_new(f->base, on_trickle, p);
    p->client = bufferevent_socket_new(f->base, fd, BEV_OPT_CLOSE_ON_FREE);
    p->server = bufferevent_socket_new(f->base, -1, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(p->client, from_client, NULL, proxied_ended, p);
    bufferevent_setcb(p->server, from_server, NULL, proxied_ended, p);
    bufferevent_enable(p->client, EV_READ | EV_WRITE);
    bufferevent_enable(p->server, EV_READ | EV_WRITE);
    bufferevent_socket_connect(p->server, (struct sockaddr *)&un, sizeof un);
}

void proxy_start(struct fixture *f)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    snprintf(f->proxy_socket, sizeof f->proxy_socket, "%s/p.sock", f->folder);
    snprintf(un.sun_path, sizeof un.sun_path, "%s", f->proxy_socket);
    f->proxy = evconnlistener_new_bind(f->base, proxy_accept, f, LEV_OPT_CLOSE_ON_FREE, -1,
                                       (struct sockaddr *)&un, sizeof un);
    assert_non_null(f->proxy);
}

/* ---- The registry under test ---- */

static void on_snapshot(void *arg)
{
    struct fixture *f = arg;
    f->swaps++;
    if (f->watch)
        f->watch(f);
}

static void on_state(void *arg, enum registry_state state, const char *reason)
{
    struct fixture *f = arg;
    f->state = state;
    snprintf(f->reason, sizeof f->reason, "%s", reason);
}

void open_registry(struct fixture *f, const struct registry_config *config)
{
    const struct registry_env env = {.base = f->base, .dns = f->dns, .clock = &clock_system};
    const struct registry_callbacks callbacks = {
        .on_snapshot = on_snapshot, .on_state = on_state, .arg = f};
    char why[REGISTRY_WHY_SIZE] = "";
    f->swaps = 0;
    f->state = REGISTRY_STARTING;
    f->registry = registry_open(&env, config, &callbacks, why, sizeof why);
    if (!f->registry)
        fail_msg("%s", why);
}

void open_default(struct fixture *f)
{
    char uri[128];
    snprintf(uri, sizeof uri, "unix://%s", f->socket);
    const struct registry_config config = {.uri = uri, .heartbeat_ms = 50, .timeout_ms = 400};
    open_registry(f, &config);
}

void close_registry(struct fixture *f)
{
    registry_close(f->registry);
    f->registry = NULL;
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    *(bool *)arg = true;
}

void run_until(struct fixture *f, bool (*done)(void *arg), void *arg, const char *what)
{
    bool late = false;
    struct event *deadline = event_new(f->base, -1, 0, on_deadline, &late);
    struct timeval tv = {DEADLINE_MS / 1000, 0};
    event_add(deadline, &tv);
    while (!done(arg) && !late)
        event_base_loop(f->base, EVLOOP_ONCE);
    event_free(deadline);
    if (late)
        fail_msg("waited in vain for %s; the registry is %s: %s", what,
                 registry_state_name(f->state), f->reason);
}

struct wanted {
    struct fixture *fixture;
    enum registry_state state;
    unsigned swaps;
};

static bool state_is(void *arg)
{
    struct wanted *w = arg;
    return w->fixture->state == w->state;
}

void run_until_state(struct fixture *f, enum registry_state state)
{
    struct wanted w = {.fixture = f, .state = state};
    run_until(f, state_is, &w, registry_state_name(state));
}

static bool has_swaps(void *arg)
{
    struct wanted *w = arg;
    return w->fixture->swaps >= w->swaps;
}

void run_until_swaps(struct fixture *f, unsigned swaps)
{
    struct wanted w = {.fixture = f, .swaps = swaps};
    run_until(f, has_swaps, &w, "a snapshot");
}

struct wanted_answer {
    struct fixture *fixture;
    const char *key;
    const char *field;
    const char *part;
};

static bool answer_has(void *arg)
{
    const struct wanted_answer *w = arg;
    char *answer = redis_get(w->fixture->socket, "HGET %s %s", w->key, w->field);
    bool has = strstr(answer, w->part) != NULL;
    free(answer);
    return has;
}

void run_until_redis(struct fixture *f, const char *key, const char *field, const char *part)
{
    struct wanted_answer wanted = {f, key, field, part};
    run_until(f, answer_has, &wanted, part);
}

static bool fence_is_there(void *arg)
{
    const struct ignore_list *list = registry_snapshot(((struct fixture *)arg)->registry)->ignores;
    for (size_t i = 0; list && i < list->count; i++)
        if (!strcmp(list->items[i].mask, "fence!*@fence.invalid"))
            return true;
    return false;
}

static bool fence_is_gone(void *arg)
{
    return !fence_is_there(arg);
}

/* Edits are heard in their order, and these are the last. */
void run_until_followed(struct fixture *f)
{
    redis_do(f->socket, "HSET seshet:ignores fence!*@fence.invalid 0");
    run_until(f, fence_is_there, f, "what was written");
    redis_do(f->socket, "HDEL seshet:ignores fence!*@fence.invalid");
    run_until(f, fence_is_gone, f, "what was written");
}

void run_for(struct fixture *f, int ms)
{
    struct timeval tv = {ms / 1000, (ms % 1000) * 1000};
    event_base_loopexit(f->base, &tv);
    event_base_dispatch(f->base);
}

const struct module_fields *module_fields_of(struct fixture *f, const char *module)
{
    const struct module_def *def = snapshot_module(registry_snapshot(f->registry), module);
    if (!def)
        fail_msg("no module %s in the snapshot", module);
    return &def->fields;
}
