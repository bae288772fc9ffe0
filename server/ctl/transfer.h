#ifndef SERVER_CTL_TRANSFER_H
#define SERVER_CTL_TRANSFER_H

#include "server/ctl/command.h"

/* All definitions. CTL_OK and *whole, or after a complaint. */
enum ctl_exit transfer_export(const struct session *session, bool storage, json_t **whole);
/* Definitions into the registry, in parts that a request can hold. All of them are checked before
 * anything is written; with `dry` nothing is. path: what complaints call the file. *changes: what
 * changes, { changes: [TEXT], count }, also after a complaint; the caller frees it. */
enum ctl_exit transfer_import(const struct session *session, const json_t *file, const char *path,
                              bool replace, bool dry, json_t **changes);
void transfer_show(const struct screen *screen, const json_t *changes, bool dry);

#endif
