#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "helper.h"

#define SERVERS     "servers = ( { host = \"irc.example.org\"; } );\n"
#define MINIMAL     SERVERS "nick = \"bot\";\n"
#define FINGERPRINT "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct conf_network *good(const char *text)
{
    struct conf_errors errors = {0};
    struct conf_network *network = parse_network(text, &errors);
    char *got = take_errors(&errors);
    assert_string_equal(got, "");
    free(got);
    assert_non_null(network);
    return network;
}

static void test_defaults(void **state)
{
    (void)state;
    struct conf_network *n = good(MINIMAL);
    assert_string_equal(n->path, "net.conf");
    assert_int_equal(n->nservers, 1);
    assert_string_equal(n->servers[0].host, "irc.example.org");
    assert_int_equal(n->servers[0].port, 6697);
    assert_true(n->servers[0].tls);
    assert_true(n->servers[0].verify);
    assert_null(n->servers[0].fingerprint);
    assert_null(n->servers[0].ca_file);
    assert_null(n->server_password);
    assert_string_equal(n->nick, "bot");
    assert_int_equal(n->nalternate_nicks, 0);
    assert_string_equal(n->username, "bot");
    assert_string_equal(n->realname, "bot");
    assert_int_equal(n->sasl.mechanism, CONF_SASL_NONE);
    assert_int_equal(n->nchannels, 0);
    assert_string_equal(n->command_prefix, "!");
    assert_string_equal(n->user_modes, "");
    assert_int_equal(n->pacing.burst, 5);
    assert_int_equal(n->pacing.interval_ms, 2000);
    assert_true(n->connect);
    conf_network_free(n);
}

static void test_every_key(void **state)
{
    (void)state;
    struct conf_network *n = good(
        "servers = ( { host = \"::1\"; port = 1; tls = true; verify = false; fingerprint = "
        "\"E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:"
        "52:B8:55\"; ca_file = \"ca.pem\"; },\n"
        "  { host = \"fe80::1%eth0\"; port = 65535; } );\n"
        "server_password_file = \"pw\"; nick = \"[b]\\\\ot\"; alternate_nicks = ( \"c\", \"d\" );\n"
        "username = \"u\"; realname = \"A bot\";\n"
        "sasl = { mechanism = \"EXTERNAL\"; account = \"acc\"; cert_file = \"/c\"; key_file = "
        "\"k\"; };\n"
        "channels = ( \"#a\", { name = \"&b\"; key = \"k\"; } );\n"
        "command_prefix = \".\"; user_modes = \"+B-x\";\n"
        "pacing = { burst = 1; interval_ms = 0; }; connect = false;\n");
    assert_int_equal(n->nservers, 2);
    assert_string_equal(n->servers[0].host, "::1");
    assert_int_equal(n->servers[0].port, 1);
    assert_false(n->servers[0].verify);
    assert_string_equal(n->servers[0].fingerprint, FINGERPRINT);
    assert_string_equal(n->servers[0].ca_file, "/etc/networks.d/ca.pem");
    assert_string_equal(n->servers[1].host, "fe80::1%eth0");
    assert_int_equal(n->servers[1].port, 65535);
    assert_string_equal(n->server_password_file, "/etc/networks.d/pw");
    assert_string_equal(n->nick, "[b]\\ot");
    assert_int_equal(n->nalternate_nicks, 2);
    assert_string_equal(n->alternate_nicks[1], "d");
    assert_string_equal(n->username, "u");
    assert_string_equal(n->realname, "A bot");
    assert_int_equal(n->sasl.mechanism, CONF_SASL_EXTERNAL);
    assert_string_equal(n->sasl.account, "acc");
    assert_string_equal(n->sasl.cert_file, "/c");
    assert_string_equal(n->sasl.key_file, "/etc/networks.d/k");
    assert_int_equal(n->nchannels, 2);
    assert_string_equal(n->channels[0].name, "#a");
    assert_null(n->channels[0].key);
    assert_string_equal(n->channels[1].name, "&b");
    assert_string_equal(n->channels[1].key, "k");
    assert_string_equal(n->command_prefix, ".");
    assert_string_equal(n->user_modes, "+B-x");
    assert_int_equal(n->pacing.burst, 1);
    assert_int_equal(n->pacing.interval_ms, 0);
    assert_false(n->connect);
    conf_network_free(n);
}

