#include "modules/calc/eval.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct parser {
    const char *at;
    int depth;
    bool failed;
    char *why;
};

typedef struct eval_value value;

static const value zero = {.whole = true};

__attribute__((format(printf, 2, 3))) static value fail(struct parser *p, const char *format, ...)
{
    if (!p->failed) {
        va_list args;
        va_start(args, format);
        vsnprintf(p->why, EVAL_WHY_SIZE, format, args);
        va_end(args);
    }
    p->failed = true;
    return zero;
}

static double to_double(value v)
{
    return v.whole ? (double)v.n : v.d;
}

static value whole(int64_t n)
{
    return (value){.whole = true, .n = n};
}

/* A double that came of a calculation. */
static value inexact(struct parser *p, double d, bool about)
{
    if (isnan(d))
        return fail(p, "that has no result among the real numbers");
    if (isinf(d))
        return fail(p, "that is too large for me");
    return (value){.d = d, .about = about};
}

/* The same where a whole result is a whole number: 6/3, floor(2.5). */
static value rounded(struct parser *p, double d, bool about)
{
    if (fabs(d) < 9007199254740992.0 && d == floor(d)) /* 2^53: each is exact */
        return whole((int64_t)d);
    return inexact(p, d, about);
}

static value add(struct parser *p, value a, value b)
{
    int64_t n;
    bool both = a.whole && b.whole;
    if (both && !__builtin_add_overflow(a.n, b.n, &n))
        return whole(n);
    return inexact(p, to_double(a) + to_double(b), both || a.about || b.about);
}

static value negate(struct parser *p, value a)
{
    int64_t n;
    if (a.whole && !__builtin_sub_overflow((int64_t)0, a.n, &n))
        return whole(n);
    return inexact(p, -to_double(a), a.whole || a.about);
}

static value subtract(struct parser *p, value a, value b)
{
    int64_t n;
    bool both = a.whole && b.whole;
    if (both && !__builtin_sub_overflow(a.n, b.n, &n))
        return whole(n);
    return inexact(p, to_double(a) - to_double(b), both || a.about || b.about);
}

static value multiply(struct parser *p, value a, value b)
{
    int64_t n;
    bool both = a.whole && b.whole;
    if (both && !__builtin_mul_overflow(a.n, b.n, &n))
        return whole(n);
    return inexact(p, to_double(a) * to_double(b), both || a.about || b.about);
}

static value divide(struct parser *p, value a, value b)
{
    if (to_double(b) == 0)
        return fail(p, "nothing can be divided by 0");
    if (a.whole && b.whole && b.n != -1 && a.n % b.n == 0)
        return whole(a.n / b.n);
    if (a.whole && b.whole && b.n == -1)
        return negate(p, a);
    return inexact(p, to_double(a) / to_double(b), a.about || b.about);
}

/* What is left has the sign of the divisor: -1 % 24 is 23. */
static value modulo(struct parser *p, value a, value b)
{
    if (to_double(b) == 0)
        return fail(p, "nothing can be divided by 0");
    if (a.whole && b.whole) {
        int64_t left = b.n == -1 ? 0 : a.n % b.n;
        return whole(left && (left < 0) != (b.n < 0) ? left + b.n : left);
    }
    double x = to_double(b);
    double left = fmod(to_double(a), x);
    return inexact(p, left != 0 && (left < 0) != (x < 0) ? left + x : left, a.about || b.about);
}

/* At most 63 rounds: each halves the exponent. */
static bool whole_power(int64_t base, int64_t exponent, int64_t *result)
{
    int64_t n = 1;
    bool fits = true; /* the base of the next round */
    while (exponent) {
        if ((exponent & 1) && (!fits || __builtin_mul_overflow(n, base, &n)))
            return false;
        exponent >>= 1;
        fits = fits && !__builtin_mul_overflow(base, base, &base);
    }
    *result = n;
    return true;
}

static value power(struct parser *p, value a, value b)
{
    int64_t n;
    bool both = a.whole && b.whole && b.n >= 0;
    if (both && whole_power(a.n, b.n, &n))
        return whole(n);
    if (to_double(a) == 0 && to_double(b) < 0)
        return fail(p, "nothing can be divided by 0");
    return inexact(p, pow(to_double(a), to_double(b)), both || a.about || b.about);
}

/* ---- Functions ------------------------------------------------------------------------------- */

static value do_abs(struct parser *p, value a)
{
    return to_double(a) < 0 ? negate(p, a) : a;
}

static value do_factorial(struct parser *p, value a)
{
    value result = whole(1);
    if (!a.whole || a.n < 0 || a.n > 170)
        return fail(p, "fact takes a whole number from 0 to 170");
    for (int64_t i = 2; i <= a.n; i++)
        result = multiply(p, result, whole(i));
    return result;
}

