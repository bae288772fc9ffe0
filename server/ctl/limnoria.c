#include "server/ctl/limnoria.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "base/xmalloc.h"
#include "server/ctl/limnoria_lines.h"

#define EXPORT_VERSION 1

/* ---- Notes ---- */

void limnoria_count(struct limnoria *l, const char *what, size_t more)
{
    json_t *counts = l->result->counts;
    json_int_t before = json_integer_value(json_object_get(counts, what));
    json_object_set_new(counts, what, json_integer(before + (json_int_t)more));
}

/* Texts of the files are cut at bytes, not at characters. */
static void mend(char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        size_t bytes = utf8_char(text + i, len - i);
        if (!utf8_valid(text + i, bytes))
            text[i] = '?';
        i += bytes;
    }
}

static void note(struct limnoria *l, int number, char *text)
{
    mend(text);
    limnoria_count(l, "notes", 1);
    if (json_array_size(l->result->notes) < LIMNORIA_MAX_NOTES)
        json_array_append_new(l->result->notes, json_pack("{s:s, s:i, s:s}", "file", l->file->name,
                                                          "line", number, "text", text));
    free(text);
}

void limnoria_note(struct limnoria *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    note(l, l->number, xvasprintf(fmt, ap));
    va_end(ap);
}

void limnoria_note_at(struct limnoria *l, int number, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    note(l, number, xvasprintf(fmt, ap));
    va_end(ap);
}

/* ---- Lines ---- */

static void begin(struct limnoria *l, const struct limnoria_file *file)
{
    l->file = file;
    l->at = 0;
    l->number = 0;
}

/* Copies the line, tabs as spaces. false: it cannot be read, and was noted. */
static bool take(struct limnoria *l, const char *line, size_t len)
{
    while (len && strchr(" \t\r", line[len - 1]))
        len--;
    if (len > LIMNORIA_MAX_LINE) {
        limnoria_note(l, "the line is longer than %d bytes: left out", LIMNORIA_MAX_LINE);
        return false;
    }
    for (size_t i = 0; i < len; i++)
        l->line[i] = line[i];
    l->line[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (l->line[i] == '\t')
            l->line[i] = ' ';
    if (str_has_control(l->line, len) || !utf8_valid(l->line, len)) {
        limnoria_note(l, "the line holds control bytes or is no UTF-8: left out");
        return false;
    }
    return true;
}

bool limnoria_next(struct limnoria *l)
{
    while (l->file->text && l->at < l->file->len) {
        const char *line = l->file->text + l->at;
        size_t left = l->file->len - l->at;
        const char *end = memchr(line, '\n', left);
        size_t len = end ? (size_t)(end - line) : left;
        l->at += len + (end != NULL);
        l->number++;
        if (!take(l, line, len))
            continue;
        char *key = l->line + strspn(l->line, " ");
        char *value = key + strcspn(key, " ");
        if (!*key)
            continue;
        if (*value)
            *value++ = '\0';
        value += strspn(value, " ");
        l->key = key;
        l->value = value;
        return true;
    }
    return false;
}

void limnoria_bool(struct limnoria *l, bool *value)
{
    if (str_parse_bool(l->value, value))
        limnoria_note(l, "%s is neither True nor False: left out", l->key);
}

/* ---- The whole ---- */

void limnoria_read(struct limnoria_result *result, const char *network,
                   enum casemapping casemapping, const json_t *known, bool merge,
                   const struct limnoria_file *users, const struct limnoria_file *channels,
                   const struct limnoria_file *ignores, int64_t now_s)
{
    struct limnoria l = {.result = result,
                         .network = network,
                         .casemapping = casemapping,
                         .known = known,
                         .merge = merge,
                         .now_s = now_s};
    result->document =
        json_pack("{s:{s:i}, s:{}, s:{s:{s:{}}}, s:{s:{}}}", "seshet", "export", EXPORT_VERSION,
                  "users", "networks", network, "channels", "ignores", network);
    result->notes = json_array();
    result->counts = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "users", 0,
                               "owners", 0, "capabilities", 0, "hostmasks", 0, "services", 0,
                               "channels", 0, "ignores", 0, "expired", 0, "notes", 0);
    begin(&l, users);
    limnoria_users(&l);
    begin(&l, channels);
    limnoria_channels(&l);
    begin(&l, ignores);
    limnoria_ignores(&l);
    explicit_bzero(l.line, sizeof l.line); /* it held passwords */
}

void limnoria_result_free(struct limnoria_result *result)
{
    json_decref(result->document);
    json_decref(result->notes);
    json_decref(result->counts);
    memset(result, 0, sizeof *result);
}
