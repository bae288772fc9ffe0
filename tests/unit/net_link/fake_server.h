#ifndef TESTS_FAKE_SERVER_H
#define TESTS_FAKE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>
#include <openssl/ssl.h>

#include "base/buf.h"
#include "net/link/conn.h"

/*
 * A scripted IRC server on a free loopback port, in the same event loop as the connection that is
 * tested, and the rig that holds both.
 */

/* What a line that begins with `starts` is answered with; "%s" in it is the rest of that line.
 * `starts` "" is the moment of the connection. The first rule that fits counts. */
struct fake_rule {
    const char *starts; /* NULL: end of the rules */
    const char *reply;  /* NULL: nothing */
    int times;          /* after so many it no longer fits; 0: always */
    bool close;         /* then the server closes */
};

struct fake {
    struct event_base *base;
    int listener;
    uint16_t port;
    struct event *accepting;
    SSL_CTX *tls; /* NULL: plain */
    struct fake_rule *rules;
    bool polite; /* the usual answers, where no rule fits */
    bool deaf;   /* reads nothing */
    int piece;   /* sends so many bytes at a time; 0: all at once */
    int accepted;
    int fd; /* the one client; -1 */
    SSL *ssl;
    bool shaken;
    struct event *reading;
    struct buf out;
    char in[65536];
    size_t in_len;
    char heard[1 << 20]; /* all lines, each after a '\n' */
};

struct rig {
    struct event_base *base;
    struct event *tick;
    struct defer_queue defer;
    struct link_loop *loop;
    struct conn_server server;
    struct conn_config config;
    struct conn *conn;
    char *error; /* of conn_new */
    struct fake fake;
    struct isupport is;
    char trail[4096]; /* names of the states, each after a ' ' */
    uint64_t messages;
    char last[1024];  /* the last message's command and text */
    char seen[65536]; /* all of them, each after a '\n' */
    void (*on_state)(struct rig *rig, enum conn_state now);
    void (*on_message)(struct rig *rig, struct irc_msg *msg);
};

/* A polite fake server, and a configuration that names it, with short times. */
void rig_open(struct rig *rig);
/* Makes and starts the connection. */
void rig_start(struct rig *rig);
/* Fails when it takes longer than three seconds. */
void rig_until_state(struct rig *rig, enum conn_state state);
void rig_until_heard(struct rig *rig, const char *text);
void rig_until_message(struct rig *rig, const char *text);
void rig_run(struct rig *rig, int ms);
bool rig_heard(const struct rig *rig, const char *text);
void rig_close(struct rig *rig);

void fake_send(struct fake *fake, const char *data, size_t len);
void fake_say(struct fake *fake, const char *text);
void fake_hang_up(struct fake *fake);

#endif