static value do_sqrt(struct parser *p, value a)
{
    double root = sqrt(to_double(a));
    /* The nearest double may be one off for large squares. */
    if (a.whole && a.n >= 0) {
        int64_t n = (int64_t)root;
        for (int64_t i = n > 0 ? n - 1 : 0; i <= n + 1; i++) {
            int64_t square;
            if (!__builtin_mul_overflow(i, i, &square) && square == a.n)
                return whole(i);
        }
    }
    return inexact(p, root, a.about);
}

static value greater(struct parser *p, value a, value b)
{
    (void)p;
    bool is = a.whole && b.whole ? a.n > b.n : to_double(a) > to_double(b);
    return is ? a : b;
}

static value smaller(struct parser *p, value a, value b)
{
    (void)p;
    bool is = a.whole && b.whole ? a.n < b.n : to_double(a) < to_double(b);
    return is ? a : b;
}

static value divisor(struct parser *p, value a, value b)
{
    if (!a.whole || !b.whole || a.n == INT64_MIN || b.n == INT64_MIN)
        return fail(p, "gcd takes whole numbers");
    int64_t x = a.n < 0 ? -a.n : a.n;
    int64_t y = b.n < 0 ? -b.n : b.n;
    while (y) {
        int64_t left = x % y;
        x = y;
        y = left;
    }
    return whole(x);
}

static const struct function {
    const char *name;
    double (*real)(double); /* one of the three */
    value (*one)(struct parser *p, value a);
    value (*fold)(struct parser *p, value a, value b); /* of one argument or more */
    bool rounds;
} functions[] = {
    {.name = "sqrt", .one = do_sqrt},
    {.name = "abs", .one = do_abs},
    {.name = "fact", .one = do_factorial},
    {.name = "floor", .real = floor, .rounds = true},
    {.name = "ceil", .real = ceil, .rounds = true},
    {.name = "round", .real = round, .rounds = true},
    {.name = "trunc", .real = trunc, .rounds = true},
    {.name = "cbrt", .real = cbrt},
    {.name = "exp", .real = exp},
    {.name = "ln", .real = log},
    {.name = "log", .real = log10},
    {.name = "log2", .real = log2},
    {.name = "sin", .real = sin},
    {.name = "cos", .real = cos},
    {.name = "tan", .real = tan},
    {.name = "asin", .real = asin},
    {.name = "acos", .real = acos},
    {.name = "atan", .real = atan},
    {.name = "min", .fold = smaller},
    {.name = "max", .fold = greater},
    {.name = "gcd", .fold = divisor},
};

static const struct {
    const char *name;
    double d;
} constants[] = {
    {"pi", 3.14159265358979323846},
    {"e", 2.71828182845904523536},
    {"tau", 6.28318530717958647692},
    {"phi", 1.61803398874989484820},
};

/* ---- Grammar ---------------------------------------------------------------------------------
 *
 * sum     = product { ("+" | "-") product }
 * product = sign { ("*" | "/" | "%" | "//") sign }
 * sign    = { "-" | "+" } power              so that -2^2 is -4
 * power   = atom [ ("^" | "**") sign ]       so that 2^3^2 is 2^9
 * atom    = number | constant | function "(" sum { "," sum } ")" | "(" sum ")"
 */

static value sum(struct parser *p);

static void skip(struct parser *p)
{
    p->at += strspn(p->at, " ");
}

static bool take(struct parser *p, const char *sign)
{
    skip(p);
    size_t len = strlen(sign);
    if (strncmp(p->at, sign, len) != 0)
        return false;
    p->at += len;
    return true;
}

static value expected(struct parser *p, const char *what)
{
    skip(p);
    if (!*p->at)
        return fail(p, "it ends where I expect %s", what);
    int len = 0; /* of up to 20 bytes, and no half character */
    while (len < 20 && p->at[len])
        len++;
    while (len && ((unsigned char)p->at[len] & 0xc0) == 0x80)
        len--;
    return fail(p, "I expect %s at \"%.*s\"", what, len, p->at);
}

/* 0x1f, 0b101, 0o17. */
static value radix(struct parser *p, int base)
{
    int64_t n = 0;
    const char *start = p->at;
    for (;; p->at++) {
        int c = tolower((unsigned char)*p->at);
        int digit = isdigit(c) ? c - '0' : isalpha(c) ? c - 'a' + 10 : 99;
        if (digit >= base)
            break;
        if (__builtin_mul_overflow(n, base, &n) || __builtin_add_overflow(n, digit, &n))
            return fail(p, "a number of base %d may have 63 bits", base);
    }
    return p->at == start ? expected(p, "digits") : whole(n);
}

