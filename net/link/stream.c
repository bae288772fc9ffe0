#include "net/link/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/util.h>

#include "base/xmalloc.h"
#include "net/link/tls.h"

#define ADDRESSES_MAX 8 /* tried of one name */
#define KEEP_BYTES    4096

/* Outlives the stream when a lookup is given up: evdns calls back later. */
struct lookup {
    struct stream *stream;
};

struct stream {
    struct link_loop *loop;
    struct stream_callbacks callbacks;
    void *arg;
    enum stream_stage stage;
    unsigned life; /* changes with each close, so that a callback's effect is seen */
    int fd;
    struct event readable;
    struct event writable;
    struct event timer; /* the next step of opening, or its time limit */
    struct tls *tls;
    struct buf out;
    bool writing;     /* waits for the socket to take more */
    bool cannot_send; /* the socket refused: what the server said last is still read */
    char *host;
    uint16_t port;
    uint32_t connect_ms;
    struct lookup *lookup;
    struct evdns_getaddrinfo_request *request;
    int resolve_error;
    struct evutil_addrinfo *addresses;
    struct evutil_addrinfo *next;
    unsigned tried;
    char *problem; /* of the last address */
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);
static void on_timer(evutil_socket_t fd, short what, void *arg);

struct stream *stream_new(struct link_loop *loop, const struct stream_callbacks *callbacks,
                          void *arg)
{
    struct stream *s = xcalloc(1, sizeof *s);
    s->loop = loop;
    s->callbacks = *callbacks;
    s->arg = arg;
    s->fd = -1;
    evtimer_assign(&s->timer, loop->base, on_timer, s);
    event_assign(&s->readable, loop->base, -1, 0, on_readable, s);
    event_assign(&s->writable, loop->base, -1, 0, on_writable, s);
    return s;
}

static void drop_socket(struct stream *s)
{
    if (s->fd < 0)
        return;
    event_del(&s->readable);
    event_del(&s->writable);
    close(s->fd);
    s->fd = -1;
    s->writing = false;
}

static void drop_addresses(struct stream *s)
{
    if (s->addresses)
        evutil_freeaddrinfo(s->addresses);
    s->addresses = s->next = NULL;
    free(s->problem);
    s->problem = NULL;
}

void stream_close(struct stream *s)
{
    s->stage = STREAM_CLOSED;
    s->life++;
    evtimer_del(&s->timer);
    if (s->lookup) {
        s->lookup->stream = NULL;
        s->lookup = NULL;
        if (s->request)
            evdns_getaddrinfo_cancel(s->request);
        s->request = NULL;
    }
    tls_free(s->tls);
    s->tls = NULL;
    drop_socket(s);
    drop_addresses(s);
    buf_free(&s->out);
    free(s->host);
    s->host = NULL;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    stream_close(s);
    free(s);
}

static void end(struct stream *s, enum stream_end why, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void end(struct stream *s, enum stream_end why, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *reason = xvasprintf(fmt, ap);
    va_end(ap);
    stream_close(s);
    s->callbacks.on_closed(s->arg, why, reason);
    free(reason);
}

/* False when the callback has closed the stream. */
static bool enter(struct stream *s, enum stream_stage stage)
{
    unsigned life = s->life;
    s->stage = stage;
    s->callbacks.on_stage(s->arg, stage);
    return s->life == life;
}

static void set_timer(struct stream *s, uint32_t ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    evtimer_add(&s->timer, &tv);
}

static void on_resolved(int result, struct evutil_addrinfo *addresses, void *arg)
{
    struct lookup *lookup = arg;
    struct stream *s = lookup->stream;
    free(lookup);
    if (!s) {
        if (addresses)
            evutil_freeaddrinfo(addresses);
        return;
    }
    s->lookup = NULL;
    s->request = NULL;
    s->resolve_error = result;
    s->addresses = s->next = addresses;
    set_timer(s, 0); /* this may be called from within evdns_getaddrinfo */
}

static void resolve(struct stream *s)
{
    char service[8];
    struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_protocol = IPPROTO_TCP,
                                    .ai_flags = EVUTIL_AI_NUMERICHOST | EVUTIL_AI_NUMERICSERV};
    snprintf(service, sizeof service, "%u", s->port);
    s->resolve_error = evutil_getaddrinfo(s->host, service, &hints, &s->addresses);
    s->next = s->addresses;
    if (!s->resolve_error || !s->loop->dns) {
        set_timer(s, 0);
        return;
    }
    hints.ai_flags = EVUTIL_AI_NUMERICSERV;
    s->lookup = xmalloc(sizeof *s->lookup);
    s->lookup->stream = s;
    struct evdns_getaddrinfo_request *request =
        evdns_getaddrinfo(s->loop->dns, s->host, service, &hints, on_resolved, s->lookup);
    if (s->lookup)
        s->request = request;
}

