#ifndef SERVER_RUNTIME_H
#define SERVER_RUNTIME_H

#include "server/network.h"

/*
 * What is set of a network while it runs, beside its file: channels to be in and the nick to have.
 * They stand in the registry (network:NET, network:NET:channels), so that they outlive a restart,
 * and hold at once, whoever wrote them. A channel of the file can be left for as long as the server
 * runs.
 */
struct runtime;

/* What a connection is to be told, of the file and the registry, into `config` (filled from the
 * file before). Returns what it points to: free that when the connection has taken it. */
struct conn_channel *runtime_config(const struct network *n, const struct conf_network *conf,
                                    struct conn_config *config);
/* The connection has taken that over, of n->conf: from here on it is followed. */
void runtime_begin(struct network *n);
/* Another snapshot stands. */
void runtime_follow(struct network *n);
void runtime_free(struct runtime *runtime); /* NULL is fine */

/* The nick that is wanted: of the registry, or else of the file. */
const char *runtime_nick(const struct network *n);
/* The channel as it stands in the registry; NULL: it does not. */
const char *runtime_channel(const struct network *n, const char *channel);
/* Leaves a channel of the file. False: it is none of those, or was left before. */
bool runtime_leave(struct network *n, const char *channel);
/* Takes that back. False: it was not left. */
bool runtime_return(struct network *n, const char *channel);

#endif
