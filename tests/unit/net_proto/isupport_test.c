#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/proto/isupport.h"

/* Applies "005 me TOKENS :are supported". */
static void apply(struct isupport *is, const char *tokens)
{
    char *line = xasprintf(":irc.example 005 me %s :are supported by this server", tokens);
    struct irc_msg msg;
    assert_int_equal(irc_parse(&msg, line), 0);
    isupport_apply(is, &msg);
    free(line);
}

static struct isupport after(const char *tokens)
{
    struct isupport is;
    isupport_init(&is);
    apply(&is, tokens);
    return is;
}

static void assert_unchanged(const char *tokens)
{
    struct isupport before;
    isupport_init(&before);
    struct isupport is = after(tokens);
    assert_memory_equal(&is, &before, sizeof is);
}

static void defaults_are_those_of_rfc_1459(void **state)
{
    (void)state;
    struct isupport is;
    isupport_init(&is);
    assert_int_equal(is.casemapping, CASEMAPPING_RFC1459);
    assert_string_equal(is.prefix_modes, "ov");
    assert_string_equal(is.prefix_symbols, "@+");
    assert_string_equal(is.chantypes, "#&");
    assert_int_equal(is.nicklen, 9);
    assert_int_equal(is.channellen, 200);
    assert_int_equal(is.linelen, 512);
    assert_int_equal(is.modes, 3);
    assert_int_equal(is.targmax_join, 0);
    assert_false(is.whox);
}

static void a_real_network_is_understood(void **state)
{
    (void)state;
    struct isupport is = after("WHOX MONITOR=100 CASEMAPPING=ascii CHANTYPES=# PREFIX=(qaohv)~&@%+ "
                               "CHANMODES=eIbq,k,flj,CFLMPQScgimnprstuz NETWORK=Libera.Chat");
    apply(&is, "NICKLEN=16 CHANNELLEN=50 TOPICLEN=390 KICKLEN=255 AWAYLEN=307 LINELEN=1024 MODES=4 "
               "STATUSMSG=@+ TARGMAX=NAMES:1,LIST:1,KICK:1,JOIN:4,NOTICE:3,MONITOR:");
    assert_true(is.whox && is.monitor);
    assert_int_equal(is.casemapping, CASEMAPPING_ASCII);
    assert_string_equal(is.chantypes, "#");
    assert_string_equal(is.prefix_modes, "qaohv");
    assert_string_equal(is.prefix_symbols, "~&@%+");
    assert_string_equal(is.chanmodes[0], "eIbq");
    assert_string_equal(is.chanmodes[1], "k");
    assert_string_equal(is.chanmodes[2], "flj");
    assert_string_equal(is.chanmodes[3], "CFLMPQScgimnprstuz");
    assert_string_equal(is.network, "Libera.Chat");
    assert_string_equal(is.statusmsg, "@+");
    assert_int_equal(is.nicklen, 16);
    assert_int_equal(is.channellen, 50);
    assert_int_equal(is.topiclen, 390);
    assert_int_equal(is.kicklen, 255);
    assert_int_equal(is.awaylen, 307);
    assert_int_equal(is.linelen, 1024);
    assert_int_equal(is.modes, 4);
    assert_int_equal(is.targmax_join, 4);
}

static void escapes_are_decoded(void **state)
{
    (void)state;
    assert_string_equal(after("NETWORK=A\\x20B\\x5Cc\\x3dd").network, "A B\\c=d");
    assert_string_equal(after("NETWORK=a\\x2").network, "a\\x2");
    assert_string_equal(after("NETWORK=a\\xzz\\q").network, "a\\xzz\\q");
    assert_string_equal(after("NETWORK=a=b").network, "a=b");
    assert_unchanged("NETWORK=a\\x00b");
    assert_unchanged("NETWORK=a\\x0d\\x0ab");
    assert_string_equal(after("PREFIX=(o\\x76)@\\x2B").prefix_modes, "ov");
}

static void negation_restores_the_default(void **state)
{
    (void)state;
    struct isupport is = after("WHOX CASEMAPPING=ascii PREFIX=(qo)~@ NICKLEN=30 CHANMODES=a,b,c,d "
                               "STATUSMSG=@ MODES= NETWORK=x");
    apply(&is, "-WHOX -CASEMAPPING -PREFIX -NICKLEN -CHANMODES -STATUSMSG -MODES -NETWORK -JUNK");
    struct isupport fresh;
    isupport_init(&fresh);
    assert_memory_equal(&is, &fresh, sizeof is);
}

