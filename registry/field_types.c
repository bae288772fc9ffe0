#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/permission.h"
#include "base/prefix.h"
#include "base/rate.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "net/proto/event_type.h"
#include "registry/fields.h"

/* The types of fields: how each is read, compared and written. */

#define SEPARATORS ", \t"

static int bool_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (!str_parse_bool(text, value))
        return 0;
    snprintf(why, why_size, "must be yes or no");
    return -1;
}

static void bool_copy(void *dst, const void *src)
{
    *(bool *)dst = *(const bool *)src;
}

static bool bool_equal(const void *a, const void *b)
{
    return *(const bool *)a == *(const bool *)b;
}

static void bool_write(const void *value, struct buf *out)
{
    buf_printf(out, "%s", *(const bool *)value ? "yes" : "no");
}

static void nothing_to_clear(void *value)
{
    (void)value;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            return true;
    return false;
}

/* Most texts of most definitions are empty, and there may be 100,000s: those share this one. */
static const char nothing[] = "";

static char *text_new(const char *text)
{
    return *text ? xstrdup(text) : (char *)nothing;
}

static int text_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (strlen(text) > FIELD_MAX_TEXT) {
        snprintf(why, why_size, "must be at most %d bytes long", FIELD_MAX_TEXT);
        return -1;
    }
    if (has_control(text)) {
        snprintf(why, why_size, "must be one line without control characters");
        return -1;
    }
    *(char **)value = text_new(text);
    return 0;
}

static void text_copy(void *dst, const void *src)
{
    *(char **)dst = text_new(*(char *const *)src);
}

static void text_clear(void *value)
{
    if (*(char **)value != nothing)
        free(*(char **)value);
}

static bool text_equal(const void *a, const void *b)
{
    return !strcmp(*(char *const *)a, *(char *const *)b);
}

static void text_write(const void *value, struct buf *out)
{
    buf_printf(out, "%s", *(char *const *)value);
}

static int word_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (!registry_name_valid(text)) {
        snprintf(why, why_size, "must be one word of letters, digits, '-' and '_', at most %d long",
                 FIELD_MAX_WORD);
        return -1;
    }
    *(char **)value = text_new(text);
    return 0;
}

static int optional_word_parse(const char *text, void *value, char *why, size_t why_size)
{
    return *text ? word_parse(text, value, why, why_size) : text_parse(text, value, why, why_size);
}

/* What a capability may be called is in the text on authorization: one word, "#channel.op" and
 * "NET/owner" among them. */
static int capability_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (strlen(text) > FIELD_MAX_ITEM || has_control(text) || strpbrk(text, " ,")) {
        snprintf(why, why_size, "must be one word of at most %d bytes, such as admin",
                 FIELD_MAX_ITEM);
        return -1;
    }
    if (*text == '-') {
        snprintf(why, why_size, "an anticapability cannot be asked for: write it without the -");
        return -1;
    }
    char *copy = text_new(text);
    for (char *s = copy; *s; s++)
        *s = (char)tolower((unsigned char)*s);
    *(char **)value = copy;
    return 0;
}

static int char_parse(const char *text, void *value, char *why, size_t why_size)
{
    const char *wrong = *text ? prefix_check(text) : NULL;
    if (wrong) {
        snprintf(why, why_size, "%s, or empty for the network's", wrong);
        return -1;
    }
    *(char *)value = text[0];
    return 0;
}

static void char_copy(void *dst, const void *src)
{
    *(char *)dst = *(const char *)src;
}

static bool char_equal(const void *a, const void *b)
{
    return *(const char *)a == *(const char *)b;
}

static void char_write(const void *value, struct buf *out)
{
    if (*(const char *)value)
        buf_append(out, value, 1);
}

