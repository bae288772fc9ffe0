#ifndef MODULES_HOST_ASK_H
#define MODULES_HOST_ASK_H

#include "modules/host/context.h"
#include "modules/ipc/codec.h"

/* Questions to the server, for which the module waits. */

/* Fills in who asks, sends the question and waits. The status that the server gave, or our own
 * error. What the answer points to is valid until the next question. */
int ask_server(seshet_ctx *ctx, struct ipc_ask *question, struct ipc_answer *answer);
/* The answer's value as a text of the module's: its length, or SESHET_ESIZE. */
int ask_copy(const struct ipc_answer *answer, char *value, size_t size);

/*
 * Asks page after page, and calls line for each line of them. A line that is not 0 ends it; the
 * line may ask, too. Returns how many lines there were, what ended it, or an error.
 */
typedef int (*ask_line_fn)(seshet_ctx *ctx, char *line, void *arg);
int ask_pages(seshet_ctx *ctx, struct ipc_ask *question, ask_line_fn line, void *arg);

#endif