static void junk_keeps_the_last_value(void **state)
{
    (void)state;
    assert_unchanged("FOO FOO=bar = =x - -=x nicklen=20 NICKLEN NICKLEN= NICKLEN=x NICKLEN=-5");
    assert_unchanged("NICKLEN=0 NICKLEN=12x CASEMAPPING CASEMAPPING= LINELEN=100 LINELEN=x");
    assert_unchanged("PREFIX=ov PREFIX=(ov PREFIX=(ov)@ PREFIX=(o)@+ PREFIX=(oo)@+ PREFIX=(o1)@+");
    assert_unchanged("PREFIX=(ov)@@ PREFIX=(ov)@a PREFIX=(abcdefghijklmnop)!#$%&'()*+-./;<");
    assert_unchanged("CHANMODES CHANMODES=b,k,l,a! CHANMODES=bb,k,l,m CHANTYPES=ab CHANTYPES=##");
    assert_unchanged("TARGMAX TARGMAX= TARGMAX=KICK:3 TARGMAX=JOIN TARGMAX=JOIN:x MODES=0");
    assert_unchanged("TARGMAX=JOIN:99999999999999999999999 NETWORK NETWORK= STATUSMSG=a");
}

static void huge_values_are_bounded(void **state)
{
    (void)state;
    struct isupport is = after("NICKLEN=99999999999999999999 LINELEN=4294967808 MODES=999999999999 "
                               "TARGMAX=JOIN:99999999");
    assert_int_equal(is.nicklen, 8192);
    assert_int_equal(is.linelen, 8192);
    assert_int_equal(is.modes, 8192);
    assert_int_equal(is.targmax_join, 8192);
    static const char *const keys[] = {"NETWORK=", "PREFIX=(", "CHANMODES=", "CHANTYPES="};
    char value[601] = "";
    memset(value, 'x', sizeof value - 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *token = xasprintf("%s%s", keys[i], value);
        assert_unchanged(token);
        free(token);
    }
}

static void empty_values_mean_none_or_no_limit(void **state)
{
    (void)state;
    struct isupport is = after("TARGMAX=JOIN:3");
    apply(&is, "PREFIX= CHANTYPES= STATUSMSG= MODES= TARGMAX=NOTICE:,JOIN:");
    assert_string_equal(is.prefix_modes, "");
    assert_string_equal(is.prefix_symbols, "");
    assert_string_equal(is.chantypes, "");
    assert_int_equal(is.modes, 0);
    assert_int_equal(is.targmax_join, 0);
    assert_false(isupport_is_channel(&is, "#c"));
    assert_int_equal(after("MODES").modes, 0);
    assert_string_equal(after("PREFIX").prefix_modes, "");
}

static void chanmodes_may_have_fewer_or_more_parts(void **state)
{
    (void)state;
    struct isupport is = after("CHANMODES=b,k");
    assert_string_equal(is.chanmodes[0], "b");
    assert_string_equal(is.chanmodes[1], "k");
    assert_string_equal(is.chanmodes[2], "");
    assert_string_equal(is.chanmodes[3], "");
    is = after("CHANMODES=,,,mn,XYZ,W");
    assert_string_equal(is.chanmodes[0], "");
    assert_string_equal(is.chanmodes[3], "mn");
    is = after("CHANMODES=");
    assert_string_equal(is.chanmodes[0], "");
}

static void the_trailing_text_is_no_token(void **state)
{
    (void)state;
    struct isupport is;
    isupport_init(&is);
    char line[] = "005 NICKLEN=1 NICKLEN=20 :NICKLEN=30";
    struct irc_msg msg;
    irc_parse(&msg, line);
    isupport_apply(&is, &msg);
    assert_int_equal(is.nicklen, 20);
    char bare[] = "005";
    irc_parse(&msg, bare);
    isupport_apply(&is, &msg);
}

static void channels_and_symbols_are_recognized(void **state)
{
    (void)state;
    struct isupport is = after("STATUSMSG=@+");
    assert_true(isupport_is_channel(&is, "#c"));
    assert_false(isupport_is_channel(&is, "c"));
    assert_false(isupport_is_channel(&is, ""));
    assert_string_equal(isupport_skip_statusmsg(&is, "@#c"), "#c");
    assert_string_equal(isupport_skip_statusmsg(&is, "@+#c"), "#c");
    assert_string_equal(isupport_skip_statusmsg(&is, "#c"), "#c");
    assert_string_equal(isupport_skip_statusmsg(&is, "%#c"), "%#c");
    assert_string_equal(isupport_skip_statusmsg(&is, "@nick"), "@nick");
    assert_string_equal(isupport_skip_statusmsg(&is, "@"), "@");
    assert_string_equal(isupport_skip_statusmsg(&is, ""), "");
    assert_int_equal(isupport_prefix_by_symbol(&is, '+'), 1);
    assert_int_equal(isupport_prefix_by_symbol(&is, '%'), -1);
    assert_int_equal(isupport_prefix_by_symbol(&is, '\0'), -1);
    assert_int_equal(isupport_prefix_by_mode(&is, 'o'), 0);
    assert_int_equal(isupport_prefix_by_mode(&is, '\0'), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_rfc_1459),
        cmocka_unit_test(a_real_network_is_understood),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(negation_restores_the_default),
        cmocka_unit_test(junk_keeps_the_last_value),
        cmocka_unit_test(huge_values_are_bounded),
        cmocka_unit_test(empty_values_mean_none_or_no_limit),
        cmocka_unit_test(chanmodes_may_have_fewer_or_more_parts),
        cmocka_unit_test(the_trailing_text_is_no_token),
        cmocka_unit_test(channels_and_symbols_are_recognized),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
