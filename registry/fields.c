#include "registry/fields.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "net/proto/event_type.h"

#define SEPARATORS ", \t"

const struct field_row module_field_rows[FIELD_COUNT] = {
#define X(name, member, type, flags, initial, help)                                                \
    {#member, &type, offsetof(struct module_fields, member), flags, initial, help},
    MODULE_FIELD_LIST(X)
#undef X
};

const struct list_row module_list_rows[LIST_COUNT] = {
#define X(name, text, items, help) {text, items, help},
    MODULE_LIST_LIST(X)
#undef X
};

/* ---- Types ---- */

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
    *(char **)value = xstrdup(text);
    return 0;
}

static void text_copy(void *dst, const void *src)
{
    *(char **)dst = xstrdup(*(char *const *)src);
}

static void text_clear(void *value)
{
    free(*(char **)value);
}

static bool text_equal(const void *a, const void *b)
{
    return !strcmp(*(char *const *)a, *(char *const *)b);
}

static int word_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (!registry_name_valid(text)) {
        snprintf(why, why_size, "must be one word of letters, digits, '-' and '_', at most %d long",
                 FIELD_MAX_WORD);
        return -1;
    }
    *(char **)value = xstrdup(text);
    return 0;
}

static int char_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (text[0] && (!isgraph((unsigned char)text[0]) || text[1])) {
        snprintf(why, why_size, "must be one character, such as ! or . (or empty: the network's)");
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

const struct field_type field_type_bool = {sizeof(bool), bool_parse, bool_copy, nothing_to_clear,
                                           bool_equal};
const struct field_type field_type_text = {sizeof(char *), text_parse, text_copy, text_clear,
                                           text_equal};
const struct field_type field_type_word = {sizeof(char *), word_parse, text_copy, text_clear,
                                           text_equal};
const struct field_type field_type_char = {sizeof(char), char_parse, char_copy, nothing_to_clear,
                                           char_equal};
const struct field_type field_type_events = {sizeof(uint32_t), events_parse, bits_copy,
                                             nothing_to_clear, bits_equal};
const struct field_type field_type_lists = {sizeof(uint32_t), lists_parse, bits_copy,
                                            nothing_to_clear, bits_equal};

/* ---- Rows ---- */

int module_field_find(const char *name)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (!strcmp(name, module_field_rows[i].name))
            return i;
    return -1;
}

int module_list_find(const char *name)
{
    for (int i = 0; i < LIST_COUNT; i++)
        if (!strcmp(name, module_list_rows[i].name))
            return i;
    return -1;
}

const char *module_field_nearest(const char *name)
{
    const char *names[FIELD_COUNT + LIST_COUNT];
    for (int i = 0; i < FIELD_COUNT; i++)
        names[i] = module_field_rows[i].name;
    for (int i = 0; i < LIST_COUNT; i++)
        names[FIELD_COUNT + i] = module_list_rows[i].name;
    return str_nearest(name, names, sizeof names / sizeof *names);
}

static void *member(struct module_fields *f, enum module_field field)
{
    return (char *)f + module_field_rows[field].offset;
}

static const void *const_member(const struct module_fields *f, enum module_field field)
{
    return (const char *)f + module_field_rows[field].offset;
}

void module_fields_init(struct module_fields *f)
{
    char why[REGISTRY_WHY_SIZE];
    *f = (struct module_fields){0};
    for (int i = 0; i < FIELD_COUNT; i++)
        module_field_rows[i].type->parse(module_field_rows[i].initial, member(f, i), why,
                                         sizeof why);
}

void module_fields_clear(struct module_fields *f)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        module_field_rows[i].type->clear(member(f, i));
    *f = (struct module_fields){0};
}

void module_fields_copy_one(struct module_fields *dst, const struct module_fields *src,
                            enum module_field field)
{
    const struct field_type *type = module_field_rows[field].type;
    type->clear(member(dst, field));
    type->copy(member(dst, field), const_member(src, field));
}

bool module_fields_equal(const struct module_fields *a, const struct module_fields *b)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (!module_field_rows[i].type->equal(const_member(a, i), const_member(b, i)))
            return false;
    return true;
}

int module_fields_parse(struct module_fields *f, enum module_field field, const char *text,
                        char *why, size_t why_size)
{
    const struct field_type *type = module_field_rows[field].type;
    struct module_fields parsed = {0};
    if (type->parse(text, member(&parsed, field), why, why_size))
        return -1;
    type->clear(member(f, field));
    memcpy(member(f, field), member(&parsed, field), type->size);
    return 0;
}

/* ---- Names and items ---- */

static bool name_valid(const char *name, size_t len, bool dots)
{
    if (!len || len > REGISTRY_MAX_NAME)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c >= 0x80 || !(isalnum(c) || c == '_' || c == '-' || (dots && c == '.')))
            return false;
    }
    return true;
}

bool registry_name_valid(const char *name)
{
    return name_valid(name, strlen(name), false);
}

bool registry_network_valid(const char *name)
{
    return name_valid(name, strlen(name), true);
}

void list_item_split(const char *text, const char **item, size_t *network_len)
{
    const char *slash = strchr(text, '/');
    if (slash && name_valid(text, (size_t)(slash - text), true)) {
        *item = slash + 1;
        *network_len = (size_t)(slash - text);
    } else {
        *item = text;
        *network_len = 0;
    }
}

int list_item_check(enum module_list list, const char *text, char *why, size_t why_size)
{
    const char *item;
    size_t network_len;
    list_item_split(text, &item, &network_len);
    if (!*item || strlen(text) > FIELD_MAX_ITEM) {
        snprintf(why, why_size, "an item must be 1 to %d bytes long", FIELD_MAX_ITEM);
        return -1;
    }
    /* RFC 2812 2.3.1: what neither a nickname nor a channel may hold. */
    if (has_control(item) || strpbrk(item, " ,")) {
        snprintf(why, why_size, "\"%.100s\": an item holds no space, comma or control character",
                 text);
        return -1;
    }
    bool channel = strchr("#&+!", *item) != NULL;
    if (channel != (module_list_rows[list].items == ITEM_CHANNEL)) {
        snprintf(why, why_size, "\"%.100s\" is no %s", text,
                 channel ? "nickname" : "channel (those begin with #, &, + or !)");
        return -1;
    }
    return 0;
}
