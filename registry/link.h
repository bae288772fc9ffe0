#ifndef REGISTRY_LINK_H
#define REGISTRY_LINK_H

#include <stdbool.h>

#include "registry/conn.h"
#include "registry/registry.h"

/*
 * The link to Redis: two connections that live and die together. One hears which keys were changed
 * (server-assisted invalidation over RESP2, CLIENT TRACKING ... REDIRECT ... BCAST; Redis 6 or
 * newer), the other runs commands. When either goes, both are made again with backoff, because
 * Redis says nothing to the second one when the first is gone.
 *
 * Proof that changes are heard: every heartbeat a key of our own is written, and its invalidation
 * must come back within the timeout. A Redis that lets nothing be written, not even a key's
 * lifetime, cannot give this proof; then everything is to be read when it writes again. Before the
 * next one the last is looked for: where it is gone, the database is another one (SWAPDB), and
 * everything counts as changed.
 */
struct link;

struct link_config {
    const struct registry_uri *uri; /* not embedded; lives longer than the link */
    struct redis_conn_tls *tls;     /* likewise; NULL unless the uri says TLS */
    const char *prefix;
    const char *client_name;
    unsigned heartbeat_ms;
    unsigned timeout_ms;
    unsigned max_backoff_ms;
};

struct link_callbacks {
    void (*on_ready)(void *arg); /* changes are heard from now on: read everything */
    /* Not connected, or not any more; every pending reply callback has run. refused: Redis is
     * there, but says no. */
    void (*on_lost)(void *arg, bool refused, const char *reason);
    /* A key, without the prefix, was changed; NULL: all were (FLUSHALL). */
    void (*on_changed)(void *arg, const char *key);
    /* Redis refuses to write, and why (memory or disk full, no permission); NULL: it writes again.
     * Reading goes on meanwhile. */
    void (*on_writable)(void *arg, const char *refused);
    void *arg;
};

/* Does nothing until link_retry_now. */
struct link *link_open(const struct registry_env *env, const struct link_config *config,
                       const struct link_callbacks *callbacks);
/* Pending reply callbacks run. Not from inside a callback. NULL is fine. */
void link_close(struct link *l);

/* A command; the prefix is the caller's. -1 when the link is not ready; see redis_conn_command. */
int link_command(struct link *l, redis_conn_reply_fn *fn, void *arg, int argc,
                 const char *const *argv, const size_t *lens);
/* Gives the connections up and tries again. Safe in callbacks: it happens on the loop's next turn.
 */
void link_fail(struct link *l, bool refused, const char *reason);
/* At the start, or when Redis was just started: do not wait for the backoff. */
void link_retry_now(struct link *l);

/* Everything was read: the next failure starts with a short backoff again. */
void link_loaded(struct link *l);

bool link_ready(const struct link *l);
bool link_full(const struct link *l);
size_t link_pending(const struct link *l);
int64_t link_heartbeat_age(const struct link *l); /* ms since the last echo; -1: never */

#endif
