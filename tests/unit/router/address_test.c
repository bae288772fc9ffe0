#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/route/address.h"

struct row {
    const char *text;
    bool is_private;
    bool parsed;
    bool direct;
    const char *word;
    const char *args;
};

static void check(const struct row *row, const char *nick, enum casemapping map)
{
    struct address a;
    print_message("  \"%s\"\n", row->text);
    assert_int_equal(address_parse(&a, row->text, row->is_private, nick, map), row->parsed);
    if (!row->parsed)
        return;
    assert_int_equal(a.direct, row->direct);
    assert_string_equal(a.word, row->word);
    assert_string_equal(a.args, row->args);
}

static void test_forms(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"!roll 2d6", false, true, false, "!roll", "2d6"},
        {"!ROLL", false, true, false, "!roll", ""},
        {"  !roll   2d6  +1  ", false, true, false, "!roll", "2d6  +1"},
        {"hello there", false, true, false, "hello", "there"},
        {"bot: roll 2d6", false, true, true, "roll", "2d6"},
        {"bot, roll 2d6", false, true, true, "roll", "2d6"},
        {"BoT:!roll 2d6", false, true, true, "!roll", "2d6"},
        {"bot roll", false, true, false, "bot", "roll"},
        {"bother: roll", false, true, false, "bother:", "roll"},
        {"bot:", false, false, false, NULL, NULL},
        {"", false, false, false, NULL, NULL},
        {"   ", true, false, false, NULL, NULL},
        {"roll", true, true, true, "roll", ""},
        {"!roll x", true, true, true, "!roll", "x"},
        {"bot: roll", true, true, true, "roll", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i], "bot", CASEMAPPING_RFC1459);
}

static void test_nick_folds_under_the_casemapping(void **state)
{
    (void)state;
    check(&(struct row){"{BOT}: hi", false, true, true, "hi", ""}, "[bot]", CASEMAPPING_RFC1459);
    check(&(struct row){"{BOT}: hi", false, true, false, "{bot}:", "hi"}, "[bot]",
          CASEMAPPING_ASCII);
}

static void test_long_words_are_no_command(void **state)
{
    (void)state;
    struct address a;
    char text[600];
    for (size_t len = 0; len < sizeof text - 1; len++) {
        for (size_t i = 0; i < len; i++)
            text[i] = 'x';
        text[len] = '\0';
        assert_int_equal(address_parse(&a, text, false, "bot", CASEMAPPING_ASCII),
                         len > 0 && len < ADDRESS_MAX_WORD);
    }
}

static void test_long_arguments_are_cut(void **state)
{
    (void)state;
    struct address a;
    char text[2000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i == 2 ? ' ' : 'x';
    text[sizeof text - 1] = '\0';
    assert_true(address_parse(&a, text, false, "bot", CASEMAPPING_ASCII));
    assert_int_equal(strlen(a.args), sizeof a.args - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_nick_folds_under_the_casemapping),
        cmocka_unit_test(test_long_words_are_no_command),
        cmocka_unit_test(test_long_arguments_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
