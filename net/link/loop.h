#ifndef NET_LINK_LOOP_H
#define NET_LINK_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/defer.h"

struct event_base;
struct evdns_base;
struct tls_trust;

/*
 * What all connections of one event loop share: the buffer that bytes are read into, the loaded
 * certificates, and the list of those who have something to do when the loop's turn ends (so that
 * many lines leave with one write).
 */
#define LINK_READ_MAX 65536 /* bytes a connection takes in one turn of the loop */

struct link_turn {
    void (*fn)(void *arg);
    void *arg;
    struct link_turn *next;
    struct link_turn *prev;
    bool queued;
};

struct link_loop {
    struct event_base *base;
    struct evdns_base *dns;
    const struct clock *clock;
    struct defer_queue *defer;
    char *scratch;          /* LINK_READ_MAX bytes */
    struct link_turn turns; /* head of a ring */
    bool woken;             /* the end of the turn is asked for */
    struct tls_trust *trusts;
};

/*
 * The four parts belong to the caller and outlive the loop. `dns` may be NULL: then only numeric
 * addresses work. The process must ignore SIGPIPE. `defer` is run by the caller at the end of each
 * turn, and once more between conn_free and link_loop_free.
 */
struct link_loop *link_loop_new(struct event_base *base, struct evdns_base *dns,
                                const struct clock *clock, struct defer_queue *defer);
/* After the last connection is gone. */
void link_loop_free(struct link_loop *loop);

/* Calls turn->fn once when this turn of the loop ends. Queued twice counts once. */
void link_turn_queue(struct link_loop *loop, struct link_turn *turn);
void link_turn_cancel(struct link_turn *turn);

/* A timer that fires once; set again moves it. */
struct link_timer;
struct link_timer *link_timer_new(struct link_loop *loop, void (*fn)(void *arg), void *arg);
void link_timer_set(struct link_timer *timer, int64_t after_ms);
void link_timer_stop(struct link_timer *timer);
void link_timer_free(struct link_timer *timer);

#endif
