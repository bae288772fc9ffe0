#include "net/state/event.h"

#include <stdlib.h>
#include <string.h>

#include "net/state/internal.h"

#define FEW 32 /* channels somebody shares with us, without an allocation */

static const char *first_of(const char *a, const char *b)
{
    return a ? a : b ? b : "";
}

struct irc_event event_from(const struct line *line, enum event_type type)
{
    const struct irc_msg *msg = line->msg;
    const struct irc_user *source = line->source;
    return (struct irc_event){
        .type = type,
        .nick = first_of(msg->nick, NULL),
        .user = first_of(msg->user, source ? source->user : NULL),
        .host = first_of(msg->host, source ? source->host : NULL),
        .account = source ? source->account : line->account,
        .account_known = source ? source->account_known : line->account_known,
        .from_me = line->from_me,
        .from_server = !source && !line->from_me && !msg->user && !msg->host,
        .text = "",
        .time_ms = line->time_ms,
    };
}

/* We need not be in the channel of an invitation. */
static const char *answer_place(const struct irc_event *event)
{
    if (event->type == EVENT_NICK)
        return event->target;
    if (event->is_private || event->type == EVENT_INVITE || !event->channel)
        return event->nick;
    return event->channel;
}

void event_emit(const struct line *line, struct irc_event *event)
{
    if (!event->reply_to)
        event->reply_to = answer_place(event);
    line->state->fn(line->state->arg, event);
}

void event_emit_in(const struct line *line, struct irc_event *event, const struct channel *channel)
{
    event->channel = channel->name;
    event->places = &channel;
    event->nplaces = 1;
    event_emit(line, event);
}

void event_emit_shared(const struct line *line, struct irc_event *event)
{
    const struct channel *few[FEW];
    const struct channel **places = few;
    size_t count = line->source ? user_places(line->source, few, FEW) : 0;
    if (count > FEW) {
        places = xcalloc(count, sizeof(void *));
        user_places(line->source, places, count);
    }
    event->places = places;
    event->nplaces = count;
    event_emit(line, event);
    if (places != few)
        free(places);
}
