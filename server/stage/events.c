#include <seshet/test.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/stage/stage.h"

/* What happens, as lines of IRC. */

static int message(seshet_test *t, const char *nick, const char *command, const char *target,
                   const char *before, const char *text, const char *behind)
{
    if (!is_word(target) || !is_text(text))
        return -1;
    return stage_user_line(t, nick, "%s %s :%s%s%s", command, target, before, text, behind);
}

int seshet_test_say(seshet_test *t, const char *nick, const char *target, const char *text)
{
    return message(t, nick, "PRIVMSG", target, "", text, "");
}

int seshet_test_action(seshet_test *t, const char *nick, const char *target, const char *text)
{
    return message(t, nick, "PRIVMSG", target, "\001ACTION ", text, "\001");
}

int seshet_test_notice(seshet_test *t, const char *nick, const char *target, const char *text)
{
    return message(t, nick, "NOTICE", target, "", text, "");
}

int seshet_test_ctcp(seshet_test *t, const char *nick, const char *target, const char *command,
                     const char *args)
{
    char *before = xasprintf("\001%s%s", command, *args ? " " : "");
    int called = is_word(command) ? message(t, nick, "PRIVMSG", target, before, args, "\001") : -1;
    free(before);
    return called;
}

static int join(seshet_test *t, const char *nick, const char *channel)
{
    if (!is_nick(nick))
        return -1;
    const struct stage_user *user = stage_user_find(t, nick);
    const char *account = user->account ? user->account : "*";
    return stage_user_line(t, nick, "JOIN %s %s :%s", channel, account, nick);
}

int seshet_test_join(seshet_test *t, const char *nick, const char *channel)
{
    const char *me = irc_state_nick(t->state);
    bool is_me = irc_state_is_me(t->state, nick);
    int called = 0;
    if (!is_word(channel) || !isupport_is_channel(irc_state_isupport(t->state), channel))
        return -1;
    const struct channel *there = irc_channel_find(t->state, channel);
    if (there && irc_channel_has(there, nick))
        return 0;
    if (!there) {
        called = join(t, me, channel);
        char *line = xasprintf(":irc.test 366 %s %s :End", me, channel);
        if (called >= 0)
            stage_line(t, line);
        free(line);
    }
    if (is_me || called < 0)
        return called;
    int more = join(t, nick, channel);
    return more < 0 ? -1 : called + more;
}

int seshet_test_part(seshet_test *t, const char *nick, const char *channel, const char *reason)
{
    if (!is_word(channel) || !is_text(reason))
        return -1;
    return stage_user_line(t, nick, "PART %s :%s", channel, reason);
}

int seshet_test_quit(seshet_test *t, const char *nick, const char *reason)
{
    int called = is_text(reason) ? stage_user_line(t, nick, "QUIT :%s", reason) : -1;
    if (called >= 0)
        stage_user_remove(t, nick);
    return called;
}

int seshet_test_kick(seshet_test *t, const char *nick, const char *channel, const char *target,
                     const char *reason)
{
    if (!is_word(channel) || !is_word(target) || !is_text(reason))
        return -1;
    return stage_user_line(t, nick, "KICK %s %s :%s", channel, target, reason);
}

int seshet_test_nick(seshet_test *t, const char *nick, const char *new_nick)
{
    if (!is_nick(new_nick))
        return -1;
    int called = stage_user_line(t, nick, "NICK :%s", new_nick);
    if (called >= 0)
        stage_user_rename(t, nick, new_nick);
    return called;
}

int seshet_test_mode(seshet_test *t, const char *nick, const char *channel, const char *modes,
                     const char *args)
{
    if (!is_word(channel) || !is_word(modes) || !is_text(args))
        return -1;
    return stage_user_line(t, nick, "MODE %s %s%s%s", channel, modes, *args ? " " : "", args);
}

int seshet_test_topic(seshet_test *t, const char *nick, const char *channel, const char *topic)
{
    if (!is_word(channel) || !is_text(topic))
        return -1;
    return stage_user_line(t, nick, "TOPIC %s :%s", channel, topic);
}

int seshet_test_invite(seshet_test *t, const char *nick, const char *target, const char *channel)
{
    if (!is_word(target) || !is_word(channel))
        return -1;
    return stage_user_line(t, nick, "INVITE %s %s", target, channel);
}

int seshet_test_account(seshet_test *t, const char *nick, const char *account)
{
    if (!is_nick(nick) || (account && !is_account(account)))
        return -1;
    struct stage_user *user = stage_user_find(t, nick);
    free(user->account);
    user->account = xstrdup_null(account);
    return stage_user_line(t, nick, "ACCOUNT %s", account ? account : "*");
}

int seshet_test_disconnected(seshet_test *t, const char *why)
{
    if (!is_text(why) || !t->connected)
        return -1;
    t->connected = false;
    t->called = 0;
    irc_state_disconnected(t->state, why, t->now_ms);
    return t->called;
}

int seshet_test_connected(seshet_test *t)
{
    if (t->connected)
        return -1;
    stage_connect(t);
    return t->called;
}

int seshet_test_raw(seshet_test *t, const char *line)
{
    return t->connected ? stage_line(t, line) : -1;
}
