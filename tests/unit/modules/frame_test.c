#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "modules/ipc/codec.h"
#include "modules/ipc/frame.h"

static const struct ipc_event sample_event = {
    .number = 0x0123456789abcdefULL,
    .module = 7,
    .type = 17,
    .command_index = 2,
    .is_private = true,
    .nick = "alice",
    .user = "al",
    .host = "example.org",
    .account = "",
    .channel = "#chan",
    .target = "",
    .text = "!roll 2d6",
    .command = "",
    .args = "2d6",
    .reply_to = "@#chan",
    .time_ms = -5,
    .known = "bob",
    .declared = 3,
    .capabilities = 5,
};

static void put_samples(struct buf *out)
{
    struct ipc_hello hello = {.version = FRAME_VERSION, .network = "libera", .group = "default"};
    assert_int_equal(ipc_put_hello(out, &hello), 0);
    assert_int_equal(ipc_put_start(out), 0);
    assert_int_equal(ipc_put_event(out, &sample_event), 0);
    assert_int_equal(ipc_put_stop(out), 0);
}

static void check_event(const struct frame *f)
{
    struct ipc_event e;
    assert_int_equal(ipc_get_event(f, &e), 0);
    assert_true(e.number == sample_event.number);
    assert_int_equal(e.module, 7);
    assert_int_equal(e.type, 17);
    assert_int_equal(e.command_index, 2);
    assert_true(e.is_private);
    assert_false(e.from_me);
    assert_string_equal(e.nick, "alice");
    assert_string_equal(e.account, "");
    assert_string_equal(e.channel, "#chan");
    assert_string_equal(e.text, "!roll 2d6");
    assert_string_equal(e.args, "2d6");
    assert_string_equal(e.reply_to, "@#chan");
    assert_true(e.time_ms == -5);
    assert_string_equal(e.known, "bob");
    assert_true(e.declared == 3 && e.capabilities == 5);
}

/* What comes in two parts, cut at every byte, gives the same frames; each part lies in memory of
 * exactly its size, so that reading beyond it is found. */
static void test_every_split(void **state)
{
    (void)state;
    static const enum frame_type expected[] = {FRAME_HELLO, FRAME_START, FRAME_EVENT, FRAME_STOP};
    struct buf all = {0};
    put_samples(&all);
    for (size_t cut = 0; cut <= all.len; cut++) {
        size_t at = 0;
        size_t seen = 0;
        for (size_t end = cut;; end = all.len) {
            char *part = xmemdup(buf_data(&all), end);
            struct frame f;
            const char *why = NULL;
            int got;
            while ((got = frame_next(part + at, end - at, FRAME_FROM_SERVER, &f, &why)) == 1) {
                assert_int_equal(f.type, expected[seen++]);
                if (f.type == FRAME_EVENT)
                    check_event(&f);
                at += f.size;
            }
            assert_int_equal(got, 0);
            free(part);
            if (end == all.len)
                break;
        }
        assert_int_equal(at, all.len);
        assert_int_equal(seen, 4);
    }
    buf_free(&all);
}

static int next_of(const char *bytes, size_t len, enum frame_from from)
{
    struct frame f;
    const char *why = NULL;
    int got = frame_next(bytes, len, from, &f, &why);
    assert_true((got < 0) == (why != NULL));
    return got;
}

/* Everything wrong with a header is known before its payload comes. */
static void test_bad_headers(void **state)
{
    (void)state;
    static const char too_long[8] = "\x01\x00\x01\x00\x05\x00\x00\x00"; /* 65537 of EVENT */
    static const char longest[8] = "\x00\x00\x01\x00\x05\x00\x00\x00";  /* 65536 of EVENT */
    static const char huge[8] = "\xff\xff\xff\xff\x05\x00\x00\x00";
    static const char unknown[8] = "\x00\x00\x00\x00\x08\x00\x00\x00";
    static const char far_unknown[8] = "\x00\x00\x00\x00\xff\xff\x00\x00";
    static const char reserved[8] = "\x00\x00\x00\x00\x07\x00\x01\x00";
    static const char stop[8] = "\x00\x00\x00\x00\x07\x00\x00\x00";
    static const char stop_with_more[8] = "\x01\x00\x00\x00\x07\x00\x00\x00";
    assert_int_equal(next_of(too_long, 8, FRAME_FROM_SERVER), -1);
    assert_int_equal(next_of(longest, 8, FRAME_FROM_SERVER), 0);
    assert_int_equal(next_of(huge, 8, FRAME_FROM_SERVER), -1);
    assert_int_equal(next_of(unknown, 8, FRAME_FROM_SERVER), -1);
    assert_int_equal(next_of(far_unknown, 8, FRAME_FROM_SERVER), -1);
    assert_int_equal(next_of(reserved, 8, FRAME_FROM_SERVER), -1);
    assert_int_equal(next_of(stop, 8, FRAME_FROM_SERVER), 1);
    assert_int_equal(next_of(stop, 8, FRAME_FROM_HOST), -1);
    assert_int_equal(next_of(stop_with_more, 8, FRAME_FROM_SERVER), -1);
    assert_int_equal(next_of(huge, 7, FRAME_FROM_SERVER), 0);
}

