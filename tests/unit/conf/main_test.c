#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "helper.h"

#define URI_ERROR                                                                                  \
    "registry.uri must be \"embedded\", redis://[user:password@]host[:port][/db], rediss://... "   \
    "or unix:///path[?db=0]\n"

static void test_defaults(void **state)
{
    (void)state;
    struct conf_errors errors = {0};
    struct conf_main *conf = parse_main("", &errors);
    assert_non_null(conf);
    assert_int_equal(errors.count, 0);
    assert_string_equal(conf->path, "/etc/seshet/seshet.conf");
    assert_string_equal(conf->state_dir, "/var/lib/seshet");
    assert_string_equal(conf->networks_dir, "/etc/seshet/networks.d");
    assert_string_equal(conf->registry.uri, "embedded");
    assert_string_equal(conf->registry.prefix, "seshet:");
    assert_null(conf->registry.password_file);
    assert_null(conf->registry.password_env);
    assert_null(conf->registry.password);
    assert_string_equal(conf->modules.system_dir, "/usr/lib/seshet/modules");
    assert_string_equal(conf->modules.user_dir, "/var/lib/seshet/modules");
    assert_false(conf->modules.enable_new);
    assert_string_equal(conf->control.socket, "/var/lib/seshet/control.sock");
    assert_int_equal(conf->log.level, LOG_LEVEL_INFO);
    assert_int_equal(conf->log.format, LOG_FORMAT_AUTO);
    conf_main_free(conf);
}

static void test_paths_above(void **state)
{
    (void)state;
    struct conf_errors errors = {0};
    struct conf_main *conf = parse_main("networks_dir = \"../n\"; modules = { user_dir = "
                                        "\"../../../../u\"; system_dir = \"s/../t\"; };",
                                        &errors);
    assert_non_null(conf);
    assert_string_equal(conf->networks_dir, "/etc/n");
    assert_string_equal(conf->modules.user_dir, "/u");
    /* What stands before the dots may be a link. */
    assert_string_equal(conf->modules.system_dir, "/etc/seshet/s/../t");
    conf_main_free(conf);
}

static void test_every_key(void **state)
{
    (void)state;
    struct conf_errors errors = {0};
    struct conf_main *conf =
        parse_main("state_dir = \"state\"; networks_dir = \"/n\";\n"
                   "registry = { uri = \"redis://:pw@db:7/1\"; prefix = \"bot:\";\n"
                   "  password_file = \"pw\"; };\n"
                   "modules = { system_dir = \"/s\"; user_dir = \"u\"; enable_new = true; };\n"
                   "control = { socket = \"/run/c\"; };\n"
                   "log = { level = \"debug\"; format = \"json\"; };\n",
                   &errors);
    assert_non_null(conf);
    assert_int_equal(errors.count, 0);
    assert_string_equal(conf->state_dir, "/etc/seshet/state");
    assert_string_equal(conf->networks_dir, "/n");
    assert_string_equal(conf->registry.uri, "redis://:pw@db:7/1");
    assert_string_equal(conf->registry.prefix, "bot:");
    assert_string_equal(conf->registry.password_file, "/etc/seshet/pw");
    assert_string_equal(conf->modules.system_dir, "/s");
    assert_string_equal(conf->modules.user_dir, "/etc/seshet/u");
    assert_true(conf->modules.enable_new);
    assert_string_equal(conf->control.socket, "/run/c");
    assert_int_equal(conf->log.level, LOG_LEVEL_DEBUG);
    assert_int_equal(conf->log.format, LOG_FORMAT_JSON);
    conf_main_free(conf);
}

static void test_socket_follows_state_dir(void **state)
{
    (void)state;
    struct conf_errors errors = {0};
    struct conf_main *conf = parse_main("state_dir = \"/srv/bot\";", &errors);
    assert_non_null(conf);
    assert_string_equal(conf->control.socket, "/srv/bot/control.sock");
    assert_string_equal(conf->modules.user_dir, "/srv/bot/modules");
    conf_main_free(conf);
}

