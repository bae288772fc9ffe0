#include "server/control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xmalloc.h"

#define BACKLOG 64

static int fail(char **error, char *text)
{
    *error = text;
    return -1;
}

static int take_lock(struct control_socket *sock, char **error)
{
    char *path = xasprintf("%s.lock", sock->path);
    sock->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (sock->lock_fd < 0)
        *error = xasprintf("cannot create %s: %s", path, strerror(errno));
    else if (flock(sock->lock_fd, LOCK_EX | LOCK_NB))
        *error = errno == EWOULDBLOCK ? xasprintf("another seshetd is running: it holds %s", path)
                                      : xasprintf("cannot lock %s: %s", path, strerror(errno));
    free(path);
    return *error ? -1 : 0;
}

/* Whether somebody listens at the address; a full queue is a listener too. */
static bool is_answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool answered = !connect(fd, (const struct sockaddr *)address, sizeof *address) ||
                    errno == EAGAIN || errno == EINPROGRESS;
    close(fd);
    return answered;
}

static int clear_path(const struct control_socket *sock, const struct sockaddr_un *address,
                      char **error)
{
    struct stat st;
    if (lstat(sock->path, &st))
        return errno == ENOENT
                   ? 0
                   : fail(error, xasprintf("cannot use %s: %s", sock->path, strerror(errno)));
    if (!S_ISSOCK(st.st_mode))
        return fail(error, xasprintf("%s is in the way: it is no socket; move it elsewhere, or set "
                                     "control.socket",
                                     sock->path));
    if (is_answered(address))
        return fail(error, xasprintf("another seshetd is running: it answers at %s", sock->path));
    if (unlink(sock->path) && errno != ENOENT)
        return fail(
            error, xasprintf("cannot remove the stale socket %s: %s", sock->path, strerror(errno)));
    return 0;
}

static int bind_and_listen(struct control_socket *sock, const struct sockaddr_un *address,
                           char **error)
{
    struct stat st;
    sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* On Linux the file takes over the socket's own mode, so that there is no moment at which
     * others could connect, and the umask, which all threads share, stays as it is. */
    if (sock->fd < 0 || fchmod(sock->fd, 0600) ||
        bind(sock->fd, (const struct sockaddr *)address, sizeof *address))
        return fail(error, xasprintf("cannot create %s: %s", sock->path, strerror(errno)));
    if (listen(sock->fd, BACKLOG) || lstat(sock->path, &st))
        return fail(error, xasprintf("cannot listen at %s: %s", sock->path, strerror(errno)));
    sock->device = st.st_dev;
    sock->inode = st.st_ino;
    return 0;
}

int control_socket_open(struct control_socket *sock, const char *path, char **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *error = NULL;
    *sock = (struct control_socket){.path = xstrdup(path), .fd = -1, .lock_fd = -1};
    if (!str_copy(address.sun_path, sizeof address.sun_path, path))
        *error = xasprintf("%s is too long for the path of a unix socket", path);
    if (!*error && !take_lock(sock, error) && !clear_path(sock, &address, error) &&
        !bind_and_listen(sock, &address, error))
        return 0;
    if (sock->fd >= 0)
        close(sock->fd);
    control_socket_close(sock);
    return -1;
}

void control_socket_close(struct control_socket *sock)
{
    struct stat st;
    if (sock->inode && !lstat(sock->path, &st) && st.st_dev == sock->device &&
        st.st_ino == sock->inode)
        unlink(sock->path);
    if (sock->lock_fd >= 0)
        close(sock->lock_fd);
    free(sock->path);
    *sock = (struct control_socket){.fd = -1, .lock_fd = -1};
}

bool control_socket_peer_allowed(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
        return false;
    return !peer.uid || peer.uid == geteuid();
}
