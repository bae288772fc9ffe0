#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/link/caps.h"
#include "tests/unit/net_link/said.h"

static unsigned feed(struct caps *caps, struct said *said, const char *line)
{
    return caps_feed(caps, message(line), &said->sink);
}

static void test_one_line(void **state)
{
    (void)state;
    struct caps caps;
    struct said said;
    said_init(&said);
    caps_begin(&caps, true, &said.sink);
    assert_string_equal(said_take(&said), "CAP LS 302");
    assert_int_equal(feed(&caps, &said,
                          ":s CAP * LS :sasl=PLAIN,EXTERNAL unknown/x batch=1 "
                          "echo-message multi-prefix"),
                     0);
    assert_string_equal(said_take(&said), "CAP REQ :batch multi-prefix sasl");
    assert_int_equal(feed(&caps, &said, ":s CAP bot ACK :batch multi-prefix sasl "),
                     CAPS_SETTLED | CAPS_SASL_ON);
    assert_true(caps_enabled(&caps, "batch"));
    assert_true(caps_enabled(&caps, "sasl"));
    assert_false(caps_enabled(&caps, "echo-message"));
    assert_false(caps_enabled(&caps, "away-notify"));
    assert_true(caps_sasl_offers(&caps, true));
    assert_true(caps_sasl_offers(&caps, false));
}

static void test_many_lines(void **state)
{
    (void)state;
    struct caps caps;
    struct said said;
    said_init(&said);
    caps_begin(&caps, false, &said.sink);
    said_take(&said);
    assert_int_equal(feed(&caps, &said, "CAP * LS * :sasl=SCRAM-SHA-256 batch"), 0);
    assert_string_equal(said_take(&said), "");
    assert_int_equal(feed(&caps, &said, "CAP * LS :setname"), 0);
    /* sasl is not asked for where none is configured. */
    assert_string_equal(said_take(&said), "CAP REQ :batch setname");
    assert_false(caps_sasl_offers(&caps, false));
    /* The answer may come in several lines, too. */
    assert_int_equal(feed(&caps, &said, "CAP * ACK :setname"), 0);
    assert_int_equal(feed(&caps, &said, "CAP * ACK :batch"), CAPS_SETTLED);
}

static void test_nothing_offered(void **state)
{
    (void)state;
    struct caps caps;
    struct said said;
    said_init(&said);
    caps_begin(&caps, true, &said.sink);
    said_take(&said);
    assert_int_equal(feed(&caps, &said, "CAP * LS :"), CAPS_SETTLED);
    assert_string_equal(said_take(&said), "");
}

static void test_refused(void **state)
{
    (void)state;
    struct caps caps;
    struct said said;
    said_init(&said);
    caps_begin(&caps, true, &said.sink);
    feed(&caps, &said, "CAP * LS :batch sasl");
    said_take(&said);
    assert_int_equal(feed(&caps, &said, "CAP * NAK :batch sasl"), 0);
    assert_string_equal(said_take(&said), "CAP REQ :batch|CAP REQ :sasl");
    assert_int_equal(feed(&caps, &said, "CAP * ACK :batch"), 0);
    assert_int_equal(feed(&caps, &said, "CAP * NAK :sasl"), CAPS_SETTLED);
    assert_string_equal(said_take(&said), "");
    assert_true(caps_enabled(&caps, "batch"));
    assert_false(caps_enabled(&caps, "sasl"));
}

static void test_refused_without_names(void **state)
{
    (void)state;
    struct caps caps;
    struct said said;
    said_init(&said);
    caps_begin(&caps, false, &said.sink);
    feed(&caps, &said, "CAP * LS :batch setname");
    said_take(&said);
    feed(&caps, &said, "CAP * NAK");
    assert_string_equal(said_take(&said), "CAP REQ :batch|CAP REQ :setname");
    feed(&caps, &said, "CAP * NAK :");
    feed(&caps, &said, "CAP * NAK :batch");
    feed(&caps, &said, "CAP * NAK :setname");
    assert_int_equal(feed(&caps, &said, "CAP * NAK :rubbish"), CAPS_SETTLED);
}

static void test_new_and_del(void **state)
{
    (void)state;
    struct caps caps;
    struct said said;
    said_init(&said);
    caps_begin(&caps, true, &said.sink);
    feed(&caps, &said, "CAP * LS :batch");
    feed(&caps, &said, "CAP * ACK :batch");
    said_take(&said);
    assert_int_equal(feed(&caps, &said, "CAP bot NEW :sasl=PLAIN batch"), 0);
    assert_string_equal(said_take(&said), "CAP REQ :sasl");
    assert_int_equal(feed(&caps, &said, "CAP bot ACK :sasl"), CAPS_SETTLED | CAPS_SASL_ON);
    feed(&caps, &said, "CAP bot DEL :sasl batch other");
    assert_false(caps_enabled(&caps, "sasl"));
    assert_false(caps_enabled(&caps, "batch"));
    feed(&caps, &said, "CAP bot NEW :sasl");
    assert_string_equal(said_take(&said), "CAP REQ :sasl");
    assert_int_equal(feed(&caps, &said, "CAP bot ACK :sasl"), CAPS_SETTLED | CAPS_SASL_ON);
    feed(&caps, &said, "CAP bot ACK :-sasl");
    assert_false(caps_enabled(&caps, "sasl"));
}

static void test_rubbish(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "CAP",
        "CAP *",
        "CAP * LS",
        "CAP * LS *",
        "CAP * ACK",
        "CAP * NEW",
        "CAP * DEL :=",
        "CAP * LS :=== , ,",
        "CAP * ACK :-",
        "CAP * WHAT :ever",
        "CAP * LS * * *",
        "CAP * LS :sasl=",
        "CAP * LS :sasl=,,PLAIN,",
    };
    struct caps caps;
    struct said said;
    said_init(&said);
    caps_begin(&caps, true, &said.sink);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        feed(&caps, &said, lines[i]);
    assert_true(caps_sasl_offers(&caps, false));
    assert_false(caps_sasl_offers(&caps, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line),
        cmocka_unit_test(test_many_lines),
        cmocka_unit_test(test_nothing_offered),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_without_names),
        cmocka_unit_test(test_new_and_del),
        cmocka_unit_test(test_rubbish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
