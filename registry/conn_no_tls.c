#include <stdio.h>

#include "registry/conn_tls.h"

static const char sentence[] = "this seshet was built without TLS to Redis";

bool redis_conn_tls_supported(void)
{
    return false;
}

struct redis_conn_tls *redis_conn_tls_new(const struct registry_uri *uri, char *why,
                                          size_t why_size)
{
    (void)uri;
    snprintf(why, why_size, "%s", sentence);
    return NULL;
}

void redis_conn_tls_free(struct redis_conn_tls *tls)
{
    (void)tls;
}

int redis_conn_tls_start(struct redis_conn_tls *tls, redisContext *c,
                         const struct registry_uri *uri, char *why, size_t why_size)
{
    (void)tls;
    (void)c;
    (void)uri;
    snprintf(why, why_size, "%s", sentence);
    return -1;
}

const char *redis_conn_tls_problem(const struct redis_conn_tls *tls)
{
    (void)tls;
    return "";
}
