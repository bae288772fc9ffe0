#ifndef NET_LINK_CONN_H
#define NET_LINK_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/link/loop.h"
#include "net/link/priority.h"
#include "net/proto/isupport.h"
#include "net/proto/message.h"

/*
 * The connection of one network: it finds a server, registers (CAP, SASL, NICK, USER), stays
 * (PING, wanted nick, wanted channels), and comes back with backoff when the link is lost.
 * Everything happens on the loop's thread. Nothing here blocks.
 */
struct conn;

enum conn_state {
    CONN_IDLE,        /* made, not started */
    CONN_RESOLVING,   /* the server's name */
    CONN_CONNECTING,  /* TCP */
    CONN_SECURING,    /* TLS handshake */
    CONN_REGISTERING, /* CAP, SASL, NICK, USER, up to the end of the MOTD */
    CONN_ONLINE,
    CONN_CLOSING, /* QUIT was sent, the server's close is awaited */
    CONN_WAITING, /* for the next attempt */
    CONN_STOPPED  /* by conn_quit, or gave up: no further attempt until conn_start */
};

/* Why a connection ended; the bounded set for metrics. The sentence for people is conn_reason. */
enum conn_cause {
    CONN_CAUSE_NONE,
    CONN_CAUSE_RESOLVE,  /* the name has no address */
    CONN_CAUSE_CONNECT,  /* no TCP connection */
    CONN_CAUSE_TLS,      /* handshake or certificate */
    CONN_CAUSE_CLOSED,   /* the server closed, or the link broke */
    CONN_CAUSE_TIMEOUT,  /* silence */
    CONN_CAUSE_REGISTER, /* registration was refused or took too long */
    CONN_CAUSE_PASSWORD, /* 464; gives up */
    CONN_CAUSE_BANNED,   /* 465, K-line; gives up */
    CONN_CAUSE_SASL,     /* wrong credentials give up; a server without SASL is tried again */
    CONN_CAUSE_NICK,     /* no nick was accepted */
    CONN_CAUSE_ASKED     /* conn_quit, conn_reconnect */
};

enum conn_sasl { CONN_SASL_NONE, CONN_SASL_PLAIN, CONN_SASL_EXTERNAL };

struct conn_server {
    const char *host; /* name, IPv4 or IPv6 address without brackets */
    uint16_t port;
    bool tls;
    bool verify;             /* false: any certificate is taken */
    const char *fingerprint; /* SHA-256 of the certificate in hex, colons allowed; replaces the
                                check of the chain; NULL: none */
    const char *ca_file;     /* PEM; NULL: the system's roots */
};

struct conn_channel {
    const char *name;
    const char *key; /* NULL: none */
};

/* Read by conn_new and conn_set_config, which copy what they need. */
struct conn_config {
    const char *key; /* the network's, for the log */
    const struct conn_server *servers;
    size_t nservers;
    const char *server_password; /* NULL: none */
    const char *nick;
    const char *const *alternate_nicks;
    size_t nalternates;
    const char *username;
    const char *realname;
    struct {
        enum conn_sasl mechanism;
        const char *account;   /* EXTERNAL: may be NULL */
        const char *password;  /* PLAIN */
        const char *cert_file; /* PEM client certificate with chain; also used without SASL; NULL */
        const char *key_file;  /* NULL: the key is in cert_file */
    } sasl;
    const struct conn_channel *channels;
    size_t nchannels;
    const char *user_modes; /* "+B"; NULL: none */
    struct {
        uint32_t burst;
        uint32_t interval_ms; /* 0: no pacing */
    } pacing;
    /* Milliseconds; conn_config_init sets what is usual. */
    uint32_t connect_ms;       /* for each address, and for the TLS handshake; 15 s */
    uint32_t register_ms;      /* 60 s */
    uint32_t ping_ms;          /* our PING, to measure lag; 60 s */
    uint32_t timeout_ms;       /* silence after it: dead; 120 s */
    uint32_t quit_ms;          /* wait for the server's close after QUIT; 3 s */
    uint32_t backoff_first_ms; /* 2 s */
    uint32_t backoff_max_ms;   /* 10 min */
    uint32_t lasting_ms;       /* a connection that lasted this long ends the backoff; 5 min */
    /* Lines and bytes that may wait in the send queue: 1000, 256 KiB. */
    uint32_t queue_lines;
    uint32_t queue_bytes;
};

