/* Lines to state and events: the common part, and who comes, goes and changes. */

#include <string.h>

#include "net/state/internal.h"

/* "JOIN #channel", with extended-join "JOIN #channel account :realname". */
static void apply_join(struct line *line)
{
    struct irc_state *state = line->state;
    const struct irc_msg *msg = line->msg;
    struct channel *channel = channel_find(state, msg->params[0]);
    if (channel && member_find(channel, line->source))
        return;
    if (!channel && line->from_me && isupport_is_channel(&state->isupport, msg->params[0]))
        channel = channel_add(state, msg->params[0]);
    if (!channel || !msg->nick)
        return;
    struct channel_member *member = member_add(channel, msg->nick);
    if (!member) {
        if (line->from_me)
            channel_remove(channel);
        return;
    }
    line->source = member->user;
    learn_address(state, member->user, msg->user, msg->host);
    if (msg->nparams >= 3) {
        learn_account(member->user, strcmp(msg->params[1], "*") != 0 ? msg->params[1] : NULL);
        field_set_text(&member->user->realname, msg->params[2]);
    } else if (line->account_known) {
        learn_account(member->user, line->account);
    }
    struct irc_event event = event_from(line, EVENT_JOIN);
    event_emit_in(line, &event, channel);
}

static void leave(struct channel *channel, struct channel_member *member)
{
    if (irc_state_is_me(channel->state, member->user->nick))
        channel_remove(channel);
    else
        member_remove(member);
}

static void apply_part(struct line *line)
{
    struct channel *channel = channel_find(line->state, line->msg->params[0]);
    struct channel_member *member = channel ? member_find(channel, line->source) : NULL;
    if (!member)
        return;
    struct irc_event event = event_from(line, EVENT_PART);
    event.text = irc_param(line->msg, 1);
    event_emit_in(line, &event, channel);
    leave(channel, member);
}

static void apply_kick(struct line *line)
{
    struct channel *channel = channel_find(line->state, line->msg->params[0]);
    struct irc_user *target = user_find(line->state, line->msg->params[1]);
    struct channel_member *member = channel ? member_find(channel, target) : NULL;
    if (!member)
        return;
    struct irc_event event = event_from(line, EVENT_KICK);
    event.target = target->nick;
    event.text = irc_param(line->msg, 2);
    event_emit_in(line, &event, channel);
    leave(channel, member);
}

static void apply_quit(struct line *line)
{
    if (!line->source && !line->from_me)
        return;
    struct irc_event event = event_from(line, EVENT_QUIT);
    event.text = irc_param(line->msg, 0);
    event_emit_shared(line, &event);
    if (line->from_me)
        state_leave_all(line->state);
    else
        user_remove(line->state, line->source);
}

static void apply_nick(struct line *line)
{
    struct irc_state *state = line->state;
    const char *nick = line->msg->params[0];
    if ((!line->source && !line->from_me) || !nick_ok(nick))
        return;
    if (!line->from_me && irc_state_is_me(state, nick))
        return; /* ours; a server that says otherwise has lost its mind, and we keep ours */
    struct irc_event event = event_from(line, EVENT_NICK);
    event.target = nick;
    event_emit_shared(line, &event);
    if (line->from_me)
        field_set(&state->nick, nick);
    if (line->source)
        user_rename(state, line->source, nick);
}

static void apply_topic(struct line *line)
{
    struct channel *channel = channel_find(line->state, line->msg->params[0]);
    if (!channel)
        return;
    field_set_text(&channel->topic, line->msg->params[1]);
    field_set_text(&channel->topic_by, line->msg->nick ? line->msg->nick : "");
    channel->topic_ms = line->time_ms;
    struct irc_event event = event_from(line, EVENT_TOPIC);
    event.text = line->msg->params[1];
    event_emit_in(line, &event, channel);
}

/* "INVITE nick #channel": of ourselves, or with invite-notify of others to a channel we are in. */
static void apply_invite(struct line *line)
{
    const char *target = line->msg->params[0];
    const struct channel *channel = channel_find(line->state, line->msg->params[1]);
    struct irc_event event = event_from(line, EVENT_INVITE);
    event.target = target;
    if (channel) {
        event_emit_in(line, &event, channel);
    } else if (irc_state_is_me(line->state, target)) {
        event.channel = line->msg->params[1];
        event_emit(line, &event);
    }
}

