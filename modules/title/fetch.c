#include "modules/title/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "modules/title/address.h"
#include "modules/title/resolve.h"
#include "modules/title/trust.h"

/*
 * libcurl speaks HTTP and TLS; where it connects to is decided here. Each hop of a chain of
 * redirects is a request of its own: its name is looked up once, all addresses are checked, and
 * one of them is what the socket is connected to, whatever the name means a moment later.
 */

/* One request. */
struct request {
    struct page *page;
    const struct sockaddr_storage *address; /* the one that was checked */
    CURL *curl;
    size_t header_bytes;
    bool done; /* what was wanted is there: the rest is not waited for */
    char error[CURL_ERROR_SIZE];
};

/* A URL in its parts. */
struct parts {
    char *host;
    char *port;
    char *whole;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int fail(char why[FETCH_WHY_SIZE], const char *text)
{
    snprintf(why, FETCH_WHY_SIZE, "%.*s", FETCH_WHY_SIZE - 1, text);
    return -1;
}

int fetch_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) ? -1 : 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct request *r = arg;
    struct page *page = r->page;
    size_t len = size * count;
    long status = 0;
    if (!page->len) {
        curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
        r->done = status / 100 != 2 || !page->is_text;
    }
    if (r->done)
        return 0;
    size_t room = FETCH_BODY_MAX - page->len;
    size_t take = len < room ? len : room;
    memcpy(page->body + page->len, data, take);
    page->len += take;
    page->body[page->len] = 0;
    r->done = page->len == FETCH_BODY_MAX || memmem(page->body, page->len, "</title", 7);
    return r->done ? 0 : len;
}

static bool is_type_of_text(const char *type)
{
    static const char *const types[] = {"text/html", "application/xhtml+xml", "text/xml",
                                        "application/xml"};
    if (!*type) /* it may be one: the title is looked for in any case */
        return true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t len = strlen(types[i]);
        if (strncasecmp(type, types[i], len) == 0 && (!type[len] || strchr("; \t", type[len])))
            return true;
    }
    return false;
}

/* Called for each line; the type is known when the body begins. */
static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    struct request *r = arg;
    const char name[] = "content-type:";
    const size_t name_len = sizeof name - 1;
    size_t len = size * count;
    r->header_bytes += len;
    if (r->header_bytes > FETCH_HEADERS_MAX)
        return 0;
    if (len > name_len && strncasecmp(data, name, name_len) == 0) {
        const char *value = data + name_len;
        size_t left = len - name_len;
        for (; left && (*value == ' ' || *value == '\t'); left--)
            value++;
        while (left && (unsigned char)value[left - 1] <= ' ')
            left--;
        snprintf(r->page->type, sizeof r->page->type, "%.*s", (int)left, value);
        r->page->is_text = is_type_of_text(r->page->type);
    }
    return len;
}

/* libcurl asks for a socket to an address: only the one that was checked is given. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    const struct request *r = arg;
    (void)purpose;
    const struct sockaddr *wanted = (const struct sockaddr *)r->address;
    size_t size =
        wanted->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (to->family != wanted->sa_family || to->addrlen > sizeof(struct sockaddr_storage) ||
        to->addrlen < size)
        return CURL_SOCKET_BAD;
    memcpy(&to->addr, wanted, size);
    to->addrlen = (unsigned int)size;
    return socket(to->family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
}

static void free_parts(struct parts *parts)
{
    curl_free(parts->host);
    curl_free(parts->port);
    curl_free(parts->whole);
}

/* Mail servers and the like would take a request for something else. */
static bool port_is_of_pages(const char *port)
{
    long n = strtol(port, NULL, 10);
    return n == 80 || n == 443 || (n >= 1024 && n <= 65535);
}

/* NULL, or what is wrong with the URL. */
static const char *take_apart(const char *url, struct parts *parts)
{
    char *scheme = NULL;
    char *user = NULL;
    const char *wrong = NULL;
    CURLU *handle = curl_url();
    *parts = (struct parts){0};
    if (!handle || curl_url_set(handle, CURLUPART_URL, url, 0) ||
        curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) ||
        curl_url_get(handle, CURLUPART_HOST, &parts->host, 0) ||
        curl_url_get(handle, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) ||
        curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0) ||
        curl_url_get(handle, CURLUPART_URL, &parts->whole, 0))
        wrong = "that is no URL";
    else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        wrong = "it is neither http nor https";
    else if (curl_url_get(handle, CURLUPART_USER, &user, 0) == CURLUE_OK)
        wrong = "there is a name or password in it";
    else if (!port_is_of_pages(parts->port))
        wrong = "that port is not one of web servers";
    else if (strlen(parts->host) >= URL_HOST_SIZE || strchr(parts->host, '%'))
        wrong = "that is no host";
    curl_free(scheme);
    curl_free(user);
    curl_url_cleanup(handle);
    return wrong;
}

