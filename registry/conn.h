#ifndef REGISTRY_CONN_H
#define REGISTRY_CONN_H

#include <hiredis/hiredis.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "registry/conn_tls.h"
#include "registry/uri.h"

struct event_base;

/* One connection to Redis: hiredis and its pitfalls end here. */
struct redis_conn;

/* reply NULL: the connection was lost, and it is not known whether the command was done. Runs
 * exactly once for each command. */
typedef void redis_conn_reply_fn(void *arg, const redisReply *reply);

struct redis_conn_callbacks {
    /* Redis answered a command with an error; before the command's own callback. */
    void (*on_error)(void *arg, const char *text);
    /* Once at most, after every pending reply callback has run. redis_conn_free is still to be
     * called, later and not from in here. */
    void (*on_down)(void *arg, const char *reason);
    void *arg;
};

/* What redis_conn_full measures. */
#define CONN_MAX_PENDING       20000
#define CONN_MAX_PENDING_BYTES ((size_t)16 << 20)

/* address: of uri->host, numeric, so that nothing is resolved here; NULL for a unix socket. tls:
 * NULL unless the uri says TLS. Never returns NULL: what fails at once is told by on_down, from the
 * loop. */
struct redis_conn *redis_conn_open(struct event_base *base, const struct clock *clock,
                                   const struct registry_uri *uri, struct redis_conn_tls *tls,
                                   const char *address,
                                   const struct redis_conn_callbacks *callbacks);
/* Not from inside a callback of the same connection; pending callbacks run. NULL is fine. */
void redis_conn_free(struct redis_conn *c);

/* 0, or -1 when there is no connection: nothing was sent, and the callback will not run. lens NULL:
 * the arguments are strings. hiredis does not bound its output: whoever sends what others ask for
 * looks at redis_conn_full first. */
int redis_conn_command(struct redis_conn *c, redis_conn_reply_fn *fn, void *arg, int argc,
                       const char *const *argv, const size_t *lens);
/* fn: with each message; and with NULL at the end. Nothing but this may be sent afterwards. */
int redis_conn_subscribe(struct redis_conn *c, const char *channel, redis_conn_reply_fn *fn,
                         void *arg);

bool redis_conn_full(const struct redis_conn *c);
size_t redis_conn_pending(const struct redis_conn *c);
/* Since when commands wait without a byte of an answer coming; -1 when none waits. To be asked now
 * and then: a byte counts as come when it is seen here. */
int64_t redis_conn_waiting_since(struct redis_conn *c);

#endif
