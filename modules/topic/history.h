#ifndef SESHET_MODULES_TOPIC_HISTORY_H
#define SESHET_MODULES_TOPIC_HISTORY_H

#include <seshet/module.h>

#include "modules/topic/pieces.h"

/*
 * What the module remembers of a channel. Keys, each followed by a space and the channel as the
 * network folds it:
 *   history    SESHET_HERE: the topics before changes, newest first, one a line, HISTORY_MAX at
 * most last       SESHET_HERE: the last topic that was set with the module separator  SESHET_HERE:
 * what stands between pieces asked      SESHET_SESSION: "TIME TOPIC": what the network was asked
 * for and has not confirmed
 */

enum { HISTORY_MAX = 10 };

/* All return 0 or more, or an error of the storage (module.h). */

/* The separator, or the usual one. */
int history_separator(seshet_ctx *ctx, const char *channel, char separator[SEPARATOR_SIZE]);
int history_set_separator(seshet_ctx *ctx, const char *channel, const char *separator);

/* The topic as it is, or is about to be: changes in quick succession see each other. */
int history_topic(seshet_ctx *ctx, const char *channel, char topic[TOPIC_SIZE]);

/* Notes that the topic was `before` and that `topic` is asked for. */
int history_push(seshet_ctx *ctx, const char *channel, const char *before, const char *topic);
/* Takes the newest of the history; SESHET_ENOTFOUND when it is empty. */
int history_pop(seshet_ctx *ctx, const char *channel, char topic[TOPIC_SIZE]);
/* The last that was set with the module. */
int history_last(seshet_ctx *ctx, const char *channel, char topic[TOPIC_SIZE]);
/* `topic` is asked for, without a note of the one before. */
int history_ask(seshet_ctx *ctx, const char *channel, const char *topic);

/* The network says that the topic is this now. */
void history_confirm(seshet_ctx *ctx, const char *channel, const char *topic, int from_me);

#endif