static value number(struct parser *p)
{
    if (p->at[0] == '0' && p->at[1] && strchr("xXbBoO", p->at[1])) {
        int c = tolower((unsigned char)p->at[1]);
        p->at += 2;
        return radix(p, c == 'x' ? 16 : c == 'b' ? 2 : 8);
    }
    char digits[EVAL_TEXT_MAX + 1];
    size_t len = strspn(p->at, "0123456789");
    size_t all = len;
    if (p->at[all] == '.')
        all += 1 + strspn(p->at + all + 1, "0123456789");
    bool has_digits = all > 1 || len == 1;
    if (tolower((unsigned char)p->at[all]) == 'e') {
        size_t exponent = all + 1;
        exponent += p->at[exponent] == '+' || p->at[exponent] == '-';
        size_t more = strspn(p->at + exponent, "0123456789");
        all = more ? exponent + more : all;
    }
    if (!has_digits || all >= sizeof digits)
        return expected(p, "a number");
    memcpy(digits, p->at, all);
    digits[all] = 0;
    p->at += all;
    if (all > len)
        return inexact(p, strtod(digits, NULL), false);
    int64_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digits[i] - '0', &n))
            return inexact(p, strtod(digits, NULL), true);
    return whole(n);
}

static value call(struct parser *p, const struct function *f)
{
    if (!take(p, "("))
        return fail(p, "after %s I expect its number in parentheses", f->name);
    value a = sum(p);
    while (f->fold && !p->failed && take(p, ","))
        a = f->fold(p, a, sum(p));
    if (!p->failed && !take(p, ")"))
        return expected(p, "\")\"");
    if (p->failed)
        return zero;
    if (f->one)
        return f->one(p, a);
    if (f->fold)
        return a;
    if (f->rounds)
        return a.whole ? a : rounded(p, f->real(a.d), a.about);
    return inexact(p, f->real(to_double(a)), a.about);
}

static value word(struct parser *p)
{
    char name[16];
    size_t len = 0;
    while (isalnum((unsigned char)p->at[len]))
        len++;
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (strlen(constants[i].name) == len && !strncasecmp(constants[i].name, p->at, len)) {
            p->at += len;
            return (value){.d = constants[i].d};
        }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strlen(functions[i].name) == len && !strncasecmp(functions[i].name, p->at, len)) {
            p->at += len;
            return call(p, &functions[i]);
        }
    snprintf(name, sizeof name, "%.*s", len < sizeof name ? (int)len : (int)sizeof name - 1, p->at);
    return fail(p, "I do not know \"%s\"", name);
}

static value atom(struct parser *p)
{
    skip(p);
    if (take(p, "(")) {
        value v = sum(p);
        if (!p->failed && !take(p, ")"))
            return expected(p, "\")\"");
        return v;
    }
    if (isdigit((unsigned char)*p->at) || *p->at == '.')
        return number(p);
    if (isalpha((unsigned char)*p->at))
        return word(p);
    return expected(p, "a number");
}

static value sign(struct parser *p)
{
    if (p->failed)
        return zero;
    if (++p->depth > EVAL_DEPTH_MAX)
        return fail(p, "that is nested more than %d deep", EVAL_DEPTH_MAX);
    value v;
    if (take(p, "-")) {
        v = negate(p, sign(p));
    } else if (take(p, "+")) {
        v = sign(p);
    } else {
        v = atom(p);
        if (!p->failed && (take(p, "^") || take(p, "**")))
            v = power(p, v, sign(p));
    }
    p->depth--;
    return v;
}

static value product(struct parser *p)
{
    value v = sign(p);
    while (!p->failed) {
        skip(p);
        if (take(p, "//")) {
            value quotient = divide(p, v, sign(p));
            v = quotient.whole ? quotient : rounded(p, floor(quotient.d), quotient.about);
        } else if (take(p, "*")) {
            v = multiply(p, v, sign(p));
        } else if (take(p, "/")) {
            v = divide(p, v, sign(p));
        } else if (take(p, "%")) {
            v = modulo(p, v, sign(p));
        } else {
            break;
        }
    }
    return v;
}

static value sum(struct parser *p)
{
    value v = product(p);
    while (!p->failed) {
        if (take(p, "+"))
            v = add(p, v, product(p));
        else if (take(p, "-"))
            v = subtract(p, v, product(p));
        else
            break;
    }
    return v;
}

int eval(const char *text, struct eval_value *result, char why[EVAL_WHY_SIZE])
{
    struct parser p = {.at = text, .why = why};
    why[0] = 0;
    if (strlen(text) > EVAL_TEXT_MAX) {
        fail(&p, "that is longer than %d bytes", EVAL_TEXT_MAX);
        return -1;
    }
    *result = sum(&p);
    skip(&p);
    if (!p.failed && *p.at)
        expected(&p, "an operator (+ - * / // % ^)");
    return p.failed ? -1 : 0;
}

void eval_format(const struct eval_value *v, char *dst, size_t size)
{
    if (v->whole)
        snprintf(dst, size, "%" PRId64, v->n);
    else
        snprintf(dst, size, "%s%.15g", v->about ? "about " : "", v->d == 0 ? 0.0 : v->d);
}
