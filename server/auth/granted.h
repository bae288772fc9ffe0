#ifndef SERVER_AUTH_GRANTED_H
#define SERVER_AUTH_GRANTED_H

#include "server/auth/auth.h"

/*
 * The rights to call commands that were found lately: the check asks up to ten names in up to six
 * sets each, and the same few people call the same few commands. What is remembered holds for one
 * snapshot, one casemapping and one set of module files; refusals are not remembered.
 */
struct granted;
void granted_free(struct granted *g); /* NULL is fine */

/* As capability_check_command, of the account. */
struct capability_command_answer granted_may_call(struct network *n, const struct account *account,
                                                  const char *module, const char *command,
                                                  const char *channel /* NULL: private */);

#endif
