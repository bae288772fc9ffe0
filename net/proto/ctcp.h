#ifndef NET_PROTO_CTCP_H
#define NET_PROTO_CTCP_H

#include <stdbool.h>

/* CTCP: "\001COMMAND args\001" as the whole text of a PRIVMSG or NOTICE; the last \001 may be
 * missing. Cuts text in place: *command (upper case) and *args ("" when there are none). False: no
 * CTCP. */
bool ctcp_parse(char *text, const char **command, const char **args);

#endif
