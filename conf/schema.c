#include "conf/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "conf/errors.h"
#include "conf/first.h"

#define MAX_SIBLINGS 32 /* keys of one group */

/* One reading: what every function below needs. */
struct reader {
    const struct conf_schema *schema;
    const struct conf_source *source;
};

/* What follows `prefix` ("" for the top) in the path of a key directly below it, or NULL. */
static const char *name_below(const struct conf_key *key, const char *prefix)
{
    size_t n = strlen(prefix);
    const char *name = key->path;
    if (n) {
        if (strncmp(key->path, prefix, n) != 0 || key->path[n] != '.')
            return NULL;
        name += n + 1;
    }
    return strchr(name, '.') ? NULL : name;
}

const struct conf_key *conf_schema_child(const struct conf_schema *schema, const char *prefix,
                                         const char *name)
{
    for (size_t i = 0; i < schema->count; i++) {
        const char *known = name_below(&schema->keys[i], prefix);
        if (known && !strcmp(known, name))
            return &schema->keys[i];
    }
    return NULL;
}

const char *conf_schema_owner(const struct conf_schema *schema, const struct conf_key *key)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->keys[i].kind == CONF_GROUPS && name_below(key, schema->keys[i].path))
            return schema->keys[i].path;
    return "";
}

unsigned conf_line(const config_t *tree, const char *path)
{
    const config_setting_t *setting = config_lookup(tree, path);
    return setting ? setting->line : 0;
}

char *conf_absolute(const char *dir, const char *path)
{
    if (path[0] == '/')
        return xstrdup(path);
    size_t len = strlen(dir);
    while (!strncmp(path, "../", 3)) {
        while (len && dir[len - 1] != '/')
            len--;
        len -= len > 0;
        path += 3;
    }
    return xasprintf("%.*s/%s", (int)len, dir, path);
}

static const char *type_name(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "a number";
    case CONFIG_TYPE_FLOAT:
        return "a number with a point";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_STRING:
        return "a text";
    case CONFIG_TYPE_GROUP:
        return "a group";
    case CONFIG_TYPE_ARRAY:
        return "an array";
    default:
        return "a list";
    }
}

static void add_error(const struct reader *reader, const config_setting_t *setting,
                      const struct conf_key *key, const char *must, const char *shown)
{
    conf_errors_add(reader->source->errors, reader->source->file, setting->line, "%s %s%s%s",
                    key->path, must, shown ? ", not " : "", shown ? shown : "");
}

static void add_type_error(const struct reader *reader, const config_setting_t *setting,
                           const struct conf_key *key, const char *must)
{
    add_error(reader, setting, key, must, type_name(setting));
}

/* Without the value when it may be a secret. */
static void add_value_error(const struct reader *reader, const config_setting_t *setting,
                            const struct conf_key *key, const char *must, const char *value)
{
    char *shown = key->hidden ? NULL : conf_quote(value);
    add_error(reader, setting, key, must, shown);
    free(shown);
}

/* The text of the setting when it is good for the key, else NULL after an error. */
static const char *read_text(const struct reader *reader, const config_setting_t *setting,
                             const struct conf_key *key)
{
    if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
        add_type_error(reader, setting, key, "must be a text in double quotes");
        return NULL;
    }
    const char *text = config_setting_get_string(setting);
    if (!text)
        text = "";
    bool may_be_empty = key->fallback && !*key->fallback;
    char must[64];
    const char *wrong = NULL;
    snprintf(must, sizeof must, "must be at most %d bytes long", key->max);
    for (const char *c = text; *c && !wrong; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            wrong = "must be one line without control characters";
    if (!*text && !may_be_empty)
        wrong = "must not be empty";
    else if (key->kind != CONF_WORD && strlen(text) > (size_t)key->max)
        wrong = must;
    else if (!wrong && *text && key->check)
        wrong = key->check(text);
    if (!wrong)
        return text;
    if (*text)
        add_value_error(reader, setting, key, wrong, text);
    else
        add_error(reader, setting, key, wrong, NULL);
    return NULL;
}

static void read_string(const struct reader *reader, const config_setting_t *setting,
                        const struct conf_key *key, void *field)
{
    const char *text = read_text(reader, setting, key);
    if (!text)
        return;
    char **string = field;
    if (key->kind == CONF_STRING)
        *string = xstrdup(text);
    else
        *string = conf_absolute(reader->source->dir, text);
}

static void read_bool(const struct reader *reader, const config_setting_t *setting,
                      const struct conf_key *key, void *field)
{
    if (config_setting_type(setting) == CONFIG_TYPE_BOOL)
        *(bool *)field = config_setting_get_bool(setting);
    else
        add_type_error(reader, setting, key, "must be true or false");
}

