#ifndef SESHET_MODULES_LOG_FILES_H
#define SESHET_MODULES_LOG_FILES_H

#include <seshet/module.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The log files: CHANNEL/YYYY-MM-DD.log in the module's own folder, one line for each event, times
 * and days in UTC. At most FILES_OPEN_MAX are open; a file ends at FILES_BYTES_MAX.
 */

enum { FILES_OPEN_MAX = 16, FILES_NAME_SIZE = 224 };
#define FILES_BYTES_MAX (INT64_C(64) << 20)

/* The name of a channel's folder: the channel in lower case, with every byte that could mean
 * something to a file system or a shell as %XX; long ones end with a hash. */
void files_folder(const char *folded, char name[FILES_NAME_SIZE]);

/* Writes "TIME TEXT"; channel is folded. What fails is logged, once for each reason. */
void files_write(seshet_ctx *ctx, const char *folded, int64_t time_ms, const char *text);

void files_close(void);

#endif
