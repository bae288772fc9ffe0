#ifndef SESHET_MODULES_COMMON_WHO_H
#define SESHET_MODULES_COMMON_WHO_H

#include <seshet/module.h>
#include <stdbool.h>

/* Whose something is, as the bundled modules store it. */

enum { WHO_SIZE = 129 };

/* As whom the source of an event is known, in one word: an account of the bot's own; or else "*"
 * (no account's name) and that of the network's services, or "*" alone. */
void who_write(seshet_ctx *ctx, const seshet_event *ev, char who[WHO_SIZE]);
/* Whether the source is the one of that nick of whom this was written. A nick is anybody's to take:
 * it counts only where there was no account. */
bool who_is(seshet_ctx *ctx, const seshet_event *ev, const char *who, const char *nick);

#endif
