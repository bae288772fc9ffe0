/* title: which addresses are fetched from, what is a URL, and what a page's title is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/title/address.h"
#include "modules/title/charset.h"
#include "modules/title/fetch.h"
#include "modules/title/html.h"
#include "modules/title/url.h"

static bool allowed(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_may_fetch((const struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return address_may_fetch((const struct sockaddr *)&v6);
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const no[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "2002:7f00:1::1",
        "2002:c0a8:101::1",
        "2001::1",
        "2001:0:4136:e378::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "3fff::1",
        "4000::1",
    };
    static const char *const yes[] = {
        "1.1.1.1",         "8.8.8.8",          "9.255.255.255",
        "11.0.0.0",        "100.63.255.255",   "100.128.0.0",
        "126.255.255.255", "128.0.0.0",        "169.253.1.1",
        "172.15.255.255",  "172.32.0.0",       "192.167.1.1",
        "198.17.1.1",      "198.20.0.0",       "223.255.255.255",
        "2606:4700::1111", "2a00:1450::1",     "2001:4860:4860::8888",
        "::ffff:8.8.8.8",  "64:ff9b::808:808", "2002:808:808::1",
    };
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (allowed(no[i]))
            fail_msg("%s is not public", no[i]);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!allowed(yes[i]))
            fail_msg("%s is public", yes[i]);
    struct sockaddr local = {.sa_family = AF_UNIX};
    assert_false(address_may_fetch(&local));
}

/* Nothing but what is named, and whatever the rest of the list looks like. */
static void test_allowed(void **state)
{
    (void)state;
    char wrong[ADDRESS_TEXT_SIZE] = "";
    assert_int_equal(
        address_allow(" 10.1.0.0/15, 127.0.0.1 ,,fd00:1::/33 192.168.1.77/0x ::1/128", wrong), -1);
    assert_string_equal(wrong, "192.168.1.77/0x");
    static const char *const yes[] = {"10.0.0.0",   "10.1.255.255",     "127.0.0.1",
                                      "fd00:1:1::", "fd00:1:7fff::1",   "::1",
                                      "1.1.1.1",    "::ffff:127.0.0.1", "::ffff:10.1.2.3"};
    static const char *const no[] = {
        "10.2.0.0",       "127.0.0.2",    "fd00:1:8000::", "fd00:2::1",   "::2",
        "64:ff9b::a00:1", "192.168.1.77", "0.0.0.0",       "2002:a00:1::"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!allowed(yes[i]))
            fail_msg("%s is allowed", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (allowed(no[i]))
            fail_msg("%s is not allowed", no[i]);
    static const char *const bad[] = {
        "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/99999999999999999999",
        "::/129",      "10.0.0",    "intranet",    "/8",
        "1.2.3.4/8/8"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(address_allow(bad[i], wrong), -1);
        assert_string_equal(wrong, bad[i]);
        assert_false(allowed("10.0.0.1"));
    }
    char long_one[400];
    memset(long_one, '1', sizeof long_one);
    long_one[sizeof long_one - 1] = 0;
    assert_int_equal(address_allow(long_one, wrong), -1);
    assert_int_equal(strlen(wrong), sizeof wrong - 1);
    assert_int_equal(address_allow("0.0.0.0/0 ::/0", wrong), 0);
    assert_true(allowed("10.0.0.1") && allowed("fe80::1"));
    assert_int_equal(address_allow("", wrong), 0);
    assert_false(allowed("127.0.0.1"));
}

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *url; /* NULL: none */
    } cases[] = {
        {"see http://a.example/x, please", "http://a.example/x"},
        {"HTTPS://A.example", "HTTPS://A.example"},
        {"(http://a.example/x_(y)).", "http://a.example/x_(y)"},
        {"<http://a.example/>", "http://a.example/"},
        {"http:// http://b.example/?q=1&r=2#f!", "http://b.example/?q=1&r=2#f"},
        {"xhttp://a.example", NULL},
        {"ftp://a.example", NULL},
        {"file:///etc/passwd", NULL},
        {"http://", NULL},
        {"", NULL},
    };
    char url[URL_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int result = url_find(cases[i].text, url);
        assert_int_equal(result, cases[i].url ? 0 : -1);
        if (cases[i].url)
            assert_string_equal(url, cases[i].url);
    }
    char text[700] = "http://a.example/";
    memset(text + 17, 'x', 600);
    assert_int_equal(url_find(text, url), -1);
}

/* What is refused before anything is looked up or sent. */
static void test_refused(void **state)
{
    (void)state;
    static const char inside[] = "it is not on the public internet; an owner allows its address "
                                 "with: module set title config.allow ADDRESS";
    static const struct {
        const char *url;
        const char *why;
    } cases[] = {
        {"file:///etc/passwd", "that is no URL"}, /* without a host */
        {"ftp://a.example/", "it is neither http nor https"},
        {"http://user:word@a.example/", "there is a name or password in it"},
        {"http://a.example:25/", "that port is not one of web servers"},
        {"http://127.0.0.1/", inside},
        {"http://2130706433/", inside},
        {"http://0x7f.1/", inside},
        {"http://0177.0.0.1/", inside},
        {"http://[::1]/", inside},
        {"http://[::ffff:10.0.0.1]:8080/", inside},
        {"http://169.254.169.254/latest/", inside},
        {"http://localhost/", inside},
    };
    static struct page page;
    char why[FETCH_WHY_SIZE];
    assert_int_equal(fetch_init(), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(fetch(cases[i].url, &page, why), -1);
        assert_string_equal(why, cases[i].why);
    }
}

