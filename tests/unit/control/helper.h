#ifndef TESTS_UNIT_CONTROL_HELPER_H
#define TESTS_UNIT_CONTROL_HELPER_H

#include <stdbool.h>

#include "server/control/control.h"

/* A control socket in a folder of its own, with the commands of helper.c. */
struct fixture {
    struct event_base *base;
    struct defer_queue defer;
    struct control_env env;
    struct control *control;
    struct control_request *ticket; /* of the command "later" */
    unsigned calls;
    char dir[64];
    char path[96];
};

int fixture_open(void **state);
int fixture_close(void **state);

/* Runs the loop for so many milliseconds, or until `*done`; NULL: the whole time. */
void run_loop(struct fixture *f, int ms, const bool *done);

int client_open(struct fixture *f);
/* All of it must fit into the socket's buffer. */
void client_send(int fd, const char *text);
/* The next line, without its end, within 5 seconds; NULL at the end of the stream. The caller frees
 * it. */
char *client_line(struct fixture *f, int fd);
/* The next line must be this. */
void assert_line(struct fixture *f, int fd, const char *wanted);
void assert_closed(struct fixture *f, int fd);

#endif
