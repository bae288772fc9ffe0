/*
 * The samples must be true: they load as they stand, they show every key of the tables with its
 * default and its help, and they load with every # in front of a setting taken away.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "conf/schema.h"
#include "conf/text.h"
#include "helper.h"

#define MAIN_SAMPLE    CONF_FOLDER "/seshet.conf"
#define NETWORK_SAMPLE CONF_FOLDER "/networks.d/example.conf.sample"

static char *read_sample(const char *path)
{
    struct conf_errors errors = {0};
    size_t len = 0;
    char *text = conf_text_read(path, &len, &errors);
    assert_non_null(text);
    return text;
}

/* A # that stands right before a word, or in a commented group, hides a setting. */
static char *uncomment(const char *text)
{
    struct buf out = {0};
    while (*text) {
        size_t indent = strspn(text, " ");
        size_t len = strcspn(text, "\n") + 1;
        const char *after = text + indent + 1;
        bool hides = text[indent] == '#' && (*after != ' ' || after[1] == ' ');
        bool alternative =
            strstr(text, "password_env") && strstr(text, "password_env") < text + len;
        if (hides && !alternative)
            buf_append(&out, after, len - indent - 1);
        else
            buf_append(&out, text, len);
        text += len;
    }
    buf_append(&out, "", 1);
    char *copy = xstrdup(buf_data(&out));
    buf_free(&out);
    return copy;
}

/* All white space is one space, and comment signs are gone, so that help may be wrapped. */
static char *words_of(const char *text)
{
    struct buf out = {0};
    for (; *text; text++) {
        bool space = isspace((unsigned char)*text) || *text == '#';
        if (!space)
            buf_append(&out, text, 1);
        else if (out.len && buf_data(&out)[out.len - 1] != ' ')
            buf_append(&out, " ", 1);
    }
    buf_append(&out, "", 1);
    char *copy = xstrdup(buf_data(&out));
    buf_free(&out);
    return copy;
}

static void check_key(const struct conf_key *key, const char *plain, const char *words)
{
    const char *name = strrchr(key->path, '.') ? strrchr(key->path, '.') + 1 : key->path;
    bool text = key->kind != CONF_BOOL && key->kind != CONF_INT;
    const char *quote = text ? "\"" : "";
    char *setting = key->fallback ? xasprintf("%s = %s%s%s;", name, quote, key->fallback, quote)
                                  : xasprintf("%s = ", name);
    char *help = words_of(key->help);
    if (!strstr(plain, setting))
        fail_msg("the sample does not show: %s", setting);
    if (!strstr(words, help))
        fail_msg("the sample does not explain %s: %s", key->path, help);
    free(setting);
    free(help);
}

static void check_sample(const char *path, const struct conf_schema *schema)
{
    char *text = read_sample(path);
    char *plain = uncomment(text);
    char *words = words_of(text);
    for (size_t i = 0; i < schema->count; i++) {
        bool alternative = !strcmp(schema->keys[i].path, "registry.password_env");
        check_key(&schema->keys[i], alternative ? text : plain, words);
    }
    free(text);
    free(plain);
    free(words);
}

/* The manual has an item for every key. */
static void test_manual(void **state)
{
    (void)state;
    static const struct conf_schema *const schemas[] = {&conf_main_schema, &conf_network_schema};
    char *text = read_sample(CONF_FOLDER "/../docs/man/seshet.conf.5");
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < schemas[i]->count; k++) {
            const char *path = schemas[i]->keys[k].path;
            char *item = xasprintf(".It Ic %s Pq ", path);
            if (!strstr(text, item))
                fail_msg("the manual does not explain %s", path);
            free(item);
        }
    }
    free(text);
}

static void test_main_sample(void **state)
{
    (void)state;
    check_sample(MAIN_SAMPLE, &conf_main_schema);
    struct conf_errors errors = {0};
    struct conf_main *conf = conf_main_load(MAIN_SAMPLE, NULL, &errors);
    assert_int_equal(errors.count, 0);
    assert_non_null(conf);
    conf_main_free(conf);

    char *text = read_sample(MAIN_SAMPLE);
    char *plain = uncomment(text);
    struct conf_main *full = parse_main(plain, &errors);
    struct conf_main *empty = parse_main("", &errors);
    char *got = take_errors(&errors);
    assert_string_equal(got, "");
    assert_non_null(full);
    assert_string_equal(full->networks_dir, empty->networks_dir);
    assert_string_equal(full->state_dir, empty->state_dir);
    assert_string_equal(full->modules.user_dir, empty->modules.user_dir);
    assert_string_equal(full->control.socket, empty->control.socket);
    conf_main_free(full);
    conf_main_free(empty);
    free(got);
    free(plain);
    free(text);
}

static void test_network_sample(void **state)
{
    (void)state;
    check_sample(NETWORK_SAMPLE, &conf_network_schema);
    char *text = read_sample(NETWORK_SAMPLE);
    char *plain = uncomment(text);
    struct conf_errors errors = {0};
    struct conf_network *sample = parse_network(text, &errors);
    struct conf_network *full = parse_network(plain, &errors);
    char *got = take_errors(&errors);
    assert_string_equal(got, "");
    assert_non_null(sample);
    assert_non_null(full);
    assert_int_equal(full->sasl.mechanism, CONF_SASL_PLAIN);
    assert_string_equal(full->username, sample->username);
    assert_int_equal(full->servers[0].port, sample->servers[0].port);
    conf_network_free(sample);
    conf_network_free(full);
    free(got);
    free(plain);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_main_sample),
        cmocka_unit_test(test_network_sample),
        cmocka_unit_test(test_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
