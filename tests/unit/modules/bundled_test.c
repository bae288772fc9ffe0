/* The bundled modules in a real host, with a little storage in the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "driver.h"

static const char *const echo[] = {SESHET_MODULES "/echo.so"};
static const char *const dice[] = {SESHET_MODULES "/dice.so"};
static const char *const seen[] = {SESHET_MODULES "/seen.so"};

static const char *command(struct driver *d, const char *text)
{
    static uint64_t number;
    struct ipc_event e = driver_event(++number, SESHET_COMMAND, 0, "#chan", text);
    return driver_ask(d, &e);
}

static void test_echo(void **state)
{
    (void)state;
    struct driver d;
    driver_start(&d, NULL, NULL);
    driver_ready(&d, echo, 1);
    assert_string_equal(command(&d, "!echo hello %s %n"), "alice: hello %s %n");
    assert_string_equal(command(&d, "!echo"), "alice: Tell me what to say: echo TEXT");
    struct ipc_event e = driver_event(100, SESHET_COMMAND, 0, "", "echo in private");
    assert_string_equal(driver_ask(&d, &e), "in private");
    char *text = xmalloc(17001);
    memset(text, 'x', 17000);
    text[17000] = 0;
    e = driver_event(101, SESHET_COMMAND, 0, "#chan", "!echo");
    e.args = text + 7000;
    assert_int_equal(strlen(driver_ask(&d, &e)), 10000 + strlen("alice: "));
    /* Too long for one call: the call fails, the event is done. */
    e.args = text;
    e.number = 102;
    ipc_put_event(&d.out, &e);
    driver_flush(&d);
    driver_take(&d, FRAME_DONE);
    free(text);
    struct ipc_log log;
    e = driver_event(103, SESHET_CONNECTED, IPC_SUBSCRIPTION, "", "");
    ipc_put_event(&d.out, &e);
    driver_flush(&d);
    struct frame f = driver_take(&d, FRAME_LOG);
    assert_int_equal(ipc_get_log(&f, &log), 0);
    assert_string_equal(log.text, "listening on testnet as bot");
    driver_take(&d, FRAME_DONE);
    driver_end(&d);
}

/* The numbers of "alice: 3 + 5 + 1 = 9"; gives how many there are. */
static int numbers(const char *text, long n[4])
{
    int count = 0;
    text += strlen("alice: ");
    while (count < 4) {
        char *end;
        n[count++] = strtol(text, &end, 10);
        assert_ptr_not_equal(end, text);
        if (!*end)
            return count;
        assert_true(strncmp(end, " + ", 3) == 0 || strncmp(end, " = ", 3) == 0);
        text = end + 3;
    }
    return -1;
}

static void test_dice(void **state)
{
    (void)state;
    struct driver d;
    long n[4];
    driver_start(&d, NULL, NULL);
    driver_ready(&d, dice, 1);
    unsigned faces = 0;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(numbers(command(&d, "!roll"), n), 1);
        assert_in_range(n[0], 1, 6);
        faces |= 1U << n[0];
    }
    assert_int_equal(faces, 0x7e);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(numbers(command(&d, "!roll 2d6+10"), n), 4);
        assert_in_range(n[0], 1, 6);
        assert_in_range(n[1], 1, 6);
        assert_int_equal(n[2], 10);
        assert_int_equal(n[3], n[0] + n[1] + 10);
    }
    assert_string_equal(command(&d, "!roll 1d1-2"), "alice: 1 - 2 = -1");
    assert_string_equal(command(&d, "!roll 1d1 + 2"), "alice: 1 + 2 = 3");
    assert_string_equal(command(&d, "!roll D1"), "alice: 1");
    assert_string_equal(command(&d, "!roll 100d1"), "alice: 100");
    assert_int_equal(numbers(command(&d, "!roll 20"), n), 1);
    assert_in_range(n[0], 1, 20);
    static const char *const wrong[] = {"0d6",   "101d6", "2d0",   "2d1000001",
                                        "2d",    "x",     "2d6+",  "2x6",
                                        "2d6+x", "-1d6",  "2d6 3", "99999999999999999999d6"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[64];
        snprintf(text, sizeof text, "!roll %s", wrong[i]);
        assert_non_null(strstr(command(&d, text), "; try roll 2d6+1"));
    }
    driver_end(&d);
}

/* ---- seen ------------------------------------------------------------------------------------ */

enum { STORED_MAX = 24 };

struct seen_test {
    struct driver d;
    uint64_t number;
    int64_t now;
    int away; /* the storage is */
    int64_t nicks;
    int sets; /* of records; '#' begins keys of the index */
    char keys[STORED_MAX][64];
    char values[STORED_MAX][2048];
    int stored;
    char said[2048]; /* by the last event; "" for nothing */
};