static struct frame payload(const char *bytes, size_t len)
{
    return (struct frame){.type = FRAME_HELLO, .payload = bytes, .len = len};
}

static void test_reader(void **state)
{
    (void)state;
    struct frame f = payload("\x01\x02\x00\x03\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00"
                             "\x02\x00\x00\x00hi\0",
                             22);
    struct frame_reader r = frame_read(&f);
    assert_int_equal(frame_get_u8(&r), 1);
    assert_int_equal(frame_get_u16(&r), 2);
    assert_int_equal(frame_get_u32(&r), 3);
    assert_int_equal(frame_get_u64(&r), 4);
    assert_int_equal(frame_reader_end(&r), -1); /* something is left */
    assert_string_equal(frame_get_str(&r), "hi");
    assert_int_equal(frame_reader_end(&r), 0);
    /* An error stays. */
    assert_int_equal(frame_get_u8(&r), 0);
    assert_string_equal(frame_get_str(&r), "");
    assert_int_equal(frame_reader_end(&r), -1);
}

static void check_bad_string(const char *bytes, size_t len)
{
    char *copy = xmemdup(bytes, len);
    struct frame f = payload(copy, len);
    struct frame_reader r = frame_read(&f);
    assert_string_equal(frame_get_str(&r), "");
    assert_int_equal(frame_reader_end(&r), -1);
    free(copy);
}

static void test_bad_strings(void **state)
{
    (void)state;
    check_bad_string("\x02\x00\x00\x00h\0\0", 7); /* a NUL inside */
    check_bad_string("\x02\x00\x00\x00hix", 7);   /* no NUL behind */
    check_bad_string("\x03\x00\x00\x00hi\0", 7);  /* longer than what is there */
    check_bad_string("\xff\xff\xff\xffhi\0", 7);  /* its length and one more are no size */
    check_bad_string("\x02\x00\x00", 3);          /* no whole length */
    check_bad_string("\x00\x00\x00\x00", 4);      /* not even the NUL */
}

static void test_limits(void **state)
{
    (void)state;
    struct buf out = {0};
    char *text = xmalloc(200001);
    memset(text, 'x', 200000);
    text[200000] = 0;
    struct ipc_say say = {.kind = IPC_SAY_NOTICE, .target = "#c", .text = text};
    ipc_put_stop(&out);
    assert_int_equal(ipc_put_say(&out, &say), -1);
    assert_int_equal(out.len, FRAME_HEADER_SIZE); /* as it was before */
    text[IPC_TEXT_MAX] = 0;
    assert_int_equal(ipc_put_say(&out, &say), 0);
    buf_consume(&out, FRAME_HEADER_SIZE);
    struct frame f;
    const char *why;
    assert_int_equal(frame_next(buf_data(&out), out.len, FRAME_FROM_HOST, &f, &why), 1);
    assert_int_equal(ipc_get_say(&f, &say), 0);
    assert_int_equal(say.kind, IPC_SAY_NOTICE);
    assert_string_equal(say.text, text);
    buf_free(&out);
    free(text);
}

/* Takes the only frame of out. */
static struct frame only_frame(const struct buf *out, enum frame_from from)
{
    struct frame f;
    const char *why = NULL;
    assert_int_equal(frame_next(buf_data(out), out->len, from, &f, &why), 1);
    assert_int_equal(f.size, out->len);
    return f;
}

static void test_module(void **state)
{
    (void)state;
    struct buf out = {0};
    struct ipc_module in = {.module = 3,
                            .name = "dice",
                            .description = "Rolls.",
                            .events = 0x2002,
                            .ncapabilities = 2,
                            .capabilities = {"dice.cheat", "dice.admin"}};
    struct ipc_module got;
    char names[IPC_COMMANDS_MAX][8];
    for (int i = 0; i < IPC_COMMANDS_MAX; i++) {
        names[i][0] = 'c';
        names[i][1] = (char)('0' + i / 10);
        names[i][2] = (char)('0' + i % 10);
        names[i][3] = 0;
        in.commands[in.ncommands++] = (struct ipc_command){.name = names[i], .help = "Help."};
    }
    assert_int_equal(ipc_put_module(&out, &in), 0);
    struct frame f = only_frame(&out, FRAME_FROM_HOST);
    assert_int_equal(ipc_get_module(&f, &got), 0);
    assert_int_equal(got.module, 3);
    assert_string_equal(got.version, "");
    assert_int_equal(got.events, 0x2002);
    assert_int_equal(got.ncommands, IPC_COMMANDS_MAX);
    assert_int_equal(got.ncapabilities, 2);
    assert_string_equal(got.capabilities[1], "dice.admin");
    assert_string_equal(got.commands[63].name, "c63");
    assert_string_equal(got.commands[63].usage, "");
    assert_string_equal(got.commands[63].help, "Help.");
    /* Every cut of the payload is refused, and so is one byte more. */
    for (size_t len = 0; len < f.len; len++) {
        char *cut = xmemdup(f.payload, len);
        struct frame less = {.type = FRAME_MODULE, .payload = cut, .len = len};
        assert_int_equal(ipc_get_module(&less, &got), -1);
        free(cut);
    }
    char *more = xcalloc(1, f.len + 1);
    memcpy(more, f.payload, f.len);
    struct frame longer = {.type = FRAME_MODULE, .payload = more, .len = f.len + 1};
    assert_int_equal(ipc_get_module(&longer, &got), -1);
    free(more);
    buf_free(&out);
}

