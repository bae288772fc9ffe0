#ifndef REGISTRY_CONN_TLS_H
#define REGISTRY_CONN_TLS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

#include "registry/uri.h"

/*
 * TLS to Redis: the server's certificate is verified against the system's roots, or uri->ca_file,
 * and must be for uri->host. conn_tls.c is built where hiredis_ssl was found, conn_no_tls.c
 * elsewhere.
 */
struct redis_conn_tls;

bool redis_conn_tls_supported(void);
/* Reads the trusted certificates, once for all connections: that takes a while. NULL with what is
 * wrong. */
struct redis_conn_tls *redis_conn_tls_new(const struct registry_uri *uri, char *why,
                                          size_t why_size);
void redis_conn_tls_free(struct redis_conn_tls *tls); /* NULL is fine */
/* Begins TLS on a connection. 0, or -1 with what is wrong. */
int redis_conn_tls_start(struct redis_conn_tls *tls, redisContext *c,
                         const struct registry_uri *uri, char *why, size_t why_size);
/* Why the last certificate was not accepted; "" when it was. hiredis does not tell. */
const char *redis_conn_tls_problem(const struct redis_conn_tls *tls);

#endif