static void read_int(const struct reader *reader, const config_setting_t *setting,
                     const struct conf_key *key, void *field)
{
    char text[32];
    char must[96];
    snprintf(must, sizeof must, "must be a whole number from %d to %d", key->min, key->max);
    if (config_setting_type(setting) != CONFIG_TYPE_INT &&
        config_setting_type(setting) != CONFIG_TYPE_INT64) {
        add_type_error(reader, setting, key, must);
        return;
    }
    long long n = config_setting_get_int64(setting);
    if (n >= key->min && n <= key->max) {
        *(int *)field = (int)n;
        return;
    }
    snprintf(text, sizeof text, "%lld", n);
    add_error(reader, setting, key, must, text);
}

/* The index of a word, or -1. */
static int word_index(const struct conf_key *key, const char *text)
{
    for (int i = 0; key->words[i]; i++)
        if (!strcmp(key->words[i], text))
            return i;
    return -1;
}

static void read_word(const struct reader *reader, const config_setting_t *setting,
                      const struct conf_key *key, void *field)
{
    const char *text = read_text(reader, setting, key);
    if (!text)
        return;
    int i = word_index(key, text);
    if (i >= 0) {
        *(int *)field = key->min + i;
        return;
    }
    struct buf must = {0};
    buf_printf(&must, "must be one of ");
    for (i = 0; key->words[i]; i++)
        buf_printf(&must, "%s%s", i ? ", " : "", key->words[i]);
    buf_append(&must, "", 1);
    add_value_error(reader, setting, key, buf_data(&must), text);
    buf_free(&must);
}

/* The number of items, or -1 after an error. */
static int read_length(const struct reader *reader, const config_setting_t *setting,
                       const struct conf_key *key)
{
    char must[96];
    int n = config_setting_length(setting);
    if (n >= key->min && n <= key->max)
        return n;
    snprintf(must, sizeof must, "must have %s%d items", n < key->min ? "at least " : "at most ",
             n < key->min ? key->min : key->max);
    if (n < key->min && key->min == 1)
        snprintf(must, sizeof must, "must have at least one item");
    char count[32];
    snprintf(count, sizeof count, "%d", n);
    add_error(reader, setting, key, must, n ? count : NULL);
    return -1;
}

static void read_strings(const struct reader *reader, const config_setting_t *setting,
                         const struct conf_key *key, void *base)
{
    if (!config_setting_is_list(setting) && !config_setting_is_array(setting)) {
        add_type_error(reader, setting, key, "must be a list: ( \"one\", \"two\" )");
        return;
    }
    int n = read_length(reader, setting, key);
    if (n <= 0)
        return;
    char **items = xcalloc((size_t)n, sizeof *items);
    size_t count = 0;
    for (int i = 0; i < n; i++) {
        const char *text = read_text(reader, config_setting_get_elem(setting, (unsigned)i), key);
        if (text)
            items[count++] = xstrdup(text);
    }
    *(char ***)conf_field(base, key->offset) = items;
    *(size_t *)conf_field(base, key->second) = count;
}

static void read_group(const struct reader *reader, const config_setting_t *group,
                       const char *prefix, void *base);

/* An item is a group, or stands for one that has only the shorthand's key. */
static void read_item(const struct reader *reader, const config_setting_t *item,
                      const struct conf_key *key, void *element)
{
    const struct conf_key *only =
        key->shorthand ? conf_schema_child(reader->schema, key->path, key->shorthand) : NULL;
    if (config_setting_is_group(item))
        read_group(reader, item, key->path, element);
    else if (only && config_setting_type(item) == CONFIG_TYPE_STRING)
        read_string(reader, item, only, conf_field(element, only->offset));
    else
        add_type_error(reader, item, key,
                       only ? "must hold texts or groups { ... }" : "must hold groups { ... }");
}

static void read_groups(const struct reader *reader, const config_setting_t *setting,
                        const struct conf_key *key, void *base)
{
    bool array_will_do = key->shorthand && config_setting_is_array(setting);
    if (!config_setting_is_list(setting) && !array_will_do) {
        add_type_error(reader, setting, key,
                       key->shorthand ? "must be a list: ( \"one\", { ... } )"
                                      : "must be a list of groups: ( { ... }, { ... } )");
        return;
    }
    int n = read_length(reader, setting, key);
    if (n <= 0)
        return;
    char *elements = xcalloc((size_t)n, key->size);
    *(void **)conf_field(base, key->offset) = elements;
    *(size_t *)conf_field(base, key->second) = (size_t)n;
    for (int i = 0; i < n; i++)
        read_item(reader, config_setting_get_elem(setting, (unsigned)i), key,
                  elements + (size_t)i * key->size);
}

