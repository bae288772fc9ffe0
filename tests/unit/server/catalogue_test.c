#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

static const struct module_decl *worker(struct harness *h)
{
    return supervisor_find(h->sup, "worker");
}

static void begins_empty(void **state)
{
    struct harness *h = *state;
    harness_begin(h);
    assert_int_equal(h->modules_calls, 1);
    assert_null(supervisor_module(h->sup, 0));
}

static void the_user_folder_hides_the_system_folder(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_install(h->system_dir, "worker", WORKERS "/two/worker.so");
    harness_begin(h);
    assert_true(harness_has_version(h, "worker", "one"));
    const struct module_decl *decl = worker(h);
    uint32_t serial = decl->serial;
    /* What is hidden may change. */
    unsigned calls = h->modules_calls;
    harness_install(h->system_dir, "worker", WORKERS "/three/worker.so");
    harness_run_ms(h, 200);
    assert_int_equal(h->modules_calls, calls);
    assert_int_equal(decl->serial, serial);
    harness_remove(h->user_dir, "worker");
    harness_until(h, harness_has_version(h, "worker", "three"));
    assert_false(decl->from_user_dir);
    assert_true(decl->serial > serial);
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_until(h, harness_has_version(h, "worker", "one"));
    assert_ptr_equal(worker(h), decl);
}

static void appears_and_goes(void **state)
{
    struct harness *h = *state;
    harness_begin(h);
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_until(h, harness_present(h, "worker"));
    harness_remove(h->user_dir, "worker");
    harness_until(h, !harness_present(h, "worker"));
    assert_int_equal(worker(h)->ncommands, 0);
    assert_string_equal(worker(h)->version, "");
    assert_int_equal(h->errors, 0);
}

/* A linker unlinks its target, and writes it anew. */
static void a_short_absence_is_a_replacement(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    unsigned calls = h->modules_calls;
    harness_remove(h->user_dir, "worker");
    harness_run_ms(h, 100);
    assert_true(harness_present(h, "worker"));
    harness_install(h->user_dir, "worker", WORKERS "/two/worker.so");
    harness_until(h, harness_has_version(h, "worker", "two"));
    assert_int_equal(h->modules_calls, calls + 1);
}

static void tells_why_a_file_is_refused(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "wrong_abi", TEST_MODULES "/wrong_abi.so");
    harness_install(h->user_dir, "segv_constructor", TEST_MODULES "/segv_constructor.so");
    harness_install(h->user_dir, "other_name", WORKERS "/one/worker.so");
    harness_install(h->user_dir, "Bad Name", WORKERS "/one/worker.so");
    harness_install(h->user_dir, "text", "/etc/hostname");
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    assert_int_equal(h->errors, 5);
    size_t refused = 0;
    for (size_t i = 0; supervisor_module(h->sup, i); i++) {
        const struct module_decl *decl = supervisor_module(h->sup, i);
        assert_int_equal(decl->present, !strcmp(decl->name, "worker"));
        assert_int_equal(decl->present, !decl->error);
        refused += decl->error != NULL;
    }
    assert_int_equal(refused, 5);
    assert_non_null(strstr(supervisor_find(h->sup, "wrong_abi")->error, "ABI"));
    assert_non_null(strstr(supervisor_find(h->sup, "Bad Name")->error, "rename it"));
    /* A wrong file that goes away is no error any more. */
    harness_remove(h->user_dir, "text");
    harness_until(h, !supervisor_find(h->sup, "text")->error);
}

static void put_text(const char *folder, const char *prefix, unsigned i)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s%u.so", folder, prefix, i);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fclose(f);
}

