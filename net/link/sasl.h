#ifndef NET_LINK_SASL_H
#define NET_LINK_SASL_H

#include <stdbool.h>

#include "net/link/sink.h"
#include "net/proto/message.h"

/*
 * SASL authentication of the client (IRCv3 "SASL Authentication" 3.1 and 3.2): PLAIN (RFC 4616) and
 * EXTERNAL (RFC 4422, appendix A), numerics 900 to 908. Pure: messages in, lines out.
 */
struct sasl {
    bool external;
    const char *account;  /* the caller's; EXTERNAL: may be NULL */
    const char *password; /* the caller's; PLAIN */
    bool running;
    bool logged_in;
    bool mechanism_refused; /* 908 came before the failure */
};

enum sasl_result {
    SASL_NOTHING, /* goes on, or the message was not about us */
    SASL_SUCCESS,
    SASL_REFUSED, /* the credentials or the mechanism: trying again would not help */
    SASL_BROKEN   /* aborted on the server's side: another time */
};

void sasl_start(struct sasl *sasl, const struct sink *out);
/* AUTHENTICATE and the numerics. After a result other than SASL_NOTHING it runs no more. */
enum sasl_result sasl_feed(struct sasl *sasl, const struct irc_msg *msg, const struct sink *out);

#endif
