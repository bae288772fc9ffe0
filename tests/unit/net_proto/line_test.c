#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "net/proto/line.h"

/* Lines as the splitter gave them, each ended with LF (which no line holds). */
static int collect(void *arg, char *line, size_t len)
{
    struct buf *out = arg;
    assert_int_equal(strlen(line), len);
    assert_true(len > 0);
    buf_append(out, line, len);
    buf_append(out, "\n", 1);
    memset(line, '#', len); /* it may be written to */
    return 0;
}

static void feed(struct line_splitter *s, const char *data, size_t len, struct buf *out)
{
    /* Memory of exactly this size, so that a byte read or written beyond is found. */
    char *copy = xmemdup(data, len);
    assert_int_equal(line_feed(s, copy, len, collect, out), 0);
    free(copy);
}

static void assert_lines(const struct buf *out, const char *expected, size_t len)
{
    assert_int_equal(out->len, len);
    if (len)
        assert_memory_equal(buf_data(out), expected, len);
}

/* The limits, said once more in the plainest way: one line without its end. */
static void cut_plainly(struct buf *out, const struct buf *line, uint64_t *cut)
{
    const char *s = line->len ? buf_data(line) : "";
    size_t len = line->len;
    size_t tags = 0;
    struct buf kept = {0};
    bool over = false;
    if (len && *s == '@') {
        const char *space = memchr(s, ' ', len);
        size_t n = space ? (size_t)(space - s) : len;
        tags = space ? n + 1 : n;
        size_t keep = n;
        if (n > LINE_MAX_TAGS - 1) {
            over = true;
            keep = LINE_MAX_TAGS - 1;
            if (space) {
                while (keep > 1 && s[keep - 1] != ';')
                    keep--;
                keep = keep > 1 ? keep - 1 : 1;
            }
        }
        buf_append(&kept, s, keep);
        if (space)
            buf_append(&kept, " ", 1);
    }
    size_t rest = len - tags;
    over = over || rest > LINE_MAX_REST;
    buf_append(&kept, s + tags, rest > LINE_MAX_REST ? LINE_MAX_REST : rest);
    *cut += over;
    if (kept.len) {
        buf_append(out, buf_data(&kept), kept.len);
        buf_append(out, "\n", 1);
    }
    buf_free(&kept);
}

struct expected {
    struct buf lines;
    uint64_t cut;
    uint64_t nuls;
};

static struct expected split_plainly(const char *data, size_t len)
{
    struct expected e = {0};
    struct buf line = {0};
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\0') {
            e.nuls++;
        } else if (data[i] == '\r' || data[i] == '\n') {
            cut_plainly(&e.lines, &line, &e.cut);
            line.len = 0;
        } else {
            buf_append(&line, data + i, 1);
        }
    }
    buf_free(&line);
    return e;
}

/* Feeds data in up to three parts, cut at a and b. */
static void check_split(const char *data, size_t len, size_t a, size_t b, const struct expected *e)
{
    struct line_splitter s = {0};
    struct buf out = {0};
    feed(&s, data, a, &out);
    feed(&s, data + a, b - a, &out);
    feed(&s, data + b, len - b, &out);
    assert_lines(&out, e->lines.len ? buf_data(&e->lines) : "", e->lines.len);
    assert_int_equal(s.cut, e->cut);
    assert_int_equal(s.nuls, e->nuls);
    line_free(&s);
    assert_null(s.held);
    buf_free(&out);
}

static void check_every_pair(const char *data, size_t len)
{
    struct expected e = split_plainly(data, len);
    for (size_t a = 0; a <= len; a++)
        for (size_t b = a; b <= len; b++)
            check_split(data, len, a, b, &e);
    buf_free(&e.lines);
}

static void short_inputs_at_every_pair_of_splits(void **state)
{
    (void)state;
#define INPUT(s) check_every_pair(s, sizeof(s) - 1)
    INPUT("");
    INPUT("\r\n");
    INPUT("PING :a\r\n:x PRIVMSG #c :hi there\r\n");
    INPUT("PING a\nPING b\rPING c\n\r\n\r\rPING d\r\n");
    INPUT("@a=b;c=d :n!u@h PRIVMSG x :y\r\n@t PING\r\nPING");
    INPUT("a\0b\r\n\0\0\r\n\0c\0\r\0\n@\0t\0 \0d\n");
    INPUT("@\r\n@ \r\n@ x\r\n @\r\n");
    INPUT("no end at all");
#undef INPUT
}

static void append_run(struct buf *b, char c, size_t count)
{
    memset(buf_reserve(b, count), c, count);
    buf_commit(b, count);
}

/* Every single split would be some 20,000 runs of 20,000 bytes: take those near the places where
 * something happens, and every 17th elsewhere. */
static void check_long(const struct buf *in)
{
    struct expected e = split_plainly(buf_data(in), in->len);
    for (size_t a = 0; a <= in->len; a += a < 40 || a + 40 > in->len ? 1 : 17)
        check_split(buf_data(in), in->len, a, a, &e);
    static const size_t edges[] = {LINE_MAX_REST, LINE_MAX_TAGS, LINE_MAX_TAGS + LINE_MAX_REST};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        for (size_t a = edges[i] - 12; a < edges[i] + 12 && a + 3 < in->len; a++)
            for (size_t b = a; b < a + 3; b++)
                check_split(buf_data(in), in->len, a, b, &e);
    buf_free(&e.lines);
}

