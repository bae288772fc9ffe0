#ifndef TESTS_UNIT_MODULES_HEARD_H
#define TESTS_UNIT_MODULES_HEARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <seshet/test.h>

/* A module on a network in memory, with alice in #chan, and what is heard of it. */

#define COUNTER  SESHET_TEST_MODULES "/counter.so"
#define REPORTER SESHET_TEST_MODULES "/reporter.so"
#define API      SESHET_TEST_MODULES "/api.so"
#define WHO      SESHET_TEST_MODULES "/who.so"

static inline seshet_test *begin(const char *file)
{
    char why[SESHET_TEST_WHY_SIZE] = "";
    seshet_test *t = seshet_test_open(file, why, sizeof why);
    assert_string_equal(why, "");
    assert_non_null(t);
    assert_true(seshet_test_join(t, "alice", "#chan") >= 0);
    return t;
}

static inline void hears(seshet_test *t, const char *line)
{
    const char *heard = seshet_test_heard(t);
    assert_non_null(heard);
    assert_string_equal(heard, line);
}

static inline void silent(seshet_test *t)
{
    assert_null(seshet_test_heard(t));
}

#endif
