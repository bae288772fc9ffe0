#ifndef NET_STATE_EVENT_H
#define NET_STATE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/proto/event_type.h"

struct channel; /* net/state/state.h */

/*
 * What happened, immutable, valid during the callback that gets it. It is told before the state
 * forgets (PART, KICK, QUIT, NICK) and after the state has learned (JOIN, MODE, TOPIC, ACCOUNT), so
 * that the members of `places` are those the decision is about. Strings are NUL-terminated bytes
 * without CR and LF, never NULL unless said.
 */
struct irc_event {
    enum event_type type;
    const char
        *nick; /* who did it; a server's name for a server; "" for connected and disconnected */
    const char *user;    /* "" when unknown */
    const char *host;    /* "" when unknown */
    const char *account; /* services account; NULL when none or unknown */
    bool account_known;  /* false: the network has not told */
    bool from_me;        /* our own identity did it */
    bool from_server;
    bool is_private;     /* message, action, notice, ctcp: sent to us, not to a channel */
    const char *channel; /* as the network writes it; NULL when none */
    const char *target;  /* kick, invite: the nick; nick: the new nick; mode: the mode string; our
                            own  private message (echo-message): to whom; else NULL */
    const char
        *text; /* message; reason; topic; ctcp arguments; mode arguments joined by spaces; or "" */
    const char *ctcp;     /* ctcp: the command in upper case; else NULL */
    const char *reply_to; /* where an answer goes: the channel, with the prefix it was said with
                             when only some of its members heard it (STATUSMSG, "@#chan"); the nick
                             of whoever did it, by now, when it was in private, is an invitation, or
                             is about no single channel; "" when nobody did it */
    int64_t time_ms;      /* server-time, or when it came; since 1970 */
    const struct channel *const
        *places; /* the channels it touches: one; all that are shared for quit, nick and account;
                    none in private, for an invitation to a channel we are not in, and for
                    connected and disconnected */
    size_t nplaces;
};

#endif
