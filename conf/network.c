#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "conf/errors.h"
#include "conf/parse.h"
#include "conf/text.h"

#define PORT_TLS   6697 /* RFC 7194 */
#define PORT_PLAIN 6667

#define PASSWORD_BYTES 500 /* "PASS :" and the line's end beside it: RFC 1459 2.3 */

/* One network file while it is read. */
struct reading {
    struct conf_network *network;
    const config_t *tree;
    const struct conf_source *source;
};

static unsigned server_line(const struct reading *reading, size_t i, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "servers.[%zu]%s%s", i, *name ? "." : "", name);
    return conf_line(reading->tree, path);
}

/* Lower case, without colons. */
static void normalize_fingerprint(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != ':')
            *to++ = (char)tolower((unsigned char)*from);
    *to = '\0';
}

static void finish_server(const struct reading *reading, size_t i)
{
    static const char *const tls_only[] = {"verify", "fingerprint", "ca_file"};
    struct conf_server *server = &reading->network->servers[i];
    if (!server->port)
        server->port = server->tls ? PORT_TLS : PORT_PLAIN;
    if (server->fingerprint)
        normalize_fingerprint(server->fingerprint);
    for (size_t k = 0; !server->tls && k < sizeof tls_only / sizeof *tls_only; k++) {
        unsigned line = server_line(reading, i, tls_only[k]);
        if (line && server_line(reading, i, "tls"))
            conf_errors_add(reading->source->errors, reading->source->file, line,
                            "servers.%s means nothing with tls = false; remove one of the two",
                            tls_only[k]);
    }
}

static void need(const struct reading *reading, const char *path, const void *value,
                 const char *why)
{
    if (!value && !conf_line(reading->tree, path))
        conf_errors_add(reading->source->errors, reading->source->file,
                        conf_line(reading->tree, "sasl"), "%s is missing: %s", path, why);
}

/* A password or an identity that would go to a server in the clear. */
static void check_clear_text(const struct reading *reading)
{
    const struct conf_network *network = reading->network;
    bool external = network->sasl.mechanism == CONF_SASL_EXTERNAL;
    bool plain = network->sasl.mechanism == CONF_SASL_PLAIN;
    for (size_t i = 0; (external || plain) && i < network->nservers; i++) {
        unsigned line = server_line(reading, i, "tls");
        if (network->servers[i].tls || !line)
            continue;
        if (external)
            conf_errors_add(reading->source->errors, reading->source->file, line,
                            "servers.tls must be true for the SASL mechanism EXTERNAL");
        else
            conf_errors_warn(reading->source->errors, reading->source->file, line,
                             "without TLS the SASL password is sent in the clear");
    }
}

static void check_sasl(const struct reading *reading)
{
    const struct conf_network *network = reading->network;
    switch (network->sasl.mechanism) {
    case CONF_SASL_NONE:
        if (network->sasl.account || network->sasl.password_file)
            need(reading, "sasl.mechanism", NULL, "write mechanism = \"PLAIN\"; or \"EXTERNAL\"");
        break;
    case CONF_SASL_PLAIN:
        need(reading, "sasl.account", network->sasl.account, "PLAIN logs in with an account");
        need(reading, "sasl.password_file", network->sasl.password_file,
             "PLAIN logs in with a password");
        break;
    case CONF_SASL_EXTERNAL:
        need(reading, "sasl.cert_file", network->sasl.cert_file,
             "EXTERNAL logs in with a client certificate");
        break;
    }
    if (network->sasl.key_file)
        need(reading, "sasl.cert_file", network->sasl.cert_file,
             "sasl.key_file is the key of a certificate");
    check_clear_text(reading);
}

static void check_channels(const struct reading *reading)
{
    const struct conf_network *network = reading->network;
    for (size_t i = 1; i < network->nchannels; i++) {
        for (size_t j = 0; j < i; j++) {
            const char *name = network->channels[i].name;
            const char *other = network->channels[j].name;
            if (!name || !other || strcasecmp(name, other) != 0)
                continue;
            char path[32];
            snprintf(path, sizeof path, "channels.[%zu]", i);
            conf_errors_add(reading->source->errors, reading->source->file,
                            conf_line(reading->tree, path), "channel %s is listed twice", name);
            break;
        }
    }
}

static void finish(const struct reading *reading)
{
    struct conf_network *network = reading->network;
    for (size_t i = 0; i < network->nservers; i++)
        finish_server(reading, i);
    check_sasl(reading);
    check_channels(reading);
    if (!network->username)
        network->username = xstrdup_null(network->nick);
    if (!network->realname)
        network->realname = xstrdup_null(network->nick);
}

/* It would be cut, and refused as wrong. */
static void check_password(const struct reading *reading)
{
    const char *password = reading->network->server_password;
    if (password && strlen(password) > PASSWORD_BYTES)
        conf_errors_add(reading->source->errors, reading->source->file,
                        conf_line(reading->tree, "server_password_file"),
                        "server_password_file: the password must be at most %d bytes long",
                        PASSWORD_BYTES);
}

