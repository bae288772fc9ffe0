#include "server/core/render.h"

#include <string.h>

#include "base/str.h"

#define MAX_DEPTH 4

/* What is too much for a chat: seshetctl shows it. */
static bool is_hidden(const char *key)
{
    static const char *const hidden[] = {"file", "commands", "lines_in", "lines_out", "queue",
                                         "pid",  "attempts", "dropped",  "servers",   "complete",
                                         "tls",  "lag_ms",   "networks", "generation"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (!strcmp(hidden[i], key))
            return true;
    return false;
}

/* And in one row of many. */
static bool is_detail(const char *key, const json_t *value)
{
    static const char *const details[] = {"help", "description", "version", "capabilities"};
    for (size_t i = 0; i < sizeof details / sizeof *details; i++)
        if (!strcmp(details[i], key))
            return true;
    return !strcmp(key, "registered") && json_is_true(value);
}

static bool is_empty(const json_t *value)
{
    const char *s = json_string_value(value);
    return json_is_null(value) || (s && !*s) || (json_is_array(value) && !json_array_size(value)) ||
           (json_is_object(value) && !json_object_size(value));
}

static bool is_duration(const char *key)
{
    size_t len = strlen(key);
    return len > 3 && !strcmp(key + len - 3, "_ms");
}

static void write_value(struct buf *text, const char *key, const json_t *value, int depth);

static void write_scalar(struct buf *text, const char *key, const json_t *value)
{
    char duration[32];
    if (json_is_string(value))
        buf_printf(text, "%s", json_string_value(value));
    else if (json_is_boolean(value))
        buf_printf(text, "%s", json_is_true(value) ? "yes" : "no");
    else if (json_is_real(value))
        buf_printf(text, "%g", json_real_value(value));
    else if (is_duration(key))
        buf_printf(text, "%s", str_duration(duration, sizeof duration, json_integer_value(value)));
    else
        buf_printf(text, "%lld", (long long)json_integer_value(value));
}

/* "name key value, key value": the first value is what the row is about. */
static void write_row(struct buf *text, const json_t *row, int depth)
{
    const char *key;
    const json_t *value;
    size_t count = 0;
    json_object_foreach((json_t *)row, key, value)
    {
        bool nothing = is_empty(value) || (is_duration(key) && json_integer_value(value) < 0);
        if (nothing || is_hidden(key) || is_detail(key, value))
            continue;
        if (count)
            buf_printf(text, count == 1 ? ": " : ", ");
        if (count++ || !json_is_string(value))
            buf_printf(text, "%.*s ", (int)(strlen(key) - (is_duration(key) ? 3 : 0)), key);
        write_value(text, key, value, depth + 1);
    }
}

/* A field that nobody has set, a list that nobody has filled. */
static bool is_untouched(const json_t *row)
{
    const char *from = json_string_value(json_object_get(row, "from"));
    const json_t *items = json_object_get(row, "items");
    return (from && !strcmp(from, "default")) || (items && !json_array_size(items));
}

static void write_array(struct buf *text, const json_t *array, int depth)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        if (is_untouched(item))
            continue;
        if (count++)
            buf_printf(text, json_is_object(item) ? " | " : " ");
        write_value(text, "", item, depth + 1);
    }
}

static void write_value(struct buf *text, const char *key, const json_t *value, int depth)
{
    if (depth > MAX_DEPTH)
        buf_printf(text, "...");
    else if (json_is_object(value))
        write_row(text, value, depth);
    else if (json_is_array(value))
        write_array(text, value, depth);
    else
        write_scalar(text, key, value);
}

/* Before the answer to an edit. */
static void write_changed(struct buf *text, const json_t *result)
{
    const json_t *changed = json_object_get(result, "changed");
    if (json_is_integer(changed))
        buf_printf(text, json_integer_value(changed) ? "Done: " : "It was so before: ");
}

void core_render(struct buf *text, const json_t *result)
{
    const char *key;
    const json_t *value;
    size_t count = 0;
    write_changed(text, result);
    json_object_foreach((json_t *)result, key, value)
    {
        bool only = json_object_size(result) == 1;
        if (is_empty(value) || (!only && is_hidden(key)) || !strcmp(key, "changed"))
            continue;
        if (count++)
            buf_printf(text, json_is_array(value) || json_is_object(value) ? " | " : ", ");
        if (!only)
            buf_printf(text, "%s ", key);
        write_value(text, key, value, 0);
    }
    if (!count)
        buf_printf(text, json_object_get(result, "changed") ? "that is all" : "There is nothing.");
}
