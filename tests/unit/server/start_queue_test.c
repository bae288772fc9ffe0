#include "server/supervise/start_queue.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TURNS = 40 };

struct fixture {
    struct event_base *base;
    struct clock clock;
    struct start_queue queue;
    struct start_turn turns[TURNS];
    size_t begun[TURNS]; /* numbers of the turns, in order */
    size_t nbegun;
};

/* A turn's number is its place: nothing else is handed over. */
static struct fixture *stage;

static void go(void *arg)
{
    const struct start_turn *turn = arg;
    stage->begun[stage->nbegun++] = (size_t)(turn - stage->turns);
}

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.base = event_base_new(), .clock = clock_manual(1000)};
    start_queue_init(&f.queue, f.base, &f.clock);
    for (size_t i = 0; i < TURNS; i++)
        f.turns[i] = (struct start_turn){.go = go, .arg = &f.turns[i]};
    stage = &f;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    start_queue_free(&f->queue);
    event_base_free(f->base);
    return 0;
}

/* Lets the queue's timer come, while the clock stands still. */
static void one_timer(struct fixture *f)
{
    event_base_loop(f->base, EVLOOP_ONCE);
}

static void a_few_at_once_then_one_by_one(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < TURNS; i++)
        start_queue_add(&f->queue, &f->turns[i]);
    assert_int_equal(f->nbegun, START_BURST);
    one_timer(f);
    assert_int_equal(f->nbegun, START_BURST);
    for (size_t n = START_BURST + 1; n <= TURNS; n++) {
        f->clock.manual_ms += START_INTERVAL_MS;
        one_timer(f);
        assert_int_equal(f->nbegun, n);
    }
    for (size_t i = 0; i < TURNS; i++)
        assert_int_equal(f->begun[i], i);
}

static void who_leaves_is_passed_over(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < START_BURST + 3; i++)
        start_queue_add(&f->queue, &f->turns[i]);
    start_queue_add(&f->queue, &f->turns[START_BURST]); /* twice is once */
    start_queue_remove(&f->queue, &f->turns[START_BURST + 1]);
    start_queue_remove(&f->queue, &f->turns[START_BURST + 1]);
    f->clock.manual_ms += 10 * START_INTERVAL_MS;
    one_timer(f);
    assert_int_equal(f->nbegun, START_BURST + 2);
    assert_int_equal(f->begun[START_BURST], START_BURST);
    assert_int_equal(f->begun[START_BURST + 1], START_BURST + 2);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_few_at_once_then_one_by_one),
        CASE(who_leaves_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
