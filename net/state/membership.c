/* Users, channels and who is where: two tables, and a table of members in each channel. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/state/hash.h"
#include "net/state/internal.h"

void field_set(char **field, const char *value)
{
    if (value && *value && *field && !strcmp(*field, value))
        return;
    free(*field);
    *field = value && *value ? xstrdup(value) : NULL;
}

void field_set_text(char **field, const char *value)
{
    char cut[IRC_STATE_MAX_TEXT + 1];
    str_copy(cut, sizeof cut, value);
    field_set(field, cut);
}

bool word_ok(const char *s, const char *without)
{
    size_t len = strcspn(s, without);
    return len && !s[len] && len <= IRC_STATE_MAX_NAME;
}

bool nick_ok(const char *nick)
{
    return word_ok(nick, " !@,\r\n");
}

/* The key of a table: folded, with its hash. */
struct key {
    char text[IRC_STATE_MAX_NAME + 1];
    size_t len;
    unsigned hash;
};

static bool make_key(const struct irc_state *state, struct key *key, const char *name)
{
    if (strnlen(name, sizeof key->text) == sizeof key->text)
        return false;
    key->len = irc_fold_copy(state->isupport.casemapping, key->text, sizeof key->text, name);
    key->hash = hash_name(state->seed, key->text, key->len);
    return true;
}

static struct irc_user *find_user(const struct irc_state *state, const struct key *key)
{
    struct irc_user *user = NULL;
    HASH_FIND_BYHASHVALUE(hh, state->users, key->text, key->len, key->hash, user);
    return user;
}

static struct channel *find_channel(const struct irc_state *state, const struct key *key)
{
    struct channel *channel = NULL;
    HASH_FIND_BYHASHVALUE(hh, state->channels, key->text, key->len, key->hash, channel);
    return channel;
}

/* What is remembered of the last search is no part of what a state is: it may change in a const
 * one. A name that is written as that one's has the same key, so it is the same one's. */
struct irc_user *user_find(const struct irc_state *state, const char *nick)
{
    struct irc_user *user = state->last_user;
    struct key key;
    if (user && !strcmp(user->nick, nick))
        return user;
    user = state->users && make_key(state, &key, nick) ? find_user(state, &key) : NULL;
    ((struct irc_state *)state)->last_user = user;
    return user;
}

struct channel *channel_find(const struct irc_state *state, const char *name)
{
    struct channel *channel = state->last_channel;
    struct key key;
    if (channel && !strcmp(channel->name, name))
        return channel;
    channel = state->channels && make_key(state, &key, name) ? find_channel(state, &key) : NULL;
    ((struct irc_state *)state)->last_channel = channel;
    return channel;
}

struct channel_member *member_find(const struct channel *channel, const struct irc_user *user)
{
    struct channel_member *member = NULL;
    if (user)
        HASH_FIND_PTR(channel->members, &user, member);
    return member;
}

static void put_user(struct irc_state *state, struct irc_user *user, const struct key *key)
{
    field_set(&user->folded, key->text);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, state->users, user->folded, key->len, key->hash, user);
}

static void put_channel(struct irc_state *state, struct channel *channel, const struct key *key)
{
    field_set(&channel->folded, key->text);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, state->channels, channel->folded, key->len, key->hash, channel);
}

struct channel *channel_add(struct irc_state *state, const char *name)
{
    struct key key;
    if (HASH_COUNT(state->channels) >= IRC_STATE_MAX_CHANNELS || !word_ok(name, " ,\a\r\n") ||
        !make_key(state, &key, name))
        return NULL;
    struct channel *channel = xcalloc(1, sizeof *channel);
    channel->state = state;
    channel->name = xstrdup(name);
    put_channel(state, channel, &key);
    return channel;
}

static void free_user(struct irc_state *state, struct irc_user *user)
{
    if (state->last_user == user)
        state->last_user = NULL;
    free(user->nick);
    free(user->folded);
    free(user->user);
    free(user->host);
    free(user->account);
    free(user->realname);
    free(user);
}

/* The member is in its channel's table no more; its user stays. */
static void free_member(struct channel_member *member)
{
    *member->link_of_user = member->next_of_user;
    if (member->next_of_user)
        member->next_of_user->link_of_user = member->link_of_user;
    member->channel->state->member_total--;
    free(member);
}

