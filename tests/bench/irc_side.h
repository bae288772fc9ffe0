#ifndef BENCH_IRC_SIDE_H
#define BENCH_IRC_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * As much of an IRC server as a bot needs to register, join one channel and stay: one of these for
 * each connection, each a network of its own. It has no socket: lines go in, bytes come out in
 * `out`. It is ready when the bot is in #bench, has answered PING, and has answered one `!echo`
 * (so that whatever the bot starts at its first command runs).
 */
enum irc_side_state {
    IRC_SIDE_REGISTERING,
    IRC_SIDE_WELCOMED,
    IRC_SIDE_JOINED,
    IRC_SIDE_PROBING,
    IRC_SIDE_READY,
};

struct irc_side {
    uint32_t index; /* of the network: benchN */
    enum irc_side_state state;
    bool has_user;
    bool cap_open; /* CAP LS was seen, CAP END not yet */
    char nick[31];
    uint32_t probes;
    struct buf out;
};

enum irc_side_heard {
    IRC_SIDE_HEARD_NOTHING, /* something that belongs to IRC itself, dealt with */
    IRC_SIDE_HEARD_ANSWER,  /* *number is set */
    IRC_SIDE_HEARD_UNEXPECTED,
    IRC_SIDE_HEARD_QUIT,
};

void irc_side_init(struct irc_side *s, uint32_t index);
void irc_side_free(struct irc_side *s);

/* A line from the bot, without its end. */
enum irc_side_heard irc_side_line(struct irc_side *s, const char *line, size_t len,
                                  uint64_t *number);

/* Appends `!echo number` from a visitor in #bench to `out`. */
void irc_side_command(struct irc_side *s, uint64_t number);

/* In the state IRC_SIDE_PROBING: asks (again) for a sign of life. */
void irc_side_probe(struct irc_side *s);

#endif
