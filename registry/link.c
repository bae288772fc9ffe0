#include "registry/link.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/keys.h"

#define CHANNEL          "__redis__:invalidate"
#define FIRST_BACKOFF_MS 20
#define MAX_REASON       256

enum link_state {
    LINK_WAITING,   /* for the backoff to pass */
    LINK_RESOLVING, /* the host's name */
    LINK_OPENING,   /* connected or about to be; handshake */
    LINK_READY,
    LINK_FAILING /* will be torn down on the loop's next turn */
};
static const char *const state_names[] = {"waiting", "resolving", "opening", "ready", "failing"};

/* Outlives a link that is closed while evdns still works. */
struct resolving {
    struct link *link;
};

struct link {
    struct registry_env env;
    struct link_config config;
    struct link_callbacks callbacks;
    enum link_state state;
    struct redis_conn *listener; /* hears invalidations */
    struct redis_conn *talker;   /* runs commands */
    bool listening;
    bool talking;
    long long listener_id;
    struct resolving *resolving;
    struct evdns_getaddrinfo_request *dns_request;
    struct backoff backoff;
    unsigned attempts;
    struct event *retry;
    struct event *tick;
    struct event *fail;
    bool refused;
    char reason[MAX_REASON];
    char *presence_key; /* with the prefix */
    int64_t opened_ms;
    int64_t beat_done_ms; /* when Redis did the first write that has no echo; -1: none */
    int64_t beat_heard_ms;
    bool beat_echoed;              /* the last one sent */
    int64_t beat_sent;             /* the number that the last one wrote */
    int64_t beat_answered;         /* of the last one that was answered */
    int64_t beat_kept;             /* which must stand in the key; 0: none */
    char beat_refused[MAX_REASON]; /* why Redis refuses to write; "": it does not */
};

static void set_state(struct link *l, enum link_state state)
{
    if (state == l->state)
        return;
    log_debug("registry.link", LOG_NOBODY, "%s -> %s", state_names[l->state], state_names[state]);
    l->state = state;
}

void link_fail(struct link *l, bool refused, const char *reason)
{
    if (l->state == LINK_FAILING || l->state == LINK_WAITING)
        return;
    l->refused = refused;
    str_copy(l->reason, sizeof l->reason, reason);
    set_state(l, LINK_FAILING);
    event_active(l->fail, EV_TIMEOUT, 0);
}

static void wait_before_retry(struct link *l)
{
    uint32_t ms = backoff_next(&l->backoff);
    struct timeval tv = {ms / 1000, (ms % 1000) * 1000};
    set_state(l, LINK_WAITING);
    event_add(l->retry, &tv);
}

static void tear_down(struct link *l)
{
    if (l->resolving)
        l->resolving->link = NULL;
    if (l->dns_request)
        evdns_getaddrinfo_cancel(l->dns_request);
    l->resolving = NULL;
    l->dns_request = NULL;
    redis_conn_free(l->listener);
    redis_conn_free(l->talker);
    l->listener = NULL;
    l->talker = NULL;
}

static void on_fail(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct link *l = arg;
    tear_down(l);
    wait_before_retry(l);
    l->callbacks.on_lost(l->callbacks.arg, l->refused, l->reason);
}

/* ---- Handshake ---- */

static void on_conn_down(void *arg, const char *reason)
{
    struct link *l = arg;
    char text[MAX_REASON];
    char where[128];
    snprintf(text, sizeof text, "%s: %s", uri_describe(l->config.uri, where, sizeof where), reason);
    link_fail(l, false, text);
}

static bool begins(const char *text, const char *word)
{
    return !strncmp(text, word, strlen(word));
}

/* Errors that mean this server cannot serve us, whatever the command was. */
static void on_conn_error(void *arg, const char *text)
{
    struct link *l = arg;
    char reason[MAX_REASON];
    snprintf(reason, sizeof reason, "Redis says: %.200s", text);
    if (begins(text, "READONLY"))
        link_fail(l, true, "Redis is a read-only replica now; looking for the master again");
    else if (begins(text, "LOADING") || begins(text, "MASTERDOWN"))
        link_fail(l, false, reason);
    else if (begins(text, "NOAUTH"))
        link_fail(l, true,
                  "Redis wants a password: give it in registry.uri, by file or by environment");
}

