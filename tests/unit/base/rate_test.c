#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/rate.h"

static void reads_and_writes_rates(void **state)
{
    static const struct {
        const char *text;
        uint32_t count;
        int64_t window_ms;
        const char *written;
    } rows[] = {
        {"5/1m", 5, 60000, "5/1m"},
        {"30/90s", 30, 90000, "30/1m30s"},
        {"100/1h", 100, 3600000, "100/1h"},
        {"1000/31d", 1000, RATE_MAX_WINDOW_MS, "1000/31d"},
        {"1/1h30m", 1, 5400000, "1/1h30m"},
        {"1/1d2h3m4s", 1, 93784000, "1/1d2h3m4s"},
        {"0/1m", 0, 60000, "0/1m"},
        {"0", 0, 0, "0"},
        {"", 0, 0, "0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rate rate = {99, 99};
        char why[128] = "";
        char text[RATE_TEXT_SIZE];
        if (rate_parse(rows[i].text, &rate, why, sizeof why))
            fail_msg("%s: %s", rows[i].text, why);
        assert_int_equal(rate.count, rows[i].count);
        assert_int_equal(rate.window_ms, rows[i].window_ms);
        assert_string_equal(rate_write(text, sizeof text, rate), rows[i].written);
        assert_int_equal(rate_limits(rate), rows[i].window_ms > 0);
    }
}

static void refuses_what_is_no_rate(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"5", "N/duration"},
        {"/1m", "N/duration"},
        {"five/1m", "from 0 to 1000"},
        {"-5/1m", "from 0 to 1000"},
        {"+5/1m", "from 0 to 1000"},
        {"1001/1m", "from 0 to 1000"},
        {"99999999999/1m", "from 0 to 1000"},
        {"5/", "from 1s"},
        {"5/60", "d, h, m and s"},
        {"5/m", "d, h, m and s"},
        {"5/1m ", "without spaces"},
        {"5 / 1m", "without spaces"},
        {" 5/1m", "without spaces"},
        {"5 in 1m", "without spaces"},
        {"5/1w", "d, h, m and s"},
        {"5/1m1h", "d, h, m and s"},
        {"5/1m1m", "d, h, m and s"},
        {"5/-1m", "d, h, m and s"},
        {"5/0s", "from 1s to 31d"},
        {"5/32d", "from 1s to 31d"},
        {"5/99999999d", "from 1s to 31d"},
        {"5/9000000m", "from 1s to 31d"},
        {"5/99999999999999999999s", "from 1s to 31d"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rate rate = {7, 8};
        char why[128] = "";
        if (!rate_parse(rows[i].text, &rate, why, sizeof why) || !strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].text, why);
        assert_int_equal(rate.count, 7);
        assert_int_equal(rate.window_ms, 8);
    }
}

static void reads_and_writes_deadlines(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* 0: is none */
        const char *written;
    } rows[] = {
        {"500ms", 500, "500ms"},
        {"5s", 5000, "5s"},
        {"1500ms", 1500, "1500ms"},
        {"2000ms", 2000, "2s"},
        {"1m30s", 90000, "1m30s"},
        {"10m", 600000, "10m"},
        {"100ms", 100, "100ms"},
        {"99ms", 0, NULL},
        {"10m1s", 0, NULL},
        {"", 0, NULL},
        {"5", 0, NULL},
        {"ms", 0, NULL},
        {"-5s", 0, NULL},
        {"5s500ms", 0, NULL},
        {"99999999999999999999ms", 0, NULL},
        {"0", 0, NULL},
        {"1h", 0, NULL},
    };
    char why[256];
    char text[RATE_TEXT_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        assert_int_equal(deadline_parse(rows[i].text, &ms, why, sizeof why), rows[i].ms ? 0 : -1);
        assert_int_equal(ms, rows[i].ms ? rows[i].ms : -1);
        if (rows[i].ms)
            assert_string_equal(deadline_write(text, sizeof text, ms), rows[i].written);
        else
            assert_non_null(strstr(why, "from 100ms to 10m"));
    }
}

static void cuts_what_does_not_fit(void **state)
{
    char text[4];
    (void)state;
    duration_write(text, sizeof text, 93784000);
    assert_int_equal(strlen(text), 3);
    assert_string_equal(duration_write(text, sizeof text, 0), "0s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_rates),
        cmocka_unit_test(refuses_what_is_no_rate),
        cmocka_unit_test(reads_and_writes_deadlines),
        cmocka_unit_test(cuts_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
