#include "server/ctl/value.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"

const char *ctl_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

int64_t ctl_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

bool ctl_bool(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

char *ctl_join(const json_t *array)
{
    struct buf out = {0};
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        const char *text = json_string_value(item);
        buf_printf(&out, "%s%s", i ? "," : "", text ? text : "");
    }
    buf_append(&out, "", 1);
    char *joined = xstrdup(buf_data(&out));
    buf_free(&out);
    return joined;
}

void cell_text(struct table *table, const json_t *object, const char *key)
{
    const char *text = ctl_text(object, key);
    table_add(table, PAINT_NONE, text, *text ? text : "-");
}

void cell_state(struct table *table, const json_t *object)
{
    const char *state = ctl_text(object, "state");
    table_add(table, paint_state(state), state, *state ? state : "-");
}

void cell_duration(struct table *table, int64_t ms)
{
    char raw[32];
    char shown[32];
    snprintf(raw, sizeof raw, "%lld", (long long)ms);
    table_add(table, PAINT_NONE, raw, str_duration(shown, sizeof shown, ms));
}

void cell_yes(struct table *table, const json_t *object, const char *key)
{
    bool yes = ctl_bool(object, key);
    table_add(table, yes ? PAINT_GOOD : PAINT_DIM, yes ? "yes" : "no", NULL);
}

void put_note(const struct screen *screen, enum paint paint, const char *about, const char *text)
{
    char *clean_about = text_clean(about);
    char *clean = text_clean(text);
    if (screen->human && *clean)
        printf("  %s%s%s: %s\n", paint_begin(screen, paint), clean_about, paint_end(screen, paint),
               clean);
    free(clean_about);
    free(clean);
}

void put_line(const struct screen *screen, const char *name, const char *text)
{
    char *clean = text_clean(text);
    if (*clean && screen->human)
        printf("%s%s%s: %s\n", paint_begin(screen, PAINT_BOLD), name, paint_end(screen, PAINT_BOLD),
               clean);
    else if (*clean)
        printf("%s\t%s\n", name, clean);
    free(clean);
}

void put_duration(const struct screen *screen, const char *name, int64_t ms)
{
    char text[32];
    if (screen->human)
        str_duration(text, sizeof text, ms);
    else
        snprintf(text, sizeof text, "%lld", (long long)ms);
    put_line(screen, name, text);
}

void put_notes(const struct screen *screen, const json_t *result)
{
    size_t i;
    const json_t *note;
    json_array_foreach(json_object_get(result, "notes"), i, note)
    {
        const char *text = json_string_value(note);
        char *clean = text_clean(text ? text : "");
        if (screen->human)
            printf("  %snote%s: %s\n", paint_begin(screen, PAINT_WARN),
                   paint_end(screen, PAINT_WARN), clean);
        else
            printf("note\t%s\n", clean);
        free(clean);
    }
}

void put_heading(const struct screen *screen, const char *text)
{
    if (screen->human)
        printf("\n%s%s%s\n", paint_begin(screen, PAINT_BOLD), text, paint_end(screen, PAINT_BOLD));
}
