#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "net/link/conn.h"
#include "net/link/joins.h"
#include "tests/unit/net_link/said.h"

struct fixture {
    struct joins j;
    struct isupport is;
    struct said said;
};

static struct joins_context at(struct fixture *f, int64_t now)
{
    return (struct joins_context){
        .network = "test", .isupport = &f->is, .me = "Bot", .now = now, .out = &f->said.sink};
}

static const char *set(struct fixture *f, int64_t now, size_t n, const struct conn_channel *list)
{
    struct joins_context ctx = at(f, now);
    joins_set(&f->j, list, n, &ctx);
    return said_take(&f->said);
}

static const char *online(struct fixture *f, int64_t now)
{
    struct joins_context ctx = at(f, now);
    joins_online(&f->j, &ctx);
    return said_take(&f->said);
}

static const char *feed(struct fixture *f, int64_t now, const char *line)
{
    struct joins_context ctx = at(f, now);
    joins_feed(&f->j, message(line), &ctx);
    return said_take(&f->said);
}

static const char *tick(struct fixture *f, int64_t now)
{
    struct joins_context ctx = at(f, now);
    joins_tick(&f->j, &ctx);
    return said_take(&f->said);
}

static const struct conn_channel abc[] = {{"#a", NULL}, {"#b", "key"}, {"#c", ""}};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    isupport_init(&f.is);
    said_init(&f.said);
    joins_init(&f.j);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    joins_free(&f->j);
    return 0;
}

static void test_few_at_a_time(void **state)
{
    struct fixture *f = *state;
    f->is.targmax_join = 2;
    set(f, 0, 3, abc);
    assert_string_equal(online(f, 0), "JOIN #b,#a key|JOIN #c");
    joins_offline(&f->j);
    f->is.targmax_join = 1;
    assert_string_equal(online(f, 0), "JOIN #b key|JOIN #a|JOIN #c");
}

static void enter_all(struct fixture *f, int64_t now)
{
    assert_string_equal(set(f, now, 3, abc), "");
    assert_string_equal(online(f, now), "JOIN #b,#a,#c key");
    feed(f, now, ":bot!u@h JOIN #a");
    feed(f, now, ":Bot!u@h JOIN #b * :real name");
    feed(f, now, ":Bot!u@h JOIN :#c");
    assert_int_equal(f->j.due_ms, INT64_MAX);
}

static void test_online(void **state)
{
    enter_all(*state, 0);
}

static void test_batches(void **state)
{
    struct fixture *f = *state;
    char names[25][64];
    struct conn_channel list[25];
    for (int i = 0; i < 25; i++) {
        snprintf(names[i], sizeof names[i], "#channel%d", i);
        list[i] = (struct conn_channel){.name = names[i]};
    }
    set(f, 0, 25, list);
    const char *text = online(f, 0);
    int lines = 1;
    for (const char *s = text; (s = strchr(s, '|')); s++)
        lines++;
    assert_int_equal(lines, 3);
    assert_non_null(strstr(text, "#channel9|JOIN #channel10,"));
    assert_non_null(strstr(text, ",#channel24"));
}

/* Long names and keys: each line within 512 bytes. */
static void test_long_names(void **state)
{
    struct fixture *f = *state;
    char names[8][191];
    char key[191];
    struct conn_channel list[8];
    memset(key, 'k', 190);
    key[190] = '\0';
    for (int i = 0; i < 8; i++) {
        memset(names[i], 'a' + i, 190);
        names[i][0] = '#';
        names[i][190] = '\0';
        list[i] = (struct conn_channel){names[i], i % 2 ? key : NULL};
    }
    set(f, 0, 8, list);
    const char *text = online(f, 0);
    for (int i = 0; i < 8; i++)
        assert_non_null(strstr(text, names[i]));
    while (*text) {
        size_t len = strcspn(text, "|");
        assert_in_range(len, 1, 510);
        text += len + (text[len] == '|');
    }
}

static void test_unsound_names(void **state)
{
    struct fixture *f = *state;
    const struct conn_channel list[] = {{"#a b", NULL},  {"#a,0", NULL}, {"", NULL},
                                        {"#fine", NULL}, {"#x", "a b"},  {"#y", "a\n"}};
    set(f, 0, 6, list);
    assert_string_equal(online(f, 0), "JOIN #fine");
}

static void test_kick(void **state)
{
    struct fixture *f = *state;
    enter_all(f, 0);
    assert_string_equal(feed(f, 1000, ":op!u@h KICK #A someone :x"), "");
    assert_int_equal(f->j.due_ms, INT64_MAX);
    assert_string_equal(feed(f, 1000, ":op!u@h KICK #A bOT :out"), "");
    assert_in_range(f->j.due_ms, 3500, 6000);
    assert_string_equal(tick(f, 3499), "");
    assert_string_equal(tick(f, 6000), "JOIN #a");
    feed(f, 6001, ":Bot!u@h JOIN #a");
    /* Kicked again at once: later. */
    feed(f, 6002, ":op!u@h KICK #a Bot");
    assert_in_range(f->j.due_ms, 6002 + 5000, 6002 + 10000);
    tick(f, 16002);
    feed(f, 16003, ":Bot!u@h JOIN #a");
    /* Kicked after a long stay: soon again. */
    feed(f, 16003 + 600000, ":op!u@h KICK #a Bot");
    assert_in_range(f->j.due_ms, 616003, 616003 + 5000);
}

