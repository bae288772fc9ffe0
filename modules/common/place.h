#ifndef SESHET_MODULES_COMMON_PLACE_H
#define SESHET_MODULES_COMMON_PLACE_H

/* For which channel a command is, and what the bundled modules say alike. */

#include <seshet/module.h>
#include <stddef.h>

enum { PLACE_SIZE = 129 };

/* The channel that a command is about: where it was called; in private its first argument, which
 * has to be a channel that the source is in. Writes it folded, and moves *args behind it. 0; -1,
 * and then the source has been told. */
int place_find(seshet_ctx *ctx, const seshet_event *ev, const char **args,
               char channel[PLACE_SIZE]);
/* Tells that the storage refused: "I cannot save that now: ...". verb: "save that", "look". */
void place_storage_failed(seshet_ctx *ctx, const char *verb, int error);

#endif
