#ifndef SESHET_MODULES_COMMON_MAY_H
#define SESHET_MODULES_COMMON_MAY_H

#include <seshet/module.h>
#include <stdbool.h>

/* Who may do what with the bundled modules, and what those themselves may: here, and nowhere else.
 */

/* Whether nick is an operator of the channel, or higher. */
bool may_operate(seshet_ctx *ctx, const char *channel, const char *nick);

/* Whether the event's source may manage what the module does in a channel: operators of it, and who
 * has the capability MODULE.manage or #channel.MODULE.manage. A module that asks this declares
 * MODULE.manage: otherwise everybody might have it by default. */
bool may_manage(seshet_ctx *ctx, const seshet_event *ev, const char *channel);

/* The same; who may not is told who may, and how one gets there. what: "delete quotes". */
bool may_manage_or_tell(seshet_ctx *ctx, const seshet_event *ev, const char *channel,
                        const char *what);

/* The same for the channel where a command was called. */
bool may_change(seshet_ctx *ctx, const seshet_event *ev);

/* Whether the module has a permission: "net". When nobody can be asked, it is tried. */
bool may_use(seshet_ctx *ctx, const char *permission);

/* The same; who asked is told what is missing, and how the module gets it. what: "fetch pages". */
bool may_use_or_tell(seshet_ctx *ctx, const char *permission, const char *what);

#endif