static void test_forced_part(void **state)
{
    struct fixture *f = *state;
    enter_all(f, 0);
    feed(f, 10, ":other!u@h PART #a");
    assert_int_equal(f->j.due_ms, INT64_MAX);
    feed(f, 10, ":Bot!u@h PART #b,#c :SAPART");
    assert_string_equal(tick(f, 5010), "JOIN #b,#c key");
}

static void test_closed_channels(void **state)
{
    struct fixture *f = *state;
    static const int numerics[] = {437, 471, 473, 474, 475, 477};
    for (size_t i = 0; i < sizeof numerics / sizeof *numerics; i++) {
        char line[64];
        int64_t start = (int64_t)i * 10000000;
        set(f, start, 1, abc);
        assert_string_equal(online(f, start), "JOIN #a");
        snprintf(line, sizeof line, ":s %d Bot #a :closed", numerics[i]);
        feed(f, start, line);
        assert_in_range(f->j.due_ms, start + 30000, start + 60000);
        assert_string_equal(tick(f, start + 60000), "JOIN #a");
        feed(f, start + 60000, line);
        assert_in_range(f->j.due_ms, start + 120000, start + 180000);
        joins_offline(&f->j);
        assert_int_equal(f->j.due_ms, INT64_MAX);
        assert_string_equal(tick(f, start + 1000000), "");
    }
}

static void test_impossible_channels(void **state)
{
    struct fixture *f = *state;
    set(f, 0, 3, abc);
    online(f, 0);
    feed(f, 0, ":s 403 Bot #a :No such channel");
    feed(f, 0, ":s 405 Bot #b :Too many");
    feed(f, 0, ":s 476 Bot #c :Bad mask");
    assert_int_equal(f->j.due_ms, INT64_MAX);
    /* The next connection may bring it, and so may whoever names it again. */
    joins_offline(&f->j);
    assert_string_equal(online(f, 9), "JOIN #b,#a,#c key");
    feed(f, 10, ":s 403 Bot #a :No such channel");
    assert_string_equal(set(f, 11, 3, abc), "JOIN #a");
}

static void test_no_answer(void **state)
{
    struct fixture *f = *state;
    set(f, 0, 1, abc);
    online(f, 0);
    assert_string_equal(tick(f, 120000), "");
    assert_string_equal(tick(f, 180000), "JOIN #a");
}

static void test_forward(void **state)
{
    struct fixture *f = *state;
    set(f, 0, 1, abc);
    online(f, 0);
    feed(f, 1, ":s 470 Bot #a ##other :Forwarding to another channel");
    feed(f, 1, ":Bot!u@h JOIN ##other");
    assert_int_equal(f->j.due_ms, INT64_MAX);
    feed(f, 2, ":op!u@h KICK ##other Bot :wrong place");
    assert_string_equal(tick(f, 5002), "JOIN #a");
    feed(f, 5003, ":s 470 Bot #a ##other :Forwarding to another channel");
    feed(f, 5003, ":Bot!u@h JOIN ##other");
    assert_string_equal(set(f, 5004, 0, NULL), "PART ##other");
}

static void test_changes(void **state)
{
    struct fixture *f = *state;
    static const struct conn_channel next[] = {{"#C", NULL}, {"#d", NULL}, {"#D", "twice"}};
    enter_all(f, 0);
    assert_string_equal(set(f, 1, 3, next), "PART #a|PART #b|JOIN #d twice");
    assert_int_equal(f->j.n, 2);
    feed(f, 2, ":Bot!u@h PART #a");
    feed(f, 2, ":Bot!u@h PART #b");
    assert_string_equal(tick(f, 100000), "");
}

/* Out and in again before the server has answered: its PART is no reason to wait. */
static void test_change_of_mind(void **state)
{
    struct fixture *f = *state;
    set(f, 0, 1, abc);
    online(f, 0);
    feed(f, 0, ":Bot!u@h JOIN #a");
    assert_string_equal(set(f, 1, 0, NULL), "PART #a");
    assert_string_equal(set(f, 1, 1, abc), "JOIN #a");
    feed(f, 2, ":Bot!u@h PART #a");
    feed(f, 2, ":Bot!u@h JOIN #a");
    assert_int_equal(f->j.due_ms, INT64_MAX);
    assert_int_equal(f->j.entries[0].backoff.failures, 0);
}

static void test_queue_full(void **state)
{
    struct fixture *f = *state;
    set(f, 0, 1, abc);
    f->said.refuse = 1;
    assert_string_equal(online(f, 0), "");
    f->said.refuse = 0;
    assert_string_equal(tick(f, 5000), "JOIN #a");
}

static void test_rubbish(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {
        "JOIN",          ":Bot JOIN", ":Bot JOIN ,,,",  ":Bot PART",
        "KICK",          "KICK #a",   ":x KICK #a Bot", ":s 470 Bot",
        ":s 470 Bot #a", ":s 471",    ":s 403 Bot",     ":s 437 Bot Bot :nick",
    };
    enter_all(f, 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_string_equal(feed(f, 1, lines[i]), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_online),      TEST(test_batches),         TEST(test_few_at_a_time),
        TEST(test_long_names),  TEST(test_unsound_names),   TEST(test_kick),
        TEST(test_forced_part), TEST(test_closed_channels), TEST(test_impossible_channels),
        TEST(test_no_answer),   TEST(test_forward),         TEST(test_changes),
        TEST(test_queue_full),  TEST(test_change_of_mind),  TEST(test_rubbish),
    };
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