/* More names than can be known at once, one after another; a wrong name is refused unread. */
static void forgets_names_that_are_gone(void **state)
{
    struct harness *h = *state;
    char path[160];
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    for (unsigned i = 0; i < 1023; i++)
        put_text(h->user_dir, "OLD", i);
    harness_begin(h);
    harness_network(h, "net");
    harness_until(h, harness_present(h, "worker") && h->errors == 1023);
    assert_int_not_equal(harness_send(h, "net", "worker", "slow", ""), 0);
    harness_remove(h->user_dir, "worker");
    harness_until(h, !harness_present(h, "worker") && h->nsaid == 1);
    const struct module_decl *held = worker(h);
    for (unsigned i = 0; i < 1023; i++) {
        snprintf(path, sizeof path, "%s/OLD%u.so", h->user_dir, i);
        assert_int_equal(unlink(path), 0);
    }
    harness_until(h, !supervisor_find(h->sup, "OLD1022")->error);
    harness_install(h->user_dir, "echo", MODULES "/echo.so");
    harness_until(h, harness_present(h, "echo"));
    for (unsigned i = 0; i < 1000; i++)
        put_text(h->user_dir, "NEW", i);
    harness_until(h, h->errors == 2023);
    /* What a module host still wants keeps its name, until it does not. */
    assert_ptr_equal(worker(h), held);
    assert_string_equal(held->name, "worker");
    supervisor_want_begin(h->sup, "net");
    supervisor_want_end(h->sup, "net");
    harness_until(h, harness_hosts(h).hosts == 0);
    for (unsigned i = 0; i < 22; i++)
        put_text(h->user_dir, "LAST", i);
    harness_until(h, h->errors == 2045);
    put_text(h->user_dir, "LAST", 22);
    harness_until(h, h->errors == 2046);
    assert_null(worker(h));
    assert_true(harness_present(h, "echo"));
    size_t n = 0;
    while (supervisor_module(h->sup, n))
        n++;
    assert_int_equal(n, 1024);
}

static void the_name_of_the_core_is_refused(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "core", WORKERS "/one/worker.so");
    harness_begin(h);
    assert_false(harness_present(h, "core"));
    assert_non_null(strstr(h->error, "the server's own commands"));
}

/* Closed before it was whole, as by a copy that was broken off. */
static void a_cut_file_is_mended_by_its_rest(void **state)
{
    struct harness *h = *state;
    harness_begin(h);
    harness_write_part(h->user_dir, "worker", WORKERS "/one/worker.so", 5000);
    harness_until(h, h->errors == 1);
    assert_false(harness_present(h, "worker"));
    harness_write_part(h->user_dir, "worker", WORKERS "/one/worker.so", SIZE_MAX);
    harness_until(h, harness_present(h, "worker"));
    assert_null(worker(h)->error);
}

/* As ld does it: the old file goes, and the new one grows while other files come and go. */
static void a_file_that_is_written_is_waited_for(void **state)
{
    struct harness *h = *state;
    char path[256];
    char buf[4096];
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    uint32_t serial = worker(h)->serial;
    snprintf(path, sizeof path, "%s/worker.so", h->user_dir);
    int from = open(WORKERS "/two/worker.so", O_RDONLY);
    assert_int_equal(unlink(path), 0);
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);
    assert_true(from >= 0 && to >= 0);
    for (unsigned i = 0; i < 4; i++) {
        put_text(h->user_dir, "other", i); /* the folder is listed */
        harness_until(h, h->errors == i + 1);
        assert_int_equal(worker(h)->serial, serial);
        assert_null(worker(h)->error);
        ssize_t n = read(from, buf, sizeof buf);
        assert_int_equal(write(to, buf, (size_t)n), n);
    }
    for (ssize_t n; (n = read(from, buf, sizeof buf)) > 0;)
        assert_int_equal(write(to, buf, (size_t)n), n);
    close(from);
    close(to);
    harness_until(h, worker(h)->serial > serial);
    assert_null(worker(h)->error);
    assert_int_equal(h->errors, 4);
}

static void on_reloaded(void *arg)
{
    ++*(unsigned *)arg;
}

static void saving_the_same_file_again_is_a_new_version(void **state)
{
    struct harness *h = *state;
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    uint32_t serial = worker(h)->serial;
    harness_write_part(h->user_dir, "worker", WORKERS "/one/worker.so", SIZE_MAX);
    harness_until(h, worker(h)->serial > serial);
    /* Looking again changes nothing. */
    unsigned calls = h->modules_calls;
    unsigned done = 0;
    supervisor_reload(h->sup, NULL, on_reloaded, &done);
    harness_until(h, done == 1);
    assert_int_equal(h->modules_calls, calls);
}

