#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "modules/host/elf_check.h"

enum { ABI = 1 };

static char *module;
static size_t module_len;
static char why[256];

static int read_module(void **state)
{
    (void)state;
    FILE *f = fopen(SESHET_ECHO, "rb");
    if (!f)
        return -1;
    fseek(f, 0, SEEK_END);
    module_len = (size_t)ftell(f);
    rewind(f);
    module = xmalloc(module_len);
    size_t got = fread(module, 1, module_len, f);
    fclose(f);
    return got == module_len ? 0 : -1;
}

static int free_module(void **state)
{
    (void)state;
    free(module);
    return 0;
}

static int check(const void *data, size_t len)
{
    why[0] = 0;
    return elf_check(data, len, elf_machine(), ABI, why, sizeof why);
}

static void test_good(void **state)
{
    (void)state;
    assert_int_equal(check(module, module_len), 0);
}

static void test_other_abi(void **state)
{
    (void)state;
    assert_int_equal(elf_check(module, module_len, elf_machine(), 2, why, sizeof why), -1);
    assert_string_equal(why,
                        "the module was built for ABI 1, this server offers ABI 2: rebuild it");
}

static void test_other_machine(void **state)
{
    (void)state;
    uint16_t other = (uint16_t)(elf_machine() + 1);
    assert_int_equal(elf_check(module, module_len, other, ABI, why, sizeof why), -1);
    assert_non_null(strstr(why, "another kind of machine"));
}

static void test_truncated(void **state)
{
    (void)state;
    for (size_t len = 0; len < module_len; len += 64) {
        char *prefix = xmemdup(module, len);
        assert_int_equal(check(prefix, len), -1);
        assert_non_null(strstr(why, len ? "truncated" : "empty"));
        free(prefix);
    }
    assert_int_equal(check(module, module_len - 1), -1);
}

static void test_no_elf(void **state)
{
    (void)state;
    assert_int_equal(check("#!/bin/sh\n", 10), -1);
    assert_non_null(strstr(why, "not a shared object"));
    assert_int_equal(check("\x7f"
                           "EL",
                           3),
                     -1);
    assert_non_null(strstr(why, "truncated"));
}

/* Every byte of the headers set to the extremes: anything may be said, nothing may be read that
 * is not there. */
static void test_damaged(void **state)
{
    (void)state;
    static const char values[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
    for (size_t at = 0; at < 1024 && at < module_len; at++) {
        char was = module[at];
        for (size_t i = 0; i < sizeof values; i++) {
            module[at] = values[i];
            int checked = check(module, module_len);
            assert_true(checked == 0 || why[0]);
        }
        module[at] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),          cmocka_unit_test(test_other_abi),
        cmocka_unit_test(test_other_machine), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_no_elf),        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, read_module, free_module);
}
