#include "server/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/xmalloc.h"

#define MAX_THREADS  8
#define MAX_JOBS     1024
#define JOIN_SECONDS 1
#define NICE         10 /* hashing must not take the loop's time where processors are few */

struct job {
    struct job *next;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

struct job_list {
    struct job *first;
    struct job **last;
};

struct worker_pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
    unsigned waiting;
    struct job_list todo;
    struct job_list finished;
    pthread_t threads[MAX_THREADS];
    unsigned nthreads;
    int wake_fd;
    struct event *wake;
};

static void list_init(struct job_list *list)
{
    *list = (struct job_list){.last = &list->first};
}

static void list_append(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
}

static struct job *list_take(struct job_list *list)
{
    struct job *job = list->first;
    if (!job)
        return NULL;
    list->first = job->next;
    if (!list->first)
        list->last = &list->first;
    return job;
}

static void *run_thread(void *arg)
{
    struct worker_pool *pool = arg;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* of this thread alone, on Linux */
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->stopping && !pool->todo.first)
            pthread_cond_wait(&pool->changed, &pool->lock);
        if (pool->stopping)
            break;
        struct job *job = list_take(&pool->todo);
        pool->waiting--;
        pthread_mutex_unlock(&pool->lock);
        job->work(job->arg);
        pthread_mutex_lock(&pool->lock);
        list_append(&pool->finished, job);
        uint64_t one = 1;
        if (write(pool->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
            break;
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void finish(struct worker_pool *pool, struct job_list *list)
{
    struct job *job;
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        job = list_take(list);
        pthread_mutex_unlock(&pool->lock);
        if (!job)
            return;
        job->done(job->arg);
        free(job);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct worker_pool *pool = arg;
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0)
        return;
    finish(pool, &pool->finished);
}

static int start_threads(struct worker_pool *pool, unsigned threads)
{
    /* Signals belong to the event loop's thread. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = 0;
    while (!error && pool->nthreads < threads && pool->nthreads < MAX_THREADS) {
        error = pthread_create(&pool->threads[pool->nthreads], NULL, run_thread, pool);
        if (!error)
            pool->nthreads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct worker_pool *worker_pool_new(struct event_base *base, unsigned threads, char **error)
{
    struct worker_pool *pool = xcalloc(1, sizeof *pool);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    list_init(&pool->todo);
    list_init(&pool->finished);
    pool->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->wake_fd < 0) {
        *error = xasprintf("no eventfd for the worker threads: %s", strerror(errno));
        worker_pool_free(pool);
        return NULL;
    }
    pool->wake = event_new(base, pool->wake_fd, EV_READ | EV_PERSIST, on_wake, pool);
    event_add(pool->wake, NULL);
    int failed = start_threads(pool, threads);
    if (failed) {
        *error = xasprintf("cannot start worker threads: %s", strerror(failed));
        worker_pool_free(pool);
        return NULL;
    }
    return pool;
}

int worker_submit(struct worker_pool *pool, void (*work)(void *arg), void (*done)(void *arg),
                  void *arg)
{
    pthread_mutex_lock(&pool->lock);
    bool full = pool->waiting >= MAX_JOBS;
    if (!full) {
        struct job *job = xmalloc(sizeof *job);
        *job = (struct job){.work = work, .done = done, .arg = arg};
        list_append(&pool->todo, job);
        pool->waiting++;
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    return full ? -1 : 0;
}

/* -1 when a thread does not come back, from a dead network file system for instance. */
static int join(struct worker_pool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += JOIN_SECONDS;
    for (unsigned i = 0; i < pool->nthreads; i++)
        if (pthread_timedjoin_np(pool->threads[i], NULL, &until))
            return -1;
    return 0;
}

void worker_pool_free(struct worker_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    if (join(pool))
        return;
    finish(pool, &pool->finished);
    finish(pool, &pool->todo);
    if (pool->wake)
        event_free(pool->wake);
    if (pool->wake_fd >= 0)
        close(pool->wake_fd);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
