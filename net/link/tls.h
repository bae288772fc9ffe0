#ifndef NET_LINK_TLS_H
#define NET_LINK_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/link/loop.h"

/*
 * TLS for one connection (OpenSSL), at least version 1.2. stream.c is its only user for bytes; the
 * connection uses it to load certificates, at configuration time.
 */
#define TLS_PIN_BYTES 32 /* SHA-256 */

/* Whom to believe; shared by all connections of the loop that name the same file. */
struct tls_trust;
/* The certificate that shows who we are. */
struct tls_identity;
struct tls;

/* Reads from disk. `ca_file` NULL: the system's roots; `roots` false: nobody's word is needed.
 * NULL and *error (the caller's) when there is nothing usable. */
struct tls_trust *tls_trust_get(struct link_loop *loop, bool roots, const char *ca_file,
                                char **error);
void tls_trust_put(struct link_loop *loop, struct tls_trust *trust);

/* Reads from disk; key_file NULL: the key is in cert_file. */
struct tls_identity *tls_identity_load(const char *cert_file, const char *key_file, char **error);
void tls_identity_free(struct tls_identity *identity);

/* Whether tls_trust_get, or tls_identity_load, could use the files; these are safe in any thread.
 * 0, or -1 and *error (the caller's). */
int tls_check_trust(const char *ca_file, char **error);
int tls_check_identity(const char *cert_file, const char *key_file, char **error);

/* 64 hex digits, with or without colons. 0, or -1. */
int tls_pin_parse(const char *text, uint8_t pin[TLS_PIN_BYTES]);

struct tls_peer {
    const struct tls_trust *trust;
    const struct tls_identity *identity; /* NULL: none */
    const char *host;                    /* what the certificate must name, and SNI */
    bool verify;
    const uint8_t *pin; /* TLS_PIN_BYTES; instead of the chain; NULL */
};

enum tls_result {
    TLS_DONE,
    TLS_WANT_READ,
    TLS_WANT_WRITE,
    TLS_CLOSED, /* by the other side */
    TLS_FAILED  /* tls_problem tells why */
};

/* Copies what it needs of peer. */
struct tls *tls_new(const struct tls_peer *peer);
void tls_attach(struct tls *tls, int fd);
/* Says goodbye when the handshake is done; never blocks. NULL is fine. */
void tls_free(struct tls *tls);
enum tls_result tls_handshake(struct tls *tls);
/* Room for TLS_RECORD bytes takes a whole record: then nothing stays behind unseen by poll. */
#define TLS_RECORD 16384
enum tls_result tls_read(struct tls *tls, char *data, size_t size, size_t *got);
enum tls_result tls_write(struct tls *tls, const char *data, size_t len, size_t *put);
/* A sentence for people, what to do included. */
const char *tls_problem(const struct tls *tls);

#endif
