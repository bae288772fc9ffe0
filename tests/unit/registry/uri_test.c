#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "registry/uri.h"

struct row {
    const char *text;
    const char *described;
    const char *host;
    const char *path;
    const char *username;
    const char *password;
    enum uri_kind kind;
    int port;
    int db;
};

static const struct row good[] = {
    {"embedded", "embedded", .kind = URI_EMBEDDED},
    {"redis://localhost", "redis://localhost:6379/0", "localhost", .kind = URI_TCP, .port = 6379},
    {"redis://localhost/", "redis://localhost:6379/0", "localhost", .kind = URI_TCP, .port = 6379},
    {"redis://10.0.0.1:6380/3", "redis://10.0.0.1:6380/3", "10.0.0.1", .kind = URI_TCP,
     .port = 6380, .db = 3},
    {"redis://[::1]:6380/1", "redis://[::1]:6380/1", "::1", .kind = URI_TCP, .port = 6380, .db = 1},
    {"redis://[::1]", "redis://[::1]:6379/0", "::1", .kind = URI_TCP, .port = 6379},
    {"redis://bot:secret@h:1/2", "redis://h:1/2", "h", NULL, "bot", "secret", URI_TCP, 1, 2},
    {"redis://:secret@h", "redis://h:6379/0", "h", NULL, NULL, "secret", URI_TCP, 6379, 0},
    {"redis://b%6ft:p%40%2F%3a%25@h", "redis://h:6379/0", "h", NULL, "bot", "p@/:%", URI_TCP, 6379,
     0},
    {"redis://u:p@ss/w@h/1", "redis://h:6379/1", "h", NULL, "u", "p@ss/w", URI_TCP, 6379, 1},
    {"unix:///run/redis.sock", "unix:///run/redis.sock?db=0", .path = "/run/redis.sock",
     .kind = URI_UNIX},
    {"unix:///run/a%20b.sock?db=4", "unix:///run/a b.sock?db=4", .path = "/run/a b.sock",
     .kind = URI_UNIX, .db = 4},
    {"unix://u:p@/run/r@x.sock", "unix:///run/r@x.sock?db=0", NULL, "/run/r@x.sock", "u", "p",
     URI_UNIX, 0, 0},
};

static void same(const char *got, const char *wanted)
{
    if (wanted)
        assert_string_equal(got, wanted);
    else
        assert_null(got);
}

static void accepts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct row *row = &good[i];
        struct registry_uri uri;
        char why[256] = "";
        char text[256];
        if (uri_parse(&uri, row->text, why, sizeof why))
            fail_msg("%s: %s", row->text, why);
        assert_int_equal(uri.kind, row->kind);
        same(uri.host, row->host);
        assert_int_equal(uri.port, row->port);
        same(uri.path, row->path);
        same(uri.username, row->username);
        same(uri.password, row->password);
        assert_int_equal(uri.db, row->db);
        assert_string_equal(uri_describe(&uri, text, sizeof text), row->described);
        uri_clear(&uri);
    }
}

static void refuses(void **state)
{
    static const struct {
        const char *text;
        const char *why; /* some of it */
    } bad[] = {
        {"", "must be embedded"},
        {"embeded", "must be embedded"},
        {"http://localhost", "must be embedded"},
        {"redis://", "host is missing"},
        {"redis:///0", "host is missing"},
        {"redis://:6379", "host is missing"},
        {"redis://h:0", "1 to 65535"},
        {"redis://h:65536", "1 to 65535"},
        {"redis://h:", "1 to 65535"},
        {"redis://h:12x", "1 to 65535"},
        {"redis://h/x", "must be a number"},
        {"redis://h/-1", "must be a number"},
        {"redis://h/1/2", "must be a number"},
        {"redis://[::1", "no ']'"},
        {"redis://[::1]x", "after the host"},
        {"redis://secret@h", "user:password"},
        {"redis://u:secret%zz@h", "not %XX"},
        {"redis://u:secret%00@h", "not %XX"},
        {"redis://u:secret", "1 to 65535"},
        {"redis://h%", "not %XX"},
        {"redis://h?db=1", "after '?'"},
        {"unix://run/redis.sock", "absolute"},
        {"unix://", "absolute"},
        {"unix:///r?db=x", "must be a number"},
        {"unix:///r?ca=/x", "after '?'"},
        {"unix:///r?db=1&x", "after '?'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct registry_uri uri;
        char why[256] = "";
        if (!uri_parse(&uri, bad[i].text, why, sizeof why)) {
            uri_clear(&uri);
            fail_msg("%s was accepted", bad[i].text);
        }
        if (!strstr(why, bad[i].why))
            fail_msg("%s: %s", bad[i].text, why);
        assert_null(strstr(why, "secret"));
    }
}

static void bounds_its_length(void **state)
{
    (void)state;
    struct registry_uri uri;
    char why[256];
    char *text = calloc(1, URI_MAX + 2);
    memset(text, 'a', URI_MAX + 1);
    memcpy(text, "redis://", 8);
    assert_int_equal(uri_parse(&uri, text, why, sizeof why), -1);
    assert_non_null(strstr(why, "too long"));
    text[URI_MAX] = '\0';
    assert_int_equal(uri_parse(&uri, text, why, sizeof why), 0);
    uri_clear(&uri);
    free(text);
}

static void bounds_the_path_of_a_socket(void **state)
{
    (void)state;
    struct registry_uri uri;
    char why[256];
    char text[128] = "unix://";
    memset(text + 7, '/', 107);
    assert_int_equal(uri_parse(&uri, text, why, sizeof why), 0);
    uri_clear(&uri);
    text[7 + 107] = '/';
    assert_int_equal(uri_parse(&uri, text, why, sizeof why), -1);
    assert_non_null(strstr(why, "107 bytes"));
    assert_null(uri.path);
}

static void says_whether_tls_is_there(void **state)
{
    (void)state;
    struct registry_uri uri;
    char why[256] = "";
    int rc = uri_parse(&uri, "rediss://u:secret@h:6380/1?ca=/etc/ca.pem", why, sizeof why);
    if (uri_tls_supported()) {
        assert_int_equal(rc, 0);
        assert_int_equal(uri.kind, URI_TLS);
        assert_string_equal(uri.ca_file, "/etc/ca.pem");
        uri_clear(&uri);
    } else {
        assert_int_equal(rc, -1);
        assert_non_null(strstr(why, "hiredis_ssl"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(refuses),
        cmocka_unit_test(bounds_its_length),
        cmocka_unit_test(bounds_the_path_of_a_socket),
        cmocka_unit_test(says_whether_tls_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
