#include "server/control/control.h"

#include <errno.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/control/connection.h"
#include "server/control/socket.h"

/* What listens, around what the connections see. */
struct server {
    struct control control; /* first: the public handle */
    struct control_socket socket;
    struct evconnlistener *listener;
    struct event *resume; /* after the process had no descriptor left */
};

static void turn_away(evutil_socket_t fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int len, void *arg)
{
    (void)listener;
    (void)address;
    (void)len;
    struct server *server = arg;
    if (!control_socket_peer_allowed(fd)) {
        log_warn("control.refused", LOG_NOBODY, "a user who is not ours asked at %s",
                 server->socket.path);
        turn_away(fd, "{\"ok\":false,\"error\":\"only root and the server's own user may ask\"}\n");
    } else if (server->control.count >= CONTROL_MAX_CONNECTIONS) {
        turn_away(fd, "{\"ok\":false,\"error\":\"too many connections; try again later\"}\n");
    } else {
        control_connection_open(&server->control, fd);
    }
}

/* Without this the loop would spin: the waiting connection stays readable. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    static const struct timeval pause = {.tv_sec = 1};
    struct server *server = arg;
    log_warn("control.accept", LOG_NOBODY, "cannot accept at %s: %s; trying again in a second",
             server->socket.path, strerror(errno));
    evconnlistener_disable(listener);
    event_add(server->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct server *server = arg;
    evconnlistener_enable(server->listener);
}

struct control *control_open(const struct control_env *env, const char *path,
                             const struct control_command *table, void *arg, char **error)
{
    struct server *server = xcalloc(1, sizeof *server);
    server->control = (struct control){.env = *env, .table = table, .arg = arg};
    if (control_socket_open(&server->socket, path, error)) {
        free(server);
        return NULL;
    }
    server->resume = evtimer_new(env->base, on_resume, server);
    server->listener =
        evconnlistener_new(env->base, on_accept, server,
                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, server->socket.fd);
    if (server->listener && server->resume) {
        evconnlistener_set_error_cb(server->listener, on_accept_error);
        return &server->control;
    }
    *error = xasprintf("cannot listen at %s: no memory", path);
    close(server->socket.fd);
    control_socket_close(&server->socket);
    free(server);
    return NULL;
}

void control_close(struct control *control)
{
    if (!control)
        return;
    struct server *server = (struct server *)control;
    while (control->connections)
        control_connection_close(control->connections);
    evconnlistener_free(server->listener);
    event_free(server->resume);
    control_socket_close(&server->socket);
    free(server);
}
