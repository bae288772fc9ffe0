#include <string.h>

#include "net/state/internal.h"

static const char *text_of(const char *field)
{
    return field ? field : "";
}

const char *irc_state_nick(const struct irc_state *state)
{
    return state->nick;
}

const char *irc_state_user(const struct irc_state *state)
{
    return text_of(state->user);
}

const char *irc_state_host(const struct irc_state *state)
{
    return text_of(state->host);
}

bool irc_state_is_me(const struct irc_state *state, const char *nick)
{
    return irc_equal(state->isupport.casemapping, state->nick, nick);
}

const struct isupport *irc_state_isupport(const struct irc_state *state)
{
    return &state->isupport;
}

const char *irc_state_user_modes(const struct irc_state *state, char dst[IRC_MODES_SIZE])
{
    return mode_set_write(state->user_modes, dst);
}

const struct channel *irc_channel_find(const struct irc_state *state, const char *name)
{
    return channel_find(state, name);
}

size_t irc_channel_count(const struct irc_state *state)
{
    return HASH_COUNT(state->channels);
}

const struct channel *irc_channel_next(const struct irc_state *state, const struct channel *after)
{
    return after ? after->hh.next : state->channels;
}

const char *irc_channel_name(const struct channel *channel)
{
    return channel->name;
}

const char *irc_channel_topic(const struct channel *channel)
{
    return text_of(channel->topic);
}

const char *irc_channel_topic_by(const struct channel *channel)
{
    return text_of(channel->topic_by);
}

int64_t irc_channel_topic_time(const struct channel *channel)
{
    return channel->topic_ms;
}

const char *irc_channel_key(const struct channel *channel)
{
    return text_of(channel->key);
}

const char *irc_channel_modes(const struct channel *channel, char dst[IRC_MODES_SIZE])
{
    return mode_set_write(channel->modes, dst);
}

bool irc_channel_has_mode(const struct channel *channel, char mode)
{
    return mode_set_has(channel->modes, mode);
}

bool irc_channel_names_done(const struct channel *channel)
{
    return channel->names_done;
}

bool irc_channel_has(const struct channel *channel, const char *nick)
{
    return irc_member_find(channel, nick);
}

const struct channel_member *irc_member_find(const struct channel *channel, const char *nick)
{
    return member_find(channel, user_find(channel->state, nick));
}

size_t irc_member_count(const struct channel *channel)
{
    return HASH_COUNT(channel->members);
}

const struct channel_member *irc_member_next(const struct channel *channel,
                                             const struct channel_member *after)
{
    return after ? after->hh.next : channel->members;
}

const struct irc_user *irc_member_user(const struct channel_member *member)
{
    return member->user;
}

bool irc_member_has_mode(const struct channel_member *member, char mode)
{
    int index = isupport_prefix_by_mode(&member->channel->state->isupport, mode);
    return index >= 0 && member->prefixes & 1U << index;
}

const char *irc_member_modes(const struct channel_member *member, char dst[IRC_MODES_SIZE])
{
    const char *modes = member->channel->state->isupport.prefix_modes;
    char *to = dst;
    for (int i = 0; modes[i]; i++)
        if (member->prefixes & 1U << i)
            *to++ = modes[i];
    *to = '\0';
    return dst;
}

const struct irc_user *irc_user_find(const struct irc_state *state, const char *nick)
{
    return user_find(state, nick);
}

size_t irc_user_count(const struct irc_state *state)
{
    return HASH_COUNT(state->users);
}

const char *irc_user_nick(const struct irc_user *user)
{
    return user->nick;
}

const char *irc_user_user(const struct irc_user *user)
{
    return text_of(user->user);
}

const char *irc_user_host(const struct irc_user *user)
{
    return text_of(user->host);
}

const char *irc_user_account(const struct irc_user *user)
{
    return user->account;
}

bool irc_user_account_known(const struct irc_user *user)
{
    return user->account_known;
}

const char *irc_user_realname(const struct irc_user *user)
{
    return text_of(user->realname);
}

bool irc_user_away(const struct irc_user *user)
{
    return user->away;
}

size_t irc_user_channels(const struct irc_user *user, const struct channel **dst, size_t max)
{
    return user_places(user, dst, max);
}
