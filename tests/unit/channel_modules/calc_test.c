/* calc: what it can, and what it refuses. */
#include "room.h"

static void is(seshet_test *t, const char *expression, const char *answer)
{
    char text[512];
    snprintf(text, sizeof text, "!calc %s", expression);
    room_answers(t, "alice", text, answer);
}

static void refuses(seshet_test *t, const char *expression, const char *why)
{
    char answer[256];
    snprintf(answer, sizeof answer, "I cannot calculate that: %s.", why);
    is(t, expression, answer);
}

static void test_numbers(void **state)
{
    (void)state;
    seshet_test *t = room_open("calc");
    is(t, "(2+3)*4", "20");
    is(t, "2 + 3 * 4 - 6 / 3", "12");
    is(t, "-2^2", "-4");
    is(t, "2^3^2", "512");
    is(t, "2**-1", "0.5");
    is(t, "7/2", "3.5");
    is(t, "7//2", "3");
    is(t, "-7//2", "-4");
    is(t, "-1 % 24", "23");
    is(t, "5.5 % 2", "1.5");
    is(t, "0.1+0.2", "0.3");
    is(t, "0x1F + 0b101 + 0o17", "51");
    is(t, "255 in hex", "0xff");
    is(t, "0-255 in HEX", "-0xff");
    is(t, "1.5 in hex", "1.5 (only whole numbers in hex)");
    is(t, "1e3", "1000");
    is(t, ".5*4", "2");
    is(t, "- - 3", "3");
    is(t, "2pi", "I cannot calculate that: I expect an operator (+ - * / // % ^) at \"pi\".");
    is(t, "sqrt(49) + abs(-3) + floor(2.7) + ceil(2.1) + round(2.5)", "18");
    is(t, "max(1, 7, 3) - min(4, 2) + gcd(12, 18)", "11");
    is(t, "fact(20)", "2432902008176640000");
    is(t, "cos(0) + ln(e) + log(1000) + log2(8)", "8");
    is(t, "sin(pi/2)", "1");
    is(t, "sqrt(9223372030926249001)", "3037000499");
    seshet_test_close(t);
}

/* Whole numbers are exact, or say that they are not. */
static void test_limits(void **state)
{
    (void)state;
    seshet_test *t = room_open("calc");
    is(t, "9223372036854775807", "9223372036854775807");
    is(t, "9223372036854775807+1", "about 9.22337203685478e+18");
    is(t, "-9223372036854775807-1", "-9223372036854775808");
    is(t, "(-9223372036854775807-1)/-1", "about 9.22337203685478e+18");
    is(t, "(-9223372036854775807-1)//-1", "about 9.22337203685478e+18");
    is(t, "(-9223372036854775807-1) % -1", "0");
    is(t, "abs(-9223372036854775807-1)", "about 9.22337203685478e+18");
    is(t, "-9223372036854775807-1 in hex", "-0x8000000000000000");
    is(t, "2^62 + (2^62-1)", "9223372036854775807");
    is(t, "2^64", "about 1.84467440737096e+19");
    is(t, "(-2)^63", "-9223372036854775808");
    is(t, "1^9223372036854775807", "1");
    is(t, "fact(21)", "about 5.10909421717094e+19");
    refuses(t, "10^10^10^10", "that is too large for me");
    refuses(t, "9^999", "that is too large for me");
    refuses(t, "1e999", "that is too large for me");
    refuses(t, "fact(171)", "fact takes a whole number from 0 to 170");
    refuses(t, "sqrt(-1)", "that has no result among the real numbers");
    refuses(t, "ln(0)", "that is too large for me");
    refuses(t, "1/0", "nothing can be divided by 0");
    refuses(t, "1//0", "nothing can be divided by 0");
    refuses(t, "1%0", "nothing can be divided by 0");
    refuses(t, "0^-1", "nothing can be divided by 0");
    refuses(t, "0xFFFFFFFFFFFFFFFFF", "a number of base 16 may have 63 bits");
    refuses(t, "gcd(1.5, 2)", "gcd takes whole numbers");
    seshet_test_close(t);
}

static void test_errors(void **state)
{
    (void)state;
    char text[400] = "!calc ";
    seshet_test *t = room_open("calc");
    room_answers(t, "alice", "!calc", "Calculate what? calc (2+3)*4");
    refuses(t, "2+", "it ends where I expect a number");
    refuses(t, "(2", "it ends where I expect \")\"");
    refuses(t, "2)", "I expect an operator (+ - * / // % ^) at \")\"");
    refuses(t, "0x", "it ends where I expect digits");
    refuses(t, ".", "I expect a number at \".\"");
    refuses(t, "rm(1)", "I do not know \"rm\"");
    refuses(t, "sqrt 2", "after sqrt I expect its number in parentheses");
    refuses(t, "sqrt(1,2)", "I expect \")\" at \",2)\"");
    refuses(t,
            "2 \xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4x",
            "I expect an operator (+ - * / // % ^) at "
            "\"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\"");
    memset(text + 6, '(', 200);
    room_answers(t, "alice", text, "I cannot calculate that: that is nested more than 50 deep.");
    memset(text + 6, '-', 300);
    text[306] = '1';
    room_answers(t, "alice", text, "I cannot calculate that: that is nested more than 50 deep.");
    for (size_t i = 6; i < 6 + 361; i++)
        text[i] = i % 2 ? '+' : '1';
    text[6 + 361] = 0;
    room_answers(t, "alice", text, "181");
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
