#ifndef SERVER_ADMIN_CHECK_H
#define SERVER_ADMIN_CHECK_H

#include "conf/conf.h"

/* seshetd -n: reads the main file and all networks, and prints every error with file and line, and
 * at the end a line that counts. 0 when nothing is wrong, else -1. */
int check_configuration(const char *path);

/* Each error and warning on a line of its own, on standard error. */
void check_print(const struct conf_errors *errors);

#endif
