#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "net/link/conn_internal.h"

void conn_config_init(struct conn_config *config)
{
    *config = (struct conn_config){
        .pacing = {.burst = 5, .interval_ms = 2000},
        .connect_ms = 15000,
        .register_ms = 60000,
        .ping_ms = 60000,
        .timeout_ms = 120000,
        .quit_ms = 3000,
        .backoff_first_ms = 2000,
        .backoff_max_ms = 600000,
        .lasting_ms = 300000,
        .queue_lines = 1000,
        .queue_bytes = 256 * 1024,
    };
}

static int load_server(struct link_loop *loop, struct conn_server_settings *to,
                       const struct conn_server *from, char **error)
{
    to->host = xstrdup(from->host);
    to->port = from->port;
    to->tls = from->tls;
    to->verify = from->verify;
    to->ca_file = xstrdup_null(from->ca_file);
    to->pinned = from->fingerprint && *from->fingerprint;
    if (to->pinned && tls_pin_parse(from->fingerprint, to->pin)) {
        *error = xasprintf("fingerprint of %s must be the SHA-256 of its certificate: 64 hex "
                           "digits, with or without colons",
                           from->host);
        return -1;
    }
    if (!to->tls)
        return 0;
    to->trust = tls_trust_get(loop, to->verify && !to->pinned, from->ca_file, error);
    return to->trust ? 0 : -1;
}

static int load_servers(struct link_loop *loop, struct conn_settings *s,
                        const struct conn_config *config, char **error)
{
    if (!config->nservers) {
        *error = xstrdup("no server is configured");
        return -1;
    }
    s->servers = xcalloc(config->nservers, sizeof *s->servers);
    s->nservers = config->nservers;
    for (size_t i = 0; i < s->nservers; i++)
        if (load_server(loop, &s->servers[i], &config->servers[i], error))
            return -1;
    return 0;
}

static int check_sasl(const struct conn_config *config, char **error)
{
    enum conn_sasl mechanism = config->sasl.mechanism;
    if (mechanism == CONN_SASL_PLAIN && (!config->sasl.account || !config->sasl.password))
        *error = xstrdup("SASL PLAIN needs an account and a password");
    else if (mechanism == CONN_SASL_EXTERNAL && !config->sasl.cert_file)
        *error = xstrdup("SASL EXTERNAL needs a client certificate");
    else
        return 0;
    return -1;
}

static void copy_texts(struct conn_settings *s, const struct conn_config *config)
{
    s->key = xstrdup(config->key);
    s->server_password = xstrdup_null(config->server_password);
    s->nick = xstrdup(config->nick);
    s->nalternates = config->nalternates;
    s->alternates = xcalloc(s->nalternates + 1, sizeof *s->alternates);
    for (size_t i = 0; i < s->nalternates; i++)
        s->alternates[i] = xstrdup(config->alternate_nicks[i]);
    s->username = xstrdup(config->username ? config->username : config->nick);
    s->realname = xstrdup(config->realname ? config->realname : config->nick);
    s->account = xstrdup_null(config->sasl.account);
    s->password = xstrdup_null(config->sasl.password);
    s->cert_file = xstrdup_null(config->sasl.cert_file);
    s->key_file = xstrdup_null(config->sasl.key_file);
    s->user_modes = xstrdup_null(config->user_modes);
}

/* The numbers only: what config points to may be gone tomorrow. */
static void copy_numbers(struct conn_settings *s, const struct conn_config *config)
{
    s->config = (struct conn_config){
        .sasl.mechanism = config->sasl.mechanism,
        .pacing = {config->pacing.burst, config->pacing.interval_ms},
        .connect_ms = config->connect_ms,
        .register_ms = config->register_ms,
        .ping_ms = config->ping_ms,
        .timeout_ms = config->timeout_ms,
        .quit_ms = config->quit_ms,
        .backoff_first_ms = config->backoff_first_ms,
        .backoff_max_ms = config->backoff_max_ms,
        .lasting_ms = config->lasting_ms,
        .queue_lines = config->queue_lines,
        .queue_bytes = config->queue_bytes,
    };
}

struct conn_settings *conn_settings_new(struct link_loop *loop, const struct conn_config *config,
                                        char **error)
{
    struct conn_settings *s = xcalloc(1, sizeof *s);
    copy_numbers(s, config);
    copy_texts(s, config);
    if (check_sasl(config, error) || load_servers(loop, s, config, error)) {
        conn_settings_free(loop, s);
        return NULL;
    }
    if (s->cert_file) {
        s->identity = tls_identity_load(s->cert_file, s->key_file, error);
        if (!s->identity) {
            conn_settings_free(loop, s);
            return NULL;
        }
    }
    return s;
}

void conn_settings_free(struct link_loop *loop, struct conn_settings *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->nservers; i++) {
        free(s->servers[i].host);
        free(s->servers[i].ca_file);
        tls_trust_put(loop, s->servers[i].trust);
    }
    free(s->servers);
    for (size_t i = 0; i < s->nalternates; i++)
        free(s->alternates[i]);
    free(s->alternates);
    tls_identity_free(s->identity);
    str_free_secret(s->server_password);
    str_free_secret(s->password);
    free(s->key);
    free(s->nick);
    free(s->username);
    free(s->realname);
    free(s->account);
    free(s->cert_file);
    free(s->key_file);
    free(s->user_modes);
    free(s);
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool same_server(const struct conn_server_settings *a, const struct conn_server_settings *b)
{
    return same(a->host, b->host) && a->port == b->port && a->tls == b->tls &&
           a->verify == b->verify && same(a->ca_file, b->ca_file) && a->pinned == b->pinned &&
           !memcmp(a->pin, b->pin, sizeof a->pin);
}

bool conn_settings_same_link(const struct conn_settings *a, const struct conn_settings *b)
{
    if (a->nservers != b->nservers)
        return false;
    for (size_t i = 0; i < a->nservers; i++)
        if (!same_server(&a->servers[i], &b->servers[i]))
            return false;
    return same(a->server_password, b->server_password) && same(a->username, b->username) &&
           same(a->realname, b->realname) && same(a->account, b->account) &&
           same(a->password, b->password) && same(a->cert_file, b->cert_file) &&
           same(a->key_file, b->key_file) && a->config.sasl.mechanism == b->config.sasl.mechanism;
}
