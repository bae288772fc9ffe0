#include "server/ctl/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"

#define MAX_ANSWER (16 * 1024 * 1024 + 1024)
#define READ_BYTES 65536

/* The descriptor, or -1 with *error. */
static int connect_to(const char *path, const char *conf, int wait_seconds, char **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval wait = {.tv_sec = wait_seconds};
    if (!str_copy(address.sun_path, sizeof address.sun_path, path)) {
        *error = xasprintf("%s is too long for the path of a unix socket", path);
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) &&
        !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) &&
        !connect(fd, (struct sockaddr *)&address, sizeof address))
        return fd;
    if (errno == ENOENT || errno == ECONNREFUSED)
        *error = xasprintf("no seshetd answers at %s: is it running? (start it with: seshetd -c "
                           "%s)",
                           path, conf ? conf : "FILE");
    else if (errno == EACCES)
        *error =
            xasprintf("no permission for %s: only root and the server's own user may ask", path);
    else
        *error = xasprintf("cannot connect to %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int send_request(int fd, const char *command, json_t *args)
{
    json_t *request = json_pack("{s:s,s:O*}", "command", command, "args", args);
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    char *line = xasprintf("%s\n", text ? text : "");
    size_t len = strlen(line);
    size_t sent = 0;
    while (sent < len) {
        ssize_t n = send(fd, line + sent, len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        sent += (size_t)n;
    }
    json_decref(request);
    free(text);
    free(line);
    return sent == len ? 0 : -1;
}

/* Reads up to the first newline. 0, or -1 at the end of the stream, after too long a wait or too
 * long an answer. */
static int read_answer(int fd, struct buf *answer)
{
    while (answer->len < MAX_ANSWER) {
        char *to = buf_reserve(answer, READ_BYTES);
        ssize_t n = recv(fd, to, READ_BYTES, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        buf_commit(answer, (size_t)n);
        if (memchr(to, '\n', (size_t)n))
            return 0;
    }
    return -1;
}

static enum ctl_exit judge(const struct buf *answer, const char *path, json_t **result,
                           char **error)
{
    json_error_t wrong;
    json_t *root = json_loadb(buf_data(answer), answer->len, 0, &wrong);
    enum ctl_exit status = CTL_NO_SERVER;
    if (json_is_true(json_object_get(root, "ok"))) {
        *result = json_incref(json_object_get(root, "result"));
        status = CTL_OK;
    } else if (json_is_string(json_object_get(root, "error"))) {
        *error = xstrdup(json_string_value(json_object_get(root, "error")));
        status = CTL_REFUSED;
    } else {
        *error = xasprintf("what answers at %s is no seshetd", path);
    }
    json_decref(root);
    return status;
}

enum ctl_exit client_ask(const char *socket, const char *conf, const char *command, json_t *args,
                         int wait_seconds, json_t **result, char **error)
{
    struct buf answer = {0};
    enum ctl_exit status = CTL_NO_SERVER;
    *result = NULL;
    *error = NULL;
    int fd = connect_to(socket, conf, wait_seconds, error);
    if (fd < 0)
        return CTL_NO_SERVER;
    /* A server that turns us away answers without reading, so the answer is read even when the
     * request could not be sent. */
    int sent = send_request(fd, command, args);
    if (!read_answer(fd, &answer))
        status = judge(&answer, socket, result, error);
    else if (sent || errno != EAGAIN)
        *error = xasprintf("seshetd at %s closed the connection without an answer", socket);
    else
        *error = xasprintf("seshetd at %s did not answer within %d seconds", socket, wait_seconds);
    buf_free(&answer);
    close(fd);
    return status;
}
