#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "net/link/conn_internal.h"

/* So much may wait in the stream; what is more stays in the queue, where priorities count. */
#define STREAM_WAITING_MAX 65536

static int push(struct conn *c, enum conn_priority priority, const char *line, size_t len)
{
    unsigned limit = conn_isupport(c)->linelen;
    if (sendq_push(&c->queue, priority, line, len, limit)) {
        if (!c->dropping && len) {
            c->dropping = true;
            c->dropped_before = c->queue.dropped - 1;
            log_warn("irc.queue_full", LOG_NETWORK(c->settings->key),
                     "%zu lines wait to be sent; further ones are dropped", conn_queue_length(c));
        }
        return -1;
    }
    conn_wake(c);
    return 0;
}

static int send_urgent(void *arg, const char *line, size_t len)
{
    return push(arg, CONN_URGENT, line, len);
}

static int send_normal(void *arg, const char *line, size_t len)
{
    return push(arg, CONN_NORMAL, line, len);
}

struct sink conn_sink_urgent(struct conn *c)
{
    return (struct sink){.send = send_urgent, .arg = c};
}

struct sink conn_sink_normal(struct conn *c)
{
    return (struct sink){.send = send_normal, .arg = c};
}

int conn_send_line(struct conn *c, enum conn_priority priority, const char *line, size_t len)
{
    if (c->state != CONN_ONLINE)
        return -1;
    return push(c, priority, line, len);
}

int conn_send(struct conn *c, enum conn_priority priority, const char *fmt, ...)
{
    char line[8192]; /* the longest LINELEN that is believed */
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (len < 0)
        return -1;
    return conn_send_line(c, priority, line,
                          (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}

void conn_wake(struct conn *c)
{
    if (!c->freed)
        link_turn_queue(c->loop, &c->turn);
}

static void count_sent(struct conn *c, size_t bytes)
{
    c->counters.lines_out++;
    c->counters.bytes_out += bytes;
}

void conn_send_last(struct conn *c, uint32_t lines)
{
    size_t n;
    while (lines-- && (n = sendq_pop_unpaced(&c->queue, stream_out(c->stream))))
        count_sent(c, n);
}

void conn_flush(struct conn *c)
{
    struct buf *out = stream_out(c->stream);
    int64_t now = conn_now(c);
    size_t n = 0;
    do {
        while (out->len < STREAM_WAITING_MAX && (n = sendq_pop(&c->queue, now, out)))
            count_sent(c, n);
        stream_flush(c->stream);
    } while (n && !out->len); /* the socket took all, and there was more */
    if (c->dropping && !conn_queue_length(c)) {
        c->dropping = false;
        log_warn("irc.queue_dropped", LOG_NETWORK(c->settings->key),
                 "The send queue is empty again; %llu lines were dropped",
                 (unsigned long long)(c->queue.dropped - c->dropped_before));
    }
}

size_t conn_queue_length(const struct conn *c)
{
    return sendq_lines(&c->queue);
}
