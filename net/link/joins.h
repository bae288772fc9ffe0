#ifndef NET_LINK_JOINS_H
#define NET_LINK_JOINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/backoff.h"
#include "net/link/sink.h"
#include "net/proto/isupport.h"
#include "net/proto/message.h"

/*
 * The channels we want to be in, and how to get and stay there: joined when online, rejoined after
 * a KICK or a forced PART, tried again slowly when the channel is closed to us, given up when there
 * can be no such channel. Pure: time is the caller's, in milliseconds.
 */
enum joins_state {
    JOINS_OUT,   /* not online */
    JOINS_ASKED, /* JOIN sent; at `due_ms` it counts as lost */
    JOINS_IN,
    JOINS_WAIT, /* until `due_ms`, then JOIN */
    JOINS_GIVEN_UP
};

struct joins_entry {
    char *name;
    char *key;     /* NULL: none */
    char *forward; /* 470: where the server has sent us instead; NULL */
    enum joins_state state;
    bool doomed; /* taken out of the list; freed before the change ends */
    struct backoff backoff;
    int64_t due_ms;
    int64_t in_ms; /* since when we are in */
};

struct joins {
    struct joins_entry *entries;
    size_t n;
    bool online;
    int64_t due_ms; /* when joins_tick has something to do; INT64_MAX: never */
};

/* What the functions need to know of the connection. */
struct joins_context {
    const char *network; /* its key, for the log */
    const struct isupport *isupport;
    const char *me;
    int64_t now;
    const struct sink *out;
};

struct conn_channel;

void joins_init(struct joins *j);
void joins_free(struct joins *j);
/* Takes over a list; online, JOINs what is new and PARTs what is gone. */
void joins_set(struct joins *j, const struct conn_channel *channels, size_t n,
               const struct joins_context *ctx);
void joins_online(struct joins *j, const struct joins_context *ctx);
void joins_offline(struct joins *j);
/* JOIN, PART, KICK that are about us, and the numerics that refuse a JOIN. */
void joins_feed(struct joins *j, const struct irc_msg *msg, const struct joins_context *ctx);
void joins_tick(struct joins *j, const struct joins_context *ctx);

#endif