/* Calls one(word) for each word of a list in text; stops at the first that fails. */
static int each_word(const char *text, int (*one)(const char *word, uint32_t *bits), uint32_t *bits,
                     const char *what, char *why, size_t why_size)
{
    for (const char *s = text + strspn(text, SEPARATORS); *s;) {
        size_t len = strcspn(s, SEPARATORS);
        char word[FIELD_MAX_WORD + 1];
        if (len >= sizeof word)
            len = sizeof word - 1;
        memcpy(word, s, len);
        word[len] = '\0';
        if (one(word, bits)) {
            snprintf(why, why_size, "\"%s\" is no %s", word, what);
            return -1;
        }
        s += len;
        s += strspn(s, SEPARATORS);
    }
    return 0;
}

static int one_event(const char *word, uint32_t *bits)
{
    enum event_type type;
    if (event_type_parse(word, &type))
        return -1;
    *bits |= EVENT_BIT(type);
    return 0;
}

static int events_parse(const char *text, void *value, char *why, size_t why_size)
{
    uint32_t bits = 0;
    if (each_word(text, one_event, &bits, "type of event", why, why_size))
        return -1;
    *(uint32_t *)value = bits;
    return 0;
}

static int one_permission(const char *word, uint32_t *bits)
{
    uint32_t bit = permission_find(word);
    *bits |= bit;
    return bit ? 0 : -1;
}

static int permissions_parse(const char *text, void *value, char *why, size_t why_size)
{
    uint32_t bits = 0;
    if (each_word(text, one_permission, &bits, "permission (net, files, raw, exec)", why, why_size))
        return -1;
    *(uint32_t *)value = bits;
    return 0;
}

static void permission_bits_write(const void *value, struct buf *out)
{
    char text[PERMISSIONS_TEXT_SIZE];
    buf_printf(out, "%s", permissions_write(text, *(const uint32_t *)value));
}

static int one_list(const char *word, uint32_t *bits)
{
    int list = module_list_find(word);
    if (list < 0)
        return -1;
    *bits |= LIST_BIT(list);
    return 0;
}

static int lists_parse(const char *text, void *value, char *why, size_t why_size)
{
    bool all;
    uint32_t bits = 0;
    if (!str_parse_bool(text, &all))
        bits = all ? LISTS_ALL : 0;
    else if (each_word(text, one_list, &bits, "list (yes, no, or names of lists)", why, why_size))
        return -1;
    *(uint32_t *)value = bits;
    return 0;
}

static void bits_copy(void *dst, const void *src)
{
    *(uint32_t *)dst = *(const uint32_t *)src;
}

static bool bits_equal(const void *a, const void *b)
{
    return *(const uint32_t *)a == *(const uint32_t *)b;
}

static void events_write(const void *value, struct buf *out)
{
    const char *space = "";
    for (int type = 1; type < EVENT_TYPE_END; type++) {
        if (*(const uint32_t *)value & EVENT_BIT(type)) {
            buf_printf(out, "%s%s", space, event_type_name(type));
            space = " ";
        }
    }
}

static void lists_write(const void *value, struct buf *out)
{
    uint32_t bits = *(const uint32_t *)value;
    const char *space = "";
    if (!bits || bits == LISTS_ALL)
        buf_printf(out, "%s", bits ? "yes" : "no");
    for (int i = 0; i < LIST_COUNT && bits != LISTS_ALL; i++) {
        if (bits & LIST_BIT(i)) {
            buf_printf(out, "%s%s", space, module_list_rows[i].name);
            space = " ";
        }
    }
}

static int rate_value_parse(const char *text, void *value, char *why, size_t why_size)
{
    return rate_parse(text, value, why, why_size);
}

static void rate_value_copy(void *dst, const void *src)
{
    *(struct rate *)dst = *(const struct rate *)src;
}

static bool rate_value_equal(const void *a, const void *b)
{
    const struct rate *ra = a;
    const struct rate *rb = b;
    return ra->count == rb->count && ra->window_ms == rb->window_ms;
}

