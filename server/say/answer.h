#ifndef SERVER_SAY_ANSWER_H
#define SERVER_SAY_ANSWER_H

#include "net/state/event.h"
#include "net/state/state.h"
#include "server/say/more.h"
#include "server/say/say_lines.h"

/*
 * What is said to somebody because he asked: when it is long, its first lines, and with the last of
 * them how to get the others, which wait for him (server/say/more.h).
 */
#define ANSWER_LINES 4 /* at once */

struct answer {
    const struct irc_state *state;
    struct more *more;
    int64_t now_ms;
    char prefix; /* with which `more` is called there */
    struct more_person who;
    /* What the same event has answered to there before; all zero at its begin. Or NULL: nothing. */
    struct answer_tally *tally;
    /* 0; -1: it cannot be sent, and neither can what follows. */
    int (*send)(void *arg, const char *line, size_t len);
    void *arg;
};

struct answer_tally {
    unsigned lines;
    uint64_t rest; /* what follows goes behind it; 0: there is none */
};

/* The target is one that was not refused, the text is clean. 0 or what `send` returned. *cut: bytes
 * that are lost, because they were too many even for `more`. */
int answer_say(const struct answer *a, enum say_kind kind, const char *target, const char *text,
               size_t len, size_t *cut);
/* Says more of what is kept for him. 1: nothing is. */
int answer_more(const struct answer *a, const char *reply_to, bool is_private);
/* Whether who caused an event of that type can still say `more` where it was. */
static inline bool answer_can_wait(unsigned event_type)
{
    return event_type != EVENT_PART && event_type != EVENT_QUIT;
}
/* Forgets what is kept for who goes, and where the bot goes. */
void answer_observe(struct more *more, const struct irc_state *state,
                    const struct irc_event *event);

#endif
