#ifndef SESHET_MODULES_LOG_SWITCHES_H
#define SESHET_MODULES_LOG_SWITCHES_H

#include <seshet/module.h>
#include <stdbool.h>

/*
 * What is switched in a channel. Storage, on each network: "off CHANNEL" = 1: nothing is logged;
 * "codes CHANNEL" = 1: formatting codes are kept. CHANNEL as the network folds it.
 */

enum switch_name { SWITCH_OFF, SWITCH_CODES };

/* 1, 0, or an error of the storage; what was read is remembered for as long as this host lives. */
int switches_get(seshet_ctx *ctx, enum switch_name name, const char *folded);
/* 0 or more, or an error of the storage. */
int switches_set(seshet_ctx *ctx, enum switch_name name, const char *folded, bool on);
void switches_forget(void);

#endif
