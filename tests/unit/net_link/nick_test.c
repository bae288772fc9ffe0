#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/link/nick.h"
#include "tests/unit/net_link/said.h"

static const char *const alternates[] = {"other", "third"};

struct fixture {
    struct nick n;
    struct isupport is;
    struct said said;
};

static void begin(struct fixture *f, size_t nalternates)
{
    memset(&f->n, 0, sizeof f->n);
    isupport_init(&f->is);
    said_init(&f->said);
    f->n.wanted = "Bot";
    f->n.alternates = alternates;
    f->n.nalternates = nalternates;
    nick_begin(&f->n, &f->said.sink);
    assert_string_equal(said_take(&f->said), "NICK Bot");
}

static const char *refused(struct fixture *f, int numeric)
{
    assert_int_equal(nick_refused(&f->n, numeric, &f->said.sink), 0);
    return said_take(&f->said);
}

static const char *feed(struct fixture *f, int64_t now, const char *line)
{
    nick_feed(&f->n, &f->is, message(line), now, &f->said.sink);
    return said_take(&f->said);
}

static const char *tick(struct fixture *f, int64_t now)
{
    nick_tick(&f->n, &f->is, now, &f->said.sink);
    return said_take(&f->said);
}

/* Online at time 0 under a nick that is not the wanted one. */
static void online_as(struct fixture *f, const char *name)
{
    begin(f, 2);
    nick_welcomed(&f->n, name);
    nick_online(&f->n, &f->is, 0, &f->said.sink);
}

static void test_candidates(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 2);
    assert_string_equal(refused(&f, 433), "NICK other");
    assert_string_equal(refused(&f, 433), "NICK third");
    assert_string_equal(refused(&f, 433), "NICK Bot_");
    assert_string_equal(refused(&f, 433), "NICK Bot__");
    assert_string_equal(refused(&f, 433), "NICK Bot___");
    assert_string_equal(refused(&f, 433), "NICK Bot2");
    assert_string_equal(refused(&f, 433), "NICK Bot3");
}

static void test_candidates_fit(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 0);
    f.n.wanted = "Botbotbot";
    assert_string_equal(refused(&f, 433), "NICK Botbotbo_");
    assert_string_equal(refused(&f, 433), "NICK Botbotb__");
    f.n.wanted = "Botbotbotbotbot";
    assert_string_equal(refused(&f, 433), "NICK Botbotbotbot___");
    assert_string_equal(refused(&f, 433), "NICK Botbotbotbotbo2");
}

static void test_storm_ends(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 2);
    for (int i = 0; i < NICK_TRIES_MAX; i++)
        refused(&f, 433);
    assert_int_equal(nick_refused(&f.n, 433, &f.said.sink), -1);
    assert_string_equal(said_take(&f.said), "");
    assert_int_equal(f.n.rejected, 0);
}

static void test_own_nick(void **state)
{
    (void)state;
    struct fixture f;
    online_as(&f, "Bot");
    assert_int_equal(f.n.due_ms, INT64_MAX);
    feed(&f, 0, ":someone!u@h NICK else");
    assert_string_equal(f.n.current, "Bot");
    feed(&f, 0, ":bOT!u@h NICK Guest[1]");
    assert_string_equal(f.n.current, "Guest[1]");
    assert_true(nick_is_me(&f.n, &f.is, "guest{1}"));
    f.is.casemapping = CASEMAPPING_ASCII;
    assert_false(nick_is_me(&f.n, &f.is, "guest{1}"));
    assert_false(nick_is_me(&f.n, &f.is, NULL));
}

static void test_ison(void **state)
{
    (void)state;
    struct fixture f;
    online_as(&f, "other");
    assert_string_equal(said_take(&f.said), "");
    assert_string_equal(tick(&f, 14999), "");
    assert_string_equal(tick(&f, 15000), "ISON Bot");
    assert_string_equal(feed(&f, 15001, ":s 303 other :bot"), "");
    assert_string_equal(tick(&f, 74999), "");
    assert_string_equal(tick(&f, 75000), "ISON Bot");
    assert_string_equal(feed(&f, 75001, ":s 303 other :"), "NICK Bot");
    feed(&f, 75002, ":other!u@h NICK Bot");
    assert_string_equal(f.n.current, "Bot");
    assert_int_equal(f.n.due_ms, INT64_MAX);
}

