#include "registry/uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/conn_tls.h"

#define DEFAULT_PORT 6379
#define MAX_DB       1000000

static int fail(char *why, size_t why_size, const char *text)
{
    snprintf(why, why_size, "%s", text);
    return -1;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* A copy of s[0..len) with %XX replaced, or NULL when a % is followed by anything else or stands
 * for a NUL. */
static char *decode(const char *s, size_t len)
{
    char *out = xmalloc(len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)s[i];
        if (c == '%') {
            int high = i + 1 < len ? hex(s[i + 1]) : -1;
            int low = i + 2 < len ? hex(s[i + 2]) : -1;
            c = high < 0 || low < 0 ? 0 : high * 16 + low;
            i += 2;
        }
        if (!c) {
            out[n] = '\0';
            str_free_secret(out);
            return NULL;
        }
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return out;
}

/* "user:password@" before the host. *rest: what follows it. */
static int parse_userinfo(struct registry_uri *uri, const char *s, size_t len, char *why,
                          size_t why_size)
{
    const char *colon = memchr(s, ':', len);
    size_t user_len = colon ? (size_t)(colon - s) : len;
    if (!colon)
        return fail(why, why_size, "before '@' stands user:password, or :password without a user");
    if (user_len && !(uri->username = decode(s, user_len)))
        return fail(why, why_size, "the user holds a '%' that is not %XX");
    if (!(uri->password = decode(colon + 1, len - user_len - 1)))
        return fail(why, why_size, "the password holds a '%' that is not %XX (write %25 for it)");
    return 0;
}

static int parse_db(struct registry_uri *uri, const char *s, size_t len, char *why, size_t why_size)
{
    char *text = xstrndup(s, len);
    int64_t db = 0;
    int rc = len ? str_parse_int(text, 0, MAX_DB, &db) : 0;
    free(text);
    if (rc)
        return fail(why, why_size, "the database must be a number, such as redis://host:6379/0");
    uri->db = (int)db;
    return 0;
}

/* "db=0&ca=/file" */
static int parse_query(struct registry_uri *uri, const char *s, char *why, size_t why_size)
{
    while (*s) {
        size_t len = strcspn(s, "&");
        if (len >= 3 && !memcmp(s, "db=", 3) && uri->kind == URI_UNIX) {
            if (parse_db(uri, s + 3, len - 3, why, why_size))
                return -1;
        } else if (len > 3 && !memcmp(s, "ca=", 3) && uri->kind == URI_TLS) {
            free(uri->ca_file);
            if (!(uri->ca_file = decode(s + 3, len - 3)))
                return fail(why, why_size, "the ca file holds a '%' that is not %XX");
        } else {
            return fail(why, why_size, "after '?' may stand db=NUMBER (unix) or ca=FILE (rediss)");
        }
        s += len;
        s += *s == '&';
    }
    return 0;
}

static int parse_port(struct registry_uri *uri, const char *s, size_t len, char *why,
                      size_t why_size)
{
    char *text = xstrndup(s, len);
    int64_t port = 0;
    int rc = str_parse_int(text, 1, 65535, &port);
    free(text);
    if (rc)
        return fail(why, why_size, "the port must be a number from 1 to 65535");
    uri->port = (int)port;
    return 0;
}

static int parse_host(struct registry_uri *uri, const char *s, size_t len, char *why,
                      size_t why_size)
{
    const char *host = s;
    size_t host_len;
    const char *after;
    if (len && *s == '[') {
        const char *close = memchr(s, ']', len);
        if (!close)
            return fail(why, why_size, "the '[' before an IPv6 address has no ']'");
        host = s + 1;
        host_len = (size_t)(close - host);
        after = close + 1;
    } else {
        const char *colon = memchr(s, ':', len);
        host_len = colon ? (size_t)(colon - s) : len;
        after = s + host_len;
    }
    if (!host_len)
        return fail(why, why_size, "the host is missing: redis://HOST:PORT/DB");
    if (!(uri->host = decode(host, host_len)))
        return fail(why, why_size, "the host holds a '%' that is not %XX");
    uri->port = DEFAULT_PORT;
    size_t left = len - (size_t)(after - s);
    if (!left)
        return 0;
    if (*after != ':')
        return fail(why, why_size, "after the host stands :PORT, /DB or nothing");
    return parse_port(uri, after + 1, left - 1, why, why_size);
}

static int parse_tcp(struct registry_uri *uri, const char *s, size_t len, char *why,
                     size_t why_size)
{
    const char *slash = memchr(s, '/', len);
    size_t host_len = slash ? (size_t)(slash - s) : len;
    if (parse_host(uri, s, host_len, why, why_size))
        return -1;
    return slash ? parse_db(uri, slash + 1, len - host_len - 1, why, why_size) : 0;
}

static int parse_unix(struct registry_uri *uri, const char *s, size_t len, char *why,
                      size_t why_size)
{
    if (!len || *s != '/')
        return fail(why, why_size, "the socket's path must be absolute: unix:///run/redis.sock");
    if (!(uri->path = decode(s, len)))
        return fail(why, why_size, "the path holds a '%' that is not %XX");
    struct sockaddr_un address;
    if (strlen(uri->path) >= sizeof address.sun_path)
        return fail(why, why_size, "a unix socket's path may have at most 107 bytes: unix(7)");
    return 0;
}

static const struct {
    const char *scheme;
    enum uri_kind kind;
} schemes[] = {{"redis://", URI_TCP}, {"rediss://", URI_TLS}, {"unix://", URI_UNIX}};

static int parse_after_scheme(struct registry_uri *uri, const char *s, char *why, size_t why_size)
{
    size_t len = strcspn(s, "?");
    /* The last '@' before the path: a password may hold one. In unix URIs the path begins with the
     * first '/'; elsewhere a password may hold that as well. */
    size_t authority = uri->kind == URI_UNIX ? strcspn(s, "/?") : len;
    const char *at = memrchr(s, '@', authority);
    if (at) {
        if (parse_userinfo(uri, s, (size_t)(at - s), why, why_size))
            return -1;
        len -= (size_t)(at + 1 - s);
        s = at + 1;
    }
    int rc = uri->kind == URI_UNIX ? parse_unix(uri, s, len, why, why_size)
                                   : parse_tcp(uri, s, len, why, why_size);
    if (rc || !s[len])
        return rc;
    return parse_query(uri, s + len + 1, why, why_size);
}

int uri_parse(struct registry_uri *uri, const char *text, char *why, size_t why_size)
{
    *uri = (struct registry_uri){0};
    if (strlen(text) > URI_MAX)
        return fail(why, why_size, "the registry's uri is too long");
    if (!strcmp(text, "embedded")) {
        uri->kind = URI_EMBEDDED;
        return 0;
    }
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i].scheme);
        if (strncmp(text, schemes[i].scheme, len) != 0)
            continue;
        uri->kind = schemes[i].kind;
        if (!parse_after_scheme(uri, text + len, why, why_size)) {
            if (uri->kind != URI_TLS || uri_tls_supported())
                return 0;
            fail(why, why_size,
                 "rediss:// needs hiredis 1.0 or newer with hiredis_ssl, which this seshet was "
                 "built without; use redis:// or unix://, or put a TLS tunnel between");
        }
        uri_clear(uri);
        return -1;
    }
    return fail(why, why_size,
                "must be embedded, redis://host:port/db, rediss://host:port/db or unix:///path");
}

void uri_clear(struct registry_uri *uri)
{
    free(uri->host);
    free(uri->path);
    free(uri->username);
    str_free_secret(uri->password);
    free(uri->ca_file);
    *uri = (struct registry_uri){0};
}

const char *uri_describe(const struct registry_uri *uri, char *dst, size_t size)
{
    bool v6 = uri->host && strchr(uri->host, ':');
    switch (uri->kind) {
    case URI_EMBEDDED:
        str_copy(dst, size, "embedded");
        break;
    case URI_UNIX:
        snprintf(dst, size, "unix://%s?db=%d", uri->path, uri->db);
        break;
    case URI_TCP:
    case URI_TLS:
        snprintf(dst, size, "%s://%s%s%s:%d/%d", uri->kind == URI_TLS ? "rediss" : "redis",
                 v6 ? "[" : "", uri->host, v6 ? "]" : "", uri->port, uri->db);
        break;
    }
    return dst;
}

bool uri_tls_supported(void)
{
    return redis_conn_tls_supported();
}
