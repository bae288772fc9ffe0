#ifndef NET_LINK_NICK_H
#define NET_LINK_NICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/link/sink.h"
#include "net/proto/isupport.h"
#include "net/proto/message.h"

/*
 * Our own nickname: the one we have, the one we want, and the way from the one to the other.
 * When a nick is in use, the alternates are tried in turn, then the wanted one with underscores,
 * then with digits. Online, the wanted nick is asked for when it is free: the server tells through
 * MONITOR, or ISON is asked now and then, or its holder is seen to leave. Pure: time is the
 * caller's, in milliseconds.
 */
#define NICK_MAX 64 /* bytes, with NUL; longer ones of a server are cut */

struct nick {
    char current[NICK_MAX]; /* "" before the first NICK */
    char asked[NICK_MAX];   /* sent in a NICK that is not yet answered; "" */
    const char *wanted;     /* the caller's, and the alternates */
    const char *const *alternates;
    size_t nalternates;
    unsigned tries;    /* nicks refused in this registration */
    unsigned rejected; /* of these, as no valid nickname */
    bool online;
    bool hopeless;        /* the server takes the wanted nick for no valid one */
    bool monitoring;      /* MONITOR + was sent */
    unsigned losses;      /* attempts to get the wanted nick that failed, in a row */
    int64_t due_ms;       /* when nick_tick has something to do; INT64_MAX: never */
    int64_t free_from_ms; /* not to be asked for before */
};

#define NICK_TRIES_MAX 20 /* then nick_refused gives up */

/* A new connection; sends the first NICK. */
void nick_begin(struct nick *n, const struct sink *out);
/* 432, 433, 436, 437 during registration: sends the next NICK. -1: no more. */
int nick_refused(struct nick *n, int numeric, const struct sink *out);
/* The server has welcomed us as `name` (001). */
void nick_welcomed(struct nick *n, const char *name);
/* Registration is over, ISUPPORT known. */
void nick_online(struct nick *n, const struct isupport *is, int64_t now, const struct sink *out);
bool nick_is_me(const struct nick *n, const struct isupport *is, const char *name);
/* Messages that are about nicks while online: NICK, QUIT, 303, 731, 432, 433, 436, 437, 438. */
void nick_feed(struct nick *n, const struct isupport *is, const struct irc_msg *msg, int64_t now,
               const struct sink *out);
void nick_tick(struct nick *n, const struct isupport *is, int64_t now, const struct sink *out);
/* Another wanted nick or other alternates; asks for it when online. `old` is the one before. */
void nick_change(struct nick *n, const struct isupport *is, const char *old, int64_t now,
                 const struct sink *out);

#endif