static void leave_all(struct irc_user *user)
{
    struct channel_member *next;
    for (struct channel_member *member = user->members; member; member = next) {
        next = member->next_of_user;
        HASH_DEL(member->channel->members, member);
        free_member(member);
    }
}

void user_remove(struct irc_state *state, struct irc_user *user)
{
    assert(state->users);
    leave_all(user);
    HASH_DEL(state->users, user);
    free_user(state, user);
}

void member_remove(struct channel_member *member)
{
    struct irc_state *state = member->channel->state;
    struct irc_user *user = member->user;
    HASH_DEL(member->channel->members, member);
    free_member(member);
    if (!user->members)
        user_remove(state, user);
}

/* The channel is in the state's table no more. */
static void free_channel(struct channel *channel)
{
    if (channel->state->last_channel == channel)
        channel->state->last_channel = NULL;
    struct channel_member *member = channel->members;
    struct channel_member *next;
    HASH_CLEAR(hh, channel->members);
    for (; member; member = next) {
        struct irc_user *user = member->user;
        next = member->hh.next;
        free_member(member);
        if (!user->members)
            user_remove(channel->state, user);
    }
    free(channel->name);
    free(channel->folded);
    free(channel->topic);
    free(channel->topic_by);
    free(channel->key);
    free(channel);
}

void channel_remove(struct channel *channel)
{
    HASH_DEL(channel->state->channels, channel);
    free_channel(channel);
}

struct channel_member *member_add(struct channel *channel, const char *nick)
{
    struct irc_state *state = channel->state;
    struct key key;
    if (!nick_ok(nick) || !make_key(state, &key, nick))
        return NULL;
    struct irc_user *user = find_user(state, &key);
    struct channel_member *member = member_find(channel, user);
    if (member)
        return member;
    if (HASH_COUNT(channel->members) >= IRC_STATE_MAX_MEMBERS ||
        state->member_total >= IRC_STATE_MAX_TOTAL)
        return NULL;
    if (!user) {
        user = xcalloc(1, sizeof *user);
        user->nick = xstrdup(nick);
        put_user(state, user, &key);
    }
    member = xcalloc(1, sizeof *member);
    member->user = user;
    member->channel = channel;
    member->next_of_user = user->members;
    member->link_of_user = &user->members;
    if (user->members)
        user->members->link_of_user = &member->next_of_user;
    user->members = member;
    state->member_total++;
    HASH_ADD_PTR(channel->members, user, member);
    return member;
}

void user_rename(struct irc_state *state, struct irc_user *user, const char *nick)
{
    struct key key;
    if (!make_key(state, &key, nick))
        return;
    struct irc_user *other = find_user(state, &key);
    if (other && other != user)
        user_remove(state, other);
    HASH_DEL(state->users, user);
    field_set(&user->nick, nick);
    put_user(state, user, &key);
}

/* Elements keep their order, and so their chain, while the table around them is made anew. */
static void refold_users(struct irc_state *state)
{
    struct irc_user *user = state->users;
    struct irc_user *next;
    HASH_CLEAR(hh, state->users);
    for (; user; user = next) {
        struct key key;
        next = user->hh.next;
        if (!make_key(state, &key, user->nick) || find_user(state, &key)) {
            leave_all(user);
            free_user(state, user);
        } else {
            put_user(state, user, &key);
        }
    }
}

void state_refold(struct irc_state *state)
{
    refold_users(state);
    struct channel *channel = state->channels;
    struct channel *next;
    HASH_CLEAR(hh, state->channels);
    for (; channel; channel = next) {
        struct key key;
        next = channel->hh.next;
        if (!make_key(state, &key, channel->name) || find_channel(state, &key))
            free_channel(channel);
        else
            put_channel(state, channel, &key);
    }
}

void state_leave_all(struct irc_state *state)
{
    struct channel *channel = state->channels;
    struct channel *next;
    HASH_CLEAR(hh, state->channels);
    for (; channel; channel = next) {
        next = channel->hh.next;
        free_channel(channel);
    }
}

size_t user_places(const struct irc_user *user, const struct channel **dst, size_t max)
{
    size_t count = 0;
    for (const struct channel_member *m = user->members; m; m = m->next_of_user, count++)
        if (count < max)
            dst[count] = m->channel;
    return count;
}
