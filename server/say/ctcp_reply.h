#ifndef SERVER_SAY_CTCP_REPLY_H
#define SERVER_SAY_CTCP_REPLY_H

#include "net/state/event.h"
#include "server/network.h"

/* Answers the CTCP queries that every client answers: PING, TIME, VERSION, CLIENTINFO; by NOTICE,
 * and only to a person who asked the bot itself. */
void ctcp_reply(struct network *n, const struct irc_event *event);

#endif
