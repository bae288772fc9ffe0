#ifndef SERVER_CONTROL_CONNECTION_H
#define SERVER_CONTROL_CONNECTION_H

#include <event2/bufferevent.h>
#include <stdbool.h>

#include "server/control/control.h"

/*
 * One client. Its requests are taken one per turn of the loop, so that nobody holds the loop with a
 * long queue; while one waits for its answer, nothing more is read.
 */
struct control_connection {
    struct control *control;
    struct bufferevent *bev;
    struct event *again; /* looks at what has been read, in the next turn of the loop */
    struct control_request *pending;
    bool in_handler; /* an answer given from within is not followed by the next request at once */
    bool ending;     /* no more requests; closed when everything is written */
    bool at_eof;     /* the client sends nothing more, but may still read */
    struct control_connection *next;
    struct control_connection **previous; /* what points to us */
};

struct control {
    struct control_env env;
    const struct control_command *table;
    void *arg;
    struct control_connection *connections;
    unsigned count;
};

/* Takes over the descriptor, which is non-blocking. */
void control_connection_open(struct control *control, evutil_socket_t fd);
/* Out of the list at once; its memory goes at the end of the loop's turn. */
void control_connection_close(struct control_connection *conn);

#endif
