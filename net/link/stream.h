#ifndef NET_LINK_STREAM_H
#define NET_LINK_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/link/loop.h"

struct tls;

/*
 * A stream of bytes to a host, over TCP or TLS. The seam: nothing above knows libevent's events or
 * OpenSSL. Nothing is called back from within stream_open; after on_closed the stream is at rest
 * and can be opened again. From any callback stream_close and stream_open may be called.
 */
struct stream;

enum stream_stage {
    STREAM_CLOSED,
    STREAM_RESOLVING,
    STREAM_CONNECTING, /* address after address */
    STREAM_SECURING,   /* TLS handshake */
    STREAM_OPEN
};

enum stream_end {
    STREAM_END_RESOLVE, /* no address */
    STREAM_END_CONNECT, /* no address answers */
    STREAM_END_TLS,
    STREAM_END_CLOSED, /* the other side closed */
    STREAM_END_BROKEN  /* an error on the open connection */
};

struct stream_callbacks {
    void (*on_stage)(void *arg, enum stream_stage stage); /* connecting, securing, open */
    /* At most LINK_READ_MAX bytes, which may be written to; valid during the call. */
    void (*on_data)(void *arg, char *data, size_t len);
    void (*on_room)(void *arg); /* all that was flushed has left, after having waited */
    void (*on_closed)(void *arg, enum stream_end end, const char *reason);
};

struct stream *stream_new(struct link_loop *loop, const struct stream_callbacks *callbacks,
                          void *arg);
/* Not from a callback of its own (defer it). NULL is fine. */
void stream_free(struct stream *s);

/* Resolves and connects; `tls` becomes the stream's, NULL for plain TCP. connect_ms bounds the try
 * of each address, and the TLS handshake. */
void stream_open(struct stream *s, const char *host, uint16_t port, struct tls *tls,
                 uint32_t connect_ms);
/* At once, without on_closed. */
void stream_close(struct stream *s);

/* Append here, then flush once for all: what does not fit the socket leaves as it can. The caller
 * bounds it (by its length, before it appends). */
struct buf *stream_out(struct stream *s);
void stream_flush(struct stream *s);
/* Gives back the memory of an empty output buffer. */
void stream_shrink(struct stream *s);

#endif