static void read_value(const struct reader *reader, const config_setting_t *setting,
                       const struct conf_key *key, void *base)
{
    void *field = conf_field(base, key->offset);
    switch (key->kind) {
    case CONF_GROUP:
        if (config_setting_is_group(setting))
            read_group(reader, setting, key->path, base);
        else
            add_type_error(reader, setting, key, "must be a group { ... }");
        break;
    case CONF_GROUPS:
        read_groups(reader, setting, key, base);
        break;
    case CONF_STRINGS:
        read_strings(reader, setting, key, base);
        break;
    case CONF_FIRST:
        conf_first_read(setting, key, base, reader->source);
        break;
    case CONF_STRING:
    case CONF_PATH:
    case CONF_FILE:
    case CONF_SECRET:
        read_string(reader, setting, key, field);
        break;
    case CONF_BOOL:
        read_bool(reader, setting, key, field);
        break;
    case CONF_INT:
        read_int(reader, setting, key, field);
        break;
    case CONF_WORD:
        read_word(reader, setting, key, field);
        break;
    }
}

static void add_unknown(const struct reader *reader, const config_setting_t *setting,
                        const char *prefix)
{
    const char *names[MAX_SIBLINGS];
    size_t count = 0;
    struct buf all = {0};
    for (size_t i = 0; i < reader->schema->count && count < MAX_SIBLINGS; i++) {
        const char *name = name_below(&reader->schema->keys[i], prefix);
        if (!name)
            continue;
        buf_printf(&all, "%s%s", count ? ", " : "", name);
        names[count++] = name;
    }
    buf_append(&all, "", 1);
    const char *dot = *prefix ? "." : "";
    const char *near = str_nearest(setting->name, names, count);
    if (near)
        conf_errors_add(reader->source->errors, reader->source->file, setting->line,
                        "unknown key \"%s%s%.60s\"; did you mean \"%s%s%s\"?", prefix, dot,
                        setting->name, prefix, dot, near);
    else
        conf_errors_add(reader->source->errors, reader->source->file, setting->line,
                        "unknown key \"%s%s%.60s\"; known here: %s", prefix, dot, setting->name,
                        buf_data(&all));
    buf_free(&all);
}

static void set_default(const struct conf_key *key, void *base)
{
    void *field = conf_field(base, key->offset);
    if (!key->fallback)
        return;
    switch (key->kind) {
    case CONF_BOOL:
        *(bool *)field = !strcmp(key->fallback, "true");
        break;
    case CONF_INT:
        *(int *)field = (int)strtol(key->fallback, NULL, 10);
        break;
    case CONF_WORD:
        *(int *)field = key->min + word_index(key, key->fallback);
        break;
    case CONF_STRING:
        *(char **)field = xstrdup(key->fallback);
        break;
    default:
        break; /* the others have none, or one that is computed */
    }
}

/* A group that stands nowhere in the file still has its defaults. */
static void set_defaults(const struct reader *reader, const struct conf_key *key, void *base)
{
    set_default(key, base);
    for (size_t i = 0; key->kind == CONF_GROUP && i < reader->schema->count; i++)
        if (name_below(&reader->schema->keys[i], key->path))
            set_defaults(reader, &reader->schema->keys[i], base);
}

static void read_group(const struct reader *reader, const config_setting_t *group,
                       const char *prefix, void *base)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *child = config_setting_get_elem(group, (unsigned)i);
        if (!conf_schema_child(reader->schema, prefix, child->name))
            add_unknown(reader, child, prefix);
    }
    for (size_t i = 0; i < reader->schema->count; i++) {
        const struct conf_key *key = &reader->schema->keys[i];
        const char *name = name_below(key, prefix);
        if (!name)
            continue;
        const config_setting_t *child = config_setting_get_member(group, name);
        if (!child)
            set_defaults(reader, key, base);
        else if (key->kind == CONF_BOOL || key->kind == CONF_INT || key->kind == CONF_WORD)
            set_default(key, base); /* holds when the value is no good, for what looks at it next */
        if (child)
            read_value(reader, child, key, base);
        if (!child && key->required)
            conf_errors_add(reader->source->errors, reader->source->file, group->line,
                            "%s is missing: %s", key->path, key->help);
    }
}

void conf_schema_read(const struct conf_schema *schema, const config_t *tree, void *base,
                      const struct conf_source *source)
{
    struct reader reader = {.schema = schema, .source = source};
    read_group(&reader, config_root_setting(tree), "", base);
}
