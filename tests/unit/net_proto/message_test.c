#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "net/proto/line.h"
#include "net/proto/message.h"

/* A message as one readable text: "tags|nick!user@host|COMMAND|param|param". */
static void write_message(struct buf *out, const struct irc_msg *msg)
{
    for (int i = 0; i < msg->ntags; i++)
        buf_printf(out, "%s%s=%s", i ? ";" : "", msg->tags[i].key, msg->tags[i].value);
    buf_printf(out, "|%s", msg->nick ? msg->nick : "-");
    if (msg->user)
        buf_printf(out, "!%s", msg->user);
    if (msg->host)
        buf_printf(out, "@%s", msg->host);
    buf_printf(out, "|%s", msg->command);
    if (msg->numeric)
        buf_printf(out, "(%d)", msg->numeric);
    for (int i = 0; i < msg->nparams; i++)
        buf_printf(out, "|%s", msg->params[i]);
}

static int write_line(void *arg, char *line, size_t len)
{
    struct buf *out = arg;
    struct irc_msg msg;
    char *copy = xmemdup(line, len + 1);
    if (irc_parse(&msg, copy))
        buf_printf(out, "none");
    else
        write_message(out, &msg);
    buf_printf(out, "\n");
    free(copy);
    return 0;
}

static const struct {
    const char *line;
    const char *expected;
} table[] = {
    {"PING", "|-|PING"},
    {"ping x", "|-|PING|x"},
    {"PING :", "|-|PING|"},
    {"PING : ", "|-|PING| "},
    {"PING ", "|-|PING"},
    {"  PING   a   b  ", "|-|PING|a|b"},
    {":irc.example.net 001 me :Welcome to  it", "|irc.example.net|001(1)|me|Welcome to  it"},
    {":n!u@h PRIVMSG #c :hi there", "|n!u@h|PRIVMSG|#c|hi there"},
    {":n!u@h PRIVMSG #c ::)", "|n!u@h|PRIVMSG|#c|:)"},
    {":n!u@h PRIVMSG #c a:b :c:d", "|n!u@h|PRIVMSG|#c|a:b|c:d"},
    {":n@h JOIN #c", "|n@h|JOIN|#c"},
    {":n!u JOIN #c", "|n!u|JOIN|#c"},
    {":n!u@x@h JOIN #c", "|n!u@x@h|JOIN|#c"},
    {":n!a!b@h JOIN #c", "|n!a!b@h|JOIN|#c"},
    {":n!@ JOIN #c", "|n!@|JOIN|#c"},
    {":!u@h JOIN #c", "|-|JOIN|#c"},
    {":@h JOIN #c", "|-|JOIN|#c"},
    {": JOIN #c", "|-|JOIN|#c"},
    {"@a PING", "a=|-|PING"},
    {"@a=b;+c/d=e :s PING", "a=b;+c/d=e|s|PING"},
    {"@a=;b;=c;;d=1 PING", "a=;b=;d=1|-|PING"},
    {"@a=1=2 PING", "a=1=2|-|PING"},
    {"@k=x\\:y\\sz\\\\w PING", "k=x;y z\\w|-|PING"},
    {"@k=\\r\\n\\q\\ PING", "k=\r\nq|-|PING"},
    {"@k=\\\\s PING", "k=\\s|-|PING"},
    {"@ PING", "|-|PING"},
    {"@a=b   :s   PING   x", "a=b|s|PING|x"},
    {"005 a b c d e f g h i j k l m n :o p", "|-|005(5)|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o p"},
    {"X a b c d e f g h i j k l m n o p q", "|-|X|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o p q"},
    {"000 x", "|-|000|x"},
    {"", "none"},
    {" ", "none"},
    {":", "none"},
    {":n!u@h", "none"},
    {"@a=b", "none"},
    {"@a=b :n", "none"},
    {"@", "none"},
    {"12 x", "none"},
    {"1234 x", "none"},
    {"0x1 x", "none"},
    {"PI-NG x", "none"},
    {"P1NG x", "none"},
    {"\xff\xfe x", "none"},
};

static void lines_are_parsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buf out = {0};
        char *line = xstrdup(table[i].line);
        write_line(&out, line, strlen(line));
        buf_append(&out, "", 1);
        char *expected = xasprintf("%s\n", table[i].expected);
        assert_string_equal(buf_data(&out), expected);
        free(expected);
        free(line);
        buf_free(&out);
    }
}

/* All lines of the table in one stream, cut at every place. */
static void the_stream_is_parsed_at_every_split(void **state)
{
    (void)state;
    struct buf in = {0};
    struct buf expected = {0};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        buf_printf(&in, "%s\r\n", table[i].line);
        if (*table[i].line) /* empty lines vanish */
            buf_printf(&expected, "%s\n", table[i].expected);
    }
    for (size_t at = 0; at <= in.len; at++) {
        struct line_splitter s = {0};
        struct buf out = {0};
        char *copy = xmemdup(buf_data(&in), in.len);
        line_feed(&s, copy, at, write_line, &out);
        line_feed(&s, copy + at, in.len - at, write_line, &out);
        assert_int_equal(out.len, expected.len);
        assert_memory_equal(buf_data(&out), buf_data(&expected), expected.len);
        line_free(&s);
        free(copy);
        buf_free(&out);
    }
    buf_free(&in);
    buf_free(&expected);
}

