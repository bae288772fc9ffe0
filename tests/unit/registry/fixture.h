#ifndef TESTS_REGISTRY_FIXTURE_H
#define TESTS_REGISTRY_FIXTURE_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <sys/types.h>

#include "registry/registry.h"

/* A folder of its own, a real redis-server in it, and a loop. */
struct fixture {
    char folder[64];
    char socket[96]; /* of the redis-server that redis_start starts */
    pid_t redis;
    struct event_base *base;
    struct evdns_base *dns; /* NULL unless a test makes one */
    struct registry *registry;
    enum registry_state state;
    char reason[512];
    unsigned swaps;
    void (*watch)(struct fixture *f); /* called with each snapshot; NULL: nobody looks */
    char proxy_socket[96];
    struct evconnlistener *proxy;
    struct proxied *proxied; /* connections */
    bool proxy_deaf;         /* messages to subscribers are lost */
    long proxy_trickle;      /* > 0: so many bytes from Redis in each millisecond */
    long proxy_late_ms;      /* > 0: Redis is heard so much later, less than a second */
    long proxy_cut;          /* > 0: so many bytes from Redis until all connections are closed */
};

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f); /* and all that it started */

/* For cmocka: *state is a fixture whose redis-server runs. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Starts redis-server with these further arguments (NULL-terminated, may be NULL), and waits until
 * it answers. Keeps no data. */
void redis_start(struct fixture *f, const char *const *arguments);
void redis_kill(struct fixture *f, int signal); /* and waits until it is gone, if it goes */

/* Connections to proxy_socket go on to the redis-server. */
void proxy_start(struct fixture *f);

void run_program(const char *const *argv); /* must succeed */

/* An ordinary client, as redis-cli is; fails the test when the socket does not answer. */
redisContext *redis_client(const char *socket);
/* One command by a client of its own; the reply must not be an error. */
void redis_do(const char *socket, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A registry of one module: dice, enabled, with the prefix '.' and $me in its enicks. */
void one_module(struct fixture *f);
/* Its answer as text: a string, a number, "(nil)", or the second element of an array. The caller
 * frees it. */
char *redis_get(const char *socket, const char *format, ...) __attribute__((format(printf, 2, 3)));

void open_registry(struct fixture *f, const struct registry_config *config);
/* On the fixture's redis-server, with short times. */
void open_default(struct fixture *f);
void close_registry(struct fixture *f);

/* Runs the loop until done(arg); fails the test, naming what, after 30 s. */
void run_until(struct fixture *f, bool (*done)(void *arg), void *arg, const char *what);
void run_until_state(struct fixture *f, enum registry_state state);
void run_until_swaps(struct fixture *f, unsigned swaps);
/* Until what Redis has in that field of a hash has that part. */
void run_until_redis(struct fixture *f, const char *key, const char *field, const char *part);
/* Until everything that was written by now is in the snapshot of a registry that is synced. */
void run_until_followed(struct fixture *f);
/* Runs the loop for a while, to see that something does not happen. */
void run_for(struct fixture *f, int ms);
int64_t now_us(void);

const struct module_fields *module_fields_of(struct fixture *f, const char *module);

#endif
