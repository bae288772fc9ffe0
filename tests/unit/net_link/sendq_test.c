#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/link/sendq.h"

#define LIMIT 512

static void push(struct sendq *q, enum conn_priority priority, const char *line)
{
    assert_int_equal(sendq_push(q, priority, line, strlen(line), LIMIT), 0);
}

/* All lines that may leave at `now`, as one text. */
static const char *pop_all(struct sendq *q, int64_t now)
{
    static char text[65536];
    struct buf out = {0};
    while (sendq_pop(q, now, &out))
        ;
    assert_true(out.len < sizeof text);
    if (out.len)
        memcpy(text, buf_data(&out), out.len);
    text[out.len] = '\0';
    buf_free(&out);
    return text;
}

static void test_order(void **state)
{
    (void)state;
    struct sendq q;
    sendq_init(&q, 1, 0, 0);
    assert_int_equal(sendq_wait(&q, 0), -1);
    push(&q, CONN_BULK, "bulk");
    push(&q, CONN_NORMAL, "one");
    push(&q, CONN_NORMAL, "two");
    push(&q, CONN_URGENT, "PONG");
    assert_int_equal(sendq_lines(&q), 4);
    assert_int_equal(sendq_wait(&q, 0), 0);
    assert_string_equal(pop_all(&q, 0), "PONG\r\none\r\ntwo\r\nbulk\r\n");
    assert_int_equal(sendq_lines(&q), 0);
    sendq_free(&q);
}

static void test_pacing(void **state)
{
    (void)state;
    struct sendq q;
    sendq_init(&q, 2, 1000, 0);
    for (int i = 0; i < 4; i++)
        push(&q, CONN_NORMAL, "x");
    assert_string_equal(pop_all(&q, 0), "x\r\nx\r\n");
    assert_int_equal(sendq_wait(&q, 400), 600);
    assert_string_equal(pop_all(&q, 999), "");
    assert_string_equal(pop_all(&q, 1000), "x\r\n");
    /* Urgent lines do not wait, but use up the token that comes. */
    push(&q, CONN_URGENT, "PONG");
    assert_int_equal(sendq_wait(&q, 1500), 0);
    assert_string_equal(pop_all(&q, 1500), "PONG\r\n");
    push(&q, CONN_URGENT, "PONG");
    struct buf out = {0};
    assert_int_equal(sendq_pop(&q, 2000, &out), 6);
    assert_int_equal(sendq_pop(&q, 2000, &out), 0);
    assert_int_equal(sendq_pop(&q, 3000, &out), 3);
    buf_free(&out);
    sendq_free(&q);
}

/* At the end: no pace, no questions. */
static void test_unpaced(void **state)
{
    (void)state;
    struct sendq q;
    struct buf out = {0};
    sendq_init(&q, 1, 1000, 0);
    push(&q, CONN_BULK, "WHO #x");
    push(&q, CONN_NORMAL, "one");
    push(&q, CONN_NORMAL, "two");
    push(&q, CONN_URGENT, "PONG :x");
    assert_int_equal(sendq_pop_unpaced(&q, &out), 9);
    assert_int_equal(sendq_pop_unpaced(&q, &out), 5);
    assert_int_equal(sendq_pop_unpaced(&q, &out), 5);
    assert_int_equal(sendq_pop_unpaced(&q, &out), 0);
    buf_append(&out, "", 1);
    assert_string_equal(buf_data(&out), "PONG :x\r\none\r\ntwo\r\n");
    assert_int_equal(sendq_lines(&q), 1);
    buf_free(&out);
    sendq_free(&q);
}

static void test_bounds(void **state)
{
    (void)state;
    struct sendq q;
    sendq_init(&q, 1, 1000, 0);
    q.max_lines = 3;
    push(&q, CONN_NORMAL, "1");
    push(&q, CONN_BULK, "2");
    push(&q, CONN_NORMAL, "3");
    assert_int_equal(sendq_push(&q, CONN_NORMAL, "4", 1, LIMIT), -1);
    assert_int_equal(sendq_push(&q, CONN_BULK, "4", 1, LIMIT), -1);
    assert_int_equal(q.dropped, 2);
    /* A full queue still lets a PONG through; but not without end. */
    for (int i = 0; i < SENDQ_URGENT_LINES; i++)
        push(&q, CONN_URGENT, "PONG");
    assert_int_equal(sendq_push(&q, CONN_URGENT, "PONG", 4, LIMIT), -1);
    sendq_clear(&q);
    assert_int_equal(sendq_lines(&q), 0);
    assert_int_equal(q.dropped, 3 + 3 + SENDQ_URGENT_LINES);

    q.max_lines = 1000;
    q.max_bytes = 100;
    char big[95];
    memset(big, 'x', sizeof big);
    assert_int_equal(sendq_push(&q, CONN_NORMAL, big, sizeof big, LIMIT), 0);
    assert_int_equal(sendq_push(&q, CONN_NORMAL, big, sizeof big, LIMIT), -1);
    sendq_free(&q);
}

static void test_cleaning(void **state)
{
    (void)state;
    struct sendq q;
    sendq_init(&q, 1, 0, 0);
    assert_int_equal(sendq_push(&q, CONN_NORMAL, "a\r\nQUIT\0b", 9, LIMIT), 0);
    assert_string_equal(pop_all(&q, 0), "a  QUIT b\r\n");
    assert_int_equal(sendq_push(&q, CONN_NORMAL, "", 0, LIMIT), -1);
    sendq_free(&q);
}

static void test_cutting(void **state)
{
    (void)state;
    struct sendq q;
    char line[600];
    memset(line, 'x', sizeof line);
    sendq_init(&q, 1, 0, 0);
    assert_int_equal(sendq_push(&q, CONN_NORMAL, line, sizeof line, LIMIT), 0);
    assert_int_equal(strlen(pop_all(&q, 0)), 512);
    assert_int_equal(q.cut, 1);
    /* A character of three bytes over the edge goes as a whole. */
    line[508] = '\xe2';
    line[509] = '\x82';
    line[510] = '\xac';
    assert_int_equal(sendq_push(&q, CONN_NORMAL, line, sizeof line, LIMIT), 0);
    assert_int_equal(strlen(pop_all(&q, 0)), 510);
    /* Exactly the limit. */
    memset(line, 'x', sizeof line);
    assert_int_equal(sendq_push(&q, CONN_NORMAL, line, 510, LIMIT), 0);
    assert_int_equal(strlen(pop_all(&q, 0)), 512);
    assert_int_equal(q.cut, 2);
    sendq_free(&q);
}

static void test_longest_line(void **state)
{
    (void)state;
    struct sendq q;
    char *line = malloc(20000);
    memset(line, 'y', 20000);
    sendq_init(&q, 1, 0, 0);
    assert_int_equal(sendq_push(&q, CONN_NORMAL, line, 20000, 1000000), 0);
    assert_int_equal(strlen(pop_all(&q, 0)), 8192);
    free(line);
    sendq_shrink(&q);
    assert_null(q.lanes[CONN_NORMAL].buf.mem);
    sendq_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),        cmocka_unit_test(test_pacing),
        cmocka_unit_test(test_unpaced),      cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_cleaning),     cmocka_unit_test(test_cutting),
        cmocka_unit_test(test_longest_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
