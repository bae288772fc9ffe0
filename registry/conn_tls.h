#ifndef REGISTRY_CONN_TLS_H
#define REGISTRY_CONN_TLS_H

#include <hiredis/hiredis.h>
#include <stddef.h>

#include "registry/uri.h"

/* TLS for one connection: the server's certificate is verified against the system's roots, or
 * uri->ca_file, and must be for uri->host. Built only where hiredis_ssl was found. */
struct redis_conn_tls;

/* NULL with what is wrong. Freed after the connection is. */
struct redis_conn_tls *redis_conn_tls_start(redisContext *c, const struct registry_uri *uri,
                                            char *why, size_t why_size);
void redis_conn_tls_free(struct redis_conn_tls *tls); /* NULL is fine */

#endif