void stream_open(struct stream *s, const char *host, uint16_t port, struct tls *tls,
                 uint32_t connect_ms)
{
    stream_close(s);
    s->stage = STREAM_RESOLVING;
    s->host = xstrdup(host);
    s->port = port;
    s->tls = tls;
    s->connect_ms = connect_ms;
    s->tried = 0;
    s->cannot_send = false;
    resolve(s);
}

static void note_problem(struct stream *s, const struct evutil_addrinfo *at, const char *what)
{
    char text[INET6_ADDRSTRLEN] = "?";
    const void *address = at->ai_family == AF_INET6
                              ? (const void *)&((struct sockaddr_in6 *)at->ai_addr)->sin6_addr
                              : (const void *)&((struct sockaddr_in *)at->ai_addr)->sin_addr;
    evutil_inet_ntop(at->ai_family, address, text, sizeof text);
    free(s->problem);
    s->problem = xasprintf("%s port %u: %s", text, s->port, what);
}

/* 0 when the attempt is under way. */
static int try_address(struct stream *s, const struct evutil_addrinfo *at)
{
    int on = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (connect(fd, at->ai_addr, at->ai_addrlen) && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    s->fd = fd;
    event_assign(&s->readable, s->loop->base, fd, EV_READ | EV_PERSIST, on_readable, s);
    event_assign(&s->writable, s->loop->base, fd, EV_WRITE, on_writable, s);
    event_add(&s->writable, NULL);
    set_timer(s, s->connect_ms);
    return 0;
}

static void connect_next(struct stream *s)
{
    while (s->next && s->tried < ADDRESSES_MAX) {
        const struct evutil_addrinfo *at = s->next;
        s->next = at->ai_next;
        s->tried++;
        if (!try_address(s, at))
            return;
        note_problem(s, at, strerror(errno));
    }
    end(s, STREAM_END_CONNECT, "Cannot connect to %s", s->problem ? s->problem : s->host);
}

/* The address that is being tried stands before s->next. */
static void address_failed(struct stream *s, const char *what)
{
    struct evutil_addrinfo *at = s->addresses;
    while (at->ai_next != s->next)
        at = at->ai_next;
    note_problem(s, at, what);
    evtimer_del(&s->timer);
    drop_socket(s);
    connect_next(s);
}

static void open_done(struct stream *s)
{
    evtimer_del(&s->timer);
    event_add(&s->readable, NULL);
    if (enter(s, STREAM_OPEN))
        stream_flush(s);
}

static void handshake(struct stream *s)
{
    switch (tls_handshake(s->tls)) {
    case TLS_DONE:
        open_done(s);
        break;
    case TLS_WANT_READ:
        event_add(&s->readable, NULL);
        break;
    case TLS_WANT_WRITE:
        event_add(&s->writable, NULL);
        break;
    default:
        end(s, STREAM_END_TLS, "No TLS with %s port %u: %s", s->host, s->port, tls_problem(s->tls));
        break;
    }
}

static void connected(struct stream *s)
{
    int error = 0;
    socklen_t len = sizeof error;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error) {
        address_failed(s, strerror(error));
        return;
    }
    evtimer_del(&s->timer);
    drop_addresses(s);
    if (!s->tls) {
        open_done(s);
        return;
    }
    tls_attach(s->tls, s->fd);
    set_timer(s, s->connect_ms);
    if (enter(s, STREAM_SECURING))
        handshake(s);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct stream *s = arg;
    switch (s->stage) {
    case STREAM_RESOLVING:
        if (!s->addresses)
            end(s, STREAM_END_RESOLVE, "Cannot find an address for %s: %s", s->host,
                evutil_gai_strerror(s->resolve_error));
        else if (enter(s, STREAM_CONNECTING))
            connect_next(s);
        break;
    case STREAM_CONNECTING:
        address_failed(s, "no answer");
        break;
    case STREAM_SECURING:
        end(s, STREAM_END_TLS,
            "No TLS with %s port %u: no answer (is it a port for TLS? often that is 6697)", s->host,
            s->port);
        break;
    default:
        break;
    }
}