static void test_monitor(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 2);
    f.is.monitor = true;
    nick_welcomed(&f.n, "other");
    nick_online(&f.n, &f.is, 0, &f.said.sink);
    assert_string_equal(said_take(&f.said), "MONITOR + Bot");
    assert_int_equal(f.n.due_ms, INT64_MAX);
    assert_string_equal(feed(&f, 1, ":s 731 other :Botty,x!y@z"), "");
    assert_string_equal(feed(&f, 2, ":s 731 other :Botty,bot"), "NICK Bot");
    assert_string_equal(feed(&f, 3, ":other!u@h NICK :Bot"), "MONITOR - Bot");
}

static void test_holder_leaves(void **state)
{
    (void)state;
    struct fixture f;
    online_as(&f, "other");
    assert_string_equal(feed(&f, 1, ":nobody!u@h QUIT :x"), "");
    assert_string_equal(feed(&f, 1, ":BOT!u@h NICK bot"), "");
    assert_string_equal(feed(&f, 1, ":BOT!u@h QUIT :x"), "NICK Bot");
    online_as(&f, "other");
    assert_string_equal(feed(&f, 1, ":bot!u@h NICK away"), "NICK Bot");
}

/* Services that take the nick away again and again are not fought without pause. */
static void test_taken_away(void **state)
{
    (void)state;
    struct fixture f;
    online_as(&f, "other");
    assert_string_equal(feed(&f, 1, ":bot!u@h QUIT :x"), "NICK Bot");
    assert_string_equal(feed(&f, 2, ":s 433 other Bot :in use"), "");
    assert_string_equal(feed(&f, 3, ":bot!u@h QUIT :x"), "");
    assert_string_equal(tick(&f, 30001), "ISON Bot");
    assert_string_equal(feed(&f, 30002, ":s 303 other :"), "NICK Bot");
    assert_string_equal(feed(&f, 30003, ":s 438 other Bot :too fast"), "");
    assert_string_equal(feed(&f, 60003, ":bot!u@h QUIT :x"), "");
    assert_string_equal(feed(&f, 90003, ":bot!u@h QUIT :x"), "NICK Bot");
}

static void test_unanswered(void **state)
{
    (void)state;
    struct fixture f;
    online_as(&f, "other");
    assert_string_equal(feed(&f, 1, ":bot!u@h QUIT :x"), "NICK Bot");
    assert_string_equal(feed(&f, 2, ":bot!u@h QUIT :x"), "");
    assert_string_equal(tick(&f, 60001), "ISON Bot");
    assert_string_equal(feed(&f, 60002, ":s 303 other :"), "NICK Bot");
}

static void test_invalid_here(void **state)
{
    (void)state;
    struct fixture f;
    online_as(&f, "other");
    feed(&f, 1, ":bot!u@h QUIT :x");
    feed(&f, 2, ":s 432 other Bot :Erroneous nickname");
    assert_int_equal(f.n.due_ms, INT64_MAX);
    assert_string_equal(feed(&f, 99999, ":bot!u@h QUIT :x"), "");
}

static void test_cut_by_server(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 0);
    f.n.wanted = "Botbotbotbot";
    nick_welcomed(&f.n, "Botbotbot");
    nick_online(&f.n, &f.is, 0, &f.said.sink);
    assert_int_equal(f.n.due_ms, INT64_MAX);
}

static void test_change(void **state)
{
    (void)state;
    struct fixture f;
    online_as(&f, "Bot");
    f.n.wanted = "New";
    nick_change(&f.n, &f.is, "Bot", 5, &f.said.sink);
    assert_string_equal(said_take(&f.said), "NICK New");
    feed(&f, 6, ":Bot!u@h NICK New");
    assert_string_equal(f.n.current, "New");
    nick_change(&f.n, &f.is, "New", 7, &f.said.sink);
    assert_string_equal(said_take(&f.said), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_candidates),    cmocka_unit_test(test_candidates_fit),
        cmocka_unit_test(test_storm_ends),    cmocka_unit_test(test_own_nick),
        cmocka_unit_test(test_ison),          cmocka_unit_test(test_monitor),
        cmocka_unit_test(test_holder_leaves), cmocka_unit_test(test_taken_away),
        cmocka_unit_test(test_unanswered),    cmocka_unit_test(test_invalid_here),
        cmocka_unit_test(test_cut_by_server), cmocka_unit_test(test_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