/* "[2001:db8::1]" without the brackets. */
static void bare_host(char *dst, size_t size, const char *host)
{
    size_t len = strlen(host);
    if (host[0] == '[' && host[len - 1] == ']')
        snprintf(dst, size, "%.*s", (int)(len - 2), host + 1);
    else
        snprintf(dst, size, "%s", host);
}

/* One that is not public among them is enough to refuse: somebody plays with names. */
static const char *check(const struct resolved *resolved)
{
    if (!resolved->count)
        return "there is no such host";
    for (size_t i = 0; i < resolved->count; i++)
        if (!address_may_fetch((const struct sockaddr *)&resolved->addresses[i]))
            return "it is not on the public internet; an owner allows its address with: module set "
                   "title config.allow ADDRESS";
    return NULL;
}

static struct curl_slist *connect_to(const struct sockaddr_storage *address)
{
    char host[64];
    char port[8];
    char text[96];
    socklen_t len =
        address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (getnameinfo((const struct sockaddr *)address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return NULL;
    snprintf(text, sizeof text, address->ss_family == AF_INET ? "::%s:%s" : "::[%s]:%s", host,
             port);
    return curl_slist_append(NULL, text);
}

static void set_options(struct request *r, const char *url, struct curl_slist *to, long ms)
{
    CURL *c = r->curl;
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_CONNECT_TO, to);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, r);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, ""); /* it would connect to addresses we have not checked */
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* What comes of it is bounded as well. */
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(c, CURLOPT_USERAGENT, "Mozilla/5.0 (compatible; seshet-title/1.0)");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, r->error);
    trust_apply(c);
}

/* Where it leads, in *next, to be freed; NULL when this is the page. */
static int judge(struct request *r, CURLcode code, char **next, char why[FETCH_WHY_SIZE])
{
    long status = 0;
    char *location = NULL;
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(r->curl, CURLINFO_REDIRECT_URL, &location);
    /* Stopping is our own doing, as soon as there is enough. */
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && r->done)) {
        bool slow = code == CURLE_OPERATION_TIMEDOUT;
        /* What came in time may hold the title. */
        if (slow && r->page->len)
            return 0;
        return fail(why, slow          ? "it takes too long"
                         : r->error[0] ? r->error
                                       : curl_easy_strerror(code));
    }
    if (location && status / 100 == 3) {
        *next = strdup(location);
        return *next ? 0 : fail(why, "there is no memory");
    }
    if (status / 100 == 2)
        return 0;
    snprintf(why, FETCH_WHY_SIZE, "the server says %ld", status);
    return -1;
}

static int request(const struct parts *parts, const struct sockaddr_storage *address, int64_t until,
                   struct page *page, char **next, char why[FETCH_WHY_SIZE])
{
    int64_t left = until - now_ms();
    if (left <= 0)
        return fail(why, "it takes too long");
    struct request r = {.page = page, .address = address, .curl = curl_easy_init()};
    struct curl_slist *to = connect_to(address);
    int result = -1;
    page->is_text = true;
    page->len = 0;
    page->body[0] = page->type[0] = 0;
    if (r.curl && to) {
        set_options(&r, parts->whole, to, (long)left);
        result = judge(&r, curl_easy_perform(r.curl), next, why);
    } else {
        (void)fail(why, "there is no memory");
    }
    curl_slist_free_all(to);
    curl_easy_cleanup(r.curl);
    return result;
}

static int hop(const char *url, int64_t until, struct page *page, char **next,
               char why[FETCH_WHY_SIZE])
{
    struct parts parts;
    struct resolved resolved = {0};
    const char *wrong = take_apart(url, &parts);
    if (!wrong) {
        int64_t left = until - now_ms();
        bare_host(page->host, sizeof page->host, parts.host);
        wrong =
            left <= 0 ? "it takes too long" : resolve(page->host, parts.port, (int)left, &resolved);
    }
    if (!wrong)
        wrong = check(&resolved);
    int result =
        wrong ? fail(why, wrong) : request(&parts, &resolved.addresses[0], until, page, next, why);
    free_parts(&parts);
    return result;
}

int fetch(const char *url, struct page *page, char why[FETCH_WHY_SIZE])
{
    int64_t until = now_ms() + FETCH_MS;
    char *at = strdup(url);
    int result = at ? 0 : fail(why, "there is no memory");
    for (int hops = 0; at && !result; hops++) {
        char *next = NULL;
        if (hops > FETCH_REDIRECTS_MAX)
            result = fail(why, "it leads on and on");
        else
            result = hop(at, until, page, &next, why);
        free(at);
        at = next;
    }
    free(at);
    return result;
}
