#include "base/dirwatch.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char dir[64];
    char told[512]; /* "+name =name (whole) ~name (being written) -name * !" in order */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->dir, "/tmp/seshet-dirwatch-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    assert_int_equal(chdir(f->dir), 0);
    assert_int_equal(mkdir("d", 0700), 0);
    *state = f;
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(nftw(f->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(f);
    return 0;
}

static void note(void *arg, enum dirwatch_kind kind, const char *name)
{
    struct fixture *f = arg;
    static const char *const signs[] = {"+", "=", "~", "-", "*", "!"};
    size_t len = strlen(f->told);
    snprintf(f->told + len, sizeof f->told - len, "%s%s%s", len ? " " : "", signs[kind], name);
}

static const char *told(struct fixture *f, struct dirwatch *w)
{
    struct pollfd ready = {.fd = dirwatch_fd(w), .events = POLLIN};
    f->told[0] = 0;
    while (poll(&ready, 1, 0) == 1)
        dirwatch_read(w, note, f);
    return f->told;
}

static int open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static struct dirwatch *watch(const char *dir)
{
    char *error = NULL;
    struct dirwatch *w = dirwatch_open(dir, false, &error);
    assert_non_null(w);
    assert_null(error);
    return w;
}

static void tells_when_files_are_complete(void **state)
{
    struct fixture *f = *state;
    struct dirwatch *w = watch("d/");
    int fd = open_file("d/a");
    assert_string_equal(told(f, w), "~a");
    assert_int_equal(write(fd, "x", 1), 1);
    assert_string_equal(told(f, w), "~a");
    close(fd);
    assert_string_equal(told(f, w), "+a");
    assert_int_equal(rename("d/a", "d/b"), 0);
    assert_string_equal(told(f, w), "-a =b");
    assert_int_equal(unlink("d/b"), 0);
    assert_string_equal(told(f, w), "-b");
    assert_int_equal(mkdir("d/sub", 0700), 0);
    assert_int_equal(rmdir("d/sub"), 0);
    assert_string_equal(told(f, w), "");
    dirwatch_close(w);
}

static void tells_links(void **state)
{
    struct fixture *f = *state;
    struct dirwatch *w = watch("d");
    assert_int_equal(symlink("nowhere", "d/s"), 0);
    close(open_file("outside"));
    assert_int_equal(link("outside", "d/h"), 0);
    assert_string_equal(told(f, w), "=s =h");
    dirwatch_close(w);
}

/* As Kubernetes does it: ..data points to a folder with the files, and is renamed over. */
static void tells_a_swapped_data_link(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir("d/..one", 0700), 0);
    assert_int_equal(symlink("..one", "d/..data"), 0);
    struct dirwatch *w = watch("d");
    assert_int_equal(mkdir("d/..two", 0700), 0);
    assert_int_equal(symlink("..two", "d/..tmp"), 0);
    assert_int_equal(rename("d/..tmp", "d/..data"), 0);
    assert_non_null(strstr(told(f, w), "+..data"));
    dirwatch_close(w);
}

static void tells_that_the_folder_went_and_came(void **state)
{
    struct fixture *f = *state;
    struct dirwatch *w = watch("d");
    assert_int_equal(rename("d", "e"), 0);
    assert_string_equal(told(f, w), "!");
    dirwatch_close(w);
    w = watch("d");
    close(open_file("other"));
    assert_string_equal(told(f, w), "");
    assert_int_equal(mkdir("d", 0700), 0);
    assert_string_equal(told(f, w), "!");
    dirwatch_close(w);
    w = watch("d");
    assert_int_equal(rmdir("d"), 0);
    assert_string_equal(told(f, w), "!");
    dirwatch_close(w);
}

static void tells_a_swapped_link_to_the_folder(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir("e", 0700), 0);
    assert_int_equal(symlink("d", "link"), 0);
    struct dirwatch *w = watch("link");
    close(open_file("d/a"));
    assert_string_equal(told(f, w), "~a +a");
    assert_int_equal(symlink("e", "new"), 0);
    assert_int_equal(rename("new", "link"), 0);
    assert_string_equal(told(f, w), "!");
    dirwatch_close(w);
}

/* Of files, and of the folder, when it is asked for. */
static void tells_a_change_of_rights(void **state)
{
    struct fixture *f = *state;
    char *error = NULL;
    close(open_file("d/a"));
    struct dirwatch *without = watch("d");
    struct dirwatch *with = dirwatch_open("d", true, &error);
    assert_non_null(with);
    assert_int_equal(chmod("d/a", 0640), 0);
    assert_string_equal(told(f, with), "+a");
    assert_int_equal(chmod("d", 0750), 0);
    assert_string_equal(told(f, with), "!");
    assert_string_equal(told(f, without), "");
    dirwatch_close(with);
    dirwatch_close(without);
}

static void refuses_what_cannot_be_watched(void **state)
{
    char *error = NULL;
    (void)state;
    assert_null(dirwatch_open("no/such/folder", false, &error));
    assert_string_equal(error, "cannot watch no/such/folder: No such file or directory");
    free(error);
    dirwatch_close(NULL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(tells_when_files_are_complete),      CASE(tells_links),
        CASE(tells_a_swapped_data_link),          CASE(tells_that_the_folder_went_and_came),
        CASE(tells_a_swapped_link_to_the_folder), CASE(tells_a_change_of_rights),
        CASE(refuses_what_cannot_be_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