/* true when the step went well; else the link fails, and says what Redis said. */
static bool step_ok(struct link *l, const redisReply *reply, const char *step)
{
    if (!reply || l->state != LINK_OPENING)
        return false;
    if (reply->type != REDIS_REPLY_ERROR)
        return true;
    char text[MAX_REASON];
    snprintf(text, sizeof text, "Redis refused %s: %.160s", step, reply->str);
    link_fail(l, true, text);
    return false;
}

static void send_heartbeat(struct link *l);

static void on_tracking(void *arg, const redisReply *reply)
{
    struct link *l = arg;
    if (!step_ok(l, reply, "CLIENT TRACKING (needs Redis 6 or newer)"))
        return;
    set_state(l, LINK_READY);
    l->beat_done_ms = -1;
    l->beat_answered = l->beat_sent;
    l->beat_kept = 0;
    l->beat_refused[0] = '\0';
    send_heartbeat(l);
    l->callbacks.on_ready(l->callbacks.arg);
}

static void start_tracking(struct link *l)
{
    if (!l->listening || !l->talking || l->state != LINK_OPENING)
        return;
    /* What keys begin with: "module" also means "modules", "user" also "users". */
    static const char *const begins[] = {"meta", "module", "network:",  "ignores",
                                         "user", "policy", "auth_group"};
    enum { COUNT = sizeof begins / sizeof *begins, FIXED = 6 };
    char id[24];
    char prefixes[COUNT][KEY_MAX_PREFIX + 16];
    const char *argv[FIXED + 2 * (COUNT + 1)] = {"CLIENT",   "TRACKING", "ON",
                                                 "REDIRECT", id,         "BCAST"};
    snprintf(id, sizeof id, "%lld", l->listener_id);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(prefixes[i], sizeof prefixes[i], "%s%s", l->config.prefix, begins[i]);
        argv[FIXED + 2 * i] = "PREFIX";
        argv[FIXED + 2 * i + 1] = prefixes[i];
    }
    argv[FIXED + 2 * COUNT] = "PREFIX";
    argv[FIXED + 2 * COUNT + 1] = l->presence_key;
    redis_conn_command(l->talker, on_tracking, l, sizeof argv / sizeof *argv, argv, NULL);
}

static void on_auth(void *arg, const redisReply *reply)
{
    step_ok(arg, reply, "user and password");
}

static void on_setname(void *arg, const redisReply *reply)
{
    step_ok(arg, reply, "CLIENT SETNAME");
}

static void on_select(void *arg, const redisReply *reply)
{
    step_ok(arg, reply, "the database");
}

static void on_role(void *arg, const redisReply *reply)
{
    struct link *l = arg;
    if (!step_ok(l, reply, "ROLE"))
        return;
    const char *role = reply->type == REDIS_REPLY_ARRAY && reply->elements &&
                               reply->element[0]->type == REDIS_REPLY_STRING
                           ? reply->element[0]->str
                           : "unknown";
    if (strcmp(role, "master") != 0) {
        char text[MAX_REASON];
        bool replica = !strcmp(role, "slave") && reply->elements >= 3 &&
                       reply->element[1]->type == REDIS_REPLY_STRING;
        snprintf(text, sizeof text,
                 "Redis is no master but a %.20s%s%.100s; use the master's address",
                 replica ? "replica" : role, replica ? " of " : "",
                 replica ? reply->element[1]->str : "");
        link_fail(l, true, text);
        return;
    }
    l->talking = true;
    start_tracking(l);
}

static void changed(struct link *l, const redisReply *key)
{
    size_t prefix = strlen(l->config.prefix);
    if (key->type != REDIS_REPLY_STRING || strlen(key->str) != key->len)
        return;
    if (!strcmp(key->str, l->presence_key)) {
        l->beat_done_ms = -1;
        l->beat_echoed = true;
        l->beat_heard_ms = clock_now(l->env.clock);
    } else if (!strncmp(key->str, l->config.prefix, prefix)) {
        l->callbacks.on_changed(l->callbacks.arg, key->str + prefix);
    }
}

