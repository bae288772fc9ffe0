/* A network file's text: whatever it is, the answer is a network that IRC can bear or at least one
 * error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "conf/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the text it was reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

static void must_be_sendable(const char *word, const char *forbidden)
{
    if (word && (!*word || strpbrk(word, forbidden)))
        abort();
}

static void check(const struct conf_network *network)
{
    if (!network->nservers || !network->nick || !network->username || !network->realname)
        abort();
    must_be_sendable(network->nick, "\r\n ");
    must_be_sendable(network->username, "\r\n ");
    must_be_sendable(network->realname, "\r\n");
    must_be_sendable(network->command_prefix, "\r\n ");
    for (size_t i = 0; i < network->nservers; i++) {
        must_be_sendable(network->servers[i].host, "\r\n ");
        if (network->servers[i].port < 1 || network->servers[i].port > 65535)
            abort();
        if (network->servers[i].fingerprint && strlen(network->servers[i].fingerprint) != 64)
            abort();
    }
    for (size_t i = 0; i < network->nalternate_nicks; i++)
        must_be_sendable(network->alternate_nicks[i], "\r\n ");
    for (size_t i = 0; i < network->nchannels; i++) {
        must_be_sendable(network->channels[i].name, "\r\n ,\a");
        must_be_sendable(network->channels[i].key, "\r\n ,");
    }
    if (!conf_network_equal(network, network))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf_errors errors = {0};
    char *text = xmalloc(size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)data[i];
    text[size] = '\0';
    struct conf_network *network = conf_network_parse(text, size, "net.conf", "/etc/networks.d",
                                                      CONF_TEXT_ONLY, NULL, &errors);
    if (!network != (errors.errors > 0))
        abort();
    if (network)
        check(network);
    for (size_t i = 0; i < errors.count; i++)
        free(conf_error_text(&errors.items[i]));
    conf_network_free(network);
    conf_errors_free(&errors);
    free(text);
    return 0;
}
