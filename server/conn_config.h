#ifndef SERVER_CONN_CONFIG_H
#define SERVER_CONN_CONFIG_H

#include "conf/conf.h"
#include "net/link/conn.h"

/* What a connection is told of a network's file: net/link knows nothing of conf. */
struct conn_config_parts {
    struct conn_server *servers;
    struct conn_channel *channels;
};

/* Fills `config` with pointers into `conf` and `parts`: free the parts after conn_new or
 * conn_set_config, which copy. */
void conn_config_from(struct conn_config *config, struct conn_config_parts *parts,
                      const struct conf_network *conf);
void conn_config_free(struct conn_config_parts *parts);

#endif
