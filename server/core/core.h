#ifndef SERVER_CORE_CORE_H
#define SERVER_CORE_CORE_H

#include "base/buf.h"
#include "server/commands.h"

/* What the core commands share, and what each of them does: the table (table.c) names them. */

/* The buffer's text; it is freed. */
void core_reply_buf(const struct command_call *call, struct buf *text);

/* Whether the text begins with all words of the command's name; then where its arguments begin. */
const char *core_command_match(const struct core_command *command, const char *text);
/* "!hostmask add MASK: Add a hostmask to your account." */
void core_write_usage(struct buf *text, char prefix, const struct core_command *command);

void core_help(const struct command_call *call);
void core_list(const struct command_call *call);
void core_ping(const struct command_call *call);
void core_version(const struct command_call *call);
void core_uptime(const struct command_call *call);
void core_status(const struct command_call *call);

#endif