static int find_key(struct seen_test *t, const char *key)
{
    int i = 0;
    while (i < t->stored && strcmp(t->keys[i], key) != 0)
        i++;
    return i;
}

static void answer(struct seen_test *t, const struct frame *f)
{
    struct ipc_ask ask;
    assert_int_equal(ipc_get_ask(f, &ask), 0);
    assert_int_equal(ask.scope, SESHET_HERE);
    struct ipc_answer a = {.question = ask.question, .status = t->away ? SESHET_ESTORAGE : 0};
    int at = find_key(t, ask.key);
    if (ask.op == IPC_SET) {
        t->sets += ask.key[0] != '#';
        if (!t->away) {
            assert_true(at < STORED_MAX);
            t->stored += at == t->stored;
            snprintf(t->keys[at], sizeof t->keys[at], "%s", ask.key);
            snprintf(t->values[at], sizeof t->values[at], "%s", ask.value);
        }
    } else if (ask.op == IPC_KEYS && !t->away) {
        a.value = ""; /* there are none */
    } else if (ask.op == IPC_INCREMENT) {
        a.number = ++t->nicks;
    } else if (!t->away && at == t->stored) {
        a.status = SESHET_ENOTFOUND;
    } else if (!t->away) {
        a.value = t->values[at];
    }
    ipc_put_answer(&t->d.out, &a);
    driver_flush(&t->d);
}

/* Serves questions until the event is done, or until the end when it is a STOP. */
static void serve(struct seen_test *t)
{
    struct frame f;
    t->said[0] = 0;
    driver_flush(&t->d);
    while (driver_next(&t->d, &f) && f.type != FRAME_DONE) {
        struct ipc_say say;
        if (f.type == FRAME_ASK) {
            answer(t, &f);
        } else if (f.type == FRAME_SAY) {
            assert_int_equal(ipc_get_say(&f, &say), 0);
            assert_int_equal(t->said[0], 0);
            snprintf(t->said, sizeof t->said, "%s", say.text);
        }
    }
}

static void happen(struct seen_test *t, uint8_t type, const char *nick, const char *channel,
                   const char *target, const char *text)
{
    struct ipc_event e = driver_event(++t->number, type, IPC_SUBSCRIPTION, channel, text);
    e.nick = nick;
    e.target = target;
    e.is_private = false;
    e.time_ms = t->now;
    ipc_put_event(&t->d.out, &e);
    serve(t);
}

static const char *look(struct seen_test *t, const char *channel, const char *text)
{
    struct ipc_event e = driver_event(++t->number, SESHET_COMMAND, 0, channel, text);
    e.nick = "asker";
    if (e.is_private)
        e.reply_to = e.nick;
    e.time_ms = t->now;
    ipc_put_event(&t->d.out, &e);
    serve(t);
    return t->said;
}

static void start_seen(struct seen_test *t)
{
    if (!t->now)
        t->now = INT64_C(1700000000000);
    driver_start(&t->d, NULL, NULL);
    driver_ready(&t->d, seen, 1);
}

static void stop_seen(struct seen_test *t)
{
    ipc_put_stop(&t->d.out);
    serve(t);
    assert_int_equal(driver_end(&t->d), 0);
}

