#ifndef SERVER_NETWORK_H
#define SERVER_NETWORK_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "net/link/conn.h"
#include "net/state/state.h"
#include "registry/view.h"
#include "server/say/repeat.h"
#include "server/server.h"

/*
 * One network: its connection, what is known of it, what the registry says to it. Its key is the
 * key of everything: the connection, the overlay, the module hosts.
 */
struct network {
    struct server *server;
    const char *key; /* conf->key */
    struct conf_network *conf;
    struct conn *conn;
    struct irc_state *state;
    struct registry_view *view;  /* NULL until the first event needs it */
    struct command_index *index; /* made from the view and the modules that exist */
    struct life *life;           /* which modules were told that they are on */
    uint32_t index_catalogue;    /* server->catalogue of the index */
    struct repeat_guard repeat;
    struct auth *auth;            /* who its sources are */
    struct runtime *runtime;      /* what the registry sets beside the file */
    struct more *more;            /* the rests of long answers */
    struct quarantine_news *news; /* utlist: what not every owner was told of */
    struct core_memory *core;     /* what core commands remember; NULL until they do */
    char *server_name;            /* what the IRC server calls itself; NULL before it did */
    struct identity_place *place; /* where our nick is known to `identities`; or NULL */
    char *place_name;
    char *nick; /* folded, as it was told to `identities` */
    struct {
        const char *why;    /* the last text that was not said, static */
        unsigned long more; /* refused for that since it was logged */
        int64_t logged_ms;
    } refused;
    int64_t state_since_ms; /* clock_now of the last change of the connection's state */
    bool leaving;           /* freed when the connection has ended */
    UT_hash_handle hh;
    struct network *prev; /* in server->leaving */
    struct network *next;
};

/* Takes over the configuration; connects unless it says not to. NULL and *error (freed by the
 * caller) when it cannot be used; the configuration is freed then. */
struct network *network_new(struct server *server, struct conf_network *conf, char **error);
/* The same for a network that goes on: connects anew only when it must. On failure nothing changes.
 */
int network_reconfigure(struct network *n, struct conf_network *conf, char **error);
/* QUITs; the network is freed when the connection has ended. */
void network_leave(struct network *n, const char *reason);
/* At once, without QUIT. */
void network_free(struct network *n);

struct network *network_find(const struct server *server, const char *key);

/* View and index as of now: cheap when nothing changed. */
void network_refresh(struct network *n);

#endif
