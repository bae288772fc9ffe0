#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "net/link/tls_internal.h"

#define NAMES_TOLD 3

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int tls_pin_parse(const char *text, uint8_t pin[TLS_PIN_BYTES])
{
    size_t digits = 0;
    for (; *text; text++) {
        if (*text == ':' && digits && digits % 2 == 0)
            continue;
        int value = hex_value(*text);
        if (value < 0 || digits == (size_t)TLS_PIN_BYTES * 2)
            return -1;
        uint8_t *byte = &pin[digits / 2];
        *byte = digits++ % 2 ? (uint8_t)(*byte << 4 | value) : (uint8_t)value;
    }
    return digits == (size_t)TLS_PIN_BYTES * 2 ? 0 : -1;
}

static void fingerprint_of(const X509 *cert, uint8_t pin[TLS_PIN_BYTES])
{
    unsigned len = 0;
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    X509_digest(cert, EVP_sha256(), digest, &len);
    memcpy(pin, digest, TLS_PIN_BYTES);
}

static void fingerprint_write(const uint8_t pin[TLS_PIN_BYTES], char text[TLS_PIN_BYTES * 3])
{
    static const char hex[] = "0123456789ABCDEF";
    for (int i = 0; i < TLS_PIN_BYTES; i++) {
        text[i * 3] = hex[pin[i] >> 4];
        text[i * 3 + 1] = hex[pin[i] & 15];
        text[i * 3 + 2] = i + 1 < TLS_PIN_BYTES ? ':' : '\0';
    }
}

static void add_text(struct buf *to, const ASN1_STRING *s)
{
    int len = ASN1_STRING_length(s);
    buf_printf(to, "%s%.*s", to->len ? ", " : "", len < 255 ? len : 255,
               (const char *)ASN1_STRING_get0_data(s));
}

/* The host names in a certificate: the first alternative names, else the common name. */
static char *names_of(const X509 *cert)
{
    struct buf text = {0};
    GENERAL_NAMES *alt = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    int told = 0;
    int left = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(alt); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(alt, i);
        if (name->type != GEN_DNS)
            continue;
        if (told++ < NAMES_TOLD)
            add_text(&text, name->d.dNSName);
        else
            left++;
    }
    GENERAL_NAMES_free(alt);
    if (left)
        buf_printf(&text, " and %d more", left);
    if (!text.len) {
        X509_NAME *subject = X509_get_subject_name(cert);
        int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
        if (at >= 0)
            add_text(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    }
    char *names = text.len ? xstrndup(buf_data(&text), text.len) : xstrdup("nobody");
    buf_free(&text);
    return names;
}

static char *time_of(const ASN1_TIME *time)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return xstrdup("?");
    return xasprintf("%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static char *describe(int error, const X509 *cert, const char *host)
{
    char *detail;
    char *text;
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        detail = time_of(X509_get0_notAfter(cert));
        text = xasprintf("the server's certificate has expired on %s", detail);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        detail = time_of(X509_get0_notBefore(cert));
        text = xasprintf("the server's certificate is valid only from %s on (or this machine's "
                         "clock is wrong)",
                         detail);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        detail = names_of(cert);
        text = xasprintf("the server's certificate is for %s, not %s", detail, host);
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        detail = NULL;
        text = xstrdup("the server has a self-signed certificate");
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        detail = NULL;
        text = xstrdup("the server's certificate was issued by someone who is not trusted here");
        break;
    default:
        detail = NULL;
        text = xasprintf("the server's certificate cannot be verified: %s",
                         X509_verify_cert_error_string(error));
        break;
    }
    free(detail);
    return text;
}

int tls_verify(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls *tls = SSL_get_app_data(ssl);
    const X509 *leaf = X509_STORE_CTX_get0_cert(store);
    if (!tls->verify && !tls->pinned)
        return 1;

    uint8_t seen[TLS_PIN_BYTES];
    char seen_text[TLS_PIN_BYTES * 3];
    fingerprint_of(leaf, seen);
    fingerprint_write(seen, seen_text);
    if (tls->pinned) {
        if (!memcmp(seen, tls->pin, sizeof seen))
            return 1;
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
        free(tls->problem);
        tls->problem = xasprintf("the server's certificate is not the one in fingerprint; it has "
                                 "%s: if the server has a new certificate, set that",
                                 seen_text);
        return 0;
    }
    if (X509_verify_cert(store) == 1)
        return 1;
    const X509 *faulty = X509_STORE_CTX_get_current_cert(store);
    char *what = describe(X509_STORE_CTX_get_error(store), faulty ? faulty : leaf, tls->host);
    free(tls->problem);
    tls->problem = xasprintf("%s; to trust it anyway, set fingerprint = \"%s\", or ca_file to the "
                             "certificate of its issuer",
                             what, seen_text);
    free(what);
    return 0;
}