static void test_ports(void **state)
{
    (void)state;
    struct conf_network *n = good("nick = \"b\"; servers = ( { host = \"a\"; tls = false; },\n"
                                  "{ host = \"a\"; tls = false; port = 6669; } );");
    assert_int_equal(n->servers[0].port, 6667);
    assert_int_equal(n->servers[1].port, 6669);
    conf_network_free(n);
}

static void test_lists_may_be_arrays_or_empty(void **state)
{
    (void)state;
    struct conf_network *n = good(MINIMAL "channels = [ \"#a\", \"#b\" ]; alternate_nicks = [];");
    assert_int_equal(n->nchannels, 2);
    assert_string_equal(n->channels[1].name, "#b");
    assert_int_equal(n->nalternate_nicks, 0);
    conf_network_free(n);
}

static void test_missing(void **state)
{
    (void)state;
    assert_network_errors(
        "", "net.conf: servers is missing: The network's servers, tried in turn: ( { host = "
            "\"irc.example.org\"; } ).\n"
            "net.conf: nick is missing: The bot's nickname on this network.\n");
    assert_network_errors("nick = \"b\";\nservers = ( );",
                          "net.conf:2: servers must have at least one item\n");
    assert_network_errors("nick = \"b\"; servers = (\n{ port = 1; } );",
                          "net.conf:2: servers.host is missing: Name or address of the server.\n");
    assert_network_errors(MINIMAL "channels = ( { key = \"k\"; } );",
                          "net.conf:3: channels.name is missing: Name of the channel.\n");
}

static void test_unknown(void **state)
{
    (void)state;
    assert_network_errors(MINIMAL "chanels = ( );",
                          "net.conf:3: unknown key \"chanels\"; did you mean \"channels\"?\n");
    assert_network_errors("nick = \"b\"; servers = ( { host = \"a\";\n prot = 1; } );",
                          "net.conf:2: unknown key \"servers.prot\"; did you mean "
                          "\"servers.port\"?\n");
    assert_network_errors(MINIMAL "sasl = { x = 1; };",
                          "net.conf:3: unknown key \"sasl.x\"; known here: mechanism, account, "
                          "password_file, cert_file, key_file\n");
}

static void test_types(void **state)
{
    (void)state;
    assert_network_errors("servers = \"a\";\nnick = 5;",
                          "net.conf:1: servers must be a list of groups: ( { ... }, { ... } ), not "
                          "a text\n"
                          "net.conf:2: nick must be a text in double quotes, not a number\n");
    assert_network_errors("nick = \"b\"; servers = ( \"a\" );",
                          "net.conf:1: servers must hold groups { ... }, not a text\n");
    assert_network_errors(MINIMAL "alternate_nicks = \"x\";",
                          "net.conf:3: alternate_nicks must be a list: ( \"one\", \"two\" ), not a "
                          "text\n");
    assert_network_errors(
        MINIMAL "channels = \"#x\";",
        "net.conf:3: channels must be a list: ( \"one\", { ... } ), not a text\n");
    assert_network_errors(MINIMAL "channels = ( 1 );",
                          "net.conf:3: channels must hold texts or groups { ... }, not a number\n");
    assert_network_errors(MINIMAL "connect = 1;",
                          "net.conf:3: connect must be true or false, not a number\n");
    assert_network_errors(MINIMAL "pacing = { burst = 1.5; };",
                          "net.conf:3: pacing.burst must be a whole number from 1 to 100, not a "
                          "number with a point\n");
    assert_network_errors(MINIMAL "pacing = ( );",
                          "net.conf:3: pacing must be a group { ... }, not a list\n");
}

