#ifndef REGISTRY_DECIDE_H
#define REGISTRY_DECIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/proto/event_type.h"
#include "registry/flood.h"
#include "registry/maskset.h"
#include "registry/view.h"

/*
 * Does this module see this event? The first rule that refuses decides; of rules 4 to 9 the first
 * that applies says whether it is for this place. A pure function: the same view, facts and counts
 * give the same answer, whatever the order of list items. With a trace it explains itself.
 *
 * Rules 21, 13 and 14 (in this order, after 12), 18, 20 and 24 are about commands alone: happenings
 * are told to a module whoever causes them. An ignored source's events reach no module at all, and
 * flood controls are for both.
 *
 * X(NAME, number, "name", allowed, "sentence", "sentence when it does not apply"); numbers are the
 * rules' and are never reused.
 */
#define DECIDE_REASON_LIST(X)                                                                      \
    X(DISABLED, 1, "disabled", false, "the module is not enabled", "the module is enabled")        \
    X(EVENT_TYPE, 2, "event_type", false, "the module does not handle this type of event",         \
      "the module handles this type of event")                                                     \
    X(BLACKLIST, 3, "blacklist", false, "the source is on the blacklist",                          \
      "the source is not on the blacklist")                                                        \
    X(WHITELIST, 4, "whitelist", true, "the source is on the whitelist",                           \
      "the source is not on the whitelist")                                                        \
    X(DCHANNEL, 5, "dchannel", false, "the channel is in dchannels",                               \
      "the channel is not in dchannels")                                                           \
    X(DNICK, 6, "dnick", false, "a nick of dnicks is there", "no nick of dnicks is there")         \
    X(ECHANNEL, 7, "echannel", true, "the channel is in echannels",                                \
      "the channel is not in echannels")                                                           \
    X(ENICK, 8, "enick", true, "a nick of enicks is there", "no nick of enicks is there")          \
    X(NO_RULE, 9, "no_rule", false, "no list enables the module here", "")                         \
    X(NO_PLACE, 10, "no_place", true, "the event belongs to no channel; enabled is enough", "")    \
    X(NOWHERE, 11, "nowhere", false, "the source shares no channel with the bot", "")              \
    X(IGNORED, 12, "ignored", false, "the source is ignored", "the source is not ignored")         \
    X(AUTH_GROUP, 13, "auth_group", false,                                                         \
      "the source is not authorized by the module's auth_group",                                   \
      "no authorization profile keeps the source out")                                             \
    X(CAPABILITY, 14, "capability", false, "the source does not have the module's capability",     \
      "no capability is missing")                                                                  \
    X(RATE_USER, 15, "rate_user", false, "the source used it too often", "not reached")            \
    X(RATE_CHANNEL, 16, "rate_channel", false, "it was used too often in this channel",            \
      "not reached")                                                                               \
    X(RATE_NETWORK, 17, "rate_network", false, "it was used too often on this network",            \
      "not reached")                                                                               \
    X(OURS, 18, "ours", false, "the source is one of our own identities, which command nobody",    \
      "the source is none of our own identities")                                                  \
    X(NO_FILE, 19, "no_file", false, "no file of the module is loaded", "the module is loaded")    \
    X(RATE_SOURCE, 20, "rate_source", false, "the source makes the bot do too much in all",        \
      "not reached")                                                                               \
    X(ANTICAPABILITY, 21, "anticapability", false, "an anticapability forbids it to the source",   \
      "no anticapability forbids it to the source")                                                \
    X(QUARANTINED, 22, "quarantined", false,                                                       \
      "the module is quarantined on this network, for its faults",                                 \
      "the module is not quarantined")                                                             \
    X(NOT_LOADED, 23, "not_loaded", false, "the module could not be loaded on this network",       \
      "its loading did not fail on this network")                                                  \
    X(CLASH, 24, "clash", false, "another one answers to the command too, so none is called",      \
      "nobody else answers to the command")                                                        \
    X(SECRET, 25, "secret", false, "the text holds a password, so no module gets to see it",       \
      "the text holds no password that is known as one")

enum decide_reason {
#define X(name, number, text, allowed, sentence, otherwise) DECIDE_##name = number,
    DECIDE_REASON_LIST(X)
#undef X
        DECIDE_REASON_END
};

const char *decide_reason_name(enum decide_reason reason);
const char *decide_reason_sentence(enum decide_reason reason);
/* Of a rule that was looked at and does not apply. */
const char *decide_reason_otherwise(enum decide_reason reason);

/* Where an event happens. */
struct decide_place {
    const char *channel; /* as the network writes it; folding is done here */
    /* Whether somebody of that nick (folded under the network's casemapping) is there now. NULL:
     * a channel the bot is not in (an invitation), where nobody is known. Otherwise the bot itself
     * counts as there. */
    bool (*has)(const void *ctx, const char *folded_nick);
    const void *ctx;
};

