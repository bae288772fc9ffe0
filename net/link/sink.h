#ifndef NET_LINK_SINK_H
#define NET_LINK_SINK_H

#include <stddef.h>

/*
 * Where the parts of a connection (caps, sasl, nick, joins) put the lines they want to send, so
 * that they know neither queue nor socket. `send` returns 0, or -1 when the line was not taken.
 */
struct sink {
    int (*send)(void *arg, const char *line, size_t len);
    void *arg;
};

/* One line, without CR LF; at most 1023 bytes, what is over is cut. */
int sink_printf(const struct sink *sink, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