static void every_prefix_of_a_line_is_safe(void **state)
{
    (void)state;
    static const char line[] = "@a=\\s\\;b;+c/d=e;=;\\ :n!u@h PRIVMSG #c x :hi there";
    for (size_t len = 0; len < sizeof line; len++) {
        char *copy = xstrndup(line, len);
        struct irc_msg msg;
        irc_parse(&msg, copy);
        free(copy);
    }
}

static void more_than_64_tags_are_ignored(void **state)
{
    (void)state;
    struct buf in = {0};
    buf_printf(&in, "@t0=0");
    for (int i = 1; i < 100; i++)
        buf_printf(&in, ";t%d=%d", i, i);
    buf_printf(&in, " PING x");
    buf_append(&in, "", 1);
    struct irc_msg msg;
    assert_int_equal(irc_parse(&msg, buf_data(&in)), 0);
    assert_int_equal(msg.ntags, IRC_MAX_TAGS);
    assert_string_equal(irc_tag(&msg, "t63"), "63");
    assert_null(irc_tag(&msg, "t64"));
    assert_string_equal(irc_param(&msg, 0), "x");
    buf_free(&in);
}

static void params_and_tags_are_found(void **state)
{
    (void)state;
    char line[] = "@a=1;b;a=2 CMD one :two";
    struct irc_msg msg;
    assert_int_equal(irc_parse(&msg, line), 0);
    assert_string_equal(irc_tag(&msg, "a"), "2");
    assert_string_equal(irc_tag(&msg, "b"), "");
    assert_null(irc_tag(&msg, "A"));
    assert_null(irc_tag(&msg, "c"));
    assert_string_equal(irc_param(&msg, 1), "two");
    assert_string_equal(irc_param(&msg, 2), "");
    assert_string_equal(irc_param(&msg, -1), "");
}

static void sources_are_taken_apart(void **state)
{
    (void)state;
    char line[] = ":n!a!b@c@h JOIN";
    struct irc_msg msg;
    assert_int_equal(irc_parse(&msg, line), 0);
    assert_string_equal(msg.nick, "n");
    assert_string_equal(msg.user, "a!b@c");
    assert_string_equal(msg.host, "h"); /* a host has no '@' in it; what stands before is free */
}

static void server_time_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t ms;
    } times[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"2011-10-19T16:40:51.620Z", 1319042451620},
        {"2000-02-29T23:59:59.999Z", 951868799999},
        {"2024-03-01T00:00:00.001Z", 1709251200001},
        {"1999-12-31T23:59:60.000Z", 946684800000},
        {"2012-06-30T23:59:59Z", 1341100799000},
        {"2012-06-30T23:59:59.5Z", 1341100799500},
        {"2012-06-30T23:59:59.123456789Z", 1341100799123},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
        {"1969-12-31T23:59:59.000Z", -1},
        {"2012-13-30T23:59:59.419Z", -1},
        {"2012-06-32T23:59:59.419Z", -1},
        {"2012-06-30T24:59:59.419Z", -1},
        {"2012-06-30T23:60:59.419Z", -1},
        {"2012-06-30T23:59:61.419Z", -1},
        {"2012-06-30\\s23:59:59.419Z", -1},
        {"2012-06-30T23:59:59.419", -1},
        {"2012-06-30T23:59:59.419Zx", -1},
        {"2012-06", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char *line = xasprintf("@time=%s PING", times[i].value);
        struct irc_msg msg;
        assert_int_equal(irc_parse(&msg, line), 0);
        assert_int_equal(irc_server_time(&msg), times[i].ms);
        free(line);
    }
    char none[] = "PING";
    struct irc_msg msg;
    irc_parse(&msg, none);
    assert_int_equal(irc_server_time(&msg), -1);
}

static void words_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum irc_word word;
    } cases[] = {
        {"PRIVMSG a :b", IRC_PRIVMSG},
        {"privmsg a :b", IRC_PRIVMSG},
        {"ERROR :x", IRC_ERROR},
        {"PRIVMSGS a", IRC_NO_WORD},
        {"PRIV a", IRC_NO_WORD},
        {"001 me", IRC_NO_WORD},
        {"authenticate +", IRC_AUTHENTICATE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct irc_msg msg;
        char line[32];
        str_copy(line, sizeof line, cases[i].line);
        assert_int_equal(irc_parse(&msg, line), 0);
        assert_int_equal(msg.word, cases[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_parsed),
        cmocka_unit_test(words_are_known),
        cmocka_unit_test(the_stream_is_parsed_at_every_split),
        cmocka_unit_test(every_prefix_of_a_line_is_safe),
        cmocka_unit_test(more_than_64_tags_are_ignored),
        cmocka_unit_test(params_and_tags_are_found),
        cmocka_unit_test(sources_are_taken_apart),
        cmocka_unit_test(server_time_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
