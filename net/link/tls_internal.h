#ifndef NET_LINK_TLS_INTERNAL_H
#define NET_LINK_TLS_INTERNAL_H

#include <sys/stat.h>

#include <openssl/ssl.h>

#include "net/link/tls.h"

/* Shared by tls.c (a connection), tls_files.c (what is on disk) and tls_verify.c (the verdict). */
struct tls_trust {
    SSL_CTX *ctx;
    char *path; /* "" for no roots */
    struct stat stat;
    unsigned refs;
    struct tls_trust *next;
};

struct tls_identity {
    X509 *cert;
    EVP_PKEY *key;
    STACK_OF(X509) * chain;
};

struct tls {
    SSL *ssl;
    char *host;
    bool verify;
    bool pinned;
    uint8_t pin[TLS_PIN_BYTES];
    bool shaken; /* the handshake is done */
    char *problem;
};

/* For SSL_CTX_set_cert_verify_callback: 1 when the certificate will do, else sets tls->problem. */
int tls_verify(X509_STORE_CTX *store, void *arg);

#endif