static void test_ranges(void **state)
{
    (void)state;
    assert_network_errors("nick = \"b\"; servers = ( { host = \"a\"; port = 0; },\n"
                          "{ host = \"a\"; port = 65536; } );",
                          "net.conf:1: servers.port must be a whole number from 1 to 65535, not 0\n"
                          "net.conf:2: servers.port must be a whole number from 1 to 65535, not "
                          "65536\n");
    assert_network_errors(MINIMAL "pacing = { burst = 0; interval_ms = -1; };",
                          "net.conf:3: pacing.burst must be a whole number from 1 to 100, not 0\n"
                          "net.conf:3: pacing.interval_ms must be a whole number from 0 to 60000, "
                          "not -1\n");
}

/* "SERVERS KEY = (ITEM, ITEM...)", so many items. The caller frees it. */
static char *many(const char *before, const char *item, int count)
{
    struct buf text = {0};
    buf_printf(&text, "%s", before);
    for (int i = 0; i < count; i++) {
        buf_printf(&text, i ? ", " : "");
        buf_printf(&text, item, i); // NOLINT: the test's own format
    }
    buf_append(&text, ");", 3);
    char *copy = xstrdup(buf_data(&text));
    buf_free(&text);
    return copy;
}

static void test_counts(void **state)
{
    (void)state;
    char *text = many("nick = \"b\"; servers = (", "{ host = \"h%d\"; }", 33);
    assert_network_errors(text, "net.conf:1: servers must have at most 32 items, not 33\n");
    free(text);
    text = many(MINIMAL "channels = (", "\"#c%d\"", 501);
    assert_network_errors(text, "net.conf:3: channels must have at most 500 items, not 501\n");
    free(text);
    text = many(MINIMAL "channels = (", "\"#c%d\"", 500);
    conf_network_free(good(text));
    free(text);
    text = many(MINIMAL "alternate_nicks = (", "\"n%d\"", 17);
    assert_network_errors(text, "net.conf:3: alternate_nicks must have at most 16 items, not 17\n");
    free(text);
}

static void test_irc_words(void **state)
{
    (void)state;
    static const char *const bad_nicks[] = {"1a", "-a", "a b", "a!b",  "a@b",
                                            "#a", ":a", "a,b", "a\xff"};
    for (size_t i = 0; i < sizeof bad_nicks / sizeof *bad_nicks; i++) {
        char *text = xasprintf(SERVERS "nick = \"%s\";", bad_nicks[i]);
        char *wanted = xasprintf("net.conf:2: nick must be a nickname: letters, digits and "
                                 "-[]\\`_^{|}, not beginning with a digit or -, not \"%s\"\n",
                                 bad_nicks[i]);
        assert_network_errors(text, wanted);
        free(text);
        free(wanted);
    }
    assert_network_errors(SERVERS "nick = \"a\\r\\nQUIT\";",
                          "net.conf:2: nick must be one line without control characters, not "
                          "\"a\\x0d\\x0aQUIT\"\n");
    assert_network_errors(MINIMAL "channels = ( \"a\", \"#\", \"#a b\", \"#a,b\", \"#a\\x07\" );",
                          "net.conf:3: channels.name must begin with # (or &, + or !), not \"a\"\n"
                          "net.conf:3: channels.name must have a name after its first character, "
                          "not \"#\"\n"
                          "net.conf:3: channels.name must not hold a space or a comma, not \"#a "
                          "b\"\n"
                          "net.conf:3: channels.name must not hold a space or a comma, not "
                          "\"#a,b\"\n"
                          "net.conf:3: channels.name must be one line without control characters, "
                          "not \"#a\\x07\"\n");
    assert_network_errors(MINIMAL "channels = ( \"#a\",\n\"#b\", \"#A\" );",
                          "net.conf:4: channel #A is listed twice\n");
    assert_network_errors(MINIMAL "username = \"a b\"; realname = \"\\xff\";",
                          "net.conf:3: username must not hold a space or any of @ ! :, not \"a "
                          "b\"\n"
                          "net.conf:3: realname must be UTF-8, not \"\xff\"\n");
    assert_network_errors(MINIMAL "command_prefix = \"!!\"; user_modes = \"+\";",
                          "net.conf:3: command_prefix must be one character such as ! or . (no "
                          "letter, digit or space, no / # &), not \"!!\"\n"
                          "net.conf:3: user_modes must be modes such as +B or +ix-w, not \"+\"\n");
    assert_network_errors(MINIMAL "command_prefix = \"a\";",
                          "net.conf:3: command_prefix must be one character such as ! or . (no "
                          "letter, digit or space, no / # &), not \"a\"\n");
    conf_network_free(good(SERVERS "nick = \"\xc3\xa4rger\";"));
}

