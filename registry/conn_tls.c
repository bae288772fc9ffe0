#include "registry/conn_tls.h"

#include <arpa/inet.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"

struct redis_conn_tls {
    SSL_CTX *ctx;
    char problem[128];
};

static int on_verify(int ok, X509_STORE_CTX *store)
{
    if (!ok) {
        const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
        struct redis_conn_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
        snprintf(tls->problem, sizeof tls->problem, "certificate verify failed: %s",
                 X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
    }
    return ok;
}

static int load_roots(SSL_CTX *ctx, const struct registry_uri *uri)
{
    if (uri->ca_file)
        return SSL_CTX_load_verify_locations(ctx, uri->ca_file, NULL) == 1 ? 0 : -1;
    return SSL_CTX_set_default_verify_paths(ctx) == 1 ? 0 : -1;
}

/* hiredis itself would check the chain but not the name. */
static int expect_host(SSL *ssl, const char *host)
{
    struct in6_addr address;
    if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 ? 0 : -1;
    if (SSL_set_tlsext_host_name(ssl, host) != 1)
        return -1;
    return SSL_set1_host(ssl, host) == 1 ? 0 : -1;
}

bool redis_conn_tls_supported(void)
{
    return true;
}

struct redis_conn_tls *redis_conn_tls_new(const struct registry_uri *uri, char *why,
                                          size_t why_size)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx || load_roots(ctx, uri)) {
        snprintf(why, why_size, "cannot read the trusted certificates%s%.100s",
                 uri->ca_file ? " of " : "", uri->ca_file ? uri->ca_file : "");
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
    struct redis_conn_tls *tls = xcalloc(1, sizeof *tls);
    tls->ctx = ctx;
    SSL_CTX_set_app_data(ctx, tls);
    return tls;
}

int redis_conn_tls_start(struct redis_conn_tls *tls, redisContext *c,
                         const struct registry_uri *uri, char *why, size_t why_size)
{
    SSL *ssl = SSL_new(tls->ctx);
    tls->problem[0] = '\0';
    if (!ssl || expect_host(ssl, uri->host)) {
        snprintf(why, why_size, "cannot prepare TLS for %.100s", uri->host);
        SSL_free(ssl);
        return -1;
    }
    if (redisInitiateSSL(c, ssl) != REDIS_OK) {
        snprintf(why, why_size, "TLS failed: %.100s", tls->problem[0] ? tls->problem : c->errstr);
        SSL_free(ssl); /* the connection owns it only after success */
        return -1;
    }
    return 0;
}

void redis_conn_tls_free(struct redis_conn_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->ctx);
    free(tls);
}

const char *redis_conn_tls_problem(const struct redis_conn_tls *tls)
{
    return tls->problem;
}
