#include "net/link/sendq.h"

#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#define LINE_LIMIT_LEAST 64
#define LINE_LIMIT_MOST  8192 /* fits the 16 bits before each line */
#define KEEP_BYTES       4096

void sendq_init(struct sendq *q, uint32_t burst, uint32_t interval_ms, int64_t now)
{
    *q = (struct sendq){.max_lines = 1000, .max_bytes = 256 * 1024};
    token_bucket_init(&q->bucket, burst, interval_ms, now);
}

void sendq_pace(struct sendq *q, uint32_t burst, uint32_t interval_ms, int64_t now)
{
    token_bucket_init(&q->bucket, burst, interval_ms, now);
}

void sendq_free(struct sendq *q)
{
    for (int i = 0; i < CONN_PRIORITIES; i++)
        buf_free(&q->lanes[i].buf);
}

static bool has_room(const struct sendq *q, enum conn_priority priority, size_t len)
{
    if (priority == CONN_URGENT)
        return q->lanes[CONN_URGENT].lines < SENDQ_URGENT_LINES;
    const struct sendq_lane *a = &q->lanes[CONN_NORMAL];
    const struct sendq_lane *b = &q->lanes[CONN_BULK];
    return a->lines + b->lines < q->max_lines && a->buf.len + b->buf.len + len <= q->max_bytes;
}

static void clean(char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] == '\r' || s[i] == '\n' || s[i] == '\0')
            s[i] = ' ';
}

int sendq_push(struct sendq *q, enum conn_priority priority, const char *line, size_t len,
               size_t limit)
{
    if (limit < LINE_LIMIT_LEAST)
        limit = LINE_LIMIT_LEAST;
    if (limit > LINE_LIMIT_MOST)
        limit = LINE_LIMIT_MOST;
    if (len > limit - 2) {
        len = utf8_cut(line, len, limit - 2);
        q->cut++;
    }
    if (!len || !has_room(q, priority, len)) {
        q->dropped++;
        return -1;
    }
    struct sendq_lane *lane = &q->lanes[priority];
    uint16_t total = (uint16_t)(len + 2);
    char *to = buf_reserve(&lane->buf, sizeof total + total);
    memcpy(to, &total, sizeof total);
    to += sizeof total;
    memcpy(to, line, len);
    if (str_has_control(line, len))
        clean(to, len);
    to[len] = '\r';
    to[len + 1] = '\n';
    buf_commit(&lane->buf, sizeof total + total);
    lane->lines++;
    return 0;
}

static struct sendq_lane *first_lane(struct sendq *q)
{
    for (int i = 0; i < CONN_PRIORITIES; i++)
        if (q->lanes[i].lines)
            return &q->lanes[i];
    return NULL;
}

static size_t pop_lane(struct sendq_lane *lane, struct buf *out)
{
    uint16_t total;
    memcpy(&total, buf_data(&lane->buf), sizeof total);
    buf_append(out, buf_data(&lane->buf) + sizeof total, total);
    buf_consume(&lane->buf, sizeof total + total);
    if (!--lane->lines)
        buf_shrink(&lane->buf, KEEP_BYTES);
    return total;
}

size_t sendq_pop(struct sendq *q, int64_t now, struct buf *out)
{
    struct sendq_lane *lane = first_lane(q);
    if (!lane)
        return 0;
    /* An urgent line uses up a token where there is one: servers count it too. */
    if (!token_bucket_take(&q->bucket, now) && lane != &q->lanes[CONN_URGENT])
        return 0;
    return pop_lane(lane, out);
}

size_t sendq_pop_unpaced(struct sendq *q, struct buf *out)
{
    struct sendq_lane *lane = first_lane(q);
    return lane && lane != &q->lanes[CONN_BULK] ? pop_lane(lane, out) : 0;
}

int64_t sendq_wait(struct sendq *q, int64_t now)
{
    struct sendq_lane *lane = first_lane(q);
    if (!lane)
        return -1;
    return lane == &q->lanes[CONN_URGENT] ? 0 : token_bucket_wait(&q->bucket, now);
}

size_t sendq_lines(const struct sendq *q)
{
    size_t lines = 0;
    for (int i = 0; i < CONN_PRIORITIES; i++)
        lines += q->lanes[i].lines;
    return lines;
}

void sendq_clear(struct sendq *q)
{
    q->dropped += sendq_lines(q);
    for (int i = 0; i < CONN_PRIORITIES; i++) {
        buf_free(&q->lanes[i].buf);
        q->lanes[i].lines = 0;
    }
}

void sendq_shrink(struct sendq *q)
{
    for (int i = 0; i < CONN_PRIORITIES; i++)
        buf_shrink(&q->lanes[i].buf, 0);
}
