#ifndef SERVER_SAY_RAW_LINE_H
#define SERVER_SAY_RAW_LINE_H

#include "net/proto/message.h"
#include "server/network.h"

/* IRC's lines as they are, for modules with the permission "raw". */

/* Gives the line to the modules that subscribe to SESHET_RAW, if there are any. */
void raw_line_came(struct network *n, const struct irc_msg *msg);
/* Sends a module's line. What would end or change the connection itself is thrown away, and
 * logged. 0, or -1 when nothing was queued. */
int raw_line_send(struct network *n, const char *module, const char *line, size_t len);

#endif
