#ifndef REGISTRY_CAPABILITY_H
#define REGISTRY_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>

#include "net/proto/casemap.h"

/*
 * Capabilities: their names, sets of them, and the check. Everything here is pure.
 *
 * A name is one word without white space or control bytes: [NET/][#channel.][-]x, in ASCII lower
 * case but for the channel. "#channel,x" is the same as "#channel.x", is accepted everywhere, and
 * is what is stored and shown when the channel's name has a dot. -x is the anticapability of x. x
 * may have one dot itself (module.command).
 */
#define CAPABILITY_MAX     400 /* bytes of a whole name */
#define CAPABILITY_MAX_SET 2000

struct capability {
    char network[64 + 1];  /* "": all networks */
    char channel[200 + 1]; /* "": global; as written */
    char name[128 + 1];    /* without '-' */
    bool anti;
};

/* 0, or -1 and what would be right in why (REGISTRY_WHY_SIZE). */
int capability_parse(struct capability *c, const char *text, char *why, size_t why_size);
/* As it is stored and shown. Returns dst, of at least CAPABILITY_MAX + 1 bytes. */
const char *capability_write(const struct capability *c, char *dst, size_t size);

/* owner admin trusted op halfop voice protected: nobody has them by default, globally or in a
 * channel. name: as in struct capability. */
bool capability_privileged(const char *name);

/* A set as read from Redis: immutable, counted by reference. Items that are wrong were left out. */
struct capability_set;
struct capability_set *capability_set_new(const struct capability *items, size_t count);
struct capability_set *capability_set_ref(struct capability_set *set);
void capability_set_unref(struct capability_set *set); /* NULL is fine */
bool capability_set_equal(const struct capability_set *a, const struct capability_set *b);
size_t capability_set_count(const struct capability_set *set);
const struct capability *capability_set_at(const struct capability_set *set, size_t i);
/* What the set says of the capability (its sign is not looked at) on that network: +1 it is there,
 * -1 its anticapability is, 0 neither; the network's word before that for all networks. If both
 * signs stand there (written by hand), the anticapability counts. item: what it says so by; may be
 * NULL. */
int capability_set_says(const struct capability_set *set, const char *network,
                        enum casemapping casemapping, const struct capability *c,
                        const struct capability **item);

struct accounts;
struct account;

struct capability_query {
    const struct accounts *accounts;
    /* The network that is asked about, and its casemapping. "": what the account has on every
     * network, as is needed to give a capability for all of them. A capability with a network in
     * its name is asked of that network; the casemapping must then be of that one. */
    const char *network;
    enum casemapping casemapping;
    const struct account *account; /* NULL: unknown */
    /* Whether modules declare the name default-off; may be NULL. Besides owner admin trusted op
     * halfop voice protected, which are always. */
    bool (*privileged)(const void *ctx, const char *name);
    const void *ctx;
};

/* What gave the answer. X(NAME, "name", "sentence") */
#define CAPABILITY_STEP_LIST(X)                                                                    \
    X(IGNORED, "ignored", "the account is ignored, so it has anticapabilities only")               \
    X(OWNER_ASKED, "owner_asked", "owner is had by the account's own set alone")                   \
    X(OWNER, "owner", "the account has owner")                                                     \
    X(OWN_SET, "own_set", "the account's own set says so")                                         \
    X(CHANNEL_OP, "channel_op", "the account has the channel's op")                                \
    X(CHANNEL_SET, "channel_set", "the channel's default set says so")                             \
    X(REGISTERED_SET, "registered_set", "the set for registered users says so")                    \
    X(DEFAULT_SET, "default_set", "the bot's default set says so")                                 \
    X(PRIVILEGED, "privileged", "it is privileged: nobody has it by default")                      \
    X(CHANNEL_DEFAULT, "channel_default", "the channel's default_allow says so")                   \
    X(DEFAULT, "default", "the bot's default_allow says so")
enum capability_step {
#define X(name, text, sentence) CAPABILITY_##name,
    CAPABILITY_STEP_LIST(X)
#undef X
        CAPABILITY_STEP_COUNT
};
const char *capability_step_name(enum capability_step step);
const char *capability_step_sentence(enum capability_step step);

struct capability_answer {
    bool allowed; /* the source has it */
    enum capability_step step;
    const struct capability *item; /* what stands in a set, or NULL */
};

/* Does the source have the capability (which may be an anticapability)? */
struct capability_answer capability_check(const struct capability_query *q,
                                          const struct capability *c);
/* Each step that was looked at, in order; the last one told decides. */
struct capability_trace {
    void (*step)(void *arg, enum capability_step step, bool decides, const struct capability *item);
    void *arg;
};
struct capability_answer capability_explain(const struct capability_query *q,
                                            const struct capability *c,
                                            const struct capability_trace *trace);

/* The right to call a command: refused by the first of -bar, -foo, -foo.bar, and in a channel
 * #chan.-bar, #chan.-foo, #chan.-foo.bar that the source has; where only a default of deny refuses,
 * one grant of bar, foo or foo.bar (or of #chan.) is enough. That op, voice and their like are had
 * by nobody by default does not refuse commands of these names. A command of two words, "bar baz",
 * has its first word's names and those with a '-': bar-baz, foo.bar-baz. */
struct capability_command_answer {
    bool allowed;
    struct capability asked; /* the name that decided */
    struct capability_answer answer;
};
struct capability_command_answer capability_check_command(const struct capability_query *q,
                                                          const char *module, const char *command,
                                                          const char *channel /* NULL: private */);
/* Each name that was asked, in order. */
struct capability_command_trace {
    void (*asked)(void *arg, const struct capability *c, const struct capability_answer *answer);
    void *arg;
};
struct capability_command_answer
capability_explain_command(const struct capability_query *q, const char *module,
                           const char *command, const char *channel,
                           const struct capability_command_trace *trace /* NULL: none */);

#endif
