#include "server/supervise/outbox.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct pipe_pair {
    int ends[2];
    struct buf read; /* all that came out */
};

static struct pipe_pair make_pipe(void)
{
    struct pipe_pair p = {0};
    assert_int_equal(pipe2(p.ends, O_NONBLOCK | O_CLOEXEC), 0);
    assert_true(fcntl(p.ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    return p;
}

static void close_pipe(struct pipe_pair *p)
{
    close(p->ends[0]);
    close(p->ends[1]);
    buf_free(&p->read);
}

static void read_bytes(struct pipe_pair *p, size_t most)
{
    ssize_t n = read(p->ends[0], buf_reserve(&p->read, most), most);
    if (n > 0)
        buf_commit(&p->read, (size_t)n);
}

static void add(struct outbox *o, uint64_t number, size_t text_len)
{
    char *text = malloc(text_len + 1);
    memset(text, 't', text_len);
    text[text_len] = 0;
    struct ipc_event e = {.number = number, .module = 3, .type = 1, .text = text};
    assert_int_equal(outbox_add(o, &e), 0);
    free(text);
}

/* The next whole frame that came out: an event's number, 0 for STOP, -1: none. */
static int next_frame(struct pipe_pair *p)
{
    struct frame f;
    const char *why;
    struct ipc_event e;
    int got = frame_next(buf_data(&p->read), p->read.len, FRAME_FROM_SERVER, &f, &why);
    assert_true(got >= 0);
    if (!got)
        return -1;
    int number = 0;
    if (f.type == FRAME_EVENT) {
        assert_int_equal(ipc_get_event(&f, &e), 0);
        assert_int_equal(e.module, 3);
        number = (int)e.number;
    }
    buf_consume(&p->read, f.size);
    return number;
}

static void keeps_events_until_they_are_acknowledged(void **state)
{
    struct outbox o = {0};
    struct pipe_pair p = make_pipe();
    (void)state;
    assert_int_equal(outbox_oldest(&o), 0);
    add(&o, 1, 10);
    add(&o, 2, 20);
    /* Not written: nobody can have handled it. */
    assert_int_equal(outbox_oldest(&o), 0);
    assert_int_equal(outbox_flush(&o, p.ends[1]), 0);
    assert_int_equal(outbox_oldest(&o), 1);
    assert_int_equal(o.events, 2);
    outbox_acknowledge(&o);
    assert_int_equal(outbox_oldest(&o), 2);
    outbox_acknowledge(&o);
    assert_int_equal(outbox_oldest(&o), 0);
    assert_int_equal(o.events, 0);
    read_bytes(&p, 4096);
    assert_int_equal(next_frame(&p), 1);
    assert_int_equal(next_frame(&p), 2);
    assert_int_equal(next_frame(&p), -1);
    outbox_free(&o);
    close_pipe(&p);
}

/* At whatever byte the pipe is full: control frames come between whole events, before those of
 * which nothing was written, and no byte is lost. */
static void control_overtakes_at_every_split(void **state)
{
    (void)state;
    for (size_t first = 3600; first < 4100; first += 7) {
        struct outbox o = {0};
        struct pipe_pair p = make_pipe();
        add(&o, 1, first);
        for (uint64_t n = 2; n <= 20; n++)
            add(&o, n, 700);
        assert_int_equal(outbox_flush(&o, p.ends[1]), 1);
        ipc_put_stop(&o.control);
        int expected = 1;
        bool stop = false;
        for (int left; (left = outbox_flush(&o, p.ends[1])) || p.read.len || expected <= 20;) {
            assert_true(left >= 0);
            read_bytes(&p, 1000);
            for (int got; (got = next_frame(&p)) >= 0;) {
                if (got) {
                    assert_int_equal(got, expected++);
                } else {
                    assert_false(stop);
                    stop = true;
                    /* The pipe held five or six when STOP was put. */
                    assert_in_range(expected, 1, 8);
                }
            }
        }
        assert_true(stop);
        assert_int_equal(outbox_oldest(&o), 1);
        outbox_free(&o);
        close_pipe(&p);
    }
}

static void takes_back_what_was_not_written(void **state)
{
    struct outbox o = {0};
    struct pipe_pair p = make_pipe();
    struct buf taken = {0};
    struct ipc_event e;
    size_t size;
    (void)state;
    assert_int_equal(outbox_take_unwritten(&o, &taken), 0);
    for (uint64_t n = 1; n <= 20; n++)
        add(&o, n, 500);
    assert_int_equal(outbox_flush(&o, p.ends[1]), 1);
    size_t count = outbox_take_unwritten(&o, &taken);
    assert_int_equal(o.events + count, 20);
    /* The frame that was written in part stays. */
    assert_true(o.queue.len > o.written);
    assert_int_equal(event_list_first(&taken, &e, &size), 0);
    assert_int_equal(e.number, o.events + 1);
    for (size_t n = 1, events = o.events; n <= events; n++) {
        read_bytes(&p, 4096);
        assert_true(outbox_flush(&o, p.ends[1]) >= 0);
        assert_int_equal(next_frame(&p), (int)n);
        assert_int_equal(outbox_oldest(&o), n);
        outbox_acknowledge(&o);
    }
    assert_int_equal(next_frame(&p), -1);
    buf_free(&taken);
    outbox_free(&o);
    close_pipe(&p);
}

static void gives_one_by_one(void **state)
{
    struct outbox o = {.one_by_one = true};
    struct pipe_pair p = make_pipe();
    struct ipc_event e;
    (void)state;
    add(&o, 1, 100);
    add(&o, 2, 100);
    add(&o, 3, 100);
    for (int n = 1; n <= 2; n++) {
        assert_int_equal(outbox_flush(&o, p.ends[1]), 0);
        ipc_put_stop(&o.control);
        assert_int_equal(outbox_flush(&o, p.ends[1]), 0);
        read_bytes(&p, 4096);
        assert_int_equal(next_frame(&p), n);
        assert_int_equal(next_frame(&p), 0);
        assert_int_equal(next_frame(&p), -1);
        assert_false(outbox_many_written(&o));
        assert_true(outbox_find_written(&o, (uint64_t)n, &e));
        assert_false(outbox_find_written(&o, (uint64_t)n + 1, &e));
        outbox_acknowledge(&o);
    }
    add(&o, 4, 100);
    o.one_by_one = false;
    assert_int_equal(outbox_flush(&o, p.ends[1]), 0);
    assert_true(outbox_many_written(&o));
    assert_true(outbox_find_written(&o, 4, &e));
    outbox_free(&o);
    close_pipe(&p);
}

static void put(struct buf *list, uint64_t number)
{
    struct ipc_event e = {.number = number, .type = 1};
    assert_int_equal(ipc_put_event(list, &e), 0);
}

static void merges_by_number(void **state)
{
    struct buf a = {0};
    struct buf b = {0};
    struct ipc_event e;
    size_t size;
    (void)state;
    event_list_merge(&a, &b);
    assert_int_equal(event_list_first(&a, &e, &size), -1);
    put(&b, 2);
    put(&b, 5);
    event_list_merge(&a, &b);
    assert_int_equal(b.len, 0);
    put(&b, 1);
    put(&b, 3);
    put(&b, 6);
    put(&b, 7);
    event_list_merge(&a, &b);
    static const uint64_t expected[] = {1, 2, 3, 5, 6, 7};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(event_list_first(&a, &e, &size), 0);
        assert_int_equal(e.number, expected[i]);
        buf_consume(&a, size);
    }
    assert_int_equal(a.len, 0);
    buf_free(&a);
    buf_free(&b);
}

static void tells_when_the_reader_is_gone(void **state)
{
    struct outbox o = {0};
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    close(ends[0]);
    add(&o, 1, 1);
    assert_int_equal(outbox_flush(&o, ends[1]), -1);
    close(ends[1]);
    outbox_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_events_until_they_are_acknowledged),
        cmocka_unit_test(control_overtakes_at_every_split),
        cmocka_unit_test(takes_back_what_was_not_written),
        cmocka_unit_test(gives_one_by_one),
        cmocka_unit_test(merges_by_number),
        cmocka_unit_test(tells_when_the_reader_is_gone),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
