#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xmalloc.h"
#include "server/admin/commands.h"
#include "server/core/core.h"

/* The table of core commands, and the words that find them in it. */

static char *read_document(void)
{
    FILE *file = fopen(DOCUMENT, "r");
    assert_non_null(file);
    char *text = xcalloc(1, 100000);
    size_t len = fread(text, 1, 100000 - 1, file);
    assert_in_range(len, 1, 100000 - 2);
    fclose(file);
    return text;
}

/* "- `hostmask list [NAME]`: The masks ...": what docs/commands.md says of it. */
static char *line_of(const struct core_command *c)
{
    char need[100] = "";
    if (*c->capability)
        snprintf(need, sizeof need, " (needs %s)",
                 *c->capability == '#' ? "`#channel.op`" : c->capability);
    return xasprintf("- `%s%s%s`%s: %s\n", c->name, *c->usage ? " " : "", c->usage, need, c->help);
}

static void test_document(void **state)
{
    char *text = read_document();
    size_t lines = 0;
    size_t commands = 0;
    (void)state;
    for (const struct core_command *c = core_commands; c->name; c++, commands++) {
        char *line = line_of(c);
        if (!strstr(text, line))
            fail_msg("docs/commands.md must have this line:\n%s", line);
        free(line);
    }
    for (const char *at = text; (at = strstr(at, "\n- `")); at++)
        lines++;
    assert_int_equal(lines, commands);
    free(text);
}

static bool begins(const char *name, const char *with)
{
    size_t len = strlen(with);
    return !strncmp(name, with, len) && (!name[len] || name[len] == ' ');
}

/* The first of two that fit would hide the other; the index makes one entry of a first word. */
static void test_no_name_begins_another(void **state)
{
    (void)state;
    for (const struct core_command *a = core_commands; a->name; a++) {
        for (const struct core_command *b = core_commands; b->name; b++)
            assert_false(a != b && begins(b->name, a->name));
        assert_non_null(a->run);
        assert_true(a->help[strlen(a->help) - 1] == '.' || a->help[strlen(a->help) - 1] == '?');
    }
}

static void test_groups_stand_together(void **state)
{
    (void)state;
    for (const struct core_command *a = core_commands; a->name; a++) {
        size_t len = strcspn(a->name, " ");
        bool gap = false;
        for (const struct core_command *b = a + 1; b->name; b++) {
            bool same = strcspn(b->name, " ") == len && !strncmp(a->name, b->name, len);
            assert_false(same && gap);
            gap = gap || !same;
        }
    }
}

static void test_passwords_are_secret(void **state)
{
    (void)state;
    for (const struct core_command *c = core_commands; c->name; c++) {
        bool password = strstr(c->usage, "PASSWORD") || strstr(c->usage, "OLD");
        assert_int_equal(password, c->secret);
    }
}

/* What people need to become known is open; everything else is guarded. */
static void test_reach(void **state)
{
    (void)state;
    for (const struct core_command *c = core_commands; c->name; c++) {
        bool identifies = !strcmp(c->name, "auth");
        bool always =
            !strcmp(c->name, "help") || !strcmp(c->name, "whoami") || !strcmp(c->name, "logout");
        assert_int_equal(c->reach, identifies ? CORE_IDENTIFIES
                                   : always   ? CORE_ALWAYS
                                              : CORE_GUARDED);
    }
}

static const char *found(const char *word, const char *args)
{
    const struct core_command *c = core_command_find(word, args);
    return c ? c->name : "";
}

static void test_find(void **state)
{
    (void)state;
    assert_string_equal(found("help", ""), "help");
    assert_string_equal(found("core.help", "x"), "help");
    assert_string_equal(found("hostmask", "add *!*@host"), "hostmask add");
    assert_string_equal(found("hostmask", "ADD"), "hostmask add");
    assert_string_equal(found("hostmask", "  add  x"), "hostmask add");
    assert_string_equal(found("hostmask", "addx"), "");
    assert_string_equal(found("hostmask", ""), "");
    assert_string_equal(found("channel", "capability list #c"), "channel capability list");
    assert_string_equal(found("channel", "capability"), "");
    assert_string_equal(found("nothing", ""), "");
    assert_string_equal(found("", ""), "");
}

static void test_arguments(void **state)
{
    const struct core_command *c = core_command_find("hostmask", "add x");
    (void)state;
    assert_string_equal(core_command_match(c, "hostmask add   a b"), "a b");
    assert_string_equal(core_command_match(c, "hostmask add"), "");
    assert_null(core_command_match(c, "hostmask addition"));
    assert_null(core_command_match(c, "hostmasks add"));
}

static void test_words(void **state)
{
    char word[CORE_WORD_SIZE];
    char text[2 * CORE_WORD_SIZE];
    (void)state;
    assert_string_equal(core_word("one  two three", word), "two three");
    assert_string_equal(word, "one");
    assert_string_equal(core_word("", word), "");
    assert_string_equal(word, "");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_string_equal(core_word(text, word), "");
    assert_int_equal(strlen(word), CORE_WORD_SIZE - 1);
}

/* Only what stands in the group is called by it. */
static void test_administration(void **state)
{
    const struct core_command *module = core_command_find("module", "");
    (void)state;
    assert_non_null(module);
    assert_true(core_admin_group(module, &command_specs[COMMAND_MODULE_LIST]));
    assert_false(core_admin_group(module, &command_specs[COMMAND_NETWORK_LIST]));
    assert_false(core_admin_group(core_command_find("ping", ""), &command_specs[COMMAND_STATUS]));
    for (int i = 0; i < COMMAND_COUNT; i++)
        for (const struct core_command *c = core_commands; c->name; c++)
            if (core_admin_group(c, &command_specs[i]) && command_specs[i].capability)
                assert_string_not_equal(command_specs[i].capability, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_no_name_begins_another),
        cmocka_unit_test(test_groups_stand_together),
        cmocka_unit_test(test_passwords_are_secret),
        cmocka_unit_test(test_reach),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_administration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
