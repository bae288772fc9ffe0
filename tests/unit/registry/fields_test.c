#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "net/proto/event_type.h"
#include "registry/dotted.h"
#include "registry/fields.h"
#include "registry/keys.h"

static void has_defaults(void **state)
{
    (void)state;
    struct module_fields f;
    module_fields_init(&f);
    assert_false(f.enabled);
    assert_string_equal(f.description, "");
    assert_int_equal(f.cmd_prefix, '\0');
    assert_int_equal(f.event_types, 0);
    assert_string_equal(f.group, "default");
    assert_string_equal(f.auth_group, "");
    assert_string_equal(f.capability, "");
    assert_false(rate_limits(f.rate_user));
    assert_string_equal(f.rate_group, "");
    assert_int_equal(f.inherit, LISTS_ALL);
    module_fields_clear(&f);
}

static void parses_and_refuses(void **state)
{
    static const struct {
        const char *field;
        const char *text;
        const char *why; /* NULL: accepted */
    } rows[] = {
        {"enabled", "yes", NULL},
        {"enabled", "OFF", NULL},
        {"enabled", "1", NULL},
        {"enabled", "maybe", "yes or no"},
        {"enabled", "", "yes or no"},
        {"cmd_prefix", ".", NULL},
        {"cmd_prefix", "", NULL},
        {"cmd_prefix", "!!", "one character"},
        {"cmd_prefix", " ", "one character"},
        {"cmd_prefix", "\xc3\xa4", "one character"},
        {"cmd_prefix", "\xe4", "one character"},
        {"cmd_prefix", "a", "no letter"},
        {"cmd_prefix", "Z", "no letter"},
        {"cmd_prefix", "5", "no letter, digit"},
        {"cmd_prefix", "\x7f", "one character"},
        {"cmd_prefix", "/", "no / # &"},
        {"cmd_prefix", "#", "no / # &"},
        {"cmd_prefix", "&", "no / # &"},
        {"cmd_prefix", "~", NULL},
        {"cmd_prefix", "+", NULL},
        {"description",
         "Rolls d\xc3\xad"
         "ce.",
         NULL},
        {"description", "two\nlines", "one line"},
        {"group", "web", NULL},
        {"group", "", "one word"},
        {"group", "a b", "one word"},
        {"event_types", "message join", NULL},
        {"event_types", "message,quit", NULL},
        {"event_types", "", NULL},
        {"event_types", "message dance", "\"dance\" is no type of event"},
        {"auth_group", "ops", NULL},
        {"auth_group", "", NULL},
        {"auth_group", "the ops", "one word"},
        {"capability", "Admin", NULL},
        {"capability", "net/#chan.op", NULL},
        {"capability", "", NULL},
        {"capability", "two words", "one word"},
        {"capability", "-admin", "without the -"},
        {"rate_user", "5/1m", NULL},
        {"rate_user", "0", NULL},
        {"rate_channel", "0/1m", NULL},
        {"rate_network", "5", "N/duration"},
        {"rate_network", "5/1x", "90s, 10m or 1h30m"},
        {"rate_group", "games", NULL},
        {"rate_group", "", NULL},
        {"inherit", "blacklist whitelist", NULL},
        {"inherit", "no", NULL},
        {"inherit", "dchannels, dnicks", NULL},
        {"inherit", "dchannel", "\"dchannel\" is no list"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct module_fields f;
        char why[REGISTRY_WHY_SIZE] = "";
        module_fields_init(&f);
        int rc = module_fields_parse(&f, module_field_find(rows[i].field), rows[i].text, why,
                                     sizeof why);
        if ((rc == 0) != (rows[i].why == NULL))
            fail_msg("%s=%s: %d %s", rows[i].field, rows[i].text, rc, why);
        if (rows[i].why && !strstr(why, rows[i].why))
            fail_msg("%s=%s: %s", rows[i].field, rows[i].text, why);
        module_fields_clear(&f);
    }
}

static void a_wrong_value_changes_nothing(void **state)
{
    (void)state;
    struct module_fields f;
    char why[REGISTRY_WHY_SIZE];
    module_fields_init(&f);
    assert_int_equal(module_fields_parse(&f, FIELD_CMD_PREFIX, "?", why, sizeof why), 0);
    assert_int_equal(module_fields_parse(&f, FIELD_CMD_PREFIX, "??", why, sizeof why), -1);
    assert_int_equal(f.cmd_prefix, '?');
    assert_int_equal(module_fields_parse(&f, FIELD_EVENT_TYPES, "join x", why, sizeof why), -1);
    assert_int_equal(f.event_types, 0);
    assert_int_equal(module_fields_parse(&f, FIELD_EVENT_TYPES, "join quit", why, sizeof why), 0);
    assert_int_equal(f.event_types, EVENT_BIT(EVENT_JOIN) | EVENT_BIT(EVENT_QUIT));
    assert_int_equal(module_fields_parse(&f, FIELD_INHERIT, "dnicks", why, sizeof why), 0);
    assert_int_equal(f.inherit, LIST_BIT(LIST_DNICKS));
    module_fields_clear(&f);
}

static void writes_what_it_reads(void **state)
{
    static const struct {
        const char *field, *text, *written;
    } rows[] = {
        {"enabled", "On", "yes"},
        {"description", "Rolls.", "Rolls."},
        {"cmd_prefix", ".", "."},
        {"cmd_prefix", "", ""},
        {"event_types", "command, message", "message command"},
        {"capability", "Admin", "admin"},
        {"rate_user", "5/90s", "5/1m30s"},
        {"rate_user", "", "0"},
        {"inherit", "yes", "yes"},
        {"inherit", "no", "no"},
        {"inherit", "blacklist,dnicks", "dnicks blacklist"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct module_fields f;
        struct buf out = {0};
        char why[REGISTRY_WHY_SIZE] = "";
        enum module_field field = (enum module_field)module_field_find(rows[i].field);
        module_fields_init(&f);
        assert_int_equal(module_fields_parse(&f, field, rows[i].text, why, sizeof why), 0);
        module_fields_write(&f, field, &out);
        buf_append(&out, "", 1);
        assert_string_equal(buf_data(&out), rows[i].written);
        buf_free(&out);
        module_fields_clear(&f);
    }
}

static void limits_of_commands(void **state)
{
    struct module_fields f;
    char why[REGISTRY_WHY_SIZE] = "";
    char command[16];
    enum module_field field;
    const char *name;
    (void)state;
    module_fields_init(&f);
    assert_int_equal(module_field_parse_name("rate_channel.roll", &field, &name, why, sizeof why),
                     0);
    assert_int_equal(field, FIELD_RATE_CHANNEL);
    assert_string_equal(name, "roll");
    assert_int_equal(module_field_parse_name("rate_channel", &field, &name, why, sizeof why), 0);
    assert_null(name);
    assert_int_equal(module_field_parse_name("rate_chanel.roll", &field, &name, why, sizeof why),
                     -1);
    assert_non_null(strstr(why, "did you mean rate_channel?"));
    assert_int_equal(module_fields_parse_rate(&f, FIELD_RATE_USER, "b", "1/1m", why, sizeof why),
                     0);
    assert_int_equal(module_fields_parse_rate(&f, FIELD_RATE_USER, "a", "2/1m", why, sizeof why),
                     0);
    assert_int_equal(module_fields_parse_rate(&f, FIELD_RATE_NETWORK, "a", "3/1m", why, sizeof why),
                     0);
    assert_int_equal(module_fields_parse_rate(&f, FIELD_RATE_USER, "a", "4/1m", why, sizeof why),
                     0);
    assert_int_equal(module_fields_parse_rate(&f, FIELD_RATE_USER, "a", "x", why, sizeof why), -1);
    assert_int_equal(f.ncommand_rates, 3);
    assert_int_equal(module_fields_rate(&f, FIELD_RATE_USER, "a")->rate.count, 4);
    assert_int_equal(module_fields_rate(&f, FIELD_RATE_NETWORK, "a")->rate.count, 3);
    assert_null(module_fields_rate(&f, FIELD_RATE_CHANNEL, "a"));
    for (int i = 3; i < FIELD_MAX_RATES; i++) {
        snprintf(command, sizeof command, "c%d", i);
        assert_int_equal(
            module_fields_parse_rate(&f, FIELD_RATE_USER, command, "1/1m", why, sizeof why), 0);
    }
    assert_int_equal(module_fields_parse_rate(&f, FIELD_RATE_USER, "z", "1/1m", why, sizeof why),
                     -1);
    assert_non_null(strstr(why, "at most 256"));
    assert_int_equal(module_fields_parse_rate(&f, FIELD_RATE_USER, "c3", "2/1m", why, sizeof why),
                     0);
    module_fields_clear(&f);
}

static void configuration_of_modules(void **state)
{
    struct module_fields f;
    struct module_fields other;
    char why[REGISTRY_WHY_SIZE] = "";
    char key[CONFIG_MAX_KEY + 2];
    char *text;
    enum module_field field;
    const char *name;
    static const char *const wrong[] = {"config",     "config.",         "config.A",
                                        "config.a b", "config.\xc3\xa9", "config.a/b"};
    (void)state;
    module_fields_init(&f);
    module_fields_init(&other);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(module_field_parse_name(wrong[i], &field, &name, why, sizeof why), -1);
    assert_non_null(strstr(why, "config.KEY"));
    assert_int_equal(module_field_parse_name("config.a.b-c_9", &field, &name, why, sizeof why), 0);
    assert_int_equal(field, FIELD_CONFIG);
    assert_string_equal(name, "a.b-c_9");
    memset(key, 'k', sizeof key - 1);
    key[CONFIG_MAX_KEY + 1] = '\0';
    assert_false(config_key_valid(key));
    assert_true(config_key_valid(key + 1));
    assert_int_equal(dotted_parse(&f, FIELD_CONFIG, "b", "two", why, sizeof why), 0);
    assert_int_equal(dotted_parse(&f, FIELD_CONFIG, "a", "", why, sizeof why), 0);
    assert_int_equal(dotted_parse(&f, FIELD_RATE_USER, "c", "1/1m", why, sizeof why), 0);
    assert_int_equal(dotted_parse(&f, FIELD_CONFIG, "b", "a\nb", why, sizeof why), -1);
    assert_string_equal(config_find(&f.config, "b"), "two");
    assert_string_equal(config_find(&f.config, "a"), "");
    assert_null(config_find(&f.config, "c"));
    assert_int_equal(dotted_count(&f), 3);
    assert_string_equal(dotted_at(&f, 0).name, "rate_user.c");
    assert_string_equal(dotted_at(&f, 2).name, "config.b");
    text = dotted_text(&f, FIELD_CONFIG, "b");
    assert_string_equal(text, "two");
    free(text);
    /* Over what is there, one by one. */
    assert_int_equal(dotted_parse(&other, FIELD_CONFIG, "b", "2", why, sizeof why), 0);
    assert_int_equal(dotted_parse(&other, FIELD_CONFIG, "d", "4", why, sizeof why), 0);
    dotted_merge(&other, &f);
    assert_string_equal(config_find(&other.config, "b"), "two");
    assert_string_equal(config_find(&other.config, "d"), "4");
    assert_false(module_fields_equal(&f, &other));
    module_fields_copy_one(&f, &other, FIELD_CONFIG);
    assert_true(module_fields_equal(&f, &other));
    text = xcalloc(1, FIELD_MAX_TEXT + 2);
    memset(text, 'x', FIELD_MAX_TEXT + 1);
    assert_int_equal(dotted_parse(&f, FIELD_CONFIG, "b", text, why, sizeof why), -1);
    assert_int_equal(dotted_parse(&f, FIELD_CONFIG, "b", text + 1, why, sizeof why), 0);
    free(text);
    for (int i = 3; i < CONFIG_MAX_ITEMS; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(dotted_parse(&f, FIELD_CONFIG, key, "", why, sizeof why), 0);
    }
    assert_int_equal(dotted_parse(&f, FIELD_CONFIG, "z", "", why, sizeof why), -1);
    assert_non_null(strstr(why, "at most 256"));
    module_fields_clear(&f);
    module_fields_clear(&other);
}

static void finds_what_was_meant(void **state)
{
    (void)state;
    assert_int_equal(module_field_find("enabled"), FIELD_ENABLED);
    assert_int_equal(module_field_find("enabeld"), -1);
    assert_string_equal(module_field_nearest("enabeld"), "enabled");
    assert_string_equal(module_field_nearest("echanels"), "echannels");
}

static void splits_items(void **state)
{
    static const struct {
        const char *text;
        const char *item;
        size_t network_len;
    } rows[] = {
        {"#chan", "#chan", 0},       {"libera/#chan", "#chan", 6}, {"#a/b", "#a/b", 0},
        {"libera/#a/b", "#a/b", 6},  {"nick", "nick", 0},          {"my-net.org/nick", "nick", 10},
        {"/nick", "/nick", 0},       {"libera/", "", 6},           {"libera/$me", "$me", 6},
        {"[x]/nick", "[x]/nick", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *item;
        size_t len;
        list_item_split(rows[i].text, &item, &len);
        assert_string_equal(item, rows[i].item);
        assert_int_equal(len, rows[i].network_len);
    }
}

static void checks_items(void **state)
{
    char why[REGISTRY_WHY_SIZE];
    char longest[FIELD_MAX_ITEM + 2];
    (void)state;
    assert_int_equal(list_item_check(LIST_ECHANNELS, "#chan", why, sizeof why), 0);
    assert_int_equal(list_item_check(LIST_ECHANNELS, "oftc/&chan", why, sizeof why), 0);
    assert_int_equal(list_item_check(LIST_ECHANNELS, "chan", why, sizeof why), -1);
    assert_non_null(strstr(why, "is no channel"));
    assert_int_equal(list_item_check(LIST_DNICKS, "#chan", why, sizeof why), -1);
    assert_non_null(strstr(why, "is no nickname"));
    assert_int_equal(list_item_check(LIST_ENICKS, "$me", why, sizeof why), 0);
    assert_int_equal(list_item_check(LIST_ENICKS, "$Me", why, sizeof why), -1);
    assert_string_equal(why, "\"$Me\" is no nickname; the bot's own is $me");
    assert_int_equal(list_item_check(LIST_ENICKS, "a b", why, sizeof why), -1);
    assert_int_equal(list_item_check(LIST_ENICKS, "a,b", why, sizeof why), -1);
    assert_int_equal(list_item_check(LIST_ENICKS, "", why, sizeof why), -1);
    assert_int_equal(list_item_check(LIST_ENICKS, "net/", why, sizeof why), -1);
    assert_int_equal(list_item_check(LIST_BLACKLIST, "*!*@*", why, sizeof why), 0);
    assert_int_equal(list_item_check(LIST_BLACKLIST, "oftc/account:al", why, sizeof why), 0);
    assert_int_equal(list_item_check(LIST_BLACKLIST, "al", why, sizeof why), -1);
    assert_non_null(strstr(why, "did you mean al!*@*?"));
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(list_item_check(LIST_ENICKS, longest, why, sizeof why), -1);
    assert_int_equal(list_item_check(LIST_ENICKS, longest + 1, why, sizeof why), 0);
}

static void parses_keys(void **state)
{
    static const struct {
        const char *text;
        enum key_kind kind;
        const char *network;
        const char *module;
        const char *list;
    } rows[] = {
        {"meta", KEY_META, "", "", ""},
        {"modules", KEY_MODULES, "", "", ""},
        {"module:dice", KEY_HASH, "", "dice", ""},
        {"module:dice:enicks", KEY_LIST, "", "dice", "enicks"},
        {"module:dice:enick", KEY_UNKNOWN_LIST, "", "dice", "enick"},
        {"network:libera:module:dice", KEY_HASH, "libera", "dice", ""},
        {"network:my.net:module:dice:dchannels", KEY_LIST, "my.net", "dice", "dchannels"},
        {"network:libera", KEY_NETWORK, "libera", "", ""},
        {"network:libera:channels", KEY_NETWORK_CHANNELS, "libera", "", ""},
        {"network::module:dice", KEY_OTHER, NULL, NULL, NULL},
        {"module:", KEY_OTHER, NULL, NULL, NULL},
        {"module:a b", KEY_OTHER, NULL, NULL, NULL},
        {"ignores", KEY_IGNORES, "", "", ""},
        {"network:my.net:ignores", KEY_IGNORES, "my.net", "", ""},
        {"network::ignores", KEY_OTHER, NULL, NULL, NULL},
        {"ignoresx", KEY_OTHER, NULL, NULL, NULL},
        {"modulesx", KEY_OTHER, NULL, NULL, NULL},
        {"status:module:dice", KEY_OTHER, NULL, NULL, NULL},
        {"", KEY_OTHER, NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct registry_key key = key_parse(rows[i].text);
        char text[KEY_MAX];
        if (key.kind != rows[i].kind)
            fail_msg("%s: %d", rows[i].text, key.kind);
        if (key.kind == KEY_OTHER)
            continue;
        assert_string_equal(key.network, rows[i].network);
        assert_string_equal(key.module, rows[i].module);
        assert_string_equal(key.list_name, rows[i].list);
        assert_string_equal(key_write(&key, text, sizeof text), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_defaults),
        cmocka_unit_test(parses_and_refuses),
        cmocka_unit_test(a_wrong_value_changes_nothing),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(limits_of_commands),
        cmocka_unit_test(configuration_of_modules),
        cmocka_unit_test(finds_what_was_meant),
        cmocka_unit_test(splits_items),
        cmocka_unit_test(checks_items),
        cmocka_unit_test(parses_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
