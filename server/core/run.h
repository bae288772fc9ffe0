#ifndef SERVER_CORE_RUN_H
#define SERVER_CORE_RUN_H

#include "server/admin/commands.h"

/* What the core commands do, by file. */

/* help.c */
void core_help(const struct command_call *call);
void core_list(const struct command_call *call);
/* state.c */
void core_ping(const struct command_call *call);
void core_version(const struct command_call *call);
void core_uptime(const struct command_call *call);
void core_status(const struct command_call *call);
/* reply.c */
void core_more(const struct command_call *call);
/* session.c */
void core_auth(const struct command_call *call);
void core_logout(const struct command_call *call);
void core_whoami(const struct command_call *call);
/* account.c */
void core_register(const struct command_call *call);
void core_passwd(const struct command_call *call);
/* hostmask.c */
void core_hostmask_add(const struct command_call *call);
void core_hostmask_remove(const struct command_call *call);
void core_hostmask_list(const struct command_call *call);
/* capability.c */
void core_capability_add(const struct command_call *call);
void core_capability_remove(const struct command_call *call);
void core_capability_list(const struct command_call *call);
void core_capability_check(const struct command_call *call);
/* default.c */
void core_default_capability_add(const struct command_call *call);
void core_default_capability_remove(const struct command_call *call);
void core_default_capability_list(const struct command_call *call);
/* channel.c */
void core_channel_capability_add(const struct command_call *call);
void core_channel_capability_remove(const struct command_call *call);
void core_channel_capability_list(const struct command_call *call);
void core_channel_default(const struct command_call *call);
void core_channel_lobotomize(const struct command_call *call);
/* ignore.c */
void core_ignore_add(const struct command_call *call);
void core_ignore_remove(const struct command_call *call);
void core_ignore_list(const struct command_call *call);
/* place.c */
void core_join(const struct command_call *call);
void core_part(const struct command_call *call);
void core_nick(const struct command_call *call);
void core_say(const struct command_call *call);
void core_act(const struct command_call *call);
/* chanop.c */
void core_op(const struct command_call *call);
void core_deop(const struct command_call *call);
void core_voice(const struct command_call *call);
void core_devoice(const struct command_call *call);
void core_kick(const struct command_call *call);
void core_ban(const struct command_call *call);
void core_unban(const struct command_call *call);
void core_invite(const struct command_call *call);
void core_topic(const struct command_call *call);
/* admin.c */
void core_admin(const struct command_call *call);

#endif