/* account-notify: "ACCOUNT name", "ACCOUNT *" when logged out. */
static void apply_account(struct line *line)
{
    if (!line->source && !line->from_me)
        return;
    const char *account = line->msg->params[0];
    bool none = !strcmp(account, "*");
    line->account_known = none || account_ok(account);
    line->account = line->account_known && !none ? account : NULL;
    if (line->source)
        learn_account(line->source, none ? NULL : account);
    struct irc_event event = event_from(line, EVENT_ACCOUNT);
    event_emit_shared(line, &event);
}

/* "CHGHOST user host" */
static void apply_chghost(struct line *line)
{
    if (line->source)
        learn_address(line->state, line->source, line->msg->params[0], line->msg->params[1]);
    else if (line->from_me)
        learn_own_address(line->state, line->msg->params[0], line->msg->params[1]);
}

static void apply_setname(struct line *line)
{
    if (line->source)
        field_set_text(&line->source->realname, line->msg->params[0]);
}

/* away-notify: "AWAY :text", "AWAY" when back. */
static void apply_away(struct line *line)
{
    if (line->source)
        line->source->away = *irc_param(line->msg, 0);
}

static void apply_command(struct line *line)
{
    static const struct {
        void (*apply)(struct line *line);
        int nparams; /* with fewer the line is rubbish */
    } words[IRC_WORD_END] = {
        [IRC_PRIVMSG] = {apply_privmsg, 2}, [IRC_NOTICE] = {apply_notice, 2},
        [IRC_JOIN] = {apply_join, 1},       [IRC_QUIT] = {apply_quit, 0},
        [IRC_PART] = {apply_part, 1},       [IRC_MODE] = {apply_mode, 2},
        [IRC_NICK] = {apply_nick, 1},       [IRC_AWAY] = {apply_away, 0},
        [IRC_ACCOUNT] = {apply_account, 1}, [IRC_KICK] = {apply_kick, 2},
        [IRC_TOPIC] = {apply_topic, 2},     [IRC_CHGHOST] = {apply_chghost, 2},
        [IRC_INVITE] = {apply_invite, 2},   [IRC_SETNAME] = {apply_setname, 1},
    };
    enum irc_word word = line->msg->word;
    if (words[word].apply && line->msg->nparams >= words[word].nparams)
        words[word].apply(line);
}

/* The account that the line itself tells (account-tag). */
static void read_account(struct line *line)
{
    const char *account = irc_tag(line->msg, "account");
    if (account) {
        line->account_known = account_ok(account);
        line->account = line->account_known ? account : NULL;
    } else {
        line->account_known = line->state->account_tag;
    }
    if (line->source && (account || line->account_known)) {
        learn_account(line->source, line->account);
        line->source->account_known = line->account_known;
    }
}

/* Who sent it, and what the line tells of him in passing. A source without an address may be a
 * server, and tells nothing. */
static void read_source(struct line *line)
{
    const struct irc_msg *msg = line->msg;
    if (!msg->nick)
        return;
    line->from_me = irc_state_is_me(line->state, msg->nick);
    line->source = user_find(line->state, msg->nick);
    if (!msg->user && !msg->host)
        return;
    if (line->source)
        learn_address(line->state, line->source, msg->user, msg->host);
    else if (line->from_me)
        learn_own_address(line->state, msg->user, msg->host);
    read_account(line);
}

void irc_state_apply(struct irc_state *state, const struct irc_msg *msg, int64_t wall_ms)
{
    struct line line = {.state = state, .msg = msg};
    if (msg->word == IRC_BATCH) {
        apply_batch(state, msg);
        return;
    }
    if (batch_is_history(state, msg))
        return;
    int64_t told = irc_server_time(msg);
    line.time_ms = told >= 0 ? told : wall_ms;
    if (msg->numeric) {
        apply_numeric(&line);
    } else {
        read_source(&line);
        apply_command(&line);
    }
}
