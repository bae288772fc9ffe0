#ifndef NET_STATE_INTERNAL_H
#define NET_STATE_INTERNAL_H

/* What the files of this folder share. Nobody else includes it. */

#include "base/str.h"
#include "base/xmalloc.h"

#define uthash_malloc(size) xmalloc(size)
#include <uthash.h>

#include "net/state/state.h"

/* Modes that are on, one bit for each letter. */
typedef uint64_t mode_set;

struct irc_user {
    char *nick;
    char *folded; /* the key */
    char *user;   /* NULL when unknown; so are the next ones */
    char *host;
    char *account;
    char *realname;
    struct channel_member *members; /* one for each channel; a user without any is freed */
    bool account_known;
    bool away;
    UT_hash_handle hh;
};

struct channel_member {
    struct irc_user *user; /* the key */
    struct channel *channel;
    struct channel_member *next_of_user;
    struct channel_member **link_of_user; /* what points to this one in its user's list */
    uint16_t prefixes;                    /* bit i: isupport.prefix_modes[i] */
    UT_hash_handle hh;
};

struct channel {
    struct irc_state *state;
    char *name;
    char *folded; /* the key */
    char *topic;  /* NULL when there is none; so are the next ones */
    char *topic_by;
    char *key;
    int64_t topic_ms;
    mode_set modes;
    bool names_done;
    struct channel_member *members;
    UT_hash_handle hh;
};

/* An open batch of history (IRCv3 batch). Other batches need no memory: their lines count. */
struct history_batch {
    char *reference;
    struct history_batch *next;
};

struct irc_state {
    irc_event_fn fn;
    void *arg;
    char *nick;
    char *user; /* NULL until learned; so is host */
    char *host;
    mode_set user_modes;
    bool connected;
    bool account_tag;
    uint64_t seed[2];
    struct irc_user *users;
    struct channel *channels;
    struct irc_user *last_user; /* found last, or NULL; so is the next one: often it is asked for */
    struct channel *last_channel; /* again, written the same way */
    size_t member_total;
    struct history_batch *batches;
    struct isupport isupport;
};

/* One line while it is applied. */
struct line {
    struct irc_state *state;
    const struct irc_msg *msg;
    struct irc_user *source; /* NULL when the source shares no channel with us */
    bool from_me;
    bool account_known;  /* the line tells the source's account, */
    const char *account; /* which may be none: NULL */
    int64_t time_ms;
};

/* ---- membership.c: who is where ---- */

/* Replaces *field; NULL or "" forgets it. */
void field_set(char **field, const char *value);
/* The same with at most IRC_STATE_MAX_TEXT bytes of value. */
void field_set_text(char **field, const char *value);
/* Whether a word from outside may be kept: not empty, within IRC_STATE_MAX_NAME, and without the
 * bytes of `without`. */
bool word_ok(const char *s, const char *without);
bool nick_ok(const char *nick);

struct irc_user *user_find(const struct irc_state *state, const char *nick);
struct channel *channel_find(const struct irc_state *state, const char *name);
struct channel_member *member_find(const struct channel *channel, const struct irc_user *user);

/* NULL when a limit is reached. */
struct channel *channel_add(struct irc_state *state, const char *name);
void channel_remove(struct channel *channel);
/* The member, new or old; creates the user when need be. NULL when a limit is reached. */
struct channel_member *member_add(struct channel *channel, const char *nick);
void member_remove(struct channel_member *member); /* and its user, if that was the last */
void user_remove(struct irc_state *state, struct irc_user *user);
/* Gives a user a new nick; somebody else who has it already is removed. */
void user_rename(struct irc_state *state, struct irc_user *user, const char *nick);
/* After the casemapping has changed. Of names that have become equal the first stays. */
void state_refold(struct irc_state *state);
void state_leave_all(struct irc_state *state);
size_t user_places(const struct irc_user *user, const struct channel **dst, size_t max);

/* ---- event.c: telling ---- */

/* Who did it and when; the rest empty. Emitting fills in reply_to when it is still NULL. */
struct irc_event event_from(const struct line *line, enum event_type type);
void event_emit(const struct line *line, struct irc_event *event);
void event_emit_in(const struct line *line, struct irc_event *event, const struct channel *channel);
/* With all channels that the source shares with us. */
void event_emit_shared(const struct line *line, struct irc_event *event);

/* ---- learn.c: what is known of users ---- */

/* NULL or bad values change nothing. */
void learn_address(struct irc_state *state, struct irc_user *user, const char *user_name,
                   const char *host);
void learn_own_address(struct irc_state *state, const char *user_name, const char *host);
/* account: NULL when logged out. One that cannot be one makes the account unknown. */
void learn_account(struct irc_user *user, const char *account);
/* Whether a name can be a services account; no other is ever believed. */
bool account_ok(const char *account);

/* ---- mode.c ---- */

void apply_mode(struct line *line);
/* RPL_CHANNELMODEIS: the modes begin at parameter 2. */
void channel_modes_replace(struct channel *channel, const struct irc_msg *msg);
void user_modes_change(struct irc_state *state, const char *modes);
/* After PREFIX has changed from `before`. */
void prefixes_remap(struct irc_state *state, const char *before);
bool mode_set_has(mode_set set, char mode);
const char *mode_set_write(mode_set set, char dst[IRC_MODES_SIZE]);

/* ---- message.c, numeric.c, batch.c ---- */

void apply_privmsg(struct line *line);
void apply_notice(struct line *line);
void apply_numeric(struct line *line);
void apply_batch(struct irc_state *state, const struct irc_msg *msg);
bool batch_is_history(const struct irc_state *state, const struct irc_msg *msg);
void batch_forget(struct irc_state *state);

#endif
