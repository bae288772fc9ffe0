/* PRIVMSG and NOTICE. */

#include <stdlib.h>
#include <string.h>

#include "net/proto/ctcp.h"
#include "net/state/internal.h"

/* To a channel, to some of its members (STATUSMSG), or to us. */
static void emit_to_target(struct line *line, struct irc_event *event)
{
    struct irc_state *state = line->state;
    const char *target = irc_param(line->msg, 0);
    const struct channel *channel = channel_find(state, target);
    if (!channel) {
        target = isupport_skip_statusmsg(&state->isupport, target);
        channel = channel_find(state, target);
        event->reply_to = channel ? irc_param(line->msg, 0) : NULL;
    }
    if (channel) {
        event_emit_in(line, event, channel);
    } else if (!isupport_is_channel(&state->isupport, target)) {
        event->is_private = true;
        event->target = line->from_me ? target : NULL;
        event_emit(line, event);
    }
}

void apply_notice(struct line *line)
{
    struct irc_event event = event_from(line, EVENT_NOTICE);
    event.text = irc_param(line->msg, 1);
    emit_to_target(line, &event);
}

void apply_privmsg(struct line *line)
{
    struct irc_event event = event_from(line, EVENT_MESSAGE);
    event.text = irc_param(line->msg, 1);
    char *cut = *event.text == '\001' ? xstrdup(event.text) : NULL;
    const char *command;
    const char *args;
    if (cut && ctcp_parse(cut, &command, &args)) {
        bool action = !strcmp(command, "ACTION");
        event.type = action ? EVENT_ACTION : EVENT_CTCP;
        event.ctcp = action ? NULL : command;
        event.text = args;
    }
    emit_to_target(line, &event);
    free(cut);
}
