#ifndef SESHET_MODULES_COMMON_MAY_H
#define SESHET_MODULES_COMMON_MAY_H

#include <seshet/module.h>
#include <stdbool.h>

/* Who may do what with the bundled modules: here, and nowhere else. */

/* Whether nick is an operator of the channel, or higher. */
bool may_operate(seshet_ctx *ctx, const char *channel, const char *nick);

/* Whether who called a command may change what the module does in the event's channel: operators of
 * it. Who may not, is told. */
bool may_change(seshet_ctx *ctx, const seshet_event *ev);

#endif
