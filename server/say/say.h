#ifndef SERVER_SAY_SAY_H
#define SERVER_SAY_SAY_H

#include <stddef.h>

#include "net/link/priority.h"
#include "server/network.h"
#include "server/say/answer.h"
#include "server/say/say_lines.h"

/*
 * The one way by which text leaves for a network: checked, cleaned, split under the server's limit
 * (RPL_ISUPPORT LINELEN, with our own source as others see it before it), and put into the paced
 * queue.
 */
struct say {
    enum say_kind kind;
    const char *target; /* a channel we are in, or a nick */
    const char *text;
    size_t len;
    const char *module; /* who says it, for the log */
};

/* 0, or -1 when nothing was queued; why is in the log. */
int say_text(struct network *n, const struct say *say);
/* The same to who asked for it, for whom it is kept what is too long. tally: see answer.h. */
int say_answer(struct network *n, const struct say *say, const struct more_person *who,
               struct answer_tally *tally);
/* Says more of what is kept for the event's source, there. False: nothing is. */
bool say_more(struct network *n, const struct irc_event *event);

#endif
