#ifndef TESTS_TEST_CERTS_H
#define TESTS_TEST_CERTS_H

#include <stdbool.h>

#include <openssl/ssl.h>

/* Certificates made while the test runs. */
struct cert_wish {
    const char *names; /* subjectAltName: "DNS:irc.test,IP:127.0.0.1" */
    int from_days;     /* validity, relative to now */
    int to_days;
    X509 *issuer; /* NULL: signs itself */
    EVP_PKEY *issuer_key;
    bool ca;
};

EVP_PKEY *cert_key(void);
X509 *cert_make(EVP_PKEY *key, const struct cert_wish *wish);
/* A TLS server that shows this certificate; a client's certificate is asked for and taken. */
SSL_CTX *cert_server(X509 *cert, EVP_PKEY *key);
/* Writes PEM files; key may be NULL. */
void cert_write(const char *path, X509 *cert, EVP_PKEY *key);
/* 64 hex digits, lower case. */
void cert_fingerprint(const X509 *cert, char text[65]);

#endif
