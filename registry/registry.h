#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "registry/problems.h"
#include "registry/snapshot.h"

/*
 * The registry: module definitions in Redis, held here as a snapshot that follows every edit.
 *
 * It never blocks the loop. Whatever Redis does, there is always a snapshot to decide from. While
 * Redis is away every write fails at once and says so; nothing is kept back to be written later.
 * Callbacks come from the event loop, never from inside a call to the registry except
 * registry_close, and may call anything here except registry_close. The process ignores SIGPIPE.
 */

struct event_base;
struct evdns_base;
struct registry;

enum registry_state {
    REGISTRY_STARTING, /* has not been connected yet */
    REGISTRY_LOADING,  /* connected, reading everything */
    REGISTRY_SYNCED,   /* the snapshot is what Redis holds, and edits are heard */
    REGISTRY_AWAY,     /* no Redis; tried again with backoff */
    REGISTRY_REFUSED,  /* Redis answers, but cannot be used: password, permissions, replica, newer
                          schema, too old; tried again with backoff */
    REGISTRY_EMPTIED   /* Redis lost its data (FLUSHALL, a restart without data) or the set of
                          modules. The last snapshot is kept, and nothing is registered, until
                          someone brings the data back or accepts what is there now, as the reason
                          says: HSET seshet:meta accepted ID */
};
const char *registry_state_name(enum registry_state state);

struct registry_env {
    struct event_base *base;
    struct evdns_base *dns; /* may be NULL: then only addresses and unix sockets can be used */
    const struct clock *clock;
};

struct registry_config {
    const char *uri;         /* see registry/uri.h */
    const char *username;    /* not NULL: instead of the URI's */
    const char *password;    /* not NULL: instead of the URI's; from a file or the environment */
    const char *prefix;      /* of every key; NULL: "seshet:" */
    const char *state_dir;   /* for "embedded": holds redis.sock and redis/ */
    const char *client_name; /* shown in Redis' CLIENT LIST; NULL: "seshetd" */
    unsigned heartbeat_ms;   /* 0: 2000 */
    unsigned timeout_ms;     /* without an answer or a heartbeat's echo, Redis is away; 0: 5000 */
};

struct registry_callbacks {
    /* A new snapshot stands: registry_snapshot() is it. Once for each batch of edits. */
    void (*on_snapshot)(void *arg);
    /* The state, or its reason, changed. reason: a sentence for people; "" when all is well. In
     * SYNCED it says that Redis refuses writes. */
    void (*on_state)(void *arg, enum registry_state state, const char *reason);
    /* event_types, which servers write (register.h), has a value that is none. May be NULL. */
    void (*on_wrong_events)(void *arg);
    void *arg;
};

/* Copies what it needs. NULL when the configuration is wrong, with what is wrong in why
 * (REGISTRY_WHY_SIZE). Anything that time or an operator can mend is a state, not an error here. */
struct registry *registry_open(const struct registry_env *env, const struct registry_config *config,
                               const struct registry_callbacks *callbacks, char *why,
                               size_t why_size);
/* Every pending callback runs (away) before this returns; stops the embedded Redis, which takes up
 * to a few seconds. NULL is fine. */
void registry_close(struct registry *r);
/* The server is about to end: nothing is written from now on, and an embedded Redis is asked to end
 * when it has answered what it was given, at the latest after 300 ms. registry_close, which still
 * must follow, waits for it until 1 s after that, and then kills it. */
void registry_stop_begin(struct registry *r);

/* Never NULL; valid until the next on_snapshot: snapshot_ref() what is kept longer. */
const struct snapshot *registry_snapshot(const struct registry *r);
enum registry_state registry_state(const struct registry *r);
const char *registry_state_reason(const struct registry *r);

/* For status and metrics. */
struct registry_stats {
    uint64_t reconnects;      /* connections after the first */
    uint64_t swaps;           /* snapshots since the start */
    uint64_t full_loads;      /* of everything */
    uint64_t invalidations;   /* keys named by Redis */
    size_t pending;           /* commands without an answer yet */
    int64_t heartbeat_age_ms; /* since Redis last echoed one; -1: never */
};
struct registry_stats registry_stats(const struct registry *r);

/* What is wrong in Redis now, as seshet:status:... shows it. */
void registry_each_problem(const struct registry *r, problems_each_fn *fn, void *arg);

/* How a write or a read of storage ended. */
enum registry_result {
    REGISTRY_OK,
    REGISTRY_NOT_FOUND, /* no such key */
    REGISTRY_GONE,      /* Redis is away: it was not asked, and nothing was written */
    REGISTRY_UNSURE, /* Redis was asked and gave no answer in time: a write may or may not have been
                        done */
    REGISTRY_DENIED  /* Redis or the registry said no; the text says why; nothing was written */
};

/* text: for REGISTRY_GONE, _UNSURE and _DENIED, a sentence; otherwise "". Runs exactly once. */
typedef void registry_done_fn(void *arg, enum registry_result result, const char *text);

#endif
