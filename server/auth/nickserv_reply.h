#ifndef SERVER_AUTH_NICKSERV_REPLY_H
#define SERVER_AUTH_NICKSERV_REPLY_H

#include <stdbool.h>

/*
 * What NickServ says to "ACC nick *" and "STATUS nick". Known forms, formatting taken away:
 *   nick -> account ACC 3 [ID]   atheme
 *   nick ACC 3 [ID]              atheme, others: the nick's own account
 *   STATUS nick 3 [account]      anope; without an account the nick's own
 * 3: he has identified; anything less (recognized by an access list, for instance) does not count.
 */
#define NICKSERV_MAX_WORD 255

enum nickserv_reply_kind {
    NICKSERV_OTHER,  /* no answer to any such question */
    NICKSERV_ANSWER, /* about `nick` */
    NICKSERV_UNKNOWN /* it does not know the command */
};

struct nickserv_reply {
    enum nickserv_reply_kind kind;
    char nick[NICKSERV_MAX_WORD + 1];
    char account[NICKSERV_MAX_WORD + 1]; /* "": not identified */
};

void nickserv_reply_parse(struct nickserv_reply *reply, const char *text);

#endif