static void test_seen_words(void **state)
{
    (void)state;
    struct seen_test t = {0};
    start_seen(&t);
    assert_string_equal(look(&t, "#chan", "!seen bob"), "asker: I have not seen bob.");
    assert_string_equal(look(&t, "#chan", "!seen"), "asker: Whom do you mean? seen NICK");
    assert_string_equal(look(&t, "#chan", "!seen BOT?"), "asker: You are talking to me.");
    assert_string_equal(look(&t, "#chan", "!seen Asker"), "asker: You are here, asker.");
    happen(&t, SESHET_MESSAGE, "Bob[1]", "#chan", "", "hello you");
    assert_string_equal(look(&t, "#chan", "!seen bob{1}"),
                        "asker: Bob[1] was last seen just now, in #chan, saying: hello you");
    t.now += 3 * 3600 * 1000 + 5000;
    assert_string_equal(look(&t, "#CHAN", "!seen BOB{1}"),
                        "asker: Bob[1] was last seen 3 hours ago, in #chan, saying: hello you");
    /* What was said in a channel stays in it. */
    assert_string_equal(look(&t, "#other", "!seen bob[1]"),
                        "asker: Bob[1] was last seen 3 hours ago, in another channel");
    assert_string_equal(look(&t, "", "seen bob[1]"),
                        "Bob[1] was last seen 3 hours ago, in a channel");
    happen(&t, SESHET_ACTION, "bob", "#chan", "", "waves");
    assert_string_equal(look(&t, "#chan", "!seen bob"),
                        "asker: bob was last seen just now, in #chan: * bob waves");
    happen(&t, SESHET_JOIN, "bob", "#chan", "", "");
    t.now += 1000;
    assert_string_equal(look(&t, "#chan", "!seen bob"),
                        "asker: bob was last seen 1 second ago, joining #chan");
    happen(&t, SESHET_PART, "bob", "#chan", "", "bye");
    assert_string_equal(look(&t, "#chan", "!seen bob"),
                        "asker: bob was last seen just now, leaving #chan: bye");
    happen(&t, SESHET_QUIT, "bob", "", "", "");
    assert_string_equal(look(&t, "#chan", "!seen bob"),
                        "asker: bob was last seen just now, leaving the network");
    happen(&t, SESHET_NICK, "bob", "", "rob", "");
    assert_string_equal(look(&t, "#chan", "!seen bob"),
                        "asker: bob was last seen just now, changing nick to rob");
    assert_string_equal(look(&t, "#chan", "!seen rob"),
                        "asker: rob was last seen just now, changing nick from bob");
    happen(&t, SESHET_KICK, "carol", "#chan", "rob", "enough");
    assert_string_equal(look(&t, "#chan", "!seen rob"),
                        "asker: rob was last seen just now, kicked from #chan by carol: enough");
    assert_string_equal(look(&t, "#chan", "!seen carol"),
                        "asker: carol was last seen just now, kicking rob from #chan");
    stop_seen(&t);
}

static void test_seen_storage(void **state)
{
    (void)state;
    struct seen_test t = {0};
    start_seen(&t);
    /* The first line at once, a flood of them from memory, the rest when the time has come. */
    for (int i = 0; i < 20; i++) {
        t.now += 10;
        happen(&t, SESHET_MESSAGE, "bob", "#chan", "", "many lines");
    }
    assert_int_equal(t.sets, 1);
    happen(&t, SESHET_MESSAGE, "bob", "#chan", "", "the last line");
    t.now += 20000;
    happen(&t, SESHET_MESSAGE, "carol", "#chan", "", "hi");
    assert_int_equal(t.sets, 3);
    assert_non_null(strstr(t.values[find_key(&t, "bob")], " message bob #chan the last line"));
    happen(&t, SESHET_MESSAGE, "carol", "#chan", "", "only in memory");
    stop_seen(&t);
    assert_non_null(strstr(t.values[find_key(&t, "carol")], "only in memory"));
    /* A new host knows it all. */
    start_seen(&t);
    t.now += 60000;
    assert_string_equal(look(&t, "#chan", "!seen bob"),
                        "asker: bob was last seen 1 minute ago, in #chan, saying: the last line");
    stop_seen(&t);
}

/* The old generation ends after the new one has seen more: it must not write over that. */
static void test_seen_generations(void **state)
{
    (void)state;
    struct seen_test t = {0};
    start_seen(&t);
    happen(&t, SESHET_MESSAGE, "bob", "#chan", "", "one");
    happen(&t, SESHET_MESSAGE, "bob", "#chan", "", "two");
    snprintf(t.values[find_key(&t, "bob")], sizeof t.values[0], "%lld message bob #chan three",
             (long long)t.now + 500);
    stop_seen(&t);
    assert_non_null(strstr(t.values[find_key(&t, "bob")], "three"));
}

static void test_seen_storage_away(void **state)
{
    (void)state;
    struct seen_test t = {.away = 1};
    start_seen(&t);
    assert_string_equal(look(&t, "#chan", "!seen bob"),
                        "asker: I cannot look that up now: the storage is away or refused.");
    happen(&t, SESHET_MESSAGE, "bob", "#chan", "", "hello");
    assert_string_equal(look(&t, "#chan", "!seen bob"),
                        "asker: bob was last seen just now, in #chan, saying: hello");
    assert_int_equal(t.stored, 0);
    t.away = 0;
    t.now += 20000;
    happen(&t, SESHET_JOIN, "carol", "#chan", "", "");
    assert_non_null(strstr(t.values[find_key(&t, "bob")], "hello"));
    /* What somebody else wrote there is no reason to fall over. */
    snprintf(t.keys[t.stored], sizeof t.keys[0], "dave");
    snprintf(t.values[t.stored++], sizeof t.values[0], "yesterday");
    assert_string_equal(look(&t, "#chan", "!seen dave"),
                        "asker: I cannot read what I have written down about them.");
    stop_seen(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_dice),
        cmocka_unit_test(test_seen_words),
        cmocka_unit_test(test_seen_storage),
        cmocka_unit_test(test_seen_generations),
        cmocka_unit_test(test_seen_storage_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
