#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

static char folder[] = "/tmp/seshet-probe-XXXXXX";
static char copy[64];
static char source[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(copy, sizeof copy, "%s/copy.so", folder);
    snprintf(source, sizeof source, "%s/source.so", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(copy);
    unlink(source);
    return rmdir(folder);
}

/* Probes and expects a refusal that says `text`, and no copy. */
static void expect_refusal(const char *path, const char *text)
{
    struct driver d;
    driver_start(&d, path, copy);
    struct frame f = driver_take(&d, FRAME_FAILED);
    struct ipc_failed failed;
    assert_int_equal(ipc_get_failed(&f, &failed), 0);
    if (!strstr(failed.text, text))
        fail_msg("\"%s\" does not say \"%s\"", failed.text, text);
    /* No name of a private file in what a person reads. */
    assert_null(strstr(failed.text, "copy.so"));
    assert_int_equal(driver_next(&d, &f), 0);
    int status = driver_end(&d);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    /* What is left of it, the server removes: the sandbox has no way to. */
    unlink(copy);
}

static void test_good(void **state)
{
    (void)state;
    struct driver d;
    struct ipc_module module;
    struct stat st;
    driver_start(&d, SESHET_MODULES "/echo.so", copy);
    struct frame f = driver_take(&d, FRAME_MODULE);
    assert_int_equal(ipc_get_module(&f, &module), 0);
    assert_string_equal(module.name, "echo");
    assert_string_equal(module.version, "1.0");
    assert_int_equal(module.ncommands, 1);
    assert_string_equal(module.commands[0].name, "echo");
    assert_string_equal(module.commands[0].usage, "TEXT");
    assert_int_equal(module.events, 1 << 14);
    assert_int_equal(driver_end(&d), 0);
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0500);
    unlink(copy);
}

static void test_refused(void **state)
{
    (void)state;
    expect_refusal(SESHET_TEST_MODULES "/wrong_abi.so",
                   "built for ABI 99, this server offers ABI 1");
    expect_refusal(SESHET_TEST_MODULES "/undefined.so", "undefined symbol: seshet_from_the_future");
    expect_refusal(SESHET_TEST_MODULES "/misnamed.so", "its .name is \"other\"");
    expect_refusal(SESHET_TEST_MODULES "/plain.so", "not a seshet module");
    expect_refusal("/dev/null", "not a regular file");
    expect_refusal("/nowhere/at/all.so", "No such file");
    expect_refusal(folder, "not a regular file");
    assert_int_equal(mkfifo(source, 0600), 0);
    expect_refusal(source, "not a regular file");
    unlink(source);
}

static void write_source(const void *bytes, size_t len)
{
    FILE *f = fopen(source, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

static void test_files(void **state)
{
    (void)state;
    static char bytes[65536];
    write_source("", 0);
    expect_refusal(source, "empty");
    write_source("hello\n", 6);
    expect_refusal(source, "not a shared object");
    FILE *f = fopen(SESHET_MODULES "/echo.so", "rb");
    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(len > 8192);
    write_source(bytes, 8192);
    expect_refusal(source, "truncated");
    unlink(source);
}

/* A copy is never written over: its name may be in use by another host. */
static void test_copy_exists(void **state)
{
    (void)state;
    struct driver d;
    struct ipc_failed failed;
    struct stat st;
    FILE *f = fopen(copy, "wb");
    assert_non_null(f);
    fputs("mine", f);
    fclose(f);
    driver_start(&d, SESHET_MODULES "/echo.so", copy);
    struct frame frame = driver_take(&d, FRAME_FAILED);
    assert_int_equal(ipc_get_failed(&frame, &failed), 0);
    assert_non_null(strstr(failed.text, "File exists"));
    driver_end(&d);
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_size, 4);
    unlink(copy);
}

/* Nothing is said, and the process does not end well: the server says the rest. */
static void test_crash(void **state)
{
    (void)state;
    struct driver d;
    struct frame f;
    driver_start(&d, SESHET_TEST_MODULES "/segv_constructor.so", copy);
    assert_int_equal(driver_next(&d, &f), 0);
    assert_int_not_equal(driver_end(&d), 0);
    unlink(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_files), cmocka_unit_test(test_copy_exists),
        cmocka_unit_test(test_crash),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
