#ifndef SERVER_SANDBOX_CHECK_H
#define SERVER_SANDBOX_CHECK_H

#include "conf/conf.h"

/*
 * Whether module hosts can be shut in on this machine: asks `seshet-modhost --sandbox`, waits for
 * it (before the loop runs), and logs each guarantee that is missing.
 *
 * missing: the lines, "mechanism: what is not guaranteed", each ended by a newline; "" when there
 * is none; freed by the caller. 0; or -1 with *error (freed by the caller) when the sandbox cannot
 * be asked about, or is required and not whole. Nothing is asked, and *missing is "", when the
 * configuration switches the sandbox off.
 */
int sandbox_check(const struct conf_main *conf, char **missing, char **error);

#endif