struct conn_callbacks {
    /* After each change of state; `reason` is a sentence, "" where there is nothing to say.
     * Any conn function may be called from here. */
    void (*on_state)(void *arg, enum conn_state old, enum conn_state now, const char *reason);
    /* Every line of the server, after the connection has handled it (but not one that has ended it:
     * that is the reason in on_state); its strings are valid during the call and may be consumed in
     * place. 376 and 422 come after on_state has told CONN_ONLINE. Any conn function may be called
     * from here. */
    void (*on_message)(void *arg, struct irc_msg *msg);
    /* What RPL_ISUPPORT said on this connection, kept by the caller (who applies 005 in on_message
     * and starts afresh when the state becomes CONN_REGISTERING). Never NULL. */
    const struct isupport *(*isupport)(void *arg);
};

struct conn_counters {
    uint64_t lines_in;
    uint64_t lines_out;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t cut_in;   /* lines over the protocol's limit */
    uint64_t cut_out;  /* lines over the server's limit, cut by the last guard */
    uint64_t dropped;  /* lines refused by the full send queue, or lost with the connection */
    uint64_t attempts; /* connection attempts */
    uint64_t rubbish;  /* lines that are no IRC message */
};

/* All NULL, but the times and limits as told above; tls verification is a matter of each server. */
void conn_config_init(struct conn_config *config);

/*
 * Copies the configuration and loads its certificates from disk: call it where disk may be read.
 * NULL and *error (freed by the caller) when they cannot be used.
 */
struct conn *conn_new(struct link_loop *loop, const struct conn_config *config,
                      const struct conn_callbacks *callbacks, void *arg, char **error);

/*
 * Takes over a changed configuration. Channels, user modes, pacing, nicks and times hold at once.
 * Returns 1 when servers, password, user name or SASL changed: they are used from the next attempt
 * on, and the caller decides when (conn_reconnect). 0: nothing more to do. -1 and *error: nothing
 * was changed. Reads certificates like conn_new.
 */
int conn_set_config(struct conn *c, const struct conn_config *config, char **error);
/* Only the channels: JOINs and PARTs the difference. */
void conn_set_channels(struct conn *c, const struct conn_channel *channels, size_t n);
/* Only the wanted nick: asked for at once when online. */
void conn_set_nick(struct conn *c, const char *nick);

/* From idle, waiting or stopped: an attempt at once; from closing: as soon as it is closed.
 * Otherwise nothing. */
void conn_start(struct conn *c);

#define CONN_LAST_LINES 10
/*
 * Of the lines that wait in the queue the first go out at once, as many as a burst of the pacing
 * has, but not more than CONN_LAST_LINES; the rest is thrown away (and counted). Then QUIT, and
 * CONN_STOPPED at most quit_ms later.
 */
void conn_quit(struct conn *c, const char *reason);
/* The same, then an attempt at once. */
void conn_reconnect(struct conn *c, const char *reason);
/* Closes without QUIT and calls back no more; the memory goes with the loop's defer queue, so this
 * may be called from a callback. NULL is fine. */
void conn_free(struct conn *c);

/*
 * Queues one line, without CR LF. CR, LF and NUL in it become spaces; what is over the server's
 * LINELEN is cut at a UTF-8 bound (the sender splits long texts before: net/proto/wrap.h).
 * 0, or -1 when the connection is not online or the queue is full (counted).
 */
int conn_send(struct conn *c, enum conn_priority priority, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int conn_send_line(struct conn *c, enum conn_priority priority, const char *line, size_t len);

enum conn_state conn_state(const struct conn *c);
const char *conn_state_name(enum conn_state state);
enum conn_cause conn_cause(const struct conn *c); /* of the last end */
const char *conn_cause_name(enum conn_cause cause);
const char *conn_reason(const struct conn *c); /* the last end in a sentence, "" before it */
const char *conn_nick(const struct conn *c);   /* ours now; the wanted one when not online */
bool conn_has_cap(const struct conn *c, const char *name);
int64_t conn_lag_ms(const struct conn *c);          /* -1: not yet measured */
const char *conn_server_name(const struct conn *c); /* "host:port" of the last attempt, or "" */
bool conn_is_tls(const struct conn *c);             /* the link is up and encrypted */
int64_t conn_retry_ms(const struct conn *c); /* until the next attempt; -1 when none is planned */
size_t conn_queue_length(const struct conn *c); /* lines */
struct conn_counters conn_counters(const struct conn *c);

#endif