/* Takes over what is wrong. */
static void add_verdict(const struct reading *reading, unsigned line, const char *path, char *wrong)
{
    if (wrong)
        conf_errors_add(reading->source->errors, reading->source->file, line, "%s: %s", path,
                        wrong);
    free(wrong);
}

/* What cannot be read has been reported. */
static void judge_files(const struct reading *reading, const struct conf_judge *judge)
{
    const struct conf_network *network = reading->network;
    for (size_t i = 0; judge->ca_file && i < network->nservers; i++)
        if (network->servers[i].ca_stamp.known)
            add_verdict(reading, server_line(reading, i, "ca_file"), "servers.ca_file",
                        judge->ca_file(judge->arg, network->servers[i].ca_file));
    bool whole = network->sasl.cert_stamp.known &&
                 (!network->sasl.key_file || network->sasl.key_stamp.known);
    if (judge->client_cert && whole)
        add_verdict(
            reading, conf_line(reading->tree, "sasl.cert_file"), "sasl.cert_file",
            judge->client_cert(judge->arg, network->sasl.cert_file, network->sasl.key_file));
}

/* Each value by itself, so that all that is wrong is told. */
static void judge_first(const struct reading *reading, const struct conf_judge *judge)
{
    const struct conf_network *network = reading->network;
    for (size_t i = 0; judge->first && i < network->nfirst; i++) {
        const struct conf_first *first = &network->first[i];
        char *path = xasprintf("modules.%s.%s", first->module, first->name);
        size_t k = 0;
        do
            add_verdict(reading, first->line, path, judge->first(judge->arg, first, k));
        while (++k < first->nvalues);
        free(path);
    }
}

struct conf_network *conf_network_parse(const char *text, size_t len, const char *file,
                                        const char *dir, enum conf_depth depth,
                                        const struct conf_judge *judge, struct conf_errors *errors)
{
    config_t tree;
    size_t first = errors->count;
    size_t before = errors->errors;
    struct conf_source source = {.file = file, .dir = dir, .errors = errors};
    if (conf_text_parse(&tree, text, len, file, errors))
        return NULL;
    struct conf_network *network = xcalloc(1, sizeof *network);
    network->path = xstrdup(file);
    conf_schema_read(&conf_network_schema, &tree, network, &source);
    struct reading reading = {.network = network, .tree = &tree, .source = &source};
    finish(&reading);
    if (depth == CONF_WITH_FILES) {
        conf_schema_load(&conf_network_schema, &tree, network, &source);
        check_password(&reading);
    }
    if (depth == CONF_WITH_FILES && judge) {
        judge_files(&reading, judge);
        judge_first(&reading, judge);
    }
    conf_text_free(&tree);
    conf_errors_sort(errors, first);
    if (errors->errors == before)
        return network;
    conf_network_free(network);
    return NULL;
}

bool conf_network_key_valid(const char *key)
{
    size_t len = strlen(key);
    return len && len <= CONF_MAX_KEY && key[0] != '.' &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == len;
}

/* The file's name without ".conf", into the network. -1 when it is no key. */
static int key_of(const char *path, char key[CONF_MAX_KEY + 1])
{
    static const char suffix[] = ".conf";
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t len = strlen(name);
    if (len >= sizeof suffix && !strcmp(name + len - (sizeof suffix - 1), suffix))
        len -= sizeof suffix - 1;
    char *text = xstrndup(name, len);
    bool valid = conf_network_key_valid(text);
    if (valid)
        str_copy(key, CONF_MAX_KEY + 1, text);
    free(text);
    return valid ? 0 : -1;
}

struct conf_network *conf_network_load(const char *path, const struct conf_judge *judge,
                                       struct conf_errors *errors)
{
    char key[CONF_MAX_KEY + 1];
    if (key_of(path, key)) {
        conf_errors_add(errors, path, 0,
                        "the file's name before .conf is the network's name: it must be 1 to %d "
                        "characters of a-z, 0-9, _ . and -",
                        CONF_MAX_KEY);
        return NULL;
    }
    size_t len = 0;
    char *text = conf_text_read(path, &len, errors);
    if (!text)
        return NULL;
    char *dir = conf_dir_of(path);
    struct conf_network *network =
        conf_network_parse(text, len, path, dir, CONF_WITH_FILES, judge, errors);
    if (network)
        str_copy(network->key, sizeof network->key, key);
    free(dir);
    str_free_secret(text);
    return network;
}

void conf_network_free(struct conf_network *network)
{
    if (!network)
        return;
    conf_schema_free(&conf_network_schema, network);
    free(network->path);
    free(network);
}

bool conf_network_equal(const struct conf_network *a, const struct conf_network *b)
{
    return conf_schema_equal(&conf_network_schema, a, b);
}
