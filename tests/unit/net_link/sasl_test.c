#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/link/sasl.h"
#include "tests/unit/net_link/said.h"

static enum sasl_result feed(struct sasl *sasl, struct said *said, const char *line)
{
    return sasl_feed(sasl, message(line), &said->sink);
}

static void test_plain(void **state)
{
    (void)state;
    struct said said;
    struct sasl sasl = {.account = "tim", .password = "tanstaaftanstaaf"};
    said_init(&said);
    sasl_start(&sasl, &said.sink);
    assert_string_equal(said_take(&said), "AUTHENTICATE PLAIN");
    assert_int_equal(feed(&sasl, &said, "AUTHENTICATE +"), SASL_NOTHING);
    /* RFC 4616, section 4, without authorization identity */
    assert_string_equal(said_take(&said), "AUTHENTICATE AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
    assert_int_equal(feed(&sasl, &said, ":s 900 bot b!b@h tim :You are logged in"), SASL_NOTHING);
    assert_int_equal(feed(&sasl, &said, ":s 903 bot :SASL authentication successful"),
                     SASL_SUCCESS);
    assert_true(sasl.logged_in);
    assert_false(sasl.running);
    assert_int_equal(feed(&sasl, &said, ":s 904 bot :late"), SASL_NOTHING);
}

/* The payload is len + 2 + 1 bytes; base64 of 300 bytes is exactly one chunk. */
static void check_chunks(size_t password_len, size_t first, size_t second, bool plus)
{
    struct said said;
    char password[700];
    memset(password, 'p', password_len);
    password[password_len] = '\0';
    struct sasl sasl = {.account = "a", .password = password};
    said_init(&said);
    sasl_start(&sasl, &said.sink);
    said_take(&said);
    feed(&sasl, &said, "AUTHENTICATE +");
    const char *text = said_take(&said);
    size_t prefix = strlen("AUTHENTICATE ");
    assert_int_equal(strcspn(text, "|"), prefix + first);
    text += prefix + first;
    if (second) {
        assert_int_equal(strcspn(text + 1, "|"), prefix + second);
        text += 1 + prefix + second;
    }
    assert_string_equal(text, plus ? "|AUTHENTICATE +" : "");
}

static void test_chunks(void **state)
{
    (void)state;
    check_chunks(10, 20, 0, false);
    check_chunks(294, 396, 0, false);
    check_chunks(297, 400, 0, true);
    check_chunks(298, 400, 4, false);
    check_chunks(597, 400, 400, true);
}

static void test_external(void **state)
{
    (void)state;
    struct said said;
    struct sasl sasl = {.external = true};
    said_init(&said);
    sasl_start(&sasl, &said.sink);
    feed(&sasl, &said, "AUTHENTICATE +");
    assert_string_equal(said_take(&said), "AUTHENTICATE EXTERNAL|AUTHENTICATE +");
    assert_int_equal(feed(&sasl, &said, ":s 907 bot :already"), SASL_SUCCESS);
    sasl = (struct sasl){.external = true, .account = "bot"};
    sasl_start(&sasl, &said.sink);
    feed(&sasl, &said, "AUTHENTICATE +");
    assert_string_equal(said_take(&said), "AUTHENTICATE EXTERNAL|AUTHENTICATE Ym90");
}

static void test_failures(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum sasl_result result;
    } cases[] = {
        {":s 902 bot :locked", SASL_REFUSED},   {":s 904 bot :failed", SASL_REFUSED},
        {":s 905 bot :too long", SASL_REFUSED}, {":s 906 bot :aborted", SASL_BROKEN},
        {":s 001 bot :hello", SASL_NOTHING},    {"AUTHENTICATE rubbish", SASL_NOTHING},
        {"AUTHENTICATE", SASL_NOTHING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct said said;
        struct sasl sasl = {.account = "a", .password = "b"};
        said_init(&said);
        sasl_start(&sasl, &said.sink);
        said_take(&said);
        assert_int_equal(feed(&sasl, &said, cases[i].line), cases[i].result);
        assert_string_equal(said_take(&said), "");
        assert_int_equal(sasl.running, cases[i].result == SASL_NOTHING);
    }
}

static void test_mechanism_refused(void **state)
{
    (void)state;
    struct said said;
    struct sasl sasl = {.account = "a", .password = "b"};
    said_init(&said);
    /* Before it was started the server's prompt is answered by nobody. */
    feed(&sasl, &said, "AUTHENTICATE +");
    assert_string_equal(said_take(&said), "");
    sasl_start(&sasl, &said.sink);
    assert_int_equal(feed(&sasl, &said, ":s 908 bot EXTERNAL :are available"), SASL_NOTHING);
    assert_int_equal(feed(&sasl, &said, ":s 904 bot :failed"), SASL_REFUSED);
    assert_true(sasl.mechanism_refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_external),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_mechanism_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