static void on_message(void *arg, const redisReply *reply)
{
    struct link *l = arg;
    if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return;
    const redisReply *what = reply->element[2];
    if (what->type == REDIS_REPLY_INTEGER) { /* SUBSCRIBE is confirmed */
        l->listening = true;
        start_tracking(l);
    } else if (l->state != LINK_READY) {
        return;
    } else if (what->type == REDIS_REPLY_NIL) {
        l->callbacks.on_changed(l->callbacks.arg, NULL);
    } else if (what->type == REDIS_REPLY_ARRAY) {
        for (size_t i = 0; i < what->elements && l->state == LINK_READY; i++)
            changed(l, what->element[i]);
    }
}

static void on_client_id(void *arg, const redisReply *reply)
{
    struct link *l = arg;
    if (!step_ok(l, reply, "CLIENT ID"))
        return;
    l->listener_id = reply->integer;
    redis_conn_subscribe(l->listener, CHANNEL, on_message, l);
}

static void authenticate(struct link *l, struct redis_conn *c)
{
    const struct registry_uri *uri = l->config.uri;
    const char *with_user[] = {"AUTH", uri->username, uri->password};
    const char *without[] = {"AUTH", uri->password};
    if (!uri->password)
        return;
    if (uri->username)
        redis_conn_command(c, on_auth, l, 3, with_user, NULL);
    else
        redis_conn_command(c, on_auth, l, 2, without, NULL);
}

/* Commands are answered in order, so all steps that need no answer are sent at once. */
static void open_connections(struct link *l, const char *address)
{
    const struct redis_conn_callbacks callbacks = {on_conn_error, on_conn_down, l};
    const char *role[] = {"ROLE"};
    const char *setname[] = {"CLIENT", "SETNAME", l->config.client_name};
    const char *client_id[] = {"CLIENT", "ID"};
    char db[16];
    snprintf(db, sizeof db, "%d", l->config.uri->db);
    const char *select_db[] = {"SELECT", db};
    l->listening = false;
    l->talking = false;
    l->opened_ms = clock_now(l->env.clock);
    l->attempts++;
    set_state(l, LINK_OPENING);
    l->talker = redis_conn_open(l->env.base, l->env.clock, l->config.uri, l->config.tls, address,
                                &callbacks);
    l->listener = redis_conn_open(l->env.base, l->env.clock, l->config.uri, l->config.tls, address,
                                  &callbacks);
    authenticate(l, l->talker);
    if (l->config.uri->db)
        redis_conn_command(l->talker, on_select, l, 2, select_db, NULL);
    redis_conn_command(l->talker, on_setname, l, 3, setname, NULL);
    redis_conn_command(l->talker, on_role, l, 1, role, NULL);
    authenticate(l, l->listener);
    redis_conn_command(l->listener, on_setname, l, 3, setname, NULL);
    redis_conn_command(l->listener, on_client_id, l, 2, client_id, NULL);
}

/* ---- Names ---- */

