#ifndef TESTS_UNIT_NET_STATE_WORLD_H
#define TESTS_UNIT_NET_STATE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/state/state.h"

/* A network's view that is fed with lines as text, and writes down its events as text. */
struct world {
    struct irc_state *state;
    struct buf events;
    bool quiet; /* do not write events down */
};

/* Registered as "me", in no channel. */
void world_open(struct world *w);
/* The same, and in #c with me (op), alice (op and voice), bob (voice), carol. */
void world_open_channel(struct world *w);
void world_close(struct world *w);

void world_line(struct world *w, const char *line);
/* Applies a line and compares the events it makes, each as
 * "type nick!user@host[account] channel>target text in=#a,#b reply=x flags"; the reply's
 * place only when it is neither the channel nor, without one, the nick. */
void world_expect(struct world *w, const char *line, const char *events);
/* Compares what has been written since the last look. */
void world_events(struct world *w, const char *events);
/* "nick:modes nick:modes", sorted by nick; "none" when we are not in the channel. */
void world_members(struct world *w, const char *channel, const char *expected);
/* Asserts what is true of any state, however it came about. */
void world_check(const struct world *w);

#endif
