#include "net/link/sasl.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/xmalloc.h"

/* A chunk of exactly this length is followed by another one, or by "+". */
#define CHUNK 400

void sasl_start(struct sasl *sasl, const struct sink *out)
{
    sasl->running = true;
    sasl->mechanism_refused = false;
    sink_printf(out, "AUTHENTICATE %s", sasl->external ? "EXTERNAL" : "PLAIN");
}

static void send_payload(const void *data, size_t len, const struct sink *out)
{
    if (!len) {
        sink_printf(out, "AUTHENTICATE +");
        return;
    }
    char *text = xmalloc(len / 3 * 4 + 5);
    int total = EVP_EncodeBlock((unsigned char *)text, data, (int)len);
    int sent = 0;
    while (sent < total) {
        int n = total - sent < CHUNK ? total - sent : CHUNK;
        sink_printf(out, "AUTHENTICATE %.*s", n, text + sent);
        sent += n;
        if (sent == total && n == CHUNK)
            sink_printf(out, "AUTHENTICATE +");
    }
    explicit_bzero(text, (size_t)total);
    free(text);
}

/* authzid NUL authcid NUL password; an empty authzid means the account that logs in. */
static void send_plain(const struct sasl *sasl, const struct sink *out)
{
    const char *account = sasl->account ? sasl->account : "";
    const char *password = sasl->password ? sasl->password : "";
    size_t len = strlen(account) + strlen(password) + 2;
    char *data = xasprintf("%c%s%c%s", '\0', account, '\0', password);
    send_payload(data, len, out);
    explicit_bzero(data, len);
    free(data);
}

enum sasl_result sasl_feed(struct sasl *sasl, const struct irc_msg *msg, const struct sink *out)
{
    if (!msg->numeric) {
        if (sasl->running && !strcmp(irc_param(msg, 0), "+")) {
            if (sasl->external)
                send_payload(sasl->account, sasl->account ? strlen(sasl->account) : 0, out);
            else
                send_plain(sasl, out);
        }
        return SASL_NOTHING;
    }
    if (msg->numeric == 900)
        sasl->logged_in = true;
    if (msg->numeric == 901)
        sasl->logged_in = false;
    if (!sasl->running)
        return SASL_NOTHING;
    switch (msg->numeric) {
    case 903: /* RPL_SASLSUCCESS */
    case 907: /* ERR_SASLALREADY */
        sasl->running = false;
        sasl->logged_in = true;
        return SASL_SUCCESS;
    case 908: /* RPL_SASLMECHS; the failure follows */
        sasl->mechanism_refused = true;
        return SASL_NOTHING;
    case 902: /* ERR_NICKLOCKED */
    case 904: /* ERR_SASLFAIL */
    case 905: /* ERR_SASLTOOLONG */
        sasl->running = false;
        return SASL_REFUSED;
    case 906: /* ERR_SASLABORTED */
        sasl->running = false;
        return SASL_BROKEN;
    default:
        return SASL_NOTHING;
    }
}