static void read_plain(struct stream *s)
{
    ssize_t n = recv(s->fd, s->loop->scratch, LINK_READ_MAX, 0);
    if (n > 0)
        s->callbacks.on_data(s->arg, s->loop->scratch, (size_t)n);
    else if (n == 0)
        end(s, STREAM_END_CLOSED, "The server closed the connection");
    else if (errno != EAGAIN && errno != EINTR)
        end(s, STREAM_END_BROKEN, "Lost the connection: %s", strerror(errno));
}

static void read_tls(struct stream *s)
{
    size_t total = 0;
    unsigned life = s->life;
    enum tls_result result = TLS_DONE;
    while (total + TLS_RECORD <= LINK_READ_MAX) {
        size_t got = 0;
        result = tls_read(s->tls, s->loop->scratch + total, TLS_RECORD, &got);
        if (result != TLS_DONE)
            break;
        total += got;
    }
    if (result == TLS_WANT_WRITE)
        event_add(&s->writable, NULL);
    if (total)
        s->callbacks.on_data(s->arg, s->loop->scratch, total);
    if (s->life != life)
        return;
    if (result == TLS_CLOSED)
        end(s, STREAM_END_CLOSED, "The server closed the connection");
    else if (result == TLS_FAILED)
        end(s, STREAM_END_BROKEN, "Lost the connection: %s", tls_problem(s->tls));
    else if (s->out.len && !s->writing)
        stream_flush(s); /* TLS may have waited for what came */
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct stream *s = arg;
    if (s->stage == STREAM_SECURING)
        handshake(s);
    else if (s->tls)
        read_tls(s);
    else
        read_plain(s);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct stream *s = arg;
    s->writing = false;
    if (s->stage == STREAM_CONNECTING) {
        connected(s);
    } else if (s->stage == STREAM_SECURING) {
        handshake(s);
    } else {
        unsigned life = s->life;
        stream_flush(s);
        if (s->tls && s->life == life)
            read_tls(s); /* a read may have waited for room to answer the other side */
        if (s->life == life && !s->out.len)
            s->callbacks.on_room(s->arg);
    }
}

struct buf *stream_out(struct stream *s)
{
    return &s->out;
}

/* What a write has achieved: bytes, 0 when the socket is full, -1 when it is broken. */
static ssize_t write_some(struct stream *s)
{
    if (!s->tls) {
        ssize_t n = send(s->fd, buf_data(&s->out), s->out.len, MSG_NOSIGNAL);
        if (n >= 0)
            return n;
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    size_t put = 0;
    switch (tls_write(s->tls, buf_data(&s->out), s->out.len, &put)) {
    case TLS_DONE:
        return (ssize_t)put;
    case TLS_WANT_READ:
    case TLS_WANT_WRITE:
        return 0;
    default:
        return -1;
    }
}

void stream_flush(struct stream *s)
{
    if (s->stage != STREAM_OPEN || s->writing)
        return;
    while (s->out.len && !s->cannot_send) {
        ssize_t n = write_some(s);
        if (n > 0) {
            buf_consume(&s->out, (size_t)n);
        } else if (n == 0) {
            s->writing = true;
            event_add(&s->writable, NULL);
            return;
        } else {
            /* The read side ends the stream, after what the server said last. */
            s->cannot_send = true;
        }
    }
    if (s->cannot_send)
        buf_consume(&s->out, s->out.len);
    buf_shrink(&s->out, KEEP_BYTES);
}

void stream_shrink(struct stream *s)
{
    buf_shrink(&s->out, 0);
}
