#include <stdio.h>
#include <string.h>

#include "net/link/conn.h"
#include "net/proto/hostmask.h"
#include "net/state/state.h"
#include "server/core/core.h"
#include "server/core/memory.h"
#include "server/core/run.h"

/*
 * What an operator of a channel does there, through the bot. The right of the one who asks was
 * checked (core_command_run); here it is the bot's own that is looked at, as far as the network has
 * told it, and what the server refuses all the same is reported to whoever asked.
 */
#define MAX_TARGETS 20 /* of one command */
#define OPERATOR    "oaqy"
#define HALF        "oaqyh" /* half-operators may do it as well */

static struct irc_state *state_of(const struct command_call *call)
{
    return call->network->state;
}

/* The channel as the network knows it, when the bot is in it; else NULL, and that is the answer. */
static const struct channel *own_channel(const struct command_call *call)
{
    const struct channel *channel = irc_channel_find(state_of(call), call->channel);
    if (!channel)
        command_reply(call, "I am not in %s.", call->channel);
    return channel;
}

/* Whether the bot has one of the modes there; else that is the answer. */
static bool bot_has(const struct command_call *call, const struct channel *channel,
                    const char *modes)
{
    const char *me = irc_state_nick(state_of(call));
    const struct channel_member *member = irc_member_find(channel, me);
    for (const char *mode = modes; member && *mode; mode++)
        if (irc_member_has_mode(member, *mode))
            return true;
    command_reply(call, "I cannot do that: I am no operator of %s. Somebody must give me +o there.",
                  irc_channel_name(channel));
    return false;
}

static void sent(const struct command_call *call, const char *about)
{
    core_memory_ask(call->network, call->channel, about, core_later_new(call));
    if (call->event->is_private)
        command_reply(call, "I ask the server.");
}

/* ---- Modes of members -------------------------------------------------------------------------
 */

static void member_mode(const struct command_call *call, char sign, char mode, const char *needed)
{
    char nicks[MAX_TARGETS][CORE_WORD_SIZE];
    size_t count = 0;
    const struct channel *channel = own_channel(call);
    if (!channel)
        return;
    const char *rest = call->args;
    while (*rest && count < MAX_TARGETS)
        rest = core_word(rest, nicks[count++]);
    if (*rest) {
        command_reply(call, "At most %d nicks at once.", MAX_TARGETS);
        return;
    }
    if (!count)
        snprintf(nicks[count++], CORE_WORD_SIZE, "%s", call->event->nick);
    for (size_t i = 0; i < count; i++) {
        if (!irc_channel_has(channel, nicks[i])) {
            command_reply(call, "%.60s is not in %s.", nicks[i], call->channel);
            return;
        }
    }
    if (!bot_has(call, channel, needed))
        return;
    for (size_t i = 0; i < count; i++)
        conn_send(call->network->conn, CONN_NORMAL, "MODE %s %c%c %s", irc_channel_name(channel),
                  sign, mode, nicks[i]);
    sent(call, count == 1 ? nicks[0] : "");
}

void core_op(const struct command_call *call)
{
    member_mode(call, '+', 'o', OPERATOR);
}

void core_deop(const struct command_call *call)
{
    member_mode(call, '-', 'o', OPERATOR);
}

void core_voice(const struct command_call *call)
{
    member_mode(call, '+', 'v', HALF);
}

void core_devoice(const struct command_call *call)
{
    member_mode(call, '-', 'v', HALF);
}

/* ---- Out of the channel -----------------------------------------------------------------------
 */

void core_kick(const struct command_call *call)
{
    char nick[CORE_WORD_SIZE];
    const struct channel *channel = own_channel(call);
    const char *reason = core_word(call->args, nick);
    if (!channel)
        return;
    if (!*nick)
        core_reply_usage(call);
    else if (irc_state_is_me(state_of(call), nick))
        command_reply(call, "I do not kick myself; part is the command for that.");
    else if (!irc_channel_has(channel, nick))
        command_reply(call, "%.60s is not in %s.", nick, call->channel);
    else if (bot_has(call, channel, HALF)) {
        conn_send(call->network->conn, CONN_NORMAL, "KICK %s %s :%s", irc_channel_name(channel),
                  nick, *reason ? reason : call->event->nick);
        sent(call, nick);
    }
}