static bool is_address(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static void on_resolved(int error, struct evutil_addrinfo *list, void *arg)
{
    struct resolving *wait = arg;
    struct link *l = wait->link;
    free(wait);
    if (l) {
        l->resolving = NULL;
        l->dns_request = NULL;
    }
    if (l && l->state == LINK_RESOLVING) {
        /* A name with several addresses: the next one at each try. */
        unsigned count = 0;
        for (struct evutil_addrinfo *a = list; a; a = a->ai_next)
            count++;
        struct evutil_addrinfo *chosen = list;
        for (unsigned i = count ? l->attempts % count : 0; i; i--)
            chosen = chosen->ai_next;
        char address[NI_MAXHOST] = "";
        if (!error && chosen)
            getnameinfo(chosen->ai_addr, (socklen_t)chosen->ai_addrlen, address, sizeof address,
                        NULL, 0, NI_NUMERICHOST);
        char text[MAX_REASON];
        snprintf(text, sizeof text, "cannot resolve %.100s: %s", l->config.uri->host,
                 error ? evutil_gai_strerror(error) : "it has no address");
        if (address[0])
            open_connections(l, address);
        else
            link_fail(l, false, text);
    }
    if (list)
        evutil_freeaddrinfo(list);
}

static void resolve(struct link *l)
{
    const char *host = l->config.uri->host;
    set_state(l, LINK_RESOLVING);
    l->opened_ms = clock_now(l->env.clock);
    if (!host || is_address(host)) {
        open_connections(l, host);
        return;
    }
    if (!l->env.dns) {
        link_fail(l, true, "names cannot be resolved here: give registry.uri an address");
        return;
    }
    const struct evutil_addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = EVUTIL_AI_ADDRCONFIG};
    struct resolving *wait = xcalloc(1, sizeof *wait);
    wait->link = l;
    l->resolving = wait;
    struct evdns_getaddrinfo_request *request =
        evdns_getaddrinfo(l->env.dns, host, NULL, &hints, on_resolved, wait);
    if (l->resolving) /* else it was answered at once, and the request is gone */
        l->dns_request = request;
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    resolve(arg);
}

void link_retry_now(struct link *l)
{
    backoff_reset(&l->backoff);
    if (l->state == LINK_WAITING)
        event_active(l->retry, EV_TIMEOUT, 0);
}

/* ---- Heartbeat ---- */

/* Redis did it: from now on its echo is due. */
static void beat_done(struct link *l)
{
    if (!l->beat_echoed && l->beat_done_ms < 0)
        l->beat_done_ms = clock_now(l->env.clock);
}

static void on_touched(void *arg, const redisReply *reply)
{
    struct link *l = arg;
    if (reply && l->state == LINK_READY && reply->type == REDIS_REPLY_INTEGER && reply->integer)
        beat_done(l);
}

/* Redis refuses to write (memory or disk full, no permission), and reading goes on. A change of the
 * key's lifetime needs no memory, and has an echo as well. */
static void touch_heartbeat(struct link *l, const char *ttl)
{
    const char *argv[] = {"PEXPIRE", l->presence_key, ttl};
    redis_conn_command(l->talker, on_touched, l, 3, argv, NULL);
}

static void beat_ttl(const struct link *l, char *ttl, size_t size)
{
    snprintf(ttl, size, "%u", l->config.heartbeat_ms + 2 * l->config.timeout_ms);
}

static void on_beat(void *arg, const redisReply *reply)
{
    struct link *l = arg;
    char ttl[16];
    if (!reply || l->state != LINK_READY)
        return;
    l->beat_answered++;
    bool refused = reply->type == REDIS_REPLY_ERROR;
    bool was_refused = l->beat_refused[0] != '\0';
    if (refused) {
        beat_ttl(l, ttl, sizeof ttl);
        touch_heartbeat(l, ttl);
    } else {
        l->beat_kept = l->beat_answered;
        beat_done(l);
    }
    str_copy(l->beat_refused, sizeof l->beat_refused, refused ? reply->str : "");
    if (refused != was_refused)
        l->callbacks.on_writable(l->callbacks.arg, refused ? l->beat_refused : NULL);
}

/* Another database has come into the place of ours (SWAPDB): Redis tells nobody of that, but our
 * key is not what it was. */
static void on_kept(void *arg, const redisReply *reply)
{
    struct link *l = arg;
    int64_t number = 0;
    if (!reply || l->state != LINK_READY || !l->beat_kept || reply->type == REDIS_REPLY_ERROR)
        return;
    if (reply->type == REDIS_REPLY_STRING && str_parse_int(reply->str, 1, INT64_MAX, &number))
        number = 0;
    if (number == l->beat_kept)
        return;
    l->beat_kept = 0;
    log_info("registry.link", LOG_NOBODY, "%s is not what it was; everything is read again",
             l->presence_key);
    l->callbacks.on_changed(l->callbacks.arg, NULL);
}

