#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* Standard error goes to a file while something is logged. */
struct capture {
    int before;
    FILE *file;
};

static struct capture capture_begin(void)
{
    struct capture c = {.before = dup(STDERR_FILENO), .file = tmpfile()};
    assert_non_null(c.file);
    dup2(fileno(c.file), STDERR_FILENO);
    return c;
}

static char *capture_end(struct capture *c)
{
    dup2(c->before, STDERR_FILENO);
    close(c->before);
    long size = lseek(fileno(c->file), 0, SEEK_END);
    char *text = malloc((size_t)size + 1);
    assert_int_equal(pread(fileno(c->file), text, (size_t)size, 0), size);
    text[size] = '\0';
    fclose(c->file);
    return text;
}

/* What a JSON reader sees: the line, parsed, which it must be. */
static json_t *parse_line(char **at)
{
    char *end = strchr(*at, '\n');
    assert_non_null(end);
    *end = '\0';
    json_error_t error;
    json_t *json = json_loads(*at, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        fail_msg("%s: %s", error.text, *at);
    *at = end + 1;
    return json;
}

static const char *field(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void json_holds_any_byte(void **state)
{
    (void)state;
    char msg[256];
    for (int i = 0; i < 255; i++)
        msg[i] = (char)(i + 1);
    msg[255] = '\0';
    struct capture c = capture_begin();
    log_open(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    log_info("test.bytes", LOG_MODULE("n\"\\\n\xff", "m\xc3\xa9"), "%s", msg);
    log_close();
    char *text = capture_end(&c);
    char *at = text;
    json_t *json = parse_line(&at);
    assert_string_equal(field(json, "level"), "info");
    assert_string_equal(field(json, "event"), "test.bytes");
    assert_string_equal(field(json, "network"), "n\"\\\n\xc3\xbf");
    assert_string_equal(field(json, "module"), "m\xc3\xa9");
    /* A byte that is no UTF-8 reads as the Latin-1 character of its value. */
    const char *got = field(json, "msg");
    for (int i = 1; i < 0x80; i++)
        assert_int_equal(*got++, i);
    for (int i = 0x80; i < 0x100; i++) {
        assert_int_equal((unsigned char)*got++, 0xc0 | i >> 6);
        assert_int_equal((unsigned char)*got++, 0x80 | (i & 0x3f));
    }
    assert_string_equal(at, "");
    json_decref(json);
    free(text);
}

static void json_holds_random_bytes(void **state)
{
    (void)state;
    unsigned random = 3;
    struct capture c = capture_begin();
    log_open(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (int i = 0; i < 2000; i++) {
        char msg[65];
        for (int j = 0; j < 64; j++) {
            random = random * 1664525 + 1013904223;
            msg[j] = (char)((random >> 24) | (random >> 23 & 1 ? 0xc0 : 0));
        }
        msg[64] = '\0';
        log_info("test.random", LOG_NOBODY, "%s", msg);
    }
    log_close();
    char *text = capture_end(&c);
    char *at = text;
    for (int i = 0; i < 2000; i++) {
        json_t *json = parse_line(&at);
        assert_non_null(field(json, "ts"));
        assert_null(field(json, "network"));
        json_decref(json);
    }
    free(text);
}

static void a_long_line_is_cut_and_stays_json(void **state)
{
    (void)state;
    char msg[9001];
    for (size_t i = 0; i < sizeof msg - 1; i += 3)
        memcpy(msg + i, "\xe2\x82\xac", 3);
    msg[sizeof msg - 1] = '\0';
    struct capture c = capture_begin();
    log_open(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    log_info("test.long", LOG_NOBODY, "%s", msg);
    log_close();
    char *text = capture_end(&c);
    char *at = text;
    json_t *json = parse_line(&at);
    assert_in_range(strlen(field(json, "msg")), 4000, 4200);
    json_decref(json);
    free(text);
}

static void text_escapes_control_bytes(void **state)
{
    (void)state;
    struct capture c = capture_begin();
    log_open(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
    log_debug("test.text", LOG_MODULE("net", "mod"), "a\nb\033[31m\x7f\xc3\xa9");
    log_warn("test.text", LOG_NETWORK("net"), "x");
    log_error("test.text", LOG_NOBODY, "%d", 7);
    log_close();
    char *text = capture_end(&c);
    assert_non_null(
        strstr(text, "debug test.text          [net/mod] a\\x0ab\\x1b[31m\\x7f\xc3\xa9\n"));
    assert_non_null(strstr(text, "warn  test.text          [net] x\n"));
    assert_non_null(strstr(text, "error test.text          7\n"));
    free(text);
}

static void levels_are_kept(void **state)
{
    (void)state;
    struct capture c = capture_begin();
    log_open(LOG_LEVEL_WARN, LOG_FORMAT_JSON);
    assert_false(log_enabled(LOG_LEVEL_INFO));
    assert_true(log_enabled(LOG_LEVEL_WARN));
    log_debug("test.no", LOG_NOBODY, "no");
    log_info("test.no", LOG_NOBODY, "no");
    log_configure(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    log_debug("test.yes", LOG_NOBODY, "yes");
    log_close();
    char *text = capture_end(&c);
    assert_null(strstr(text, "test.no"));
    assert_non_null(strstr(text, "test.yes"));
    free(text);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
}

static void lines_are_written_without_the_thread(void **state)
{
    (void)state;
    struct capture c = capture_begin();
    log_info("test.before", LOG_NOBODY, "early");
    char *text = capture_end(&c);
    assert_non_null(strstr(text, "early\n"));
    free(text);
}

static void *write_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 500; i++)
        log_info("test.thread", LOG_NOBODY, "%d", i);
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    (void)state;
    pthread_t threads[4];
    struct capture c = capture_begin();
    log_open(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, write_many, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_close();
    char *text = capture_end(&c);
    char *at = text;
    for (int i = 0; i < 2000; i++)
        json_decref(parse_line(&at));
    assert_string_equal(at, "");
    free(text);
}

/* Nobody reads the pipe: the writer thread waits, the caller does not, and what is too much is
 * counted. */
static void a_slow_reader_holds_nobody(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int before = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    log_open(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (int i = 0; i < 60000; i++)
        log_info("test.flood", LOG_NOBODY, "some text that is not short, line %d", i);
    /* Now somebody reads; then one more line tells of the loss. */
    size_t lines = 0;
    bool told = false;
    FILE *in = fdopen(ends[0], "r");
    char line[8192];
    while (!told && fgets(line, sizeof line, in)) {
        char *at = line;
        json_t *json = parse_line(&at);
        told = !strcmp(field(json, "event"), "log.dropped");
        json_decref(json);
        if (++lines % 100 == 0)
            log_info("test.more", LOG_NOBODY, "more");
    }
    assert_true(told);
    assert_true(lines < 60000);
    dup2(before, STDERR_FILENO); /* the last copy of the pipe's end: what follows goes there */
    close(before);
    log_close();
    fclose(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_written_without_the_thread),
        cmocka_unit_test(json_holds_any_byte),
        cmocka_unit_test(json_holds_random_bytes),
        cmocka_unit_test(a_long_line_is_cut_and_stays_json),
        cmocka_unit_test(text_escapes_control_bytes),
        cmocka_unit_test(levels_are_kept),
        cmocka_unit_test(threads_do_not_mix_their_lines),
        cmocka_unit_test(a_slow_reader_holds_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
