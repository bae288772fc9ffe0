#ifndef NET_LINK_CONN_INTERNAL_H
#define NET_LINK_CONN_INTERNAL_H

#include "base/backoff.h"
#include "net/link/caps.h"
#include "net/link/conn.h"
#include "net/link/joins.h"
#include "net/link/nick.h"
#include "net/link/sasl.h"
#include "net/link/sendq.h"
#include "net/link/stream.h"
#include "net/link/tls.h"
#include "net/proto/line.h"

/* Shared by conn.c (life), conn_config.c (settings), conn_info.c (what
 * is known and changed from outside), conn_input.c (the server's lines) and
 * conn_output.c (ours). */

/* A deep copy of a conn_config, with its certificates loaded. */
struct conn_server_settings {
    char *host;
    uint16_t port;
    bool tls;
    bool verify;
    bool pinned;
    uint8_t pin[TLS_PIN_BYTES];
    char *ca_file;
    struct tls_trust *trust; /* NULL without TLS */
};

struct conn_settings {
    struct conn_config config; /* numbers; its pointers are those below or NULL */
    char *key;
    struct conn_server_settings *servers;
    size_t nservers;
    char *server_password;
    char *nick;
    char **alternates;
    size_t nalternates;
    char *username;
    char *realname;
    char *account;
    char *password;
    char *cert_file;
    char *key_file;
    struct tls_identity *identity; /* NULL without cert_file */
    char *user_modes;
};

struct conn_settings *conn_settings_new(struct link_loop *loop, const struct conn_config *config,
                                        char **error);
void conn_settings_free(struct link_loop *loop, struct conn_settings *s);
/* False when a connection made with a must be made again for b. */
bool conn_settings_same_link(const struct conn_settings *a, const struct conn_settings *b);

enum conn_after { CONN_AFTER_STOP, CONN_AFTER_RECONNECT };

struct conn {
    struct link_loop *loop;
    struct conn_callbacks callbacks;
    void *arg;
    struct conn_settings *settings;
    char *reason;      /* of the last end */
    char *server_name; /* of the last attempt */
    enum conn_state state;
    enum conn_cause cause;
    enum conn_after after; /* of CONN_CLOSING */
    unsigned life; /* changes whenever the link ends, so that whoever called back can see it */

    struct stream *stream;
    struct link_timer *timer; /* for the earliest of all deadlines */
    int64_t timer_at;         /* INT64_MAX: not set */
    struct link_turn turn;    /* at the turn's end: send, and set the timer */
    struct line_splitter splitter;
    struct sendq queue;
    uint64_t dropped_before; /* count when `dropping` began */

    struct caps caps;
    struct sasl sasl;
    struct nick nick;
    struct joins joins;

    size_t server; /* index of the server in use, or used next */
    struct backoff backoff;
    bool freed;
    bool feeding;    /* line_feed is running: the splitter must stay */
    bool dropping;   /* the queue is full, and the log knows */
    bool negotiated; /* CAP END was sent */
    bool welcomed;   /* 001 */
    bool tls_used;   /* by the attempt; the settings may have changed since */
    bool tls_up;
    bool pinging; /* the last PING's PONG has not come */

    int64_t due_ms; /* the state's own deadline; INT64_MAX: none */
    int64_t attempt_ms;
    int64_t online_ms;
    int64_t heard_ms;
    int64_t ping_ms; /* when the last PING was sent */
    int64_t next_ping_ms;
    int64_t lag_ms;
    struct conn_counters counters;
};

static inline int64_t conn_now(const struct conn *c)
{
    return clock_now(c->loop->clock);
}

/* conn.c */
/* Ends the link, with the reason; then waits, stops, or starts anew. `for_good`: trying again
 * cannot help. The caller returns after it without looking at the connection. */
void conn_end(struct conn *c, enum conn_cause cause, bool for_good, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Registration is complete. */
void conn_enter_online(struct conn *c);
void conn_send_user_modes(struct conn *c);
struct joins_context conn_joins_context(const struct conn *c, const struct sink *out);

/* conn_info.c */
/* The settings in use; the old ones, if any, are freed by the caller. */
void conn_take_settings(struct conn *c, struct conn_settings *settings);

/* conn_input.c */
void conn_register(struct conn *c);
void conn_input(struct conn *c, char *data, size_t len);
const struct isupport *conn_isupport(const struct conn *c);

/* conn_output.c */
struct sink conn_sink_urgent(struct conn *c);
struct sink conn_sink_normal(struct conn *c);
/* At the turn's end the queue is sent and the timer set. */
void conn_wake(struct conn *c);
void conn_flush(struct conn *c);
/* Sends so many of the lines that wait, whatever the pace; no questions (CONN_BULK), as nobody is
 * going to read the answers. */
void conn_send_last(struct conn *c, uint32_t lines);

#endif