/* The key lives a little longer than the time in which its loss would be noticed. */
static void send_heartbeat(struct link *l)
{
    char ttl[16];
    char number[24];
    beat_ttl(l, ttl, sizeof ttl);
    snprintf(number, sizeof number, "%lld", (long long)++l->beat_sent);
    const char *get[] = {"GET", l->presence_key};
    const char *set[] = {"SET", l->presence_key, number, "PX", ttl};
    l->beat_echoed = false;
    redis_conn_command(l->talker, on_kept, l, 2, get, NULL);
    redis_conn_command(l->talker, on_beat, l, 5, set, NULL);
}

static bool overdue(const struct link *l, int64_t since)
{
    return since >= 0 && clock_now(l->env.clock) - since > (int64_t)l->config.timeout_ms;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct link *l = arg;
    if (l->state == LINK_RESOLVING && overdue(l, l->opened_ms)) {
        link_fail(l, false, "the name of Redis' host is not resolved in time");
    } else if (l->state == LINK_OPENING && overdue(l, l->opened_ms)) {
        on_conn_down(l, "no answer in time");
    } else if (l->state == LINK_READY) {
        if (overdue(l, redis_conn_waiting_since(l->talker)))
            on_conn_down(l, "commands are not answered in time");
        else if (overdue(l, l->beat_done_ms))
            on_conn_down(l, "changes are not told any more (the heartbeat's echo is missing)");
        else
            send_heartbeat(l);
    }
}

/* ---- Life ---- */

struct link *link_open(const struct registry_env *env, const struct link_config *config,
                       const struct link_callbacks *callbacks)
{
    struct link *l = xcalloc(1, sizeof *l);
    l->env = *env;
    l->config = *config;
    l->config.prefix = xstrdup(config->prefix);
    l->config.client_name = xstrdup(config->client_name);
    l->callbacks = *callbacks;
    l->backoff = (struct backoff){.first_ms = FIRST_BACKOFF_MS, .max_ms = config->max_backoff_ms};
    l->beat_done_ms = -1;
    l->beat_heard_ms = -1;
    char host[64] = "";
    uint32_t unique;
    gethostname(host, sizeof host - 1);
    evutil_secure_rng_get_bytes(&unique, sizeof unique);
    l->presence_key =
        xasprintf("%spresence:%s-%ld-%08x", config->prefix, host, (long)getpid(), unique);
    l->retry = event_new(env->base, -1, 0, on_retry, l);
    l->fail = event_new(env->base, -1, 0, on_fail, l);
    l->tick = event_new(env->base, -1, EV_PERSIST, on_tick, l);
    struct timeval tv = {config->heartbeat_ms / 1000, (config->heartbeat_ms % 1000) * 1000};
    event_add(l->tick, &tv);
    return l;
}

void link_close(struct link *l)
{
    if (!l)
        return;
    set_state(l, LINK_FAILING); /* callbacks that run now cannot send */
    event_free(l->retry);
    event_free(l->fail);
    event_free(l->tick);
    tear_down(l);
    free(l->presence_key);
    free((char *)l->config.prefix);
    free((char *)l->config.client_name);
    free(l);
}

int link_command(struct link *l, redis_conn_reply_fn *fn, void *arg, int argc,
                 const char *const *argv, const size_t *lens)
{
    if (l->state != LINK_READY)
        return -1;
    return redis_conn_command(l->talker, fn, arg, argc, argv, lens);
}

void link_loaded(struct link *l)
{
    backoff_reset(&l->backoff);
}

bool link_ready(const struct link *l)
{
    return l->state == LINK_READY;
}

bool link_full(const struct link *l)
{
    return l->talker && redis_conn_full(l->talker);
}

size_t link_pending(const struct link *l)
{
    return l->talker ? redis_conn_pending(l->talker) : 0;
}

int64_t link_heartbeat_age(const struct link *l)
{
    return l->beat_heard_ms < 0 ? -1 : clock_now(l->env.clock) - l->beat_heard_ms;
}