static void is_title(const char *page, const char *expected)
{
    char title[HTML_TITLE_SIZE];
    int result = html_title(page, title);
    assert_int_equal(result, expected ? 0 : -1);
    if (expected)
        assert_string_equal(title, expected);
}

static void test_titles(void **state)
{
    (void)state;
    is_title("<html><head><TITLE lang='>'>\n A \t title\r\n</TITLE>", "A title");
    is_title("<!-- <title>no</title> --><title>yes</title>", "yes");
    is_title(
        "<script>'<title>no</title>'</script><style><title>no</title></style><title>yes</title>",
        "yes");
    is_title("<a title=\"<title>no</title>\"><title>yes</title>", "yes");
    is_title("<titles>no</titles>", NULL);
    is_title("<title></title>", NULL);
    is_title("<title> \x01&#1;&#8238;</title>", NULL);
    is_title("<title>cut", "cut");
    is_title(
        "<title>a &amp; b &lt;c&gt; &quot;&auml;&#228;&#xE4;&nbsp;&mdash;&hellip;&#150;</title>",
        "a & b <c> \"\xc3\xa4\xc3\xa4\xc3\xa4 \xe2\x80\x94\xe2\x80\xa6\xe2\x80\x93");
    is_title("<title>&unknown; & &#; &#x110000; &#xd800; &#0; &#99999999999999999999;</title>",
             "&unknown; & &#; \xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd");
    is_title("<title>a\x02\x03"
             "4b\x7f\xe2\x80\xae"
             "c\xc2\x85"
             "d</title>",
             "a4bcd");
    is_title("<title>broken \xff\xc3 end</title>", "broken \xef\xbf\xbd\xef\xbf\xbd end");
    is_title("<title>see http://b.example/</title>", "see http/b.example/");
    is_title("<title>a ::////// b</title>", "a //// b");
    is_title("<", NULL);
    is_title("<!--", NULL);
    is_title("<title", NULL);
    is_title("<script", NULL);
}

static void test_long_titles(void **state)
{
    (void)state;
    char page[2000] = "<title>";
    char title[HTML_TITLE_SIZE];
    for (size_t i = 0; i < 600; i++)
        memcpy(page + 7 + i * 3, "\xe2\x82\xac", 4);
    assert_int_equal(html_title(page, title), 0);
    assert_in_range(strlen(title), 290, HTML_TITLE_MAX + 3);
    assert_string_equal(title + strlen(title) - 3, "\xe2\x80\xa6");
    assert_int_equal((strlen(title) - 3) % 3, 0);
    /* The longest that fits is whole. */
    for (size_t n = 280; n < 310; n++) {
        snprintf(page, sizeof page, "<title>%0*d</title>", (int)n, 0);
        assert_int_equal(html_title(page, title), 0);
        assert_in_range(strlen(title), n < 297 ? n : 297, HTML_TITLE_MAX + 3);
    }
}

static void is_text(const char *body, size_t len, const char *type, const char *expected)
{
    char *text = charset_to_utf8(body, len, type);
    if (!expected) {
        assert_null(text);
        return;
    }
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}
#define IS(body, type, expected) is_text(body, sizeof(body) - 1, type, expected)

static void test_charsets(void **state)
{
    (void)state;
    IS("\xe4", "text/html; charset=ISO-8859-1", "\xc3\xa4");
    IS("\x80\x81", "text/html; charset=\"windows-1252\"", "\xe2\x82\xac\xef\xbf\xbd");
    IS("\xc3\xa4", "text/html", "\xc3\xa4");
    IS("\xc3\xa4\xe2\x82", "", "\xc3\xa4");
    IS("\xe4 x", "", "\xc3\xa4 x");
    IS("<meta charset=koi8-r>\xc1", "", "<meta charset=koi8-r>\xd0\xb0");
    IS("\xef\xbb\xbf\xc3\xa4", "text/html; charset=latin1", "\xc3\xa4");
    IS("\xff\xfe"
       "a\0\xe4\0",
       "text/html; charset=utf-8", "a\xc3\xa4");
    IS("\x82\xa0", "text/html; charset=shift_jis", "\xe3\x81\x82");
    IS("a\xff"
       "b",
       "text/html; charset=utf-8",
       "a\xef\xbf\xbd"
       "b");
    IS("a", "text/html; charset=no-such", NULL);
    IS("a", "text/html; charset=//TRANSLIT", "a");
    IS("", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_urls),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_titles),    cmocka_unit_test(test_long_titles),
        cmocka_unit_test(test_charsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