static void test_errors(void **state)
{
    (void)state;
    assert_main_errors("\n\nlog = { level = \"lod\"; };",
                       "seshet.conf:3: log.level must be one of debug, info, warn, error, not "
                       "\"lod\"\n");
    assert_main_errors("log = { format = \"xml\"; };",
                       "seshet.conf:1: log.format must be one of auto, text, json, not \"xml\"\n");
    assert_main_errors("log = { level = 3; };",
                       "seshet.conf:1: log.level must be a text in double quotes, not a number\n");
    assert_main_errors("log = \"debug\";",
                       "seshet.conf:1: log must be a group { ... }, not a text\n");
    assert_main_errors("modules = { enable_new = \"yes\"; };",
                       "seshet.conf:1: modules.enable_new must be true or false, not a text\n");
    assert_main_errors("state_dir = \"\";", "seshet.conf:1: state_dir must not be empty\n");
    assert_main_errors("state_dir = \"a\\nb\";",
                       "seshet.conf:1: state_dir must be one line without control characters, not "
                       "\"a\\x0ab\"\n");
    assert_main_errors("registry = {\n url = \"x\"; };",
                       "seshet.conf:2: unknown key \"registry.url\"; did you mean "
                       "\"registry.uri\"?\n");
    assert_main_errors("quux = 1;", "seshet.conf:1: unknown key \"quux\"; known here: state_dir, "
                                    "networks_dir, registry, modules, flood, control, log\n");
    assert_main_errors("registry = { prefix = \"bot\"; };",
                       "seshet.conf:1: registry.prefix must end with a colon, not \"bot\"\n");
    assert_main_errors("registry = { password_env = \"A-B\"; };",
                       "seshet.conf:1: registry.password_env must be the name of an environment "
                       "variable, not \"A-B\"\n");
    assert_main_errors("registry = { password_env = \"A\";\npassword_file = \"b\"; };",
                       "seshet.conf:1: registry.password_env and registry.password_file are both "
                       "set; remove one of the two\n");
}

/* A registry's address may hold a password: no error shows it. */
static void test_uri_is_never_shown(void **state)
{
    (void)state;
    assert_main_errors("registry = { uri = \"http://u:secret@h\"; };", "seshet.conf:1: " URI_ERROR);
    assert_main_errors("registry = { uri = \"redis://\"; };", "seshet.conf:1: " URI_ERROR);
    assert_main_errors("registry = { uri = \"unix://tmp/x\"; };", "seshet.conf:1: " URI_ERROR);
    assert_main_errors("registry = { uri = \"redis://u:secret @h\"; };",
                       "seshet.conf:1: registry.uri must not hold a space\n");
}

static void test_socket_too_long(void **state)
{
    (void)state;
    char dir[101];
    memset(dir, 'd', sizeof dir - 1);
    dir[0] = '/';
    dir[sizeof dir - 1] = '\0';
    char *text = xasprintf("state_dir = \"%s\";", dir);
    char *wanted = xasprintf("seshet.conf: control.socket: %s/control.sock is longer than the 107 "
                             "bytes that a unix socket's path may have; set a shorter one\n",
                             dir);
    assert_main_errors(text, wanted);
    free(text);
    free(wanted);
}

static void test_all_errors_in_one_file(void **state)
{
    (void)state;
    assert_main_errors("log = {\n  format = 1;\n  level = \"loud\";\n};\n"
                       "stat_dir = \"x\";\n"
                       "modules = { enable_new = 1; };\n"
                       "control = 5;\n",
                       "seshet.conf:2: log.format must be a text in double quotes, not a number\n"
                       "seshet.conf:3: log.level must be one of debug, info, warn, error, not "
                       "\"loud\"\n"
                       "seshet.conf:5: unknown key \"stat_dir\"; did you mean \"state_dir\"?\n"
                       "seshet.conf:6: modules.enable_new must be true or false, not a number\n"
                       "seshet.conf:7: control must be a group { ... }, not a number\n");
}

