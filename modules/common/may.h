#ifndef SESHET_MODULES_COMMON_MAY_H
#define SESHET_MODULES_COMMON_MAY_H

#include <seshet/module.h>
#include <stdbool.h>

/* Who may do what with the bundled modules: here, and nowhere else. */

/* Whether nick is an operator of the channel, or higher. */
bool may_operate(seshet_ctx *ctx, const char *channel, const char *nick);

/* Whether the event's source may manage what the module does in a channel: operators of it, and who
 * has the capability MODULE.manage or #channel.MODULE.manage. A module that asks this declares
 * MODULE.manage: otherwise everybody might have it by default. */
bool may_manage(seshet_ctx *ctx, const seshet_event *ev, const char *channel);

/* The same for the channel where a command was called. Who may not, is told. */
bool may_change(seshet_ctx *ctx, const seshet_event *ev);

#endif
