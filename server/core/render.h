#ifndef SERVER_CORE_RENDER_H
#define SERVER_CORE_RENDER_H

#include <jansson.h>

#include "base/buf.h"

/* The answer to an administrator's command as one text for IRC, whatever the command: what is empty
 * is left out, and what only programs need. */
void core_render(struct buf *text, const json_t *result);

#endif
