#ifndef REGISTRY_FLOOD_H
#define REGISTRY_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/rate.h"
#include "registry/view.h"

/*
 * Who used what how often: exact sliding windows over the times of past uses. At most N uses lie in
 * any span of the window's length: a use at time t no longer counts at t + window.
 *
 * Windows are keyed by the module (or its rate_group), the command for a limit of its own, the
 * network, and the source or channel. They outlive edits: a changed rate judges the same uses.
 * Memory is bounded: windows that have run out are swept while others are counted, and beyond
 * FLOOD_MAX_WINDOWS or FLOOD_MAX_BYTES the one unused for longest is forgotten.
 */
struct flood;

#define FLOOD_MAX_WINDOWS 65536
#define FLOOD_MAX_BYTES   ((size_t)16 << 20)
#define FLOOD_SOURCE_SIZE 300

enum flood_limit {
    FLOOD_USER,    /* rate_user */
    FLOOD_CHANNEL, /* rate_channel */
    FLOOD_NETWORK, /* rate_network */
    FLOOD_SOURCE   /* of a source over all modules; no module's */
};

/* One use, or a question about one. */
struct flood_use {
    const struct module_view *module;
    const struct registry_view *view; /* that it is in, with the others of its rate_group */
    const char *network;
    const char *command; /* ASCII lower case; NULL: a passive event */
    const char *source;  /* flood_source_key; "" for an event without a source: no user's limit */
    const char *channel; /* NULL: private, or of no one channel */
    bool whitelisted;    /* exempt from the user's limit, and not counted there */
};

/* The limit that a use would go beyond. */
struct flood_hit {
    enum flood_limit limit;
    bool of_command; /* the command's own limit, not the module's */
    struct rate rate;
    int64_t again_ms; /* from now, when a use is free again; -1: never (a count of 0) */
};

struct flood *flood_new(const struct clock *clock);
void flood_free(struct flood *f); /* NULL is fine */

/* What stands for a source: its services account, else its host (a change of nick is no way out),
 * else its nick; folded. Any may be NULL or "". Returns dst, of FLOOD_SOURCE_SIZE bytes. */
const char *flood_source_key(char *dst, size_t size, enum casemapping casemapping, const char *nick,
                             const char *host, const char *account);

/* The module's limit, or with a command that command's own; NULL for none. */
const struct rate *flood_rate(const struct module_view *m, enum flood_limit limit,
                              const char *command);
/* Whether such a limit is about this use at all: a whitelisted source is exempt from the user's,
 * and one in private from the channel's. */
bool flood_applies(const struct flood_use *use, enum flood_limit limit, bool of_command);
/* Whether a use now would go beyond one of the three limits; *hit (may be NULL) is then the first:
 * user, channel, network; the module's before the command's. Counts nothing. */
bool flood_reached(const struct flood *f, const struct flood_use *use, struct flood_hit *hit);
/* Whether this one limit is reached, for explanations; rate is the module's or the command's. */
bool flood_limit_reached(const struct flood *f, const struct flood_use *use, enum flood_limit limit,
                         bool of_command, struct flood_hit *hit);
/* Whether the module's passive uses count for any limit: its own, or one of its rate_group. */
bool flood_is_counted(const struct registry_view *view, const struct module_view *m);
/* The use takes place: counts in every window that applies, which in a rate_group are those of all
 * its members' limits. */
void flood_count(struct flood *f, const struct flood_use *use);
/* true for the first refusal in each window of (source, limit): tell the source once. */
bool flood_tell(struct flood *f, const struct flood_use *use, const struct flood_hit *hit);

/* The limit of a source over all modules of a network: whether a use now would go beyond it; counts
 * nothing. hit may be NULL. */
bool flood_source_reached(const struct flood *f, const char *network, const char *source,
                          struct rate rate, struct flood_hit *hit);
/* Counts a use. true: it goes beyond the rate;
 * the source is to be ignored, and its window starts anew. */
bool flood_count_source(struct flood *f, const char *network, const char *source, struct rate rate);

/* "at most 3 uses in 1m; again in 42s": for the notice. Returns dst. */
const char *flood_describe(char *dst, size_t size, const struct flood_hit *hit);

struct flood_stats {
    size_t windows;
    size_t bytes;
    uint64_t forgotten; /* because there were too many, since the start */
};
struct flood_stats flood_stats(const struct flood *f);

#endif
