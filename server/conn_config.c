#include "server/conn_config.h"

#include <stdlib.h>

#include "base/xmalloc.h"

static enum conn_sasl mechanism(enum conf_sasl sasl)
{
    switch (sasl) {
    case CONF_SASL_PLAIN:
        return CONN_SASL_PLAIN;
    case CONF_SASL_EXTERNAL:
        return CONN_SASL_EXTERNAL;
    case CONF_SASL_NONE:
        break;
    }
    return CONN_SASL_NONE;
}

static struct conn_server *servers(const struct conf_network *conf)
{
    struct conn_server *list = xcalloc(conf->nservers, sizeof *list);
    for (size_t i = 0; i < conf->nservers; i++)
        list[i] = (struct conn_server){.host = conf->servers[i].host,
                                       .port = (uint16_t)conf->servers[i].port,
                                       .tls = conf->servers[i].tls,
                                       .verify = conf->servers[i].verify,
                                       .fingerprint = conf->servers[i].fingerprint,
                                       .ca_file = conf->servers[i].ca_file};
    return list;
}

static struct conn_channel *channels(const struct conf_network *conf)
{
    struct conn_channel *list = xcalloc(conf->nchannels, sizeof *list);
    for (size_t i = 0; i < conf->nchannels; i++)
        list[i] =
            (struct conn_channel){.name = conf->channels[i].name, .key = conf->channels[i].key};
    return list;
}

void conn_config_from(struct conn_config *config, struct conn_config_parts *parts,
                      const struct conf_network *conf)
{
    parts->servers = servers(conf);
    parts->channels = channels(conf);
    conn_config_init(config);
    config->key = conf->key;
    config->servers = parts->servers;
    config->nservers = conf->nservers;
    config->server_password = conf->server_password;
    config->nick = conf->nick;
    config->alternate_nicks = (const char *const *)conf->alternate_nicks;
    config->nalternates = conf->nalternate_nicks;
    config->username = conf->username;
    config->realname = conf->realname;
    config->sasl.mechanism = mechanism(conf->sasl.mechanism);
    config->sasl.account = conf->sasl.account;
    config->sasl.password = conf->sasl.password;
    config->sasl.cert_file = conf->sasl.cert_file;
    config->sasl.key_file = conf->sasl.key_file;
    config->channels = parts->channels;
    config->nchannels = conf->nchannels;
    config->user_modes = *conf->user_modes ? conf->user_modes : NULL;
    config->pacing.burst = (uint32_t)conf->pacing.burst;
    config->pacing.interval_ms = (uint32_t)conf->pacing.interval_ms;
}

void conn_config_free(struct conn_config_parts *parts)
{
    free(parts->servers);
    free(parts->channels);
    *parts = (struct conn_config_parts){0};
}