/* What accounts say of the source, asked for commands only. Nothing changes by asking. */
struct decide_guard {
    void *ctx;
    /* NULL when the source may call the module's command there (channel NULL: in private); else
     * what forbids it, valid until the next call. */
    const char *(*may_call)(void *ctx, const char *module, const char *command,
                            const char *channel);
    bool (*in_group)(void *ctx, const char *group);
    bool (*has)(void *ctx, const char *capability);
};

struct decide_facts {
    enum event_type type; /* EVENT_COMMAND when one of the module's commands is called */
    const char *network;  /* its key; needed with flood */
    const struct registry_view *view; /* that the module is in; needed with flood */
    const char *nick;                 /* the source; "" for none */
    const char *user;                 /* "" when unknown */
    const char *host;                 /* "" when unknown */
    const char *account;              /* services account, or NULL */
    const char *me;                   /* the bot's nick now */
    bool is_private; /* then the occupants are the source and the bot, and places is empty */
    const struct decide_place *places; /* QUIT and NICK: each channel the source is in */
    size_t nplaces;
    /* The same source, folded under the view's casemapping; NULL: it is made where a list of masks
     * is asked. One for all modules is cheaper. */
    const struct mask_source *source;
    const char *ignored;       /* the mask that covers the source (ignores_match), or NULL */
    const char *command;       /* EVENT_COMMAND: its name in ASCII lower case; else NULL */
    bool ours;                 /* the source is one of our own identities */
    bool no_file;              /* the module has no version that can be loaded */
    const char *not_loaded;    /* why the network's module host goes on without it, or NULL */
    bool handles_known;        /* the file says what the module handles: */
    uint32_t handles;          /* EVENT_BITs, perhaps none */
    const char *clash;         /* who else would answer to the command, or NULL */
    bool secret;               /* the text is a password's, for the bot alone */
    const char *quarantined;   /* why the module is, or NULL */
    const struct flood *flood; /* NULL: the flood controls are not asked */
    struct rate source_rate;   /* of a source over all modules; counts with flood */
    /* NULL: nobody is known, so that what asks for a profile or a capability is closed, and no
     * anticapability is. */
    const struct decide_guard *guard;
};

struct decision {
    bool allowed;
    /* When allowed: what made the place right (4, 7, 8 or 10). */
    enum decide_reason reason;
    /* What made it so, or NULL: the list's item, the mask, the profile or capability, and the
     * place. With several places: the first one that allows, or else the first one. */
    const char *item;
    const struct decide_place *place;
    bool whitelisted;     /* exempt from the user's limit */
    struct flood_hit hit; /* with DECIDE_RATE_*: the limit */
};

/* One rule, told while it is looked at, in the order of the rules; those of places (5 to 9) once
 * for each place; those of rates (15 to 17) once for the module and once more for a command's own
 * limit. */
enum decide_outcome {
    DECIDE_PASSES,  /* does not apply */
    DECIDE_ALLOWS,  /* this place is right; rules 12 and later are still to come */
    DECIDE_REFUSES, /* decides: no */
    DECIDE_SKIPPED  /* not looked at: the answer stood before, or nobody asked for it */
};
struct decide_step {
    enum decide_reason rule;
    enum decide_outcome outcome;
    const char *item; /* as in struct decision */
    const struct decide_place *place;
    bool of_command;             /* a command's own limit */
    bool exempt;                 /* this use is not under the limit: whitelisted, or no channel */
    const struct rate *rate;     /* of a rate rule, when the module or command has one */
    const struct flood_hit *hit; /* of a rate rule that refuses */
    bool decides;                /* settles the answer; the last such step is the decision */
};
struct decide_trace {
    void (*step)(void *arg, const struct decide_step *step);
    void *arg;
};

/* Whether the definition lets the module get events of that type: IRC's lines hold what is said
 * where the module is not on, so that they need a permission. */
bool decide_may_get(const struct module_view *m, enum event_type type);

struct decision decide_module(const struct module_view *m, const struct decide_facts *facts);
/* The same decision by the same code; trace may be NULL. */
struct decision decide_explain(const struct module_view *m, const struct decide_facts *facts,
                               const struct decide_trace *trace);

/* What is to be counted (flood_count) once the use takes place: for a command when it is sent to
 * the module, for any other event when the module first answers it. source: flood_source_key, of
 * FLOOD_SOURCE_SIZE bytes; it and what facts and decision name must outlive the use. */
struct flood_use decide_use(const struct module_view *m, const struct decide_facts *facts,
                            const struct decision *decision, char *source);

#endif