static void test_syntax(void **state)
{
    (void)state;
    assert_main_errors("state_dir = \"a\";\nlog = ;\n",
                       "seshet.conf:2: syntax error here or just before; a setting is written key "
                       "= value; and a text stands in double quotes\n");
    assert_main_errors("state_dir = \"a\";\n\nstate_dir = \"b\";\n",
                       "seshet.conf:3: this key was already set in the same group; remove one of "
                       "the two\n");
    assert_main_errors("log = { level = \"info\"; };\nlog = { };\n",
                       "seshet.conf:2: this key was already set in the same group; remove one of "
                       "the two\n");
}

static void test_surprises_are_refused(void **state)
{
    (void)state;
    assert_main_errors("# fine: @include\nlog = { };\n  @include \"/etc/passwd\"\n",
                       "seshet.conf:3: @include is not supported: write the settings into this "
                       "file\n");
    assert_main_errors("state_dir = \"a\nb\\x00c\";",
                       "seshet.conf:1: a text cannot hold the byte \\x00\n");
    assert_main_errors("x = 1;\ny = 4294967297;",
                       "seshet.conf:2: 4294967297 is too large a number\n");
    assert_main_errors("y = 0xfffffffff;", "seshet.conf:1: 0xfffffffff is too large a number\n");

    struct conf_errors errors = {0};
    struct conf_main *conf =
        parse_main("# 4294967297 \"\n// \\x00\n/* 4294967297\n\" */ state_dir = \"/4294967297\";\n"
                   "networks_dir = \"/\\\"\\\\\";",
                   &errors);
    assert_non_null(conf);
    assert_string_equal(conf->state_dir, "/4294967297");
    assert_string_equal(conf->networks_dir, "/\"\\");
    conf_main_free(conf);
}

static void test_nul_byte(void **state)
{
    (void)state;
    static const char text[] = "log = { };\n\0state_dir = 1;";
    static const struct conf_surroundings around = {
        .dir = "/d", .program_dir = "/b", .state_dir = "/s"};
    struct conf_errors errors = {0};
    assert_null(conf_main_parse(text, sizeof text - 1, "f", &around, CONF_TEXT_ONLY, &errors));
    char *got = take_errors(&errors);
    assert_string_equal(got, "f:2: a NUL byte: this is no text\n");
    free(got);
}

static void test_no_state_dir(void **state)
{
    (void)state;
    static const struct conf_surroundings around = {.dir = "/d", .program_dir = "/b"};
    struct conf_errors errors = {0};
    assert_null(conf_main_parse("", 0, "f", &around, CONF_TEXT_ONLY, &errors));
    assert_int_equal(errors.errors, 1);
    conf_errors_free(&errors);
    struct conf_main *conf =
        conf_main_parse("state_dir = \"/x\";", 17, "f", &around, CONF_TEXT_ONLY, &errors);
    assert_non_null(conf);
    conf_main_free(conf);
}

static void test_errors_are_bounded(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "key%d = 1;\n", i);
    buf_append(&text, "", 1);
    struct conf_errors errors = {0};
    assert_null(parse_main(buf_data(&text), &errors));
    assert_int_equal(errors.count, CONF_MAX_ERRORS);
    assert_int_equal(errors.errors, 1000);
    conf_errors_free(&errors);
    buf_free(&text);
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < 100000; i++)
        buf_printf(&text, "a={");
    buf_append(&text, "", 1);
    assert_main_errors(buf_data(&text), "seshet.conf:1: groups or lists are nested too deeply\n");
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_paths_above),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_socket_follows_state_dir),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_uri_is_never_shown),
        cmocka_unit_test(test_socket_too_long),
        cmocka_unit_test(test_all_errors_in_one_file),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_surprises_are_refused),
        cmocka_unit_test(test_nul_byte),
        cmocka_unit_test(test_no_state_dir),
        cmocka_unit_test(test_errors_are_bounded),
        cmocka_unit_test(test_nesting_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
