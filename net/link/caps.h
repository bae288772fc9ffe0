#ifndef NET_LINK_CAPS_H
#define NET_LINK_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/link/sink.h"
#include "net/proto/message.h"

/*
 * Capability negotiation (IRCv3 "Capability Negotiation", version 302). Of what the server offers
 * we ask for what we know, in one REQ; when that is refused as a whole, for each by itself. Pure:
 * messages in, lines out.
 *
 * echo-message is not among them: our own words would come back to us as if someone had said them.
 */
#define CAPS_LIST(X)                                                                               \
    X(ACCOUNT_NOTIFY, "account-notify")                                                            \
    X(ACCOUNT_TAG, "account-tag")                                                                  \
    X(AWAY_NOTIFY, "away-notify")                                                                  \
    X(BATCH, "batch")                                                                              \
    X(CAP_NOTIFY, "cap-notify")                                                                    \
    X(CHGHOST, "chghost")                                                                          \
    X(EXTENDED_JOIN, "extended-join")                                                              \
    X(INVITE_NOTIFY, "invite-notify")                                                              \
    X(MESSAGE_TAGS, "message-tags")                                                                \
    X(MULTI_PREFIX, "multi-prefix")                                                                \
    X(SASL, "sasl")                                                                                \
    X(SERVER_TIME, "server-time")                                                                  \
    X(SETNAME, "setname")                                                                          \
    X(USERHOST_IN_NAMES, "userhost-in-names")

enum cap {
#define X(name, text) CAP_##name,
    CAPS_LIST(X)
#undef X
        CAP_COUNT
};

struct caps {
    uint32_t offered; /* bits 1 << CAP_... */
    uint32_t requested;
    uint32_t enabled;
    bool listed;      /* the answer to LS is complete */
    bool want_sasl;   /* ask for sasl where it is offered */
    bool mechs_known; /* the server told its SASL mechanisms: */
    bool mech_plain;
    bool mech_external;
};

/* What a message has changed; bits. */
enum {
    CAPS_SETTLED = 1, /* LS is complete and each REQ is answered */
    CAPS_SASL_ON = 2  /* sasl has just been acknowledged */
};

/* A new connection: forgets everything and asks for the list. */
void caps_begin(struct caps *caps, bool want_sasl, const struct sink *out);
/* One CAP message. Returns the bits above. */
unsigned caps_feed(struct caps *caps, const struct irc_msg *msg, const struct sink *out);
bool caps_enabled(const struct caps *caps, const char *name);
/* False when the server has told its mechanisms and this is none of them. */
bool caps_sasl_offers(const struct caps *caps, bool external);

#endif
