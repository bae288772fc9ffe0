/* First values of modules in a network file, and the limit of sources in the main file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "helper.h"

#define MINIMAL "servers = ( { host = \"irc.example.org\"; } );\nnick = \"bot\";\n"

static struct conf_network *good(const char *modules)
{
    struct conf_errors errors = {0};
    char *text = xasprintf("%smodules = { %s };\n", MINIMAL, modules);
    struct conf_network *network = parse_network(text, &errors);
    char *got = take_errors(&errors);
    assert_string_equal(got, "");
    assert_non_null(network);
    free(got);
    free(text);
    return network;
}

static void assert_first(const struct conf_network *n, size_t i, const char *wanted)
{
    struct buf out = {0};
    const struct conf_first *first = &n->first[i];
    buf_printf(&out, "%s.%s %s", first->module, first->name, first->is_list ? "list" : "field");
    for (size_t k = 0; k < first->nvalues; k++)
        buf_printf(&out, " <%s>", first->values[k]);
    buf_append(&out, "", 1);
    assert_string_equal(buf_data(&out), wanted);
    buf_free(&out);
}

static void test_values(void **state)
{
    (void)state;
    struct conf_network *n = good("dice = { enabled = true; echannels = [ \"#a\", \"#b\" ];\n"
                                  "rate_user = { roll = \"5/1m\"; };\n"
                                  "usage = \"x\"; dnicks = ( ); cmd_prefix = 5; };\n"
                                  "seen = { enabled = false; };");
    assert_int_equal(n->nfirst, 7);
    assert_first(n, 0, "dice.enabled field <yes>");
    assert_first(n, 1, "dice.echannels list <#a> <#b>");
    assert_first(n, 2, "dice.rate_user.roll field <5/1m>");
    assert_first(n, 3, "dice.usage field <x>");
    assert_first(n, 4, "dice.dnicks list");
    assert_first(n, 5, "dice.cmd_prefix field <5>");
    assert_first(n, 6, "seen.enabled field <no>");
    assert_int_equal(n->first[0].line, 3);
    assert_int_equal(n->first[2].line, 4);
    conf_network_free(n);
    n = good("");
    assert_int_equal(n->nfirst, 0);
    conf_network_free(n);
}

static void test_wrong_shapes(void **state)
{
    (void)state;
    assert_network_errors(MINIMAL "modules = 5;",
                          "net.conf:3: modules must be a group { NAME = { ... }; }\n");
    assert_network_errors(MINIMAL "modules = { dice = true; };",
                          "net.conf:3: modules.dice must be a group { ... } of fields and lists\n");
    assert_network_errors(
        MINIMAL "modules = { dice = { enabled = 1.5; }; };",
        "net.conf:3: modules.dice.enabled must be a text, true or false, or a list\n");
    assert_network_errors(MINIMAL "modules = { dice = { echannels = ( \"#a\", 5 ); }; };",
                          "net.conf:3: modules.dice.echannels must hold texts in double quotes\n");
    assert_network_errors(
        MINIMAL "modules = { dice = { rate_user = { roll = ( ); }; }; };",
        "net.conf:3: modules.dice.rate_user must hold one text for each command\n");
}

static void test_bounds(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_printf(&text, "%smodules = { dice = {\n", MINIMAL);
    for (int i = 0; i < 5001; i++)
        buf_printf(&text, "f%d = true;\n", i);
    buf_printf(&text, "}; };\n");
    buf_append(&text, "", 1);
    assert_network_errors(buf_data(&text), "net.conf:5004: modules.dice.f5000 is one too many; "
                                           "write so many with seshetctl registry import\n");
    buf_free(&text);
    buf_printf(&text, "%smodules = { dice = { usage = \"%2049d\"; }; };", MINIMAL, 0);
    buf_append(&text, "", 1);
    assert_network_errors(buf_data(&text),
                          "net.conf:3: modules.dice.usage must be at most 2048 bytes long\n");
    buf_free(&text);
}

static void test_equal(void **state)
{
    (void)state;
    static const char *const others[] = {"",
                                         "dice = { enabled = false; };",
                                         "seen = { enabled = true; };",
                                         "dice = { usage = \"yes\"; };",
                                         "dice = { enabled = [ \"yes\" ]; };",
                                         "dice = { enabled = true; usage = \"x\"; };"};
    struct conf_network *n = good("dice = { enabled = true; };");
    struct conf_network *same = good("\n\ndice = { enabled = true; };");
    assert_true(conf_network_equal(n, same)); /* the line does not count */
    conf_network_free(same);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct conf_network *other = good(others[i]);
        assert_false(conf_network_equal(n, other));
        conf_network_free(other);
    }
    conf_network_free(n);
}

static void test_limit_of_sources(void **state)
{
    (void)state;
    struct conf_errors errors = {0};
    struct conf_main *conf = parse_main("", &errors);
    assert_string_equal(conf->flood.source, "30/1m");
    assert_string_equal(conf->flood.ignore, "10m");
    assert_string_equal(conf->flood.register_host, "3/1d");
    assert_string_equal(conf->flood.register_network, "100/1d");
    conf_main_free(conf);
    conf = parse_main("flood = { source = \"0\"; ignore = \"1h30m\"; };", &errors);
    assert_string_equal(conf->flood.source, "0");
    assert_string_equal(conf->flood.ignore, "1h30m");
    conf_main_free(conf);
    assert_main_errors("flood = { source = \"often\"; };",
                       "seshet.conf:1: flood.source must be N/DURATION, such as 30/1m, or 0 for "
                       "no limit, not \"often\"\n");
    assert_main_errors("flood = { source = \"0/1m\"; };",
                       "seshet.conf:1: flood.source must allow at least one use, not \"0/1m\"\n");
    assert_main_errors("flood = { register_host = \"3\"; };",
                       "seshet.conf:1: flood.register_host must be N/DURATION, such as 30/1m, or 0 "
                       "for no limit, not \"3\"\n");
    assert_main_errors("flood = { ignore = \"0\"; };",
                       "seshet.conf:1: flood.ignore must be a duration such as 90s, 10m, 2h or 1d, "
                       "of at most 31 days, not \"0\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),           cmocka_unit_test(test_wrong_shapes),
        cmocka_unit_test(test_bounds),           cmocka_unit_test(test_equal),
        cmocka_unit_test(test_limit_of_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
