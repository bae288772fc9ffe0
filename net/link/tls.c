#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/xmalloc.h"
#include "net/link/tls_internal.h"

static bool is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

struct tls *tls_new(const struct tls_peer *peer)
{
    struct tls *tls = xcalloc(1, sizeof *tls);
    tls->host = xstrdup(peer->host);
    tls->verify = peer->verify;
    tls->pinned = peer->pin != NULL;
    if (peer->pin)
        memcpy(tls->pin, peer->pin, sizeof tls->pin);
    tls->ssl = SSL_new(peer->trust->ctx);
    if (!tls->ssl)
        abort(); /* only when memory is gone */
    SSL_set_app_data(tls->ssl, tls);
    SSL_set_connect_state(tls->ssl);
    if (is_address(peer->host)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), peer->host);
    } else {
        SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(tls->ssl, peer->host);
        SSL_set_tlsext_host_name(tls->ssl, peer->host);
    }
    if (peer->identity)
        SSL_use_cert_and_key(tls->ssl, peer->identity->cert, peer->identity->key,
                             peer->identity->chain, 1);
    return tls;
}

void tls_attach(struct tls *tls, int fd)
{
    SSL_set_fd(tls->ssl, fd);
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    if (tls->shaken)
        SSL_shutdown(tls->ssl);
    SSL_free(tls->ssl);
    ERR_clear_error();
    free(tls->host);
    free(tls->problem);
    free(tls);
}

static void explain(struct tls *tls, unsigned long code, int system)
{
    if (tls->problem)
        return; /* the verdict on the certificate says more */
    int reason = ERR_GET_REASON(code);
    if (code && ERR_GET_LIB(code) == ERR_LIB_SSL && reason == SSL_R_WRONG_VERSION_NUMBER &&
        !tls->shaken)
        tls->problem = xstrdup("the server does not speak TLS on this port (set tls = false, or "
                               "the port for TLS, often 6697)");
    else if (code && ERR_GET_LIB(code) != ERR_LIB_SYS)
        tls->problem = xasprintf("TLS error: %s", ERR_reason_error_string(code));
    else if (system)
        tls->problem = xstrdup(strerror(system));
    else
        tls->problem = xstrdup("the server closed the connection");
}

static enum tls_result outcome(struct tls *tls, int rc)
{
    int system = errno;
    switch (SSL_get_error(tls->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_CLOSED;
    case SSL_ERROR_SYSCALL:
        explain(tls, ERR_peek_error(), system);
        break;
    default:
        explain(tls, ERR_peek_error(), 0);
        break;
    }
    tls->shaken = false; /* after an error there is no goodbye */
    return TLS_FAILED;
}

enum tls_result tls_handshake(struct tls *tls)
{
    ERR_clear_error();
    errno = 0;
    int rc = SSL_do_handshake(tls->ssl);
    if (rc != 1)
        return outcome(tls, rc);
    tls->shaken = true;
    return TLS_DONE;
}

enum tls_result tls_read(struct tls *tls, char *data, size_t size, size_t *got)
{
    ERR_clear_error();
    errno = 0;
    int rc = SSL_read_ex(tls->ssl, data, size, got);
    return rc == 1 ? TLS_DONE : outcome(tls, rc);
}

enum tls_result tls_write(struct tls *tls, const char *data, size_t len, size_t *put)
{
    ERR_clear_error();
    errno = 0;
    int rc = SSL_write_ex(tls->ssl, data, len, put);
    return rc == 1 ? TLS_DONE : outcome(tls, rc);
}

const char *tls_problem(const struct tls *tls)
{
    return tls->problem ? tls->problem : "";
}
