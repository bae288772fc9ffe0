#ifndef SERVER_CONTROL_SOCKET_H
#define SERVER_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

/* A listening unix socket in the file system, with the lock that keeps two servers apart. */
struct control_socket {
    char *path;
    int fd;
    int lock_fd;
    dev_t device; /* of the socket's file, to know it as ours */
    ino_t inode;
};

/* 0, or -1 with *error (allocated). Replaces a socket that nobody answers on. */
int control_socket_open(struct control_socket *sock, const char *path, char **error);
/* Removes the file when it is still ours, and gives the lock back. `fd` belongs to the caller after
 * a successful open. */
void control_socket_close(struct control_socket *sock);
/* Whether the peer runs as root or as our own user. */
bool control_socket_peer_allowed(int fd);

#endif
