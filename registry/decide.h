#ifndef REGISTRY_DECIDE_H
#define REGISTRY_DECIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/proto/event_type.h"
#include "registry/view.h"

/*
 * Does this module see this event? The first rule that applies decides. A pure function: the same
 * view and facts give the same answer, whatever the order of list items.
 *
 * X(NAME, number, "name", allowed, "sentence"); numbers are the rules' and are never reused.
 */
#define DECIDE_REASON_LIST(X)                                                                      \
    X(DISABLED, 1, "disabled", false, "the module is not enabled")                                 \
    X(EVENT_TYPE, 2, "event_type", false, "the module does not handle this type of event")         \
    X(DCHANNEL, 5, "dchannel", false, "the channel is in dchannels")                               \
    X(DNICK, 6, "dnick", false, "a nick of dnicks is there")                                       \
    X(ECHANNEL, 7, "echannel", true, "the channel is in echannels")                                \
    X(ENICK, 8, "enick", true, "a nick of enicks is there")                                        \
    X(NO_RULE, 9, "no_rule", false, "no list enables the module here")                             \
    X(NO_PLACE, 10, "no_place", true, "the event belongs to no channel; enabled is enough")        \
    X(NOWHERE, 11, "nowhere", false, "the source shares no channel with the bot")

enum decide_reason {
#define X(name, number, text, allowed, sentence) DECIDE_##name = number,
    DECIDE_REASON_LIST(X)
#undef X
};

const char *decide_reason_name(enum decide_reason reason);
const char *decide_reason_sentence(enum decide_reason reason);

/* Where an event happens. */
struct decide_place {
    const char *channel; /* as the network writes it; folding is done here */
    /* Whether somebody of that nick (folded under the network's casemapping) is there now. NULL:
     * a channel the bot is not in (an invitation), where nobody is known. Otherwise the bot itself
     * counts as there. */
    bool (*has)(const void *ctx, const char *folded_nick);
    const void *ctx;
};

struct decide_facts {
    enum event_type type; /* EVENT_COMMAND when one of the module's commands is called */
    const char *nick;     /* the source; "" for none */
    const char *user;     /* "" when unknown */
    const char *host;     /* "" when unknown */
    const char *account;  /* services account, or NULL */
    const char *me;       /* the bot's nick now */
    bool is_private;      /* then the occupants are the source and the bot, and places is empty */
    const struct decide_place *places; /* QUIT and NICK: each channel the source is in */
    size_t nplaces;
};

struct decision {
    bool allowed;
    enum decide_reason reason;
    /* What made it so, or NULL: the list's item, and the place. With several places: the first one
     * that allows, or else the first one. */
    const char *item;
    const struct decide_place *place;
};

struct decision decide_module(const struct module_view *m, const struct decide_facts *facts);

#endif
