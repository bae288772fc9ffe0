#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/xmalloc.h"
#include "net/link/tls_internal.h"

static const char *openssl_reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = ERR_GET_LIB(code) == ERR_LIB_SYS ? strerror(ERR_GET_REASON(code))
                                                        : ERR_reason_error_string(code);
    return text ? text : "not a PEM file";
}

/* All system roots in one file, read once, so that no handshake goes to disk. */
static const char *system_roots(void)
{
    static const char *const usual[] = {
        "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine */
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora */
        "/etc/ssl/ca-bundle.pem",                            /* SUSE */
        "/etc/ssl/cert.pem",
    };
    const char *named = getenv(X509_get_default_cert_file_env());
    if (named)
        return named;
    if (!access(X509_get_default_cert_file(), R_OK))
        return X509_get_default_cert_file();
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!access(usual[i], R_OK))
            return usual[i];
    return NULL;
}

static SSL_CTX *context_new(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx)
        abort(); /* only when memory is gone */
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* Many IRC servers close without a TLS goodbye. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, tls_verify, NULL);
    return ctx;
}

static int load_roots(SSL_CTX *ctx, const char *path, char **error)
{
    ERR_clear_error();
    if (SSL_CTX_load_verify_file(ctx, path) == 1)
        return 0;
    *error = xasprintf("cannot use the trusted certificates %s: %s", path, openssl_reason());
    ERR_clear_error();
    return -1;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

struct tls_trust *tls_trust_get(struct link_loop *loop, bool roots, const char *ca_file,
                                char **error)
{
    struct stat st = {0};
    const char *path = !roots ? "" : ca_file ? ca_file : system_roots();
    if (!path) {
        *error = xasprintf("no file of trusted certificates on this system: install "
                           "ca-certificates, or set ca_file or fingerprint");
        return NULL;
    }
    if (roots && stat(path, &st)) {
        *error = xasprintf("cannot read the trusted certificates %s: %s", path, strerror(errno));
        return NULL;
    }
    for (struct tls_trust *t = loop->trusts; t; t = t->next)
        if (!strcmp(t->path, path) && same_file(&t->stat, &st)) {
            t->refs++;
            return t;
        }
    SSL_CTX *ctx = context_new();
    if (roots && load_roots(ctx, path, error)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    struct tls_trust *trust = xmalloc(sizeof *trust);
    *trust = (struct tls_trust){
        .ctx = ctx, .path = xstrdup(path), .stat = st, .refs = 1, .next = loop->trusts};
    loop->trusts = trust;
    return trust;
}

void tls_trust_put(struct link_loop *loop, struct tls_trust *trust)
{
    if (!trust || --trust->refs)
        return;
    struct tls_trust **at = &loop->trusts;
    while (*at != trust)
        at = &(*at)->next;
    *at = trust->next;
    SSL_CTX_free(trust->ctx);
    free(trust->path);
    free(trust);
}

int tls_check_trust(const char *ca_file, char **error)
{
    SSL_CTX *ctx = context_new();
    int failed = load_roots(ctx, ca_file, error);
    SSL_CTX_free(ctx);
    return failed;
}

/* A key with a passphrase cannot be used by a server; never ask the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf;
    (void)size;
    (void)writing;
    (void)arg;
    return 0;
}

static int load_certs(struct tls_identity *id, const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    if (!file)
        return -1;
    id->cert = PEM_read_bio_X509(file, NULL, no_passphrase, NULL);
    id->chain = sk_X509_new_null();
    X509 *next;
    while (id->cert && (next = PEM_read_bio_X509(file, NULL, no_passphrase, NULL)))
        sk_X509_push(id->chain, next);
    BIO_free(file);
    return id->cert ? 0 : -1;
}

static int load_key(struct tls_identity *id, const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    if (!file)
        return -1;
    id->key = PEM_read_bio_PrivateKey(file, NULL, no_passphrase, NULL);
    BIO_free(file);
    return id->key ? 0 : -1;
}

struct tls_identity *tls_identity_load(const char *cert_file, const char *key_file, char **error)
{
    struct tls_identity *id = xcalloc(1, sizeof *id);
    const char *key_path = key_file ? key_file : cert_file;
    ERR_clear_error();
    if (load_certs(id, cert_file))
        *error = xasprintf("cannot use the client certificate %s: %s", cert_file, openssl_reason());
    else if (load_key(id, key_path))
        *error = xasprintf("cannot use the private key in %s: %s (it must be PEM, without a "
                           "passphrase)",
                           key_path, openssl_reason());
    else if (X509_check_private_key(id->cert, id->key) != 1)
        *error = xasprintf("the private key in %s does not belong to the certificate in %s",
                           key_path, cert_file);
    else
        return id;
    ERR_clear_error();
    tls_identity_free(id);
    return NULL;
}

void tls_identity_free(struct tls_identity *identity)
{
    if (!identity)
        return;
    X509_free(identity->cert);
    EVP_PKEY_free(identity->key);
    sk_X509_pop_free(identity->chain, X509_free);
    free(identity);
}

int tls_check_identity(const char *cert_file, const char *key_file, char **error)
{
    struct tls_identity *identity = tls_identity_load(cert_file, key_file, error);
    tls_identity_free(identity);
    return identity ? 0 : -1;
}
