/* log: files of channels, by day, and what is never in them. */
#include "room.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/seshet-log-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int end(void **state)
{
    (void)state;
    return chdir("/") || nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A file is exactly this. */
static void is(const char *path, const char *expected)
{
    char text[8192] = "";
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    assert_string_equal(text, expected);
}

static int entries(const char *path)
{
    int n = 0;
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

#define AT "2026-01-01T00:00:00Z "

static void test_lines(void **state)
{
    (void)state;
    seshet_test *t = room_open_permitted("log", "files");
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(seshet_test_restart(t, (char[512]){0}, 512), 0);
    seshet_test_say(t, "alice", "#Chan",
                    "hello \x02there\x02 \x03"
                    "04red");
    seshet_test_say(t, "alice", "bot", "a secret");
    seshet_test_notice(t, "alice", "bot", "a secret");
    seshet_test_action(t, "alice", "#chan", "waves");
    seshet_test_notice(t, "alice", "#chan", "note");
    seshet_test_join(t, "dave", "#chan");
    seshet_test_mode(t, "olga", "#chan", "+v", "dave");
    seshet_test_topic(t, "olga", "#chan", "new");
    seshet_test_nick(t, "dave", "dan");
    seshet_test_part(t, "dan", "#chan", "enough");
    seshet_test_kick(t, "olga", "#chan", "alice", "out");
    seshet_test_quit(t, "dan", "not here any more");
    seshet_test_quit(t, "bob", "");
    seshet_test_say(t, "olga", "#chan", "!echo hi");
    is("#chan/2026-01-01.log",
       AT "<alice> hello there red\n" AT "* alice waves\n" AT "-alice- note\n" AT
          "--> dave (dave@dave.test) joins\n" AT "--- olga sets +v dave\n" AT
          "--- olga changes the topic: new\n" AT "--- dave is now dan\n" AT
          "<-- dan leaves (enough)\n" AT "<-- olga kicks alice (out)\n" AT "<-- bob quits\n" AT
          "<olga> !echo hi\n");
    seshet_test_forward(t, INT64_C(86400) * 1000);
    seshet_test_say(t, "olga", "#chan", "tomorrow");
    is("#chan/2026-01-02.log", "2026-01-02T00:00:00Z <olga> tomorrow\n");
    assert_int_equal(entries("#chan"), 2);
    assert_int_equal(entries("."), 1);
    struct stat st;
    assert_int_equal(stat("#chan/2026-01-02.log", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    room_silent(t);
    seshet_test_close(t);
}

static void test_switches(void **state)
{
    (void)state;
    seshet_test *t = room_open_permitted("log", "files");
    room_answers(t, "alice", "!log", "#chan is logged, without formatting codes.");
    room_refuses(t, "alice", "!log off", "log", "do that");
    room_answers(t, "olga", "!log codes on", "#chan is logged, with formatting codes.");
    seshet_test_say(t, "alice", "#chan", "\x02x\x02");
    room_answers(t, "olga", "!log off", "#chan is not logged.");
    seshet_test_say(t, "alice", "#chan", "off the record");
    room_answers(t, "alice", "!log", "#chan is not logged.");
    seshet_test_quit(t, "bob", "off the record");
    /* A new process knows it as well. */
    assert_int_equal(seshet_test_restart(t, (char[512]){0}, 512), 0);
    seshet_test_say(t, "alice", "#chan", "off the record");
    seshet_test_say(t, "olga", "bot", "log off");
    room_hears(t, "PRIVMSG olga :I never log what is said in private. Say that in a channel.");
    room_answers(t, "olga", "!log sing",
                 "I can log or not: log on, log off, log codes on, log codes off.");
    room_answers(t, "olga", "!log on", "#chan is logged, with formatting codes.");
    room_answers(t, "olga", "!log codes off", "#chan is logged, without formatting codes.");
    seshet_test_store(t, SESHET_HERE, "off #two", "1");
    seshet_test_storage_away(t, 1);
    room_answers(t, "olga", "!log off",
                 "I cannot write that down now: the storage is away or refused.");
    assert_int_equal(seshet_test_restart(t, (char[512]){0}, 512), 0);
    seshet_test_say(t, "alice", "#chan", "off the record");
    room_answers(t, "alice", "!log",
                 "I cannot look that up now, so nothing is logged: the storage "
                 "is away or refused.");
    seshet_test_storage_away(t, 0);
    seshet_test_say(t, "alice", "#chan", "on again");
    char text[4096] = "";
    FILE *file = fopen("#chan/2026-01-01.log", "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    assert_null(strstr(text, "off the record"));
    assert_null(strstr(text, "bob quits"));
    assert_non_null(strstr(text, "<alice> \x02x\x02\n"));
    assert_non_null(strstr(text, "<alice> on again\n"));
    assert_non_null(strstr(text, "<olga> !log off\n"));
    seshet_test_close(t);
}

static void test_who_is_where(void **state)
{
    (void)state;
    seshet_test *t = room_open_permitted("log", "files");
    seshet_test_join(t, "dave", "#two");
    seshet_test_join(t, "erin", "#two");
    seshet_test_forward(t, 6000);
    seshet_test_quit(t, "dave", "bye");
    seshet_test_quit(t, "alice", "");
    seshet_test_nick(t, "erin", "eve");
    is("#two/2026-01-01.log",
       AT "--> bot (bot@bot.test) joins\n" AT "--> dave (dave@dave.test) joins\n" AT
          "--> erin (erin@erin.test) joins\n"
          "2026-01-01T00:00:06Z <-- dave quits (bye)\n"
          "2026-01-01T00:00:06Z --- erin is now eve\n");
    /* Who was there before the bot. */
    seshet_test_join(t, "bot", "#three");
    assert_true(seshet_test_raw(t, ":irc.test 353 bot = #three :bot zoe") >= 0);
    seshet_test_forward(t, 6000);
    seshet_test_quit(t, "zoe", "");
    is("#three/2026-01-01.log", "2026-01-01T00:00:06Z --> bot (bot@bot.test) joins\n"
                                "2026-01-01T00:00:12Z <-- zoe quits\n");
    seshet_test_close(t);
}

static void test_names(void **state)
{
    (void)state;
    char name[80] = "#../../../";
    seshet_test *t = room_open_permitted("log", "files");
    seshet_test_join(t, "dave", "#../..");
    assert_int_equal(entries("#%2e%2e%2f%2e%2e"), 1);
    seshet_test_join(t, "dave", "#A^\xc3\xa4");
    assert_int_equal(entries("#a~%c3%a4") + entries("#a%7e%c3%a4"), 0);
    memset(name + 10, '.', 60);
    seshet_test_join(t, "dave", name);
    name[70] = '/';
    seshet_test_join(t, "dave", name);
    assert_int_equal(entries("."), 5); /* #chan and these four, each of its own */
    seshet_test_close(t);
}

static void test_many_files(void **state)
{
    (void)state;
    char channel[32];
    seshet_test *t = room_open_permitted("log", "files");
    int before = entries("/proc/self/fd");
    for (int i = 0; i < 60; i++) {
        snprintf(channel, sizeof channel, "#c%d", i);
        seshet_test_join(t, "dave", channel);
    }
    assert_in_range(entries("/proc/self/fd") - before, 1, 16);
    seshet_test_say(t, "dave", "#c0", "again");
    assert_int_equal(entries("#c0"), 1);
    seshet_test_close(t);
}

static int told(seshet_test *t, const char *what)
{
    int times = 0;
    for (const char *line; (line = seshet_test_logged(t));)
        times += strstr(line, what) != NULL;
    return times;
}

static void test_what_fails(void **state)
{
    (void)state;
    seshet_test *t = room_open_permitted("log", "files");
    /* Where a folder should be is a file; and a link leads elsewhere. */
    FILE *file = fopen("#two", "we");
    assert_non_null(file);
    fclose(file);
    seshet_test_join(t, "dave", "#two");
    seshet_test_say(t, "dave", "#two", "x");
    assert_int_equal(told(t, "cannot open #two/2026-01-01.log: Not a directory"), 1);
    assert_int_equal(mkdir("#three", 0700), 0);
    assert_int_equal(symlink("/dev/null", "#three/2026-01-01.log"), 0);
    seshet_test_join(t, "dave", "#three");
    assert_int_equal(told(t, "cannot open #three/2026-01-01.log: Too many levels"), 1);
    /* A day has an end. */
    assert_int_equal(mkdir("#four", 0700), 0);
    file = fopen("#four/2026-01-01.log", "we");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), 64 << 20), 0);
    fclose(file);
    seshet_test_join(t, "dave", "#four");
    seshet_test_say(t, "dave", "#four", "x");
    assert_int_equal(told(t, "#four/2026-01-01.log is full: it goes on tomorrow"), 1);
    struct stat st;
    assert_int_equal(stat("#four/2026-01-01.log", &st), 0);
    assert_int_equal(st.st_size, 64 << 20);
    room_silent(t);
    seshet_test_close(t);
}

/* Said once, not at each start; and again to whoever switches it on again. */
static void test_permission(void **state)
{
    (void)state;
    static const char lacks[] = "info: nothing is logged: the module lacks the permission files; "
                                "give it with: seshetctl module set log permissions files";
    char why[SESHET_TEST_WHY_SIZE];
    char file[512];
    snprintf(file, sizeof file, SESHET_MODULES "/log.so");
    seshet_test *t = seshet_test_new();
    assert_int_equal(seshet_test_load(t, file, why, sizeof why), 0);
    assert_string_equal(seshet_test_logged(t), lacks);
    seshet_test_join(t, "alice", "#chan");
    room_answers(
        t, "alice", "!log",
        "I may not write logs: I lack the permission files. An owner gives it with: module "
        "set log permissions files");
    assert_int_equal(entries("."), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    assert_int_equal(told(t, "permission"), 0);
    assert_int_equal(seshet_test_enable(t, 0), 0);
    assert_int_equal(seshet_test_enable(t, 1), 0);
    assert_string_equal(seshet_test_logged(t), lacks);
    seshet_test_permit(t, "net files");
    assert_int_equal(seshet_test_restart(t, why, sizeof why), 0);
    assert_null(seshet_test_logged(t));
    assert_null(seshet_test_stored(t, SESHET_HERE, "told"));
    room_answers(t, "alice", "!log", "#chan is logged, without formatting codes.");
    assert_int_equal(entries("#chan"), 1);
    seshet_test_close(t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines),      TEST(test_switches),   TEST(test_who_is_where), TEST(test_names),
        TEST(test_many_files), TEST(test_what_fails), TEST(test_permission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
