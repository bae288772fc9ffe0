#ifndef SERVER_SAY_RAW_TEXT_H
#define SERVER_SAY_RAW_TEXT_H

#include <stddef.h>

#include "base/buf.h"
#include "net/proto/message.h"

/* A line as modules see it (SESHET_RAW), with a NUL. */
void raw_line_write(struct buf *line, const struct irc_msg *msg);
/* Why a module's line may not leave, or NULL: it may. `line` ends with NUL. */
const char *raw_line_refused(const char *line, size_t len);

#endif
