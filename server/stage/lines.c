#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/say/raw_text.h"
#include "server/stage/stage.h"

enum {
    LINE_MAX_BYTES = 510, /* RFC 1459 2.3, without CR LF */
    LINE_ROOM = 8192      /* and tags */
};

bool is_word(const char *text)
{
    return text[0] && text[0] != ':' && !text[strcspn(text, " \r\n")];
}

bool is_nick(const char *text)
{
    return is_word(text) && strlen(text) <= IRC_STATE_MAX_NAME && !text[strcspn(text, "!@,*?#&")];
}

/* "*" and "0" are what networks say when there is none; ';' ends a tag. */
bool is_account(const char *text)
{
    return is_word(text) && strlen(text) <= IRC_STATE_MAX_NAME && !text[strcspn(text, ";\\")] &&
           strcmp(text, "*") != 0 && strcmp(text, "0") != 0;
}

bool is_text(const char *text)
{
    return !text[strcspn(text, "\r\n")];
}

/* For modules that see every line. */
static void tell_raw(struct seshet_test *t, const struct irc_msg *msg)
{
    struct buf text = {0};
    raw_line_write(&text, msg);
    struct irc_event event = {.type = EVENT_RAW,
                              .nick = msg->nick ? msg->nick : "",
                              .user = msg->user ? msg->user : "",
                              .host = msg->host ? msg->host : "",
                              .from_me = msg->nick && irc_state_is_me(t->state, msg->nick),
                              .from_server = !msg->user,
                              .text = buf_data(&text),
                              .reply_to = "",
                              .time_ms = t->now_ms};
    route_event(t, &event);
    buf_free(&text);
}

int stage_line(struct seshet_test *t, const char *line)
{
    char copy[LINE_ROOM];
    struct irc_msg msg;
    size_t len = strlen(line);
    if (len >= sizeof copy || !is_text(line))
        return -1;
    memcpy(copy, line, len + 1);
    if (irc_parse(&msg, copy))
        return -1;
    t->called = 0;
    tell_raw(t, &msg);
    irc_state_apply(t->state, &msg, t->now_ms);
    if (t->generation)
        generation_tell_network(t->generation);
    return t->called;
}

int stage_user_line(struct seshet_test *t, const char *nick, const char *format, ...)
{
    va_list args;
    if (!is_nick(nick) || !t->connected)
        return -1;
    va_start(args, format);
    char *what = xvasprintf(format, args);
    va_end(args);
    const struct stage_user *user = stage_user_find(t, nick);
    char *line = xasprintf("%s%s%s:%s!%s@%s %s", user->account ? "@account=" : "",
                           user->account ? user->account : "", user->account ? " " : "", user->nick,
                           user->user, user->host, what);
    const char *untagged = *line == '@' ? strchr(line, ' ') + 1 : line;
    int called = strlen(untagged) > LINE_MAX_BYTES ? -1 : stage_line(t, line);
    free(line);
    free(what);
    return called;
}

void stage_connect(struct seshet_test *t)
{
    char line[512];
    t->connected = true;
    irc_state_set_caps(t->state, true);
    snprintf(line, sizeof line, ":irc.test 001 %s :Welcome", irc_state_nick(t->state));
    stage_line(t, line);
    snprintf(line, sizeof line,
             ":irc.test 005 %s CHANTYPES=#& PREFIX=(qaohv)~&@%%+ STATUSMSG=~&@%%+ NICKLEN=30 "
             "CHANMODES=b,k,l,imnst MODES=4 CASEMAPPING=%s :are supported",
             irc_state_nick(t->state), t->casemapping);
    stage_line(t, line);
    t->called = 0;
    irc_state_connected(t->state, t->now_ms);
}
