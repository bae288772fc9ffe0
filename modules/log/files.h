#ifndef SESHET_MODULES_LOG_FILES_H
#define SESHET_MODULES_LOG_FILES_H

#include <seshet/module.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The log files: CHANNEL/YYYY-MM-DD.log in the module's own folder, one line for each event, times
 * and days in UTC. At most FILES_OPEN_MAX are open; a file ends at FILES_BYTES_MAX.
 */

enum { FILES_OPEN_MAX = 16 };
#define FILES_BYTES_MAX (INT64_C(64) << 20)

/* Writes "TIME TEXT"; channel is folded. What fails is logged, once for each reason. */
void files_write(seshet_ctx *ctx, const char *folded, int64_t time_ms, const char *text);

void files_close(void);

#endif
