#include "modules/title/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    THREADS_MAX = 4, /* that still wait for an answer nobody wants any more */
    STACK_BYTES = 1 << 20
};

/* One question. Whoever is last to be done with it frees it. */
struct question {
    char *host;
    char *port;
    bool answered, abandoned;
    int error;
    struct resolved resolved;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int threads;

static void start(void)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attr);
    pthread_condattr_destroy(&attr);
}

static void free_question(struct question *q)
{
    free(q->host);
    free(q->port);
    free(q);
}

static void take(struct resolved *to, const struct addrinfo *from)
{
    for (; from && to->count < RESOLVE_MAX; from = from->ai_next)
        if (from->ai_addrlen <= sizeof to->addresses[0])
            memcpy(&to->addresses[to->count++], from->ai_addr, from->ai_addrlen);
}

static void *ask(void *arg)
{
    struct question *q = arg;
    struct addrinfo *list = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    q->error = getaddrinfo(q->host, q->port, &hints, &list);
    if (!q->error) {
        take(&q->resolved, list);
        freeaddrinfo(list);
    }
    pthread_mutex_lock(&mutex);
    threads--;
    q->answered = true;
    if (q->abandoned)
        free_question(q);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static int run(struct question *q)
{
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    int result = pthread_create(&thread, &attr, ask, q);
    pthread_attr_destroy(&attr);
    return result;
}

static void deadline_in(struct timespec *until, int ms)
{
    clock_gettime(CLOCK_MONOTONIC, until);
    until->tv_sec += ms / 1000;
    until->tv_nsec += (long)(ms % 1000) * 1000000;
    if (until->tv_nsec >= 1000000000) {
        until->tv_sec++;
        until->tv_nsec -= 1000000000;
    }
}

/* With the mutex held. */
static const char *wait_for(struct question *q, int timeout_ms, struct resolved *resolved)
{
    struct timespec until;
    deadline_in(&until, timeout_ms);
    while (!q->answered && pthread_cond_timedwait(&changed, &mutex, &until) != ETIMEDOUT)
        ;
    if (!q->answered) {
        q->abandoned = true;
        return "its name is not answered in time";
    }
    const char *why = q->error ? "there is no such host" : NULL;
    if (q->error == EAI_AGAIN || q->error == EAI_SYSTEM)
        why = "its name cannot be looked up now";
    *resolved = q->resolved;
    free_question(q);
    return why;
}

const char *resolve(const char *host, const char *port, int timeout_ms, struct resolved *resolved)
{
    struct question *q = calloc(1, sizeof *q);
    if (!q || !(q->host = strdup(host)) || !(q->port = strdup(port)))
        abort();
    pthread_once(&once, start);
    const char *why;
    pthread_mutex_lock(&mutex);
    threads++;
    if (threads > THREADS_MAX || run(q)) {
        threads--;
        free_question(q);
        why = "too many names are being looked up";
    } else {
        why = wait_for(q, timeout_ms, resolved);
    }
    pthread_mutex_unlock(&mutex);
    return why;
}
