#ifndef NET_PROTO_MESSAGE_H
#define NET_PROTO_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * One IRC message (RFC 1459 2.3.1, IRCv3 message-tags), parsed in place: all strings point into the
 * line that was given and end with NUL.
 */
#define IRC_MAX_PARAMS 15
#define IRC_MAX_TAGS   64 /* further ones are ignored */

/* The words among the commands that anybody here acts upon; the most frequent first. */
#define IRC_WORD_LIST(X)                                                                           \
    X(PRIVMSG)                                                                                     \
    X(JOIN)                                                                                        \
    X(QUIT)                                                                                        \
    X(PART)                                                                                        \
    X(MODE)                                                                                        \
    X(NICK)                                                                                        \
    X(NOTICE)                                                                                      \
    X(PING)                                                                                        \
    X(PONG)                                                                                        \
    X(AWAY)                                                                                        \
    X(ACCOUNT)                                                                                     \
    X(CHGHOST)                                                                                     \
    X(SETNAME)                                                                                     \
    X(KICK)                                                                                        \
    X(TOPIC)                                                                                       \
    X(INVITE)                                                                                      \
    X(BATCH)                                                                                       \
    X(CAP)                                                                                         \
    X(AUTHENTICATE)                                                                                \
    X(ERROR)

enum irc_word {
    IRC_NO_WORD, /* a numeric, or another word */
#define X(name) IRC_##name,
    IRC_WORD_LIST(X)
#undef X
        IRC_WORD_END
};

struct irc_tag {
    const char *key;   /* with '+' and vendor, as sent */
    const char *value; /* unescaped; "" when missing */
};

struct irc_msg {
    const char
        *nick; /* of the source; a server's name when user and host are NULL; NULL without source */
    const char *user;    /* NULL when not given */
    const char *host;    /* NULL when not given */
    const char *command; /* upper case, or three digits */
    int numeric;         /* 1 to 999, or 0 for a word */
    enum irc_word word;
    int nparams;
    const char *params[IRC_MAX_PARAMS];
    int ntags;
    struct irc_tag tags[IRC_MAX_TAGS];
};

/* `line` has no CR, LF or NUL; it is changed. 0, or -1 when it is no message (no command). */
int irc_parse(struct irc_msg *msg, char *line);

/* Parameter i, or "" when there are fewer. */
const char *irc_param(const struct irc_msg *msg, int i);
/* NULL when the tag is not there; of several the last counts. */
const char *irc_tag(const struct irc_msg *msg, const char *key);
/* The "time" tag (IRCv3 server-time) in milliseconds since 1970, or -1. */
int64_t irc_server_time(const struct irc_msg *msg);

#endif