/* The mask that the word means: itself, or the host of a nick that we see. False after an answer.
 */
static bool ban_mask(const struct command_call *call, const char *word,
                     char dst[CORE_WORD_SIZE * 2])
{
    const struct irc_user *user = irc_user_find(state_of(call), word);
    if (strpbrk(word, "!@*?:~$")) {
        snprintf(dst, CORE_WORD_SIZE * 2, "%s", word);
    } else if (user && *irc_user_host(user)) {
        hostmask_write(dst, CORE_WORD_SIZE * 2, "*", "*", irc_user_host(user));
    } else {
        command_reply(call, "I do not see %.60s; say a mask, such as *!*@host.example.", word);
        return false;
    }
    return true;
}

static bool bans_bot(const struct command_call *call, const char *mask)
{
    char me[CORE_WORD_SIZE * 2];
    struct irc_state *state = state_of(call);
    hostmask_write(me, sizeof me, irc_state_nick(state), irc_state_user(state),
                   irc_state_host(state));
    return glob_match(irc_state_isupport(state)->casemapping, mask, me);
}

static void set_ban(const struct command_call *call, char sign)
{
    char word[CORE_WORD_SIZE];
    char mask[CORE_WORD_SIZE * 2];
    const struct channel *channel = own_channel(call);
    if (!channel)
        return;
    if (*core_word(call->args, word) || !*word) {
        core_reply_usage(call);
        return;
    }
    if (!ban_mask(call, word, mask) || !bot_has(call, channel, HALF))
        return;
    if (sign == '+' && bans_bot(call, mask)) {
        command_reply(call, "%s means me as well; I do not ban myself.", mask);
        return;
    }
    conn_send(call->network->conn, CONN_NORMAL, "MODE %s %cb %s", irc_channel_name(channel), sign,
              mask);
    sent(call, mask);
}

void core_ban(const struct command_call *call)
{
    set_ban(call, '+');
}

void core_unban(const struct command_call *call)
{
    set_ban(call, '-');
}

/* ---- Into it, and above it --------------------------------------------------------------------
 */

void core_invite(const struct command_call *call)
{
    char nick[CORE_WORD_SIZE];
    const struct channel *channel = own_channel(call);
    if (!channel)
        return;
    if (*core_word(call->args, nick) || *nick == ':') {
        core_reply_usage(call);
        return;
    }
    if (!*nick)
        snprintf(nick, sizeof nick, "%s", call->event->nick);
    if (irc_channel_has(channel, nick)) {
        command_reply(call, "%.60s is in %s.", nick, call->channel);
        return;
    }
    if (irc_channel_has_mode(channel, 'i') && !bot_has(call, channel, HALF))
        return;
    conn_send(call->network->conn, CONN_NORMAL, "INVITE %s %s", nick, irc_channel_name(channel));
    sent(call, nick);
}

void core_topic(const struct command_call *call)
{
    const struct channel *channel = own_channel(call);
    if (!channel)
        return;
    if (!*call->args) {
        const char *topic = irc_channel_topic(channel);
        command_reply(call, "%s%s", *topic ? "The topic is: " : "There is no topic.", topic);
        return;
    }
    const struct isupport *is = irc_state_isupport(state_of(call));
    if (is->topiclen && strlen(call->args) > is->topiclen) {
        command_reply(call, "That is too long: a topic has %u bytes here.", is->topiclen);
        return;
    }
    if (irc_channel_has_mode(channel, 't') && !bot_has(call, channel, HALF))
        return;
    conn_send(call->network->conn, CONN_NORMAL, "TOPIC %s :%s", irc_channel_name(channel),
              call->args);
    sent(call, "");
}
