#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modules/host/folder_size.h"

enum { KB = 1024 };

static char why[600];

static int enter(void **state)
{
    static char dir[64];
    snprintf(dir, sizeof dir, "/tmp/seshet-folder-XXXXXX");
    *state = mkdtemp(dir);
    return !*state || chdir(dir);
}

static int leave(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
    return chdir("/") || system(command); // NOLINT: a path of its own
}

static void put_file(const char *name, size_t kilobytes)
{
    static const char bytes[KB] = {1};
    int fd = open(name, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    for (size_t i = 0; i < kilobytes; i++)
        assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
    assert_false(fsync(fd));
    close(fd);
}

static int check(const char *folder, size_t kilobytes)
{
    *why = '\0';
    return folder_check(folder, kilobytes * KB, why, sizeof why);
}

static void counts_what_is_below(void **state)
{
    (void)state;
    assert_int_equal(check("none", 1), 0);
    assert_int_equal(mkdir("data", 0700), 0);
    assert_int_equal(check("data", 0), 0);
    assert_int_equal(mkdir("data/below", 0700), 0);
    put_file("data/below/file", 2048);
    assert_int_equal(check("data", 4096), 0);
    assert_int_equal(check("data", 1024), -1);
    assert_non_null(strstr(why, "its folder data holds more than 1 MB: remove files"));
}

/* What lies elsewhere is not its own. */
static void follows_no_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir("elsewhere", 0700), 0);
    put_file("elsewhere/file", 2048);
    assert_int_equal(mkdir("data", 0700), 0);
    assert_int_equal(symlink("../elsewhere", "data/link"), 0);
    assert_int_equal(check("data", 1024), 0);
    assert_int_equal(symlink("elsewhere", "link"), 0);
    assert_int_equal(check("link", 4096), -1);
    assert_non_null(strstr(why, "cannot look into its folder link"));
}

static void goes_only_so_deep(void **state)
{
    char path[64 + 2 * (FOLDER_DEPTH_MAX + 2)] = "data";
    size_t len = strlen(path);
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    for (unsigned i = 0; i <= FOLDER_DEPTH_MAX; i++) {
        assert_int_equal(check("data", 4096), 0);
        len += (size_t)snprintf(path + len, sizeof path - len, "/d");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    assert_int_equal(check("data", 4096), -1);
    assert_non_null(strstr(why, "folders in folders"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(counts_what_is_below),
        CASE(follows_no_links),
        CASE(goes_only_so_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
