#ifndef SERVER_CTL_PASSWORD_H
#define SERVER_CTL_PASSWORD_H

#include "server/ctl/client.h"

/*
 * A password that is to be set: the first line of the file ("-" is the standard input), or with an
 * empty file name asked twice on the terminal, without echo. Never an argument, which everybody on
 * the machine could read. CTL_OK and *password (str_free_secret), or the complaint was printed.
 */
enum ctl_exit password_read(const char *file, char **password);

#endif
