#include "registry/conn.h"

#include <event2/event.h>
#include <fcntl.h>
#include <hiredis/async.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* The adapter comes after libevent and hiredis. */
#include <hiredis/adapters/libevent.h>

#include "base/str.h"
#include "base/xmalloc.h"

struct request {
    struct request *prev;
    struct request *next;
    struct redis_conn *conn;
    redis_conn_reply_fn *fn;
    void *arg;
    int64_t sent_ms;
    size_t bytes;
};

struct redis_conn {
    redisAsyncContext *ac;      /* NULL once hiredis has freed it, or will */
    struct redis_conn_tls *tls; /* NULL without */
    const struct clock *clock;
    struct redis_conn_callbacks callbacks;
    struct event *failed; /* tells on_down of a failure at the start */
    char reason[160];
    struct request *requests; /* in the order they were sent */
    size_t pending;
    size_t pending_bytes;
    size_t reading;   /* how much of an answer was there when this was last looked at */
    int64_t heard_ms; /* when an answer, or more of one, was last seen */
    bool freeing;
    redis_conn_reply_fn *message_fn;
    void *message_arg;
};

static void tell_down(struct redis_conn *c)
{
    c->ac = NULL;
    if (!c->freeing)
        c->callbacks.on_down(c->callbacks.arg, c->reason);
}

static void failed_at_start(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    tell_down(arg);
}

static void set_reason(struct redis_conn *c, const char *reason)
{
    const char *tls = c->tls ? redis_conn_tls_problem(c->tls) : "";
    str_copy(c->reason, sizeof c->reason, tls[0] ? tls : reason);
}

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct redis_conn *c = ac->data;
    if (status == REDIS_OK)
        return; /* commands were queued before, and flow now */
    /* hiredis frees the context after this, and never calls on_disconnect. */
    set_reason(c, ac->c.errstr[0] ? ac->c.errstr : "cannot connect");
    c->ac = NULL;
    event_active(c->failed, EV_TIMEOUT, 0);
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    struct redis_conn *c = ac->data;
    bool told = status != REDIS_OK && ac->errstr && ac->errstr[0];
    set_reason(c, told ? ac->errstr : "the connection was closed");
    tell_down(c);
}

static redisAsyncContext *start(const struct registry_uri *uri, const char *address)
{
    if (uri->kind == URI_UNIX)
        return redisAsyncConnectUnix(uri->path);
    return redisAsyncConnect(address, uri->port);
}

/* 0, or -1 with c->reason set and the context gone. */
static int prepare(struct redis_conn *c, redisAsyncContext *ac, struct event_base *base,
                   const struct registry_uri *uri)
{
    if (!ac)
        return -1;
    bool ok = !ac->err;
    if (ac->err)
        str_copy(c->reason, sizeof c->reason, ac->errstr);
    if (ok && uri->kind == URI_TLS)
        ok = !redis_conn_tls_start(c->tls, &ac->c, uri, c->reason, sizeof c->reason);
    if (!ok) {
        redisAsyncFree(ac);
        return -1;
    }
    fcntl(ac->c.fd, F_SETFD, FD_CLOEXEC);
    ac->data = c;
    redisLibeventAttach(ac, base);
    redisAsyncSetConnectCallback(ac, on_connect);
    redisAsyncSetDisconnectCallback(ac, on_disconnect);
    c->ac = ac;
    return 0;
}

struct redis_conn *redis_conn_open(struct event_base *base, const struct clock *clock,
                                   const struct registry_uri *uri, struct redis_conn_tls *tls,
                                   const char *address,
                                   const struct redis_conn_callbacks *callbacks)
{
    struct redis_conn *c = xcalloc(1, sizeof *c);
    c->clock = clock;
    c->tls = tls;
    c->callbacks = *callbacks;
    c->failed = event_new(base, -1, 0, failed_at_start, c);
    str_copy(c->reason, sizeof c->reason, "cannot connect");
    if (prepare(c, start(uri, address), base, uri))
        event_active(c->failed, EV_TIMEOUT, 0);
    return c;
}

void redis_conn_free(struct redis_conn *c)
{
    if (!c)
        return;
    c->freeing = true;
    if (c->ac)
        redisAsyncFree(c->ac);
    event_free(c->failed);
    free(c);
}

static void request_done(redisAsyncContext *ac, void *reply, void *arg)
{
    (void)ac;
    struct request *rq = arg;
    struct redis_conn *c = rq->conn;
    DL_DELETE(c->requests, rq);
    c->pending--;
    c->pending_bytes -= rq->bytes;
    c->heard_ms = clock_now(c->clock);
    const redisReply *rp = reply;
    if (rp && rp->type == REDIS_REPLY_ERROR && !c->freeing)
        c->callbacks.on_error(c->callbacks.arg, rp->str);
    rq->fn(rq->arg, reply);
    free(rq);
}

int redis_conn_command(struct redis_conn *c, redis_conn_reply_fn *fn, void *arg, int argc,
                       const char *const *argv, const size_t *lens)
{
    if (!c->ac)
        return -1;
    size_t bytes = 0;
    for (int i = 0; i < argc; i++)
        bytes += lens ? lens[i] : strlen(argv[i]);
    struct request *rq = xcalloc(1, sizeof *rq);
    *rq = (struct request){
        .conn = c, .fn = fn, .arg = arg, .sent_ms = clock_now(c->clock), .bytes = bytes};
    if (redisAsyncCommandArgv(c->ac, request_done, rq, argc, (const char **)argv, lens)) {
        free(rq);
        return -1;
    }
    DL_APPEND(c->requests, rq);
    c->pending++;
    c->pending_bytes += bytes;
    return 0;
}

static void got_message(redisAsyncContext *ac, void *reply, void *arg)
{
    (void)ac;
    struct redis_conn *c = arg;
    c->message_fn(c->message_arg, reply);
}

int redis_conn_subscribe(struct redis_conn *c, const char *channel, redis_conn_reply_fn *fn,
                         void *arg)
{
    const char *argv[] = {"SUBSCRIBE", channel};
    c->message_fn = fn;
    c->message_arg = arg;
    if (!c->ac || redisAsyncCommandArgv(c->ac, got_message, c, 2, argv, NULL))
        return -1;
    return 0;
}

bool redis_conn_full(const struct redis_conn *c)
{
    return c->pending >= CONN_MAX_PENDING || c->pending_bytes >= CONN_MAX_PENDING_BYTES;
}

size_t redis_conn_pending(const struct redis_conn *c)
{
    return c->pending;
}

int64_t redis_conn_waiting_since(struct redis_conn *c)
{
    if (!c->requests || !c->ac)
        return -1;
    if (c->ac->c.reader->len != c->reading)
        c->heard_ms = clock_now(c->clock);
    c->reading = c->ac->c.reader->len;
    int64_t sent_ms = c->requests->sent_ms;
    return sent_ms > c->heard_ms ? sent_ms : c->heard_ms;
}
