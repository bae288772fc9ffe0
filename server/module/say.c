#include "server/module/say.h"

#include "server/network.h"
#include "server/route/flood_guard.h"
#include "server/say/raw_line.h"
#include "server/say/say.h"

/* Who caused the event, as he is called by now. False: nobody who could ask for more. */
static bool find_source(const struct network *n, const struct ipc_event *event,
                        struct more_person *who)
{
    *who = (struct more_person){event->nick, event->user, event->host};
    if (event->type == EVENT_NICK)
        who->nick = event->target;
    if (event->type == IPC_EVENT_TIMER) {
        const struct irc_user *user = irc_user_find(n->state, event->nick);
        who->user = user ? irc_user_user(user) : "";
        who->host = user ? irc_user_host(user) : "";
    }
    return !event->from_me && answer_can_wait(event->type) && *who->nick && *who->user &&
           *who->host;
}

static void answer(const struct modhost_origin *from, const struct say *say)
{
    struct network *n = from->user;
    struct ipc_event event;
    struct said_note *notes;
    struct more_person who;
    modhost_said(from, &event, &notes);
    if (!find_source(n, &event, &who)) {
        say_text(n, say);
        return;
    }
    struct said_note *note =
        &notes[irc_equal(irc_state_isupport(n->state)->casemapping, say->target, who.nick)];
    struct answer_tally tally = {.lines = note->lines, .rest = note->rest};
    say_answer(n, say, &who, &tally);
    *note = (struct said_note){.lines = tally.lines, .rest = tally.rest};
}

void module_say(const struct modhost_origin *from, const struct ipc_say *said)
{
    static const enum say_kind kinds[] = {[IPC_SAY_PRIVMSG] = SAY_PRIVMSG,
                                          [IPC_SAY_NOTICE] = SAY_NOTICE,
                                          [IPC_SAY_ACTION] = SAY_ACTION};
    if (said->kind == IPC_SAY_RAW) {
        raw_line_send(from->user, from->module->name, said->text, said->text_len);
        return;
    }
    struct say say = {.kind = kinds[said->kind],
                      .target = said->target,
                      .text = said->text,
                      .len = said->text_len,
                      .module = from->module->name};
    if (!flood_guard_answered(from->user, from->module, from->event))
        return;
    if (said->answer)
        answer(from, &say);
    else
        say_text(from->user, &say);
}
