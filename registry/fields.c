#include "registry/fields.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/dotted.h"
#include "registry/maskset.h"

const struct field_row module_field_rows[FIELD_COUNT] = {
#define X(name, member, type, flags, initial, help)                                                \
    {#member, &type, offsetof(struct module_fields, member), flags, initial, help},
    MODULE_FIELD_LIST(X)
#undef X
};

/* "Those of masks come last": LIST_FIRST_OF_MASKS rests on it. */
#define X(name, text, items, help)                                                                 \
    _Static_assert(((items) == ITEM_MASK) == (LIST_##name >= LIST_FIRST_OF_MASKS), text);
MODULE_LIST_LIST(X)
#undef X

const struct list_row module_list_rows[LIST_COUNT] = {
#define X(name, text, items, help) {text, items, help},
    MODULE_LIST_LIST(X)
#undef X
};

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

/* What stands after the '.': a command's name, as modules declare them. */
static int check_command(const char *command, char *why, size_t why_size)
{
    bool fits = *command && strlen(command) <= REGISTRY_MAX_COMMAND;
    for (const char *s = command; *s && fits; s++)
        fits = !isspace((unsigned char)*s) && !iscntrl((unsigned char)*s) && *s != '.';
    if (!fits) {
        snprintf(why, why_size, "a command's name is one word of at most %d bytes without a dot",
                 REGISTRY_MAX_COMMAND);
        return -1;
    }
    for (const char *s = command; *s; s++) {
        if (isupper((unsigned char)*s)) {
            snprintf(why, why_size, "write the command's name in lower case");
            return -1;
        }
    }
    return 0;
}

static int check_key(const char *key, char *why, size_t why_size)
{
    if (key && config_key_valid(key))
        return 0;
    snprintf(why, why_size,
             "write config.KEY, with a key of 1 to %d small letters, digits, '.', '_' and '-'",
             CONFIG_MAX_KEY);
    return -1;
}

int module_field_parse_name(const char *name, enum module_field *field, const char **command,
                            char *why, size_t why_size)
{
    char base[FIELD_MAX_WORD];
    const char *dot = strchr(name, '.');
    size_t len = dot ? (size_t)(dot - name) : strlen(name);
    bool fits = len < sizeof base;
    if (!fits)
        len = sizeof base - 1;
    memcpy(base, name, len);
    base[len] = '\0';
    int found = fits ? module_field_find(base) : -1;
    if (found < 0) {
        const char *near = module_field_nearest(base);
        snprintf(why, why_size, "there is no such field%s%s%s", near ? "; did you mean " : "",
                 near ? near : "", near ? "?" : "");
        return -1;
    }
    bool free_keys = module_field_rows[found].flags & FIELD_FREE_KEYS;
    if (free_keys && check_key(dot ? dot + 1 : NULL, why, why_size))
        return -1;
    if (dot && !free_keys && !(module_field_rows[found].flags & FIELD_PER_COMMAND)) {
        snprintf(why, why_size, "%s is for the whole module: it cannot be set for a command", base);
        return -1;
    }
    if (dot && !free_keys && check_command(dot + 1, why, why_size))
        return -1;
    *field = (enum module_field)found;
    *command = dot ? dot + 1 : NULL;
    return 0;
}

/* ---- Values ---- */

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
    free(f->command_rates);
    *f = (struct module_fields){0};
}

void module_fields_copy_one(struct module_fields *dst, const struct module_fields *src,
                            enum module_field field)
{
    const struct field_type *type = module_field_rows[field].type;
    type->clear(member(dst, field));
    type->copy(member(dst, field), const_member(src, field));
}

static int compare_rate(const void *a, const void *b)
{
    const struct command_rate *ra = a;
    const struct command_rate *rb = b;
    if (ra->field != rb->field)
        return ra->field < rb->field ? -1 : 1;
    return strcmp(ra->command, rb->command);
}

bool module_fields_equal(const struct module_fields *a, const struct module_fields *b)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (!module_field_rows[i].type->equal(const_member(a, i), const_member(b, i)))
            return false;
    if (a->ncommand_rates != b->ncommand_rates)
        return false;
    for (size_t i = 0; i < a->ncommand_rates; i++)
        if (compare_rate(&a->command_rates[i], &b->command_rates[i]) != 0 ||
            !field_type_rate.equal(&a->command_rates[i].rate, &b->command_rates[i].rate))
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

void module_fields_close(struct module_fields *f, enum module_field field)
{
    const char *nobody = FIELD_NOBODY;
    module_field_rows[field].type->clear(member(f, field));
    module_field_rows[field].type->copy(member(f, field), &nobody);
}

void module_fields_write(const struct module_fields *f, enum module_field field, struct buf *out)
{
    module_field_rows[field].type->write(const_member(f, field), out);
}

/* ---- Limits of single commands ---- */

const struct command_rate *module_fields_rate(const struct module_fields *f,
                                              enum module_field field, const char *command)
{
    struct command_rate key = {.field = field};
    if (!f->ncommand_rates || !str_copy(key.command, sizeof key.command, command))
        return NULL;
    return bsearch(&key, f->command_rates, f->ncommand_rates, sizeof key, compare_rate);
}

void module_fields_set_rate(struct module_fields *f, const struct command_rate *rate)
{
    struct command_rate *there =
        (struct command_rate *)module_fields_rate(f, rate->field, rate->command);
    if (there) {
        *there = *rate;
        return;
    }
    f->command_rates =
        xrealloc(f->command_rates, (f->ncommand_rates + 1) * sizeof *f->command_rates);
    size_t at = f->ncommand_rates++;
    for (; at && compare_rate(&f->command_rates[at - 1], rate) > 0; at--)
        f->command_rates[at] = f->command_rates[at - 1];
    f->command_rates[at] = *rate;
}

int module_fields_parse_rate(struct module_fields *f, enum module_field field, const char *command,
                             const char *text, char *why, size_t why_size)
{
    struct command_rate rate = {.field = field};
    str_copy(rate.command, sizeof rate.command, command);
    if (f->ncommand_rates >= FIELD_MAX_RATES && !module_fields_rate(f, field, command)) {
        snprintf(why, why_size, "a module may have limits for at most %d commands",
                 FIELD_MAX_RATES);
        return -1;
    }
    if (rate_parse(text, &rate.rate, why, why_size))
        return -1;
    module_fields_set_rate(f, &rate);
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

#define MAX_NETWORK 32 /* CONF_MAX_KEY */

bool registry_network_valid(const char *name)
{
    size_t len = strlen(name);
    return len && len <= MAX_NETWORK && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == len;
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

static bool holds_control(const char *text)
{
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            return true;
    return false;
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
    if (module_list_rows[list].items == ITEM_MASK)
        return mask_check(item, why, why_size);
    /* RFC 2812 2.3.1: what neither a nickname nor a channel may hold. */
    if (holds_control(item) || strpbrk(item, " ,")) {
        snprintf(why, why_size, "\"%.100s\": an item holds no space, comma or control character",
                 text);
        return -1;
    }
    if (*item == '$' && strcmp(item, LIST_ITEM_ME) != 0) {
        snprintf(why, why_size, "\"%.100s\" is no nickname; the bot's own is " LIST_ITEM_ME, text);
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
