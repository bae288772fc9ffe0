#include "registry/dotted.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"

/* ---- What is configured ---- */

bool config_key_valid(const char *key)
{
    size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-");
    return len && len <= CONFIG_MAX_KEY && !key[len];
}

static int compare_key(const void *key, const void *item)
{
    return strcmp(key, ((const struct config_item *)item)->key);
}

static struct config_item *find(const struct config *config, const char *key)
{
    return config->count
               ? bsearch(key, config->items, config->count, sizeof *config->items, compare_key)
               : NULL;
}

const char *config_find(const struct config *config, const char *key)
{
    const struct config_item *item = find(config, key);
    return item ? item->value : NULL;
}

static void set(struct config *config, const char *key, const char *value)
{
    struct config_item *item = find(config, key);
    if (item) {
        free(item->value);
        item->value = xstrdup(value);
        return;
    }
    config->items = xrealloc(config->items, (config->count + 1) * sizeof *config->items);
    size_t at = config->count++;
    for (; at && strcmp(config->items[at - 1].key, key) > 0; at--)
        config->items[at] = config->items[at - 1];
    config->items[at].value = xstrdup(value);
    str_copy(config->items[at].key, sizeof config->items[at].key, key);
}

static int parse_value(struct config *config, const char *key, const char *text, char *why,
                       size_t why_size)
{
    if (config->count >= CONFIG_MAX_ITEMS && !find(config, key)) {
        snprintf(why, why_size, "a module may have at most %d config fields", CONFIG_MAX_ITEMS);
        return -1;
    }
    if (strlen(text) > FIELD_MAX_TEXT) {
        snprintf(why, why_size, "must be at most %d bytes long", FIELD_MAX_TEXT);
        return -1;
    }
    for (const char *s = text; *s; s++) {
        if (iscntrl((unsigned char)*s)) {
            snprintf(why, why_size, "must be one line without control characters");
            return -1;
        }
    }
    set(config, key, text);
    return 0;
}

/* The field without a key holds all of them: as a whole it is only copied and compared. */
static int config_parse(const char *text, void *value, char *why, size_t why_size)
{
    if (*text) {
        snprintf(why, why_size, "needs a key of the module's: config.KEY");
        return -1;
    }
    *(struct config *)value = (struct config){0};
    return 0;
}

static void config_copy(void *dst, const void *src)
{
    const struct config *from = src;
    struct config *into = dst;
    *into = (struct config){0};
    for (size_t i = 0; i < from->count; i++)
        set(into, from->items[i].key, from->items[i].value);
}

static void config_clear(void *value)
{
    struct config *config = value;
    for (size_t i = 0; i < config->count; i++)
        free(config->items[i].value);
    free(config->items);
    *config = (struct config){0};
}

static bool config_equal(const void *a, const void *b)
{
    const struct config *ca = a;
    const struct config *cb = b;
    if (ca->count != cb->count)
        return false;
    for (size_t i = 0; i < ca->count; i++)
        if (strcmp(ca->items[i].key, cb->items[i].key) != 0 ||
            strcmp(ca->items[i].value, cb->items[i].value) != 0)
            return false;
    return true;
}

static void config_write(const void *value, struct buf *out)
{
    (void)value;
    (void)out;
}

const struct field_type field_type_config = {
    .size = sizeof(struct config),
    .parse = config_parse,
    .copy = config_copy,
    .clear = config_clear,
    .equal = config_equal,
    .write = config_write,
    .expects = "a key: config.KEY",
};

/* ---- Both sorts ---- */

size_t dotted_count(const struct module_fields *f)
{
    return f->ncommand_rates + f->config.count;
}

struct dotted_field dotted_at(const struct module_fields *f, size_t i)
{
    struct dotted_field d;
    if (i < f->ncommand_rates) {
        d.field = f->command_rates[i].field;
        d.key = f->command_rates[i].command;
    } else {
        d.field = FIELD_CONFIG;
        d.key = f->config.items[i - f->ncommand_rates].key;
    }
    snprintf(d.name, sizeof d.name, "%s.%s", module_field_rows[d.field].name, d.key);
    return d;
}

char *dotted_text(const struct module_fields *f, enum module_field field, const char *key)
{
    char text[RATE_TEXT_SIZE];
    if (field == FIELD_CONFIG) {
        const char *value = config_find(&f->config, key);
        return value ? xstrdup(value) : NULL;
    }
    const struct command_rate *rate = module_fields_rate(f, field, key);
    return rate ? xstrdup(rate_write(text, sizeof text, rate->rate)) : NULL;
}

int dotted_parse(struct module_fields *f, enum module_field field, const char *key,
                 const char *text, char *why, size_t why_size)
{
    return field == FIELD_CONFIG ? parse_value(&f->config, key, text, why, why_size)
                                 : module_fields_parse_rate(f, field, key, text, why, why_size);
}

bool dotted_copy(struct module_fields *into, const struct module_fields *from,
                 enum module_field field, const char *key)
{
    const char *value = field == FIELD_CONFIG ? config_find(&from->config, key) : NULL;
    const struct command_rate *rate =
        field == FIELD_CONFIG ? NULL : module_fields_rate(from, field, key);
    if (value)
        set(&into->config, key, value);
    if (rate)
        module_fields_set_rate(into, rate);
    return value || rate;
}

void dotted_merge(struct module_fields *into, const struct module_fields *from)
{
    for (size_t i = 0; i < from->ncommand_rates; i++)
        module_fields_set_rate(into, &from->command_rates[i]);
    for (size_t i = 0; i < from->config.count; i++)
        set(&into->config, from->config.items[i].key, from->config.items[i].value);
}