static void the_rest_is_cut_at_510(void **state)
{
    (void)state;
    for (size_t n = LINE_MAX_REST - 2; n <= LINE_MAX_REST + 3; n++) {
        struct buf in = {0};
        append_run(&in, 'x', n);
        buf_append(&in, "\r\nPING a\r\n", 10);
        struct expected e = split_plainly(buf_data(&in), in.len);
        assert_int_equal(e.cut, n > LINE_MAX_REST);
        check_long(&in);
        buf_free(&e.lines);
        buf_free(&in);
    }
}

static void tags_do_not_count_as_rest(void **state)
{
    (void)state;
    /* Both parts exactly at their limits: nothing is cut. */
    struct buf in = {0};
    buf_append(&in, "@", 1);
    append_run(&in, 't', LINE_MAX_TAGS - 2);
    buf_append(&in, " ", 1);
    append_run(&in, 'x', LINE_MAX_REST);
    buf_append(&in, "\r\n", 2);
    struct line_splitter s = {0};
    struct buf out = {0};
    feed(&s, buf_data(&in), in.len, &out);
    assert_int_equal(out.len, LINE_MAX_TAGS + LINE_MAX_REST + 1);
    assert_int_equal(s.cut, 0);
    check_long(&in);
    buf_free(&in);
    buf_free(&out);
    line_free(&s);
}

static void tags_over_the_limit_lose_whole_tags(void **state)
{
    (void)state;
    struct buf in = {0};
    buf_append(&in, "@account=admin;k=", 17);
    append_run(&in, 'v', 8180);
    buf_append(&in, " PING a\r\n", 9);
    struct line_splitter s = {0};
    struct buf out = {0};
    feed(&s, buf_data(&in), in.len, &out);
    assert_lines(&out, "@account=admin PING a\n", 22);
    assert_int_equal(s.cut, 1);
    check_long(&in);
    line_free(&s);
    buf_free(&in);
    buf_free(&out);
}

static void one_tag_over_the_limit_goes_whole(void **state)
{
    (void)state;
    struct buf in = {0};
    buf_append(&in, "@account=", 9);
    append_run(&in, 'v', 9000);
    buf_append(&in, " PING a\r\n@", 10);
    append_run(&in, 'y', 9000);
    buf_append(&in, "\r\n@", 3);
    append_run(&in, ';', 9000);
    buf_append(&in, " PING b\r\n", 9);
    check_long(&in);
    struct line_splitter s = {0};
    struct buf out = {0};
    feed(&s, buf_data(&in), 9018, &out);
    assert_lines(&out, "@ PING a\n", 9);
    line_free(&s);
    buf_free(&in);
    buf_free(&out);
}

static void an_endless_line_needs_bounded_memory(void **state)
{
    (void)state;
    struct line_splitter s = {0};
    struct buf out = {0};
    char chunk[1000];
    memset(chunk, 'x', sizeof chunk);
    for (int i = 0; i < 10000; i++)
        feed(&s, chunk, sizeof chunk, &out);
    assert_true(s.held_cap <= LINE_MAX_TAGS + LINE_MAX_REST + 1);
    feed(&s, "\n", 1, &out);
    assert_int_equal(out.len, LINE_MAX_REST + 1);
    assert_int_equal(s.cut, 1);
    assert_null(s.held);
    buf_free(&out);
}

static int stop_at_b(void *arg, char *line, size_t len)
{
    (void)len;
    (*(int *)arg)++;
    return *line == 'b' ? 7 : 0;
}

static void stopping_drops_what_is_not_yet_split(void **state)
{
    (void)state;
    struct line_splitter s = {0};
    int calls = 0;
    char first[] = "a\r\nb\r\nc\r\nd";
    assert_int_equal(line_feed(&s, first, sizeof first - 1, stop_at_b, &calls), 7);
    assert_int_equal(calls, 2);
    assert_null(s.held);
    char half[] = "b";
    char end[] = "b\nc\nd\n";
    assert_int_equal(line_feed(&s, half, 1, stop_at_b, &calls), 0);
    assert_int_equal(line_feed(&s, end, sizeof end - 1, stop_at_b, &calls), 7);
    assert_int_equal(calls, 3);
    assert_null(s.held);
}

static int is_inside(void *arg, char *line, size_t len)
{
    const char *data = arg;
    assert_true(line >= data && line + len < data + 64);
    return 0;
}

static void whole_lines_are_not_copied(void **state)
{
    (void)state;
    struct line_splitter s = {0};
    char data[64] = "@a=b PRIVMSG #c :one\r\nPRIVMSG #c :two\r\n";
    line_feed(&s, data, strlen(data), is_inside, data);
    assert_null(s.held);
}

static void a_flood_of_ends_is_linear(void **state)
{
    (void)state;
    size_t len = 4 << 20;
    char *data = xmalloc(len);
    memset(data, '\r', len);
    struct line_splitter s = {0};
    struct buf out = {0};
    line_feed(&s, data, len, collect, &out); /* the test's time limit is the measure */
    assert_int_equal(out.len, 0);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_inputs_at_every_pair_of_splits),
        cmocka_unit_test(the_rest_is_cut_at_510),
        cmocka_unit_test(tags_do_not_count_as_rest),
        cmocka_unit_test(tags_over_the_limit_lose_whole_tags),
        cmocka_unit_test(one_tag_over_the_limit_goes_whole),
        cmocka_unit_test(an_endless_line_needs_bounded_memory),
        cmocka_unit_test(stopping_drops_what_is_not_yet_split),
        cmocka_unit_test(whole_lines_are_not_copied),
        cmocka_unit_test(a_flood_of_ends_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
