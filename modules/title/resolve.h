#ifndef SESHET_MODULES_TITLE_RESOLVE_H
#define SESHET_MODULES_TITLE_RESOLVE_H

#include <stddef.h>
#include <sys/socket.h>

/* Asks for the addresses of a host, without waiting for longer than there is time: the C library
 * knows no such bound, so it is asked in a thread. */

enum { RESOLVE_MAX = 8 };

struct resolved {
    size_t count;
    struct sockaddr_storage addresses[RESOLVE_MAX];
};

/* NULL, or why there is no address, in words. */
const char *resolve(const char *host, const char *port, int timeout_ms, struct resolved *resolved);

#endif
