#ifndef SERVER_MODULE_QUARANTINE_NEWS_H
#define SERVER_MODULE_QUARANTINE_NEWS_H

#include "net/state/state.h"
#include "server/auth/guard.h"
#include "server/network.h"

/*
 * Owners hear of a quarantine on their network once: those who share a channel with the bot at
 * once, the others when they are seen next, if it still stands.
 */
struct quarantine_news;

/* It begins now. */
void quarantine_news_begin(struct network *n, const char *module);
/* Somebody did something; costs nothing while there is no news. */
void quarantine_news_seen(struct network *n, const struct irc_event *event,
                          struct auth_guard *guard);
void quarantine_news_free(struct network *n);

#endif
