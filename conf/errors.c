#include "conf/errors.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/xmalloc.h"

#define MAX_SHOWN 60 /* bytes of a value */

static void add(struct conf_errors *errors, const char *file, unsigned line, bool warning,
                const char *fmt, va_list ap)
{
    if (!warning)
        errors->errors++;
    if (errors->count >= CONF_MAX_ERRORS) {
        errors->left_out++;
        return;
    }
    errors->items = xrealloc(errors->items, (errors->count + 1) * sizeof *errors->items);
    errors->items[errors->count++] = (struct conf_error){
        .file = xstrdup(file),
        .line = line,
        .warning = warning,
        .text = xvasprintf(fmt, ap),
    };
}

void conf_errors_add(struct conf_errors *errors, const char *file, unsigned line, const char *fmt,
                     ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(errors, file, line, false, fmt, ap);
    va_end(ap);
}

void conf_errors_warn(struct conf_errors *errors, const char *file, unsigned line, const char *fmt,
                      ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(errors, file, line, true, fmt, ap);
    va_end(ap);
}

/* An insertion sort: it keeps the order of equals, and there are few. */
void conf_errors_sort(struct conf_errors *errors, size_t first)
{
    for (size_t i = first + 1; i < errors->count; i++) {
        struct conf_error error = errors->items[i];
        size_t at = i;
        for (; at > first && errors->items[at - 1].line > error.line; at--)
            errors->items[at] = errors->items[at - 1];
        errors->items[at] = error;
    }
}

char *conf_error_text(const struct conf_error *error)
{
    const char *kind = error->warning ? "warning: " : "";
    if (!error->line)
        return xasprintf("%s: %s%s", error->file, kind, error->text);
    return xasprintf("%s:%u: %s%s", error->file, error->line, kind, error->text);
}

char *conf_errors_rest(const struct conf_errors *errors)
{
    if (!errors->left_out)
        return NULL;
    return xasprintf("%s: ... and %zu more", errors->items[0].file, errors->left_out);
}

void conf_errors_free(struct conf_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        free(errors->items[i].file);
        free(errors->items[i].text);
    }
    free(errors->items);
    *errors = (struct conf_errors){0};
}

char *conf_quote(const char *value)
{
    struct buf out = {0};
    size_t len = strlen(value);
    size_t shown = utf8_cut(value, len, MAX_SHOWN);
    buf_append(&out, "\"", 1);
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)value[i];
        if (c < 0x20 || c == 0x7f)
            buf_printf(&out, "\\x%02x", c);
        else
            buf_append(&out, value + i, 1);
    }
    buf_printf(&out, shown < len ? "...\"" : "\"");
    char *text = xstrndup(buf_data(&out), out.len);
    buf_free(&out);
    return text;
}
