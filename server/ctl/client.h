#ifndef SERVER_CTL_CLIENT_H
#define SERVER_CTL_CLIENT_H

#include <jansson.h>

/* Exit statuses of seshetctl. */
enum ctl_exit { CTL_OK = 0, CTL_REFUSED = 1, CTL_USAGE = 2, CTL_NO_SERVER = 3 };

/*
 * Asks the server at the socket one question and waits for the answer, at most so many seconds.
 * CTL_OK with *result (a new reference); else *error (allocated) says what to do. `conf` is the
 * configuration that named the socket, for the error; NULL when there was none.
 */
enum ctl_exit client_ask(const char *socket, const char *conf, const char *command, json_t *args,
                         int wait_seconds, json_t **result, char **error);
#define CTL_WAIT_SECONDS 30

#endif
