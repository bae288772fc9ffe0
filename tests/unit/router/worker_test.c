#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/worker.h"

#define JOBS 500

struct run {
    struct event_base *base;
    unsigned done;
};

struct job {
    struct run *run;
    pthread_t worked_on;
    bool worked;
};

static void work(void *arg)
{
    struct job *job = arg;
    job->worked = true;
    job->worked_on = pthread_self();
}

static void done(void *arg)
{
    struct job *job = arg;
    if (++job->run->done == JOBS)
        event_base_loopbreak(job->run->base);
}

static void test_each_job_is_worked_on_a_thread_and_done_on_the_loop(void **state)
{
    (void)state;
    struct run run = {.base = event_base_new()};
    char *error = NULL;
    struct worker_pool *pool = worker_pool_new(run.base, 2, &error);
    assert_non_null(pool);
    static struct job jobs[JOBS];
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){.run = &run};
        assert_int_equal(worker_submit(pool, work, done, &jobs[i]), 0);
    }
    event_base_dispatch(run.base);
    for (int i = 0; i < JOBS; i++) {
        assert_true(jobs[i].worked);
        assert_false(pthread_equal(jobs[i].worked_on, pthread_self()));
    }
    worker_pool_free(pool);
    event_base_free(run.base);
}

static void test_free_calls_done_for_every_job(void **state)
{
    (void)state;
    struct run run = {.base = event_base_new()};
    char *error = NULL;
    struct worker_pool *pool = worker_pool_new(run.base, 1, &error);
    assert_non_null(pool);
    static struct job jobs[JOBS];
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){.run = &run};
        assert_int_equal(worker_submit(pool, work, done, &jobs[i]), 0);
    }
    worker_pool_free(pool);
    assert_int_equal(run.done, JOBS);
    event_base_free(run.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_job_is_worked_on_a_thread_and_done_on_the_loop),
        cmocka_unit_test(test_free_calls_done_for_every_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
