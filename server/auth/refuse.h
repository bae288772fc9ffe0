#ifndef SERVER_AUTH_REFUSE_H
#define SERVER_AUTH_REFUSE_H

#include "registry/decide.h"
#include "server/auth/auth.h"

/*
 * A command that the source may not call: silence towards the channel; the source is told in
 * private, once in a while. Where a profile is what it lacks, it is told how to be authorized (once
 * a minute), and the command waits for that. decision: of the rules anticapability, auth_group or
 * capability.
 */
void auth_refuse(struct network *n, const struct irc_event *event, const char *module,
                 const char *command, const struct decision *decision);
/* The same for a core command: text is told, once in a while. */
void auth_refuse_text(struct network *n, const struct irc_event *event, const char *command,
                      const char *text);
/* Whether somebody who is ignored is heard when he says who he is: not more often than every few
 * seconds from one host. */
bool auth_lets_identify(struct network *n, const struct auth_source *source);

#endif