/* A module declares what begins with its own name, and nothing else. */
static void test_declared_capabilities(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int got;
    } rows[] = {{"dice.admin", 0},   {"dice.a-b_9", 0},   {"dice", -1},     {"admin", -1},
                {"karma.admin", -1}, {"dicey.admin", -1}, {"dice.a.b", -1}, {"dice.A", -1},
                {"dice.a\n", -1},    {"#c.dice.a", -1},   {"dice./x", -1},  {"-dice.admin", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        struct ipc_module in = {.name = "dice", .ncapabilities = 1, .capabilities = {rows[i].name}};
        struct ipc_module got;
        assert_int_equal(ipc_put_module(&out, &in), 0);
        struct frame f = only_frame(&out, FRAME_FROM_HOST);
        if (ipc_get_module(&f, &got) != rows[i].got)
            fail_msg("%s", rows[i].name);
        buf_free(&out);
    }
}

static void test_ask_and_answer(void **state)
{
    (void)state;
    struct buf out = {0};
    struct ipc_ask ask = {.question = 9,
                          .event = 8,
                          .module = 1,
                          .op = IPC_INCREMENT,
                          .scope = 1,
                          .key = "key",
                          .by = -3};
    assert_int_equal(ipc_put_ask(&out, &ask), 0);
    struct frame f = only_frame(&out, FRAME_FROM_HOST);
    ask = (struct ipc_ask){0};
    assert_int_equal(ipc_get_ask(&f, &ask), 0);
    assert_true(ask.question == 9 && ask.event == 8 && ask.module == 1 && ask.by == -3);
    assert_int_equal(ask.op, IPC_INCREMENT);
    assert_int_equal(ask.scope, 1);
    assert_string_equal(ask.key, "key");
    buf_free(&out);
    ask = (struct ipc_ask){.question = 9, .op = IPC_SET, .scope = 3, .key = "key"};
    assert_int_equal(ipc_put_ask(&out, &ask), 0);
    f = only_frame(&out, FRAME_FROM_HOST);
    assert_int_equal(ipc_get_ask(&f, &ask), -1);
    buf_free(&out);
    struct ipc_answer answer = {.question = 9, .status = -4, .number = INT64_MIN};
    assert_int_equal(ipc_put_answer(&out, &answer), 0);
    f = only_frame(&out, FRAME_FROM_SERVER);
    answer = (struct ipc_answer){0};
    assert_int_equal(ipc_get_answer(&f, &answer), 0);
    assert_true(answer.question == 9 && answer.status == -4 && answer.number == INT64_MIN);
    assert_string_equal(answer.value, "");
    buf_free(&out);
}

/* A host of another version must be able to say so, whatever follows in its frame. */
static void test_other_version(void **state)
{
    (void)state;
    static const char bytes[] = "\x63\x00\x00\x00 and something new";
    struct frame f = payload(bytes, sizeof bytes);
    struct ipc_hello hello;
    assert_int_equal(ipc_get_hello(&f, &hello), 0);
    assert_int_equal(hello.version, 0x63);
    assert_string_equal(hello.network, "");
}

static void test_cell(void **state)
{
    (void)state;
    struct ipc_cell cell;
    memset(&cell, 0, sizeof cell);
    assert_int_equal(ipc_cell_module(&cell), IPC_NO_MODULE);
    assert_int_equal(ipc_cell_event(&cell), 0);
    ipc_cell_enter(&cell, 12, 0);
    assert_int_equal(ipc_cell_module(&cell), 0);
    assert_int_equal(ipc_cell_event(&cell), 12);
    ipc_cell_leave(&cell);
    assert_int_equal(ipc_cell_module(&cell), IPC_NO_MODULE);
    memset(&cell, 0xff, sizeof cell);
    assert_int_equal(ipc_cell_module(&cell), IPC_NO_MODULE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_reader),
        cmocka_unit_test(test_bad_strings),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_module),
        cmocka_unit_test(test_declared_capabilities),
        cmocka_unit_test(test_ask_and_answer),
        cmocka_unit_test(test_other_version),
        cmocka_unit_test(test_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