/* A channel's key is a secret: no error shows it. */
static void test_channel_key_is_never_shown(void **state)
{
    (void)state;
    assert_network_errors(MINIMAL "channels = ( { name = \"#a\"; key = \"x y\"; } );",
                          "net.conf:3: channels.key must not hold a space or a comma\n");
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const bad[] = {"irc.x:6697", "[::1]", "ircs://x", "a b",     "a/b",
                                      "-a",         "::1::", ".",        "\xc3\xa4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *text = xasprintf("nick = \"b\"; servers = ( { host = \"%s\"; } );", bad[i]);
        char *wanted = xasprintf("net.conf:1: servers.host must be a host name or an IP address, "
                                 "without port, brackets or scheme, not \"%s\"\n",
                                 bad[i]);
        assert_network_errors(text, wanted);
        free(text);
        free(wanted);
    }
}

static void test_tls(void **state)
{
    (void)state;
    assert_network_errors("nick = \"b\"; servers = ( { host = \"a\"; tls = false;\n"
                          "fingerprint = \"" FINGERPRINT "\";\nca_file = \"x\"; } );",
                          "net.conf:2: servers.fingerprint means nothing with tls = false; remove "
                          "one of the two\n"
                          "net.conf:3: servers.ca_file means nothing with tls = false; remove one "
                          "of the two\n");
    static const char *const bad[] = {"aa:bb", FINGERPRINT "00", "x", ":" FINGERPRINT,
                                      FINGERPRINT ":"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *text = xasprintf(
            "nick = \"b\"; servers = ( { host = \"a\"; fingerprint = \"%s\"; } );", bad[i]);
        struct conf_errors errors = {0};
        assert_null(parse_network(text, &errors));
        assert_int_equal(errors.errors, 1);
        conf_errors_free(&errors);
        free(text);
    }
}

static void test_sasl(void **state)
{
    (void)state;
    assert_network_errors(MINIMAL "sasl = { mechanism = \"PLANE\"; };",
                          "net.conf:3: sasl.mechanism must be one of PLAIN, EXTERNAL, not "
                          "\"PLANE\"\n");
    assert_network_errors(MINIMAL "sasl = { account = \"a\"; };",
                          "net.conf:3: sasl.mechanism is missing: write mechanism = \"PLAIN\"; or "
                          "\"EXTERNAL\"\n");
    assert_network_errors(MINIMAL "sasl = { mechanism = \"PLAIN\"; };",
                          "net.conf:3: sasl.account is missing: PLAIN logs in with an account\n"
                          "net.conf:3: sasl.password_file is missing: PLAIN logs in with a "
                          "password\n");
    assert_network_errors(MINIMAL "sasl = { mechanism = \"EXTERNAL\"; };",
                          "net.conf:3: sasl.cert_file is missing: EXTERNAL logs in with a client "
                          "certificate\n");
    assert_network_errors(MINIMAL "sasl = { key_file = \"x\"; };",
                          "net.conf:3: sasl.cert_file is missing: sasl.key_file is the key of a "
                          "certificate\n");
    assert_network_errors("nick = \"b\"; servers = ( { host = \"a\"; tls = false; } );\n"
                          "sasl = { mechanism = \"EXTERNAL\"; cert_file = \"x\"; };",
                          "net.conf:1: servers.tls must be true for the SASL mechanism EXTERNAL\n");
    /* A certificate without SASL identifies as well. */
    conf_network_free(good(MINIMAL "sasl = { cert_file = \"x\"; };"));

    struct conf_errors errors = {0};
    struct conf_network *n =
        parse_network("nick = \"b\"; servers = ( { host = \"a\"; tls = false; } );\n"
                      "sasl = { mechanism = \"PLAIN\"; account = \"a\"; password_file = \"p\"; };",
                      &errors);
    assert_non_null(n);
    conf_network_free(n);
    assert_int_equal(errors.errors, 0);
    char *got = take_errors(&errors);
    assert_string_equal(
        got, "net.conf:1: warning: without TLS the SASL password is sent in the clear\n");
    free(got);
}

