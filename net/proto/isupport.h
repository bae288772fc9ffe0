#ifndef NET_PROTO_ISUPPORT_H
#define NET_PROTO_ISUPPORT_H

#include <stdbool.h>

#include "net/proto/casemap.h"
#include "net/proto/message.h"

/* RPL_ISUPPORT (005), what a client needs of it. Values from outside are bounded; bad ones keep the
 * last value. */
struct isupport {
    enum casemapping casemapping; /* default rfc1459 */
    char prefix_modes[16];        /* "ov", highest first */
    char prefix_symbols[16];      /* "@+", same order */
    char chanmodes[4][64]; /* types A (lists), B (always a parameter), C (when set), D (none) */
    char chantypes[16];    /* default "#&" */
    char statusmsg[16];
    char network[64];
    unsigned nicklen;    /* default 9 */
    unsigned channellen; /* default 200 */
    unsigned topiclen;   /* 0: not said */
    unsigned kicklen;    /* 0: not said */
    unsigned awaylen;
    unsigned linelen;      /* default 512; at most 8192 is believed */
    unsigned modes;        /* mode changes with parameter in one MODE; default 3; 0: no limit */
    unsigned targmax_join; /* channels in one JOIN; default 0: no limit */
    bool whox;
    bool monitor;
};

void isupport_init(struct isupport *is);
/* Applies one 005: the parameters between our nick and the trailing text. "-KEY" restores a
 * default. */
void isupport_apply(struct isupport *is, const struct irc_msg *msg);

bool isupport_is_channel(const struct isupport *is, const char *name);
/* Skips STATUSMSG symbols before a channel ("@#chan" → "#chan"). */
const char *isupport_skip_statusmsg(const struct isupport *is, const char *target);
/* Index into prefix_modes, or -1. */
int isupport_prefix_by_symbol(const struct isupport *is, char symbol);
int isupport_prefix_by_mode(const struct isupport *is, char mode);

#endif