static void rate_value_write(const void *value, struct buf *out)
{
    char text[RATE_TEXT_SIZE];
    buf_printf(out, "%s", rate_write(text, sizeof text, *(const struct rate *)value));
}

static int deadline_value_parse(const char *text, void *value, char *why, size_t why_size)
{
    return deadline_parse(text, value, why, why_size);
}

static void deadline_value_copy(void *dst, const void *src)
{
    *(int64_t *)dst = *(const int64_t *)src;
}

static bool deadline_value_equal(const void *a, const void *b)
{
    return *(const int64_t *)a == *(const int64_t *)b;
}

static void deadline_value_write(const void *value, struct buf *out)
{
    char text[RATE_TEXT_SIZE];
    buf_printf(out, "%s", deadline_write(text, sizeof text, *(const int64_t *)value));
}

const struct field_type field_type_bool = {
    .size = sizeof(bool),
    .parse = bool_parse,
    .copy = bool_copy,
    .clear = nothing_to_clear,
    .equal = bool_equal,
    .write = bool_write,
    .expects = "yes or no",
};
const struct field_type field_type_text = {
    .size = sizeof(char *),
    .parse = text_parse,
    .copy = text_copy,
    .clear = text_clear,
    .equal = text_equal,
    .write = text_write,
    .expects = "one line of text",
};
const struct field_type field_type_word = {
    .size = sizeof(char *),
    .parse = word_parse,
    .copy = text_copy,
    .clear = text_clear,
    .equal = text_equal,
    .write = text_write,
    .expects = "one word of letters, digits, '-' and '_'",
};
const struct field_type field_type_optional_word = {
    .size = sizeof(char *),
    .parse = optional_word_parse,
    .copy = text_copy,
    .clear = text_clear,
    .equal = text_equal,
    .write = text_write,
    .expects = "one word of letters, digits, '-' and '_', or empty",
};
const struct field_type field_type_capability = {
    .size = sizeof(char *),
    .parse = capability_parse,
    .copy = text_copy,
    .clear = text_clear,
    .equal = text_equal,
    .write = text_write,
    .expects = "one word, or empty",
};
const struct field_type field_type_char = {
    .size = sizeof(char),
    .parse = char_parse,
    .copy = char_copy,
    .clear = nothing_to_clear,
    .equal = char_equal,
    .write = char_write,
    .expects = "one character, or empty for the network's",
};
const struct field_type field_type_events = {
    .size = sizeof(uint32_t),
    .parse = events_parse,
    .copy = bits_copy,
    .clear = nothing_to_clear,
    .equal = bits_equal,
    .write = events_write,
    .expects = "types of events: message join part ...",
};
const struct field_type field_type_lists = {
    .size = sizeof(uint32_t),
    .parse = lists_parse,
    .copy = bits_copy,
    .clear = nothing_to_clear,
    .equal = bits_equal,
    .write = lists_write,
    .expects = "yes, no, or names of lists",
};
const struct field_type field_type_permissions = {
    .size = sizeof(uint32_t),
    .parse = permissions_parse,
    .copy = bits_copy,
    .clear = nothing_to_clear,
    .equal = bits_equal,
    .write = permission_bits_write,
    .expects = "none, one or several of: net files raw exec",
};
const struct field_type field_type_rate = {
    .size = sizeof(struct rate),
    .parse = rate_value_parse,
    .copy = rate_value_copy,
    .clear = nothing_to_clear,
    .equal = rate_value_equal,
    .write = rate_value_write,
    .expects = "N/duration, such as 5/1m, or 0 for no limit",
};
const struct field_type field_type_deadline = {
    .size = sizeof(int64_t),
    .parse = deadline_value_parse,
    .copy = deadline_value_copy,
    .clear = nothing_to_clear,
    .equal = deadline_value_equal,
    .write = deadline_value_write,
    .expects = "a time such as 500ms, 5s or 1m, at most 10m",
};
