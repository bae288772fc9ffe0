#ifndef REGISTRY_URI_H
#define REGISTRY_URI_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where the registry is:
 *   embedded                                       a private redis-server, in the state folder
 *   redis://[user:password@]host[:port][/db]       port 6379 and db 0 unless said
 *   rediss://...[?ca=FILE]                         the same over TLS, the certificate verified
 *   unix:///path[?db=N]  or  unix://user:password@/path
 * "redis://:password@host" has no user. %XX stands for a byte; IPv6 addresses stand in brackets.
 */
enum uri_kind { URI_EMBEDDED, URI_TCP, URI_TLS, URI_UNIX };

#define URI_MAX 2048 /* bytes, as a whole */

struct registry_uri {
    enum uri_kind kind;
    char *host;     /* TCP, TLS: name or address, without brackets */
    int port;       /* TCP, TLS */
    char *path;     /* unix: of the socket */
    char *username; /* NULL: none */
    char *password; /* NULL: none; secret */
    char *ca_file;  /* TLS: NULL for the system's roots */
    int db;
};

/* 0, or -1 with what is wrong and what is expected in why; the password is never in there. Free
 * with uri_clear after success. */
int uri_parse(struct registry_uri *uri, const char *text, char *why, size_t why_size);
void uri_clear(struct registry_uri *uri);
/* For people and the log, without user and password: "redis://host:6379/0". Returns dst. */
const char *uri_describe(const struct registry_uri *uri, char *dst, size_t size);

/* Whether this build can do rediss://. */
bool uri_tls_supported(void);

#endif
