#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "server/module/log.h"

static void add(struct module_log *log, const char *network, const char *module, const char *text)
{
    module_log_add(log, LOG_MODULE(network, module), LOG_LEVEL_INFO, "module.log", text, 1000);
}

static const char *text_of(const json_t *result, size_t i)
{
    const json_t *line = json_array_get(json_object_get(result, "lines"), i);
    return json_string_value(json_object_get(line, "text"));
}

static size_t count_of(const json_t *result)
{
    return json_array_size(json_object_get(result, "lines"));
}

static void test_lines(void **state)
{
    (void)state;
    struct module_log *log = module_log_new();
    add(log, "one", "dice", "first");
    add(log, "two", "seen", "of another");
    add(log, "two", "dice", "second");
    json_t *all = module_log_lines(log, "dice", "", 0);
    assert_int_equal(count_of(all), 2);
    assert_string_equal(text_of(all, 0), "first");
    assert_string_equal(text_of(all, 1), "second");
    assert_int_equal(json_integer_value(json_object_get(all, "last")), 3);
    json_decref(all);
    json_t *one = module_log_lines(log, "dice", "two", 0);
    assert_int_equal(count_of(one), 1);
    assert_string_equal(text_of(one, 0), "second");
    json_decref(one);
    json_t *rest = module_log_lines(log, "dice", "", 1);
    assert_int_equal(count_of(rest), 1);
    json_decref(rest);
    json_t *none = module_log_lines(log, "echo", "", 0);
    assert_int_equal(count_of(none), 0);
    json_decref(none);
    module_log_free(log);
    module_log_free(NULL);
}

static void test_bounds(void **state)
{
    (void)state;
    char text[2000];
    struct module_log *log = module_log_new();
    for (int i = 0; i < MODULE_LOG_LINES + 10; i++) {
        snprintf(text, sizeof text, "line %d", i);
        add(log, "one", "dice", text);
    }
    json_t *lines = module_log_lines(log, "dice", "", 0);
    assert_int_equal(count_of(lines), MODULE_LOG_LINES);
    assert_string_equal(text_of(lines, 0), "line 10");
    json_decref(lines);
    /* Cut between two characters. */
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text + MODULE_LOG_BYTES - 1, "\xc3\xa4", 2);
    add(log, "one", "long", text);
    lines = module_log_lines(log, "long", "", 0);
    assert_int_equal(strlen(text_of(lines, 0)), MODULE_LOG_BYTES - 1);
    json_decref(lines);
    /* Of too many modules the quietest goes. */
    for (int i = 0; i < MODULE_LOG_MODULES - 1; i++) {
        snprintf(text, sizeof text, "m%d", i);
        add(log, "one", text, "here");
    }
    lines = module_log_lines(log, "dice", "", 0);
    assert_int_equal(count_of(lines), 0);
    json_decref(lines);
    lines = module_log_lines(log, "long", "", 0);
    assert_int_equal(count_of(lines), 1);
    json_decref(lines);
    module_log_free(log);
}

/* It hears of modules, whatever the level of the log, and of nothing else. */
static void test_what_is_logged(void **state)
{
    (void)state;
    struct module_log *log = module_log_new();
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
    log_write(LOG_LEVEL_DEBUG, "module.log", LOG_MODULE("one", "dice"), "quiet %d", 1);
    log_write(LOG_LEVEL_INFO, "irc.online", LOG_NETWORK("one"), "nobody's");
    json_t *lines = module_log_lines(log, "dice", "", 0);
    assert_int_equal(count_of(lines), 1);
    assert_string_equal(text_of(lines, 0), "quiet 1");
    assert_int_equal(json_integer_value(json_object_get(lines, "last")), 1);
    json_decref(lines);
    module_log_free(log);
    log_write(LOG_LEVEL_DEBUG, "module.log", LOG_MODULE("one", "dice"), "after the end");
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_what_is_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
