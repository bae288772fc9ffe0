#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "registry/fields.h"
#include "registry/password.h"

static void a_record_knows_its_password(void **state)
{
    char record[PASSWORD_RECORD_MAX + 1];
    char other[PASSWORD_RECORD_MAX + 1];
    (void)state;
    assert_int_equal(password_hash("correct horse", record), 0);
    assert_int_equal(strncmp(record, "scrypt$16384$8$1$", 17), 0);
    assert_null(strstr(record, "horse"));
    assert_true(password_record_valid(record));
    assert_int_equal(password_verify("correct horse", record), PASSWORD_RIGHT);
    assert_int_equal(password_verify("correct horsf", record), PASSWORD_WRONG);
    assert_int_equal(password_verify("", record), PASSWORD_WRONG);
    assert_int_equal(password_hash("correct horse", other), 0);
    assert_string_not_equal(record, other);
}

/* Made with Python's hashlib.scrypt. */
static void a_record_of_other_parameters_is_read(void **state)
{
    static const char small[] =
        "scrypt$1024$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$o3zBilPc86r0aNumivxDqGJbs1CVkVYyLfGzVSIFS0U=";
    (void)state;
    assert_int_equal(password_verify("pleaseletmein", small), PASSWORD_RIGHT_REHASH);
    assert_int_equal(password_verify("pleaseletmeim", small), PASSWORD_WRONG);
}

static void a_record_of_the_older_bot_is_accepted(void **state)
{
    /* sha1("saltsecret") */
    static const char record[] = "limnoria:salt|da00ec2e6ff9ed4d342b24a16e262c82f3c8b10b";
    (void)state;
    assert_true(password_record_valid(record));
    assert_int_equal(password_verify("secret", record), PASSWORD_RIGHT_REHASH);
    assert_int_equal(password_verify("Secret", record), PASSWORD_WRONG);
}

static void records_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "secret",
        "scrypt$",
        "scrypt$16384$8$1$",
        "scrypt$16384$8$1$$",
        "scrypt$16383$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$1048576$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$16384$64$16$MDEyMzQ1Njc4OWFiY2RlZg==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$0$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$-2$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$16384$8$1$MDEyMzQ1Njc4OWFiY2RlZ===$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$16384$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=x",
        "scrypt$16384$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "scrypt$16384$8$1$MDEy MzQ1Njc4OWFiY2RlZg=$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "limnoria:",
        "limnoria:|0123456789012345678901234567890123456789",
        "limnoria:salt|012345678901234567890123456789012345678",
        "limnoria:salt|01234567890123456789012345678901234567890",
        "limnoria:salt|g123456789012345678901234567890123456789",
        "Limnoria:salt|0123456789012345678901234567890123456789"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (password_record_valid(bad[i]))
            fail_msg("%s", bad[i]);
        assert_int_equal(password_verify("secret", bad[i]), PASSWORD_WRONG);
    }
    char *longest = calloc(1, 100000);
    memset(longest, '$', 99999);
    assert_false(password_record_valid(longest));
    for (size_t i = 0; i < 6; i++)
        longest[i] = "scrypt"[i];
    assert_false(password_record_valid(longest));
    assert_int_equal(password_verify(longest, longest), PASSWORD_WRONG);
    free(longest);
}

static void passwords_are_bounded(void **state)
{
    char why[REGISTRY_WHY_SIZE];
    char text[PASSWORD_MAX + 2];
    char record[PASSWORD_RECORD_MAX + 1];
    (void)state;
    memset(text, 'x', sizeof text);
    text[PASSWORD_MAX + 1] = '\0';
    assert_int_equal(password_acceptable(text, why, sizeof why), -1);
    assert_int_equal(password_hash(text, record), -1);
    text[PASSWORD_MAX] = '\0';
    assert_int_equal(password_acceptable(text, why, sizeof why), 0);
    assert_int_equal(password_acceptable("12345", why, sizeof why), -1);
    assert_non_null(strstr(why, "6"));
    assert_int_equal(password_acceptable("123456", why, sizeof why), 0);
    assert_int_equal(password_acceptable("12345\00267", why, sizeof why), -1);
    assert_int_equal(password_acceptable("p\303\244ssw\303\266rd", why, sizeof why), 0);
}

static double seconds(const char *record)
{
    struct timespec from;
    struct timespec to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int i = 0; i < 3; i++)
        password_verify("secret", record);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* Whether there is such an account is not to be told from the time that a login takes. */
static void nothing_takes_as_long_as_something(void **state)
{
    char record[PASSWORD_RECORD_MAX + 1];
    (void)state;
    assert_int_equal(password_hash("other", record), 0);
    double good = seconds(record);
    double none = seconds("");
    print_message("three checks: %.0f ms against a record, %.0f ms against none\n", good * 1e3,
                  none * 1e3);
    assert_true(none > good / 3);
    assert_true(none < good * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_knows_its_password),
        cmocka_unit_test(a_record_of_other_parameters_is_read),
        cmocka_unit_test(a_record_of_the_older_bot_is_accepted),
        cmocka_unit_test(records_that_are_none_are_refused),
        cmocka_unit_test(passwords_are_bounded),
        cmocka_unit_test(nothing_takes_as_long_as_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
