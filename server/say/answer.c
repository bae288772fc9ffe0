#include "server/say/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define HINT_SIZE 40
#define HINT_MOST 9999 /* lines that it counts to: more than a rest can have */

static size_t hint(char dst[HINT_SIZE], size_t lines, char prefix)
{
    return (size_t)snprintf(dst, HINT_SIZE, " (%zu more line%s: %cmore)", lines,
                            lines == 1 ? "" : "s", prefix);
}

/* ": " between the nick and the text, in a channel. */
static size_t head_size(const struct answer *a, const char *place)
{
    return *place ? strlen(a->who.nick) + strlen(": ") : 0;
}

/* Who is spoken to alone, by whatever way, is in no place. */
static const char *place_of(const struct answer *a, const char *target)
{
    enum casemapping map = irc_state_isupport(a->state)->casemapping;
    return irc_equal(map, target, a->who.nick) ? "" : target;
}

static int say_all(const struct answer *a, struct say_lines *l)
{
    char line[SAY_LINE_SIZE];
    size_t len;
    const char *piece;
    int sent = 0;
    while (!sent && (piece = say_lines_take(l, 0, &len)))
        sent = a->send(a->arg, line, say_lines_write(l, line, piece, len, ""));
    return sent;
}

/* `lines` of them, and the hint. place: where it is going to be kept. */
static int say_some(const struct answer *a, struct say_lines *l, size_t lines, const char *place)
{
    char line[SAY_LINE_SIZE];
    char tail[HINT_SIZE];
    size_t len;
    const char *piece;
    while (lines-- > 1 && (piece = say_lines_take(l, 0, &len))) {
        int sent = a->send(a->arg, line, say_lines_write(l, line, piece, len, ""));
        if (sent)
            return sent;
    }
    piece = say_lines_take(l, hint(tail, HINT_MOST, a->prefix), &len);
    struct say_lines rest = *l;
    rest.before = head_size(a, place);
    hint(tail, say_lines_count(&rest, HINT_MOST), a->prefix);
    return piece ? a->send(a->arg, line, say_lines_write(l, line, piece, len, tail)) : 0;
}

/* What does not fit is kept for that place. */
static int say_page(const struct answer *a, struct say_lines *l, const char *place,
                    struct answer_tally *tally, size_t *cut)
{
    size_t room = tally->lines < ANSWER_LINES ? ANSWER_LINES - tally->lines : 1;
    size_t count = say_lines_count(l, room + 1);
    tally->lines += (unsigned)(count < room ? count : room);
    if (count <= room)
        return say_all(a, l);
    int sent = say_some(a, l, room, place);
    if (sent)
        return sent;
    tally->rest = more_keep(a->more, irc_state_isupport(a->state), &a->who, place, l->at,
                            (size_t)(l->end - l->at), a->now_ms, cut);
    return 0;
}

int answer_say(const struct answer *a, enum say_kind kind, const char *target, const char *text,
               size_t len, size_t *cut)
{
    struct answer_tally alone = {0};
    struct answer_tally *tally = a->tally ? a->tally : &alone;
    struct say_lines l;
    *cut = 0;
    if (tally->rest && more_add(a->more, tally->rest, text, len, a->now_ms, cut))
        return 0;
    say_lines_begin(&l, a->state, kind, target, text, len);
    return say_page(a, &l, place_of(a, target), tally, cut);
}

int answer_more(const struct answer *a, const char *reply_to, bool is_private)
{
    struct answer_tally tally = {0};
    struct more_rest rest;
    struct say_lines l;
    struct buf text = {0};
    size_t cut;
    if (!more_take(a->more, irc_state_isupport(a->state), &a->who, is_private ? "" : reply_to,
                   a->now_ms, &rest))
        return 1;
    buf_printf(&text, "%s%s%s", is_private ? "" : a->who.nick, is_private ? "" : ": ", rest.text);
    say_lines_begin(&l, a->state, SAY_PRIVMSG, reply_to, buf_data(&text), text.len);
    int sent = say_page(a, &l, rest.place, &tally, &cut);
    free(rest.text);
    free(rest.place);
    buf_free(&text);
    return sent;
}

void answer_observe(struct more *more, const struct irc_state *state, const struct irc_event *event)
{
    const struct isupport *is = irc_state_isupport(state);
    const char *gone = event->type == EVENT_KICK ? event->target : event->nick;
    switch (event->type) {
    case EVENT_PART:
    case EVENT_KICK:
        if (irc_state_is_me(state, gone))
            more_forget_place(more, is, event->channel);
        else
            more_forget(more, is, gone, event->channel);
        break;
    case EVENT_QUIT:
    case EVENT_NICK:
        more_forget(more, is, gone, NULL);
        break;
    case EVENT_DISCONNECTED:
        more_forget_place(more, is, NULL);
        break;
    default:
        break;
    }
}
