#ifndef NET_STATE_STATE_H
#define NET_STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/proto/isupport.h"
#include "net/proto/message.h"
#include "net/state/event.h"

/*
 * One network as we see it: our nick, the channels we are in, their members. Passive and pure: it
 * is given lines and yields events; it has no sockets and no clock, and sends nothing. Lines that
 * are rubbish (missing parameters, unknown channels) do nothing. What a server can make it hold is
 * bounded by the limits below; what is beyond them is ignored.
 *
 * Strings that queries return belong to the state and are valid until the next line is applied.
 * They are never NULL unless said.
 */
#define IRC_STATE_MAX_CHANNELS 1000
#define IRC_STATE_MAX_MEMBERS  100000 /* of one channel */
#define IRC_STATE_MAX_TOTAL    250000 /* members of all channels of one network together */
#define IRC_STATE_MAX_NAME     255    /* bytes of a nick, user, host, account or channel */
#define IRC_STATE_MAX_TEXT     510    /* bytes of a topic or realname; longer ones are cut */
#define IRC_STATE_MAX_BATCHES  32     /* open at the same time */

struct irc_state;
struct irc_user;       /* somebody who shares a channel with us, ourselves included */
struct channel_member; /* a user in a channel */

/* The event is valid during the call. The callback may ask the state, and must not change it. */
typedef void (*irc_event_fn)(void *arg, const struct irc_event *event);

/* nick: the one we register with; 001 tells the one we got. */
struct irc_state *irc_state_new(const char *nick, irc_event_fn fn, void *arg);
void irc_state_free(struct irc_state *state); /* yields no event; NULL is fine */

/* What the connection has negotiated. account_tag: a user's message without the tag means that the
 * user is not logged in. Off until said, and after a disconnect. */
void irc_state_set_caps(struct irc_state *state, bool account_tag);
/* The nick that registration tries next (after 433 before 001). */
void irc_state_set_nick(struct irc_state *state, const char *nick);

/* Registration has ended: yields CONNECTED. wall_ms: now, milliseconds since 1970. */
void irc_state_connected(struct irc_state *state, int64_t wall_ms);
/* Yields DISCONNECTED if CONNECTED had been, then forgets everything but our nick. */
void irc_state_disconnected(struct irc_state *state, const char *reason, int64_t wall_ms);

/*
 * Applies one line from the server; yields at most one event. wall_ms counts where the line has no
 * server-time. Lines of a history batch (chathistory, znc.in/playback) do nothing. Changes of user
 * modes, AWAY, CHGHOST, SETNAME and all numerics are learned without an event, so is what happens
 * in channels we are not in. RAW and COMMAND events are never made here.
 */
void irc_state_apply(struct irc_state *state, const struct irc_msg *msg, int64_t wall_ms);

/* What to send after "WHO #channel " where ISUPPORT has WHOX; else send it without. The answers are
 * recognized by the token. */
#define IRC_WHOX_TOKEN  "152"
#define IRC_WHOX_FIELDS "%tcuhnfar," IRC_WHOX_TOKEN

/* ---- Ourselves ---- */

const char *irc_state_nick(const struct irc_state *state);
/* As others see us; "" until learned. */
const char *irc_state_user(const struct irc_state *state);
const char *irc_state_host(const struct irc_state *state);
bool irc_state_is_me(const struct irc_state *state, const char *nick);
const struct isupport *irc_state_isupport(const struct irc_state *state);
/* Room for all letters that modes can have, and NUL. */
#define IRC_MODES_SIZE 53
/* Our user modes ("iw") into dst; returns dst. */
const char *irc_state_user_modes(const struct irc_state *state, char dst[IRC_MODES_SIZE]);

/* ---- Channels we are in ---- */

/* By any spelling of its name; NULL when we are not in it. */
const struct channel *irc_channel_find(const struct irc_state *state, const char *name);
size_t irc_channel_count(const struct irc_state *state);
/* In the order they were joined; NULL begins, NULL ends. */
const struct channel *irc_channel_next(const struct irc_state *state, const struct channel *after);

const char *irc_channel_name(const struct channel *channel); /* as the network writes it */
const char *irc_channel_topic(const struct channel *channel);
const char *irc_channel_topic_by(const struct channel *channel); /* nick or mask; "" unknown */
int64_t irc_channel_topic_time(const struct channel *channel);   /* ms since 1970; 0 unknown */
const char *irc_channel_key(const struct channel *channel);      /* "" when none */
/* Channel modes that are on, without lists and member modes ("knt"), into dst; returns dst. */
const char *irc_channel_modes(const struct channel *channel, char dst[IRC_MODES_SIZE]);
bool irc_channel_has_mode(const struct channel *channel, char mode);
bool irc_channel_names_done(const struct channel *channel); /* 366 came: the members are complete */

/* ---- Members: all in constant time ---- */

bool irc_channel_has(const struct channel *channel, const char *nick);
const struct channel_member *irc_member_find(const struct channel *channel, const char *nick);
size_t irc_member_count(const struct channel *channel);
const struct channel_member *irc_member_next(const struct channel *channel,
                                             const struct channel_member *after);
const struct irc_user *irc_member_user(const struct channel_member *member);
/* A mode of ISUPPORT PREFIX: 'o', 'v'. */
bool irc_member_has_mode(const struct channel_member *member, char mode);
/* All of them, highest first ("ov"), into dst; returns dst. */
const char *irc_member_modes(const struct channel_member *member, char dst[IRC_MODES_SIZE]);

/* ---- Users ---- */

/* NULL when the nick shares no channel with us. */
const struct irc_user *irc_user_find(const struct irc_state *state, const char *nick);
size_t irc_user_count(const struct irc_state *state);
const char *irc_user_nick(const struct irc_user *user);
const char *irc_user_user(const struct irc_user *user);    /* "" when unknown */
const char *irc_user_host(const struct irc_user *user);    /* "" when unknown */
const char *irc_user_account(const struct irc_user *user); /* NULL: none, or not known */
bool irc_user_account_known(const struct irc_user *user);
const char *irc_user_realname(const struct irc_user *user); /* "" when unknown */
bool irc_user_away(const struct irc_user *user);
/* The channels shared with us: writes at most max of them to dst, returns how many there are. */
size_t irc_user_channels(const struct irc_user *user, const struct channel **dst, size_t max);

#endif
