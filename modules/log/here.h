#ifndef SESHET_MODULES_LOG_HERE_H
#define SESHET_MODULES_LOG_HERE_H

#include <seshet/module.h>
#include <stdbool.h>

/*
 * Who is in which channel: when somebody quits, the server knows no longer where they were, and the
 * event names no channel. Nicks and channels are folded.
 */

/* Each is called with the channels that the nick is in. */
typedef void (*here_fn)(seshet_ctx *ctx, const char *folded_channel, void *arg);

/* Makes sure that the members of the channel are known. */
void here_know(seshet_ctx *ctx, const char *channel);
/* The bot has joined it: the network has yet to say who is there. */
void here_begin(seshet_ctx *ctx, const char *channel);
/* Learns who is in the channels that began. */
void here_learn(seshet_ctx *ctx);
void here_join(seshet_ctx *ctx, const char *channel, const char *nick);
void here_leave(seshet_ctx *ctx, const char *channel, const char *nick);
void here_rename(seshet_ctx *ctx, const char *nick, const char *new_nick);
/* Calls each for the channels that nick is in; forgets the nick when it quits. */
void here_each(seshet_ctx *ctx, const char *nick, bool quits, here_fn each, void *arg);
/* The bot has left the channel. */
void here_forget(seshet_ctx *ctx, const char *channel);
void here_forget_all(void);

#endif
