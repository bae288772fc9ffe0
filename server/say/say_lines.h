#ifndef SERVER_SAY_SAY_LINES_H
#define SERVER_SAY_SAY_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "net/state/state.h"

/* How a text becomes lines: pure, for whoever sends them. */

#define SAY_MAX_LINES   12 /* of one text that nobody can ask the rest of: it is cut, and says so */
#define SAY_TARGET_SIZE 256
#define SAY_HEAD_SIZE   (SAY_TARGET_SIZE + 32)
#define SAY_LINE_SIZE   (8192 + SAY_HEAD_SIZE) /* 8192: the most that LINELEN can say */

enum say_kind { SAY_PRIVMSG, SAY_NOTICE, SAY_ACTION };

/* Why nothing can be said to it, or NULL: it is a nick, or a channel that we are in. */
const char *say_target_refused(const struct irc_state *state, const char *target);
/* In place: no line ends, no NUL, and no CTCP in a message: that is what the kinds are for. */
void say_clean(char *text, size_t len, enum say_kind kind);

struct say_lines {
    enum say_kind kind;
    const char *at;
    const char *end;
    size_t max;    /* bytes of text in a line */
    size_t before; /* bytes that somebody will put before the first of them */
    int count;
    size_t left; /* bytes that were cut off, at the end */
    char head[SAY_HEAD_SIZE];
    size_t head_len;
};

/* The target is one that was not refused; the text is clean but for newlines, which end a line, and
 * stays until the last line. */
void say_lines_begin(struct say_lines *l, const struct irc_state *state, enum say_kind kind,
                     const char *target, const char *text, size_t len);
/* Writes the next line, without CR LF and NUL; its length, or 0 at the end: after SAY_MAX_LINES. */
size_t say_lines_next(struct say_lines *l, char line[SAY_LINE_SIZE]);

/* The same in two steps, without an end but the text's. Takes the text of the next line, so short
 * that `reserve` bytes can follow it; NULL: nothing is left. */
const char *say_lines_take(struct say_lines *l, size_t reserve, size_t *len);
/* Writes a line of it, with `tail` behind it; its length. */
size_t say_lines_write(const struct say_lines *l, char line[SAY_LINE_SIZE], const char *piece,
                       size_t len, const char *tail);
/* How many lines are still to come; counts to `most`. */
size_t say_lines_count(const struct say_lines *l, size_t most);

#endif
