/* title: names that change their meaning. Here the test says what a name means, and a page says by
 * which name it was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "modules/title/address.h"
#include "modules/title/fetch.h"
#include "modules/title/resolve.h"

/* ---- Names ----------------------------------------------------------------------------------- */

static const char *addresses[2]; /* what each name means the first time; later 10.0.0.1 */
static int looked_up;

/* In place of the module's own. */
const char *resolve(const char *host, const char *port, int timeout_ms, struct resolved *resolved)
{
    (void)host;
    (void)timeout_ms;
    for (size_t i = 0; i < 2 && addresses[i]; i++) {
        struct sockaddr_in v4 = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
        assert_int_equal(inet_pton(AF_INET, looked_up ? "10.0.0.1" : addresses[i], &v4.sin_addr),
                         1);
        memcpy(&resolved->addresses[resolved->count++], &v4, sizeof v4);
    }
    looked_up++;
    return NULL;
}

/* ---- Pages ----------------------------------------------------------------------------------- */

static int listener;
static unsigned port;
static int requests;

/* "/": says the Host it was asked for; anything else: leads to another name. */
static void answer(int fd)
{
    char text[4096] = "";
    char reply[1024];
    char host[256] = "";
    size_t len = 0;
    while (len < sizeof text - 1 && !strstr(text, "\r\n\r\n")) {
        ssize_t got = read(fd, text + len, sizeof text - 1 - len);
        if (got <= 0)
            return;
        len += (size_t)got;
        text[len] = 0;
    }
    const char *at = strstr(text, "\r\nHost: ");
    if (at)
        snprintf(host, sizeof host, "%.*s", (int)strcspn(at + 8, "\r"), at + 8);
    int size =
        strncmp(text, "GET / ", 6) == 0
            ? snprintf(reply, sizeof reply,
                       "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
                       "<title>%s</title>",
                       host)
            : snprintf(reply, sizeof reply,
                       "HTTP/1.1 302 Found\r\nLocation: http://again.test:%u/\r\n"
                       "Content-Length: 0\r\nConnection: close\r\n\r\n",
                       port);
    __atomic_add_fetch(&requests, 1, __ATOMIC_SEQ_CST);
    (void)!write(fd, reply, (size_t)size);
}

static void *serve(void *arg)
{
    (void)arg;
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd))
        answer(fd);
    return NULL;
}

static pthread_t server;

static int begin(void **state)
{
    (void)state;
    char wrong[ADDRESS_TEXT_SIZE];
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof v4;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (fetch_init() || address_allow("127.0.0.1", wrong) ||
        bind(listener, (struct sockaddr *)&v4, len) || listen(listener, 8) ||
        getsockname(listener, (struct sockaddr *)&v4, &len))
        return -1;
    port = ntohs(v4.sin_port);
    return pthread_create(&server, NULL, serve, NULL);
}

static int end(void **state)
{
    (void)state;
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    return close(listener);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static struct page page;
static char why[FETCH_WHY_SIZE];

static int get(const char *path, const char *first, const char *second)
{
    char url[128];
    addresses[0] = first;
    addresses[1] = second;
    looked_up = 0;
    __atomic_store_n(&requests, 0, __ATOMIC_SEQ_CST);
    snprintf(url, sizeof url, "http://page.test:%u%s", port, path);
    return fetch(url, &page, why);
}

/* What was checked is what is connected to: nobody asks again, neither libcurl. */
static void test_asked_once(void **state)
{
    (void)state;
    char expected[128];
    assert_int_equal(get("/", "127.0.0.1", NULL), 0);
    assert_int_equal(looked_up, 1);
    snprintf(expected, sizeof expected, "<title>page.test:%u</title>", port);
    assert_string_equal(page.body, expected);
    assert_string_equal(page.host, "page.test");
}

/* One address that may not be is enough, wherever it stands. */
static void test_one_of_two(void **state)
{
    (void)state;
    assert_int_equal(get("/", "127.0.0.1", "10.0.0.1"), -1);
    assert_non_null(strstr(why, "it is not on the public internet"));
    assert_int_equal(get("/", "10.0.0.1", "127.0.0.1"), -1);
    assert_int_equal(__atomic_load_n(&requests, __ATOMIC_SEQ_CST), 0);
}

/* Each hop is looked at anew. */
static void test_redirect(void **state)
{
    (void)state;
    assert_int_equal(get("/elsewhere", "127.0.0.1", NULL), -1);
    assert_int_equal(looked_up, 2);
    assert_int_equal(__atomic_load_n(&requests, __ATOMIC_SEQ_CST), 1);
    assert_non_null(strstr(why, "it is not on the public internet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asked_once),
        cmocka_unit_test(test_one_of_two),
        cmocka_unit_test(test_redirect),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