static void test_equal(void **state)
{
    (void)state;
    static const char full[] =
        "servers = ( { host = \"a\"; }, { host = \"b\"; } ); nick = \"n\"; alternate_nicks = ( "
        "\"x\", \"y\" ); channels = ( \"#a\", { name = \"#b\"; key = \"k\"; } ); user_modes = "
        "\"+B\"; pacing = { burst = 7; };";
    static const char *const changes[][2] = {
        {"\"b\"", "\"c\""},
        {"\"y\"", "\"z\""},
        {", \"y\"", ""},
        {"key = \"k\"", "key = \"l\""},
        {"key = \"k\"; ", ""},
        {"\"#a\"", "\"#c\""},
        {"+B", "+x"},
        {"burst = 7", "burst = 8"},
        {"\"n\"", "\"m\""},
        {"{ host = \"a\"; }, ", ""},
        {"nick =", "connect = false; nick ="},
        {"nick =", "command_prefix = \".\"; nick ="},
    };
    struct conf_network *n = good(full);
    struct conf_network *same = good(full);
    assert_true(conf_network_equal(n, same));
    conf_network_free(same);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(full, changes[i][0]);
        assert_non_null(at);
        char *text = xasprintf("%.*s%s%s", (int)(at - full), full, changes[i][1],
                               at + strlen(changes[i][0]));
        struct conf_network *other = good(text);
        assert_false(conf_network_equal(n, other));
        assert_false(conf_network_equal(other, n));
        conf_network_free(other);
        free(text);
    }
    conf_network_free(n);
}

static void test_all_errors_in_one_file(void **state)
{
    (void)state;
    assert_network_errors("nick = \"1\";\nservers = ( { host = \"a b\"; port = 70000; } );\n"
                          "chanels = 1;\nconnect = \"no\";\npacing = { brust = 5; };\n",
                          "net.conf:1: nick must be a nickname: letters, digits and -[]\\`_^{|}, "
                          "not beginning with a digit or -, not \"1\"\n"
                          "net.conf:2: servers.host must be a host name or an IP address, without "
                          "port, brackets or scheme, not \"a b\"\n"
                          "net.conf:2: servers.port must be a whole number from 1 to 65535, not "
                          "70000\n"
                          "net.conf:3: unknown key \"chanels\"; did you mean \"channels\"?\n"
                          "net.conf:4: connect must be true or false, not a text\n"
                          "net.conf:5: unknown key \"pacing.brust\"; did you mean "
                          "\"pacing.burst\"?\n");
}

static void test_keys(void **state)
{
    (void)state;
    assert_true(conf_network_key_valid("libera"));
    assert_true(conf_network_key_valid("a_b-c.0"));
    assert_true(conf_network_key_valid("12345678901234567890123456789012"));
    assert_false(conf_network_key_valid("123456789012345678901234567890123"));
    assert_false(conf_network_key_valid(""));
    assert_false(conf_network_key_valid(".a"));
    assert_false(conf_network_key_valid("Libera"));
    assert_false(conf_network_key_valid("a b"));
    assert_false(conf_network_key_valid("a:b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_lists_may_be_arrays_or_empty),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_irc_words),
        cmocka_unit_test(test_channel_key_is_never_shown),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_sasl),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_all_errors_in_one_file),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