static void a_reload_tells_when_it_is_done(void **state)
{
    struct harness *h = *state;
    unsigned done = 0;
    harness_install(h->user_dir, "worker", WORKERS "/one/worker.so");
    harness_begin(h);
    uint32_t serial = worker(h)->serial;
    /* All: nothing has changed. */
    supervisor_reload(h->sup, NULL, on_reloaded, &done);
    assert_int_equal(done, 0);
    harness_until(h, done == 1);
    assert_int_equal(worker(h)->serial, serial);
    /* One: anew, though it is the same file. */
    supervisor_reload(h->sup, "worker", on_reloaded, &done);
    harness_until(h, done == 2);
    assert_true(worker(h)->serial > serial);
    /* A file that was put there just now, and none. */
    harness_install(h->user_dir, "fresh", "/etc/hostname");
    supervisor_reload(h->sup, "fresh", on_reloaded, &done);
    supervisor_reload(h->sup, "nothing", on_reloaded, &done);
    harness_until(h, done == 4);
    assert_non_null(supervisor_find(h->sup, "fresh")->error);
    assert_null(supervisor_find(h->sup, "nothing"));
    /* One that is gone. */
    harness_remove(h->user_dir, "worker");
    supervisor_reload(h->sup, "worker", on_reloaded, &done);
    harness_until(h, done == 5);
    assert_false(harness_present(h, "worker"));
    /* At the end nobody is left waiting. */
    supervisor_reload(h->sup, "worker", on_reloaded, &done);
    supervisor_stop(h->sup, NULL, NULL);
    assert_int_equal(done, 6);
}

static void link_to(const char *target, const char *folder, const char *name)
{
    char part[128];
    char whole[128];
    snprintf(part, sizeof part, "%s/%s.tmp", folder, name);
    snprintf(whole, sizeof whole, "%s/%s", folder, name);
    assert_int_equal(symlink(target, part), 0);
    assert_int_equal(rename(part, whole), 0);
}

static void follows_links_that_are_swapped(void **state)
{
    struct harness *h = *state;
    link_to(WORKERS "/one", h->user_dir, "..data");
    link_to("..data/worker.so", h->user_dir, "worker.so");
    harness_begin(h);
    assert_true(harness_has_version(h, "worker", "one"));
    link_to(WORKERS "/two", h->user_dir, "..data");
    harness_until(h, harness_has_version(h, "worker", "two"));
    /* And the folder itself. */
    char away[128];
    snprintf(away, sizeof away, "%s.away", h->user_dir);
    assert_int_equal(rename(h->user_dir, away), 0);
    harness_until(h, !harness_present(h, "worker"));
    assert_int_equal(mkdir(h->user_dir, 0700), 0);
    harness_run_ms(h, 50);
    harness_install(h->user_dir, "worker", WORKERS "/three/worker.so");
    harness_until(h, harness_has_version(h, "worker", "three"));
}

/* The first child of this process; 0: it has none. */
static int find_child(void)
{
    char path[64];
    int pid = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "re");
    assert_non_null(children);
    if (fscanf(children, "%d", &pid) != 1) // NOLINT: the kernel writes a number
        pid = 0;
    fclose(children);
    return pid;
}

/* The kernel for want of memory, or somebody who ends all processes of that name. */
static void a_look_that_somebody_ends_begins_again(void **state)
{
    struct harness *h = *state;
    int before = 0;
    harness_begin(h);
    harness_install(h->user_dir, "worker", WORKERS "/hang_constructor/worker.so");
    for (int i = 0; i < 3; i++) {
        int pid = 0;
        harness_until(h, (pid = find_child()) != 0 && pid != before);
        assert_int_equal(h->errors, 0);
        assert_int_equal(kill(pid, i % 2 ? SIGTERM : SIGKILL), 0);
        before = pid;
    }
    harness_until(h, h->errors == 1);
    assert_non_null(strstr(h->error, "killed"));
    assert_int_equal(find_child(), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(begins_empty),
        CASE(the_user_folder_hides_the_system_folder),
        CASE(appears_and_goes),
        CASE(a_short_absence_is_a_replacement),
        CASE(tells_why_a_file_is_refused),
        CASE(forgets_names_that_are_gone),
        CASE(the_name_of_the_core_is_refused),
        CASE(a_cut_file_is_mended_by_its_rest),
        CASE(a_file_that_is_written_is_waited_for),
        CASE(saving_the_same_file_again_is_a_new_version),
        CASE(a_reload_tells_when_it_is_done),
        CASE(follows_links_that_are_swapped),
        CASE(a_look_that_somebody_ends_begins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
