#include "conf/first.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "conf/errors.h"

#define MAX_VALUES 5000 /* of one file: first values are few; who has more imports them */
#define MAX_TEXT   2048

/* One reading; `module` and `name` are where it stands. */
struct reading {
    const struct conf_source *source;
    struct conf_first *items;
    size_t count;
    const char *module;
    bool full;
};

static void add_error(const struct reading *r, const config_setting_t *at, const char *name,
                      const char *must)
{
    conf_errors_add(r->source->errors, r->source->file, at->line, "modules.%s%s%s %s", r->module,
                    *name ? "." : "", name, must);
}

static bool is_text(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_BOOL:
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
    case CONFIG_TYPE_STRING:
        return true;
    default:
        return false;
    }
}

/* As the registry writes it. */
static char *text_of(const config_setting_t *setting)
{
    const char *text;
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_BOOL:
        return xstrdup(config_setting_get_bool(setting) ? "yes" : "no");
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return xasprintf("%lld", config_setting_get_int64(setting));
    default:
        text = config_setting_get_string(setting);
        return xstrdup(text ? text : "");
    }
}

static struct conf_first *add_item(struct reading *r, const config_setting_t *at, char *name)
{
    if (r->count == MAX_VALUES) {
        if (!r->full)
            add_error(r, at, name, "is one too many; write so many with seshetctl registry import");
        r->full = true;
        free(name);
        return NULL;
    }
    if ((r->count & (r->count - 1)) == 0)
        r->items = xrealloc(r->items, (r->count ? r->count * 2 : 1) * sizeof *r->items);
    struct conf_first *item = &r->items[r->count++];
    *item = (struct conf_first){.module = xstrdup(r->module), .name = name, .line = at->line};
    return item;
}

static void add_text(struct reading *r, const config_setting_t *setting, char *name)
{
    if (config_setting_type(setting) == CONFIG_TYPE_STRING &&
        strlen(config_setting_get_string(setting)) > MAX_TEXT) {
        add_error(r, setting, name, "must be at most 2048 bytes long");
        free(name);
        return;
    }
    struct conf_first *item = add_item(r, setting, name);
    if (!item)
        return;
    item->values = xmalloc(sizeof *item->values);
    item->values[item->nvalues++] = text_of(setting);
}

static void add_list(struct reading *r, const config_setting_t *setting)
{
    int n = config_setting_length(setting);
    struct conf_first *item = add_item(r, setting, xstrdup(setting->name));
    if (!item)
        return;
    item->is_list = true;
    item->values = xcalloc((size_t)n + 1, sizeof *item->values);
    for (int i = 0; i < n; i++) {
        const config_setting_t *one = config_setting_get_elem(setting, (unsigned)i);
        if (config_setting_type(one) == CONFIG_TYPE_STRING)
            item->values[item->nvalues++] = text_of(one);
        else
            add_error(r, one, setting->name, "must hold texts in double quotes");
    }
}

/* rate_user = { weather = "1/1m"; }: libconfig's names have no dot. */
static void add_group(struct reading *r, const config_setting_t *group)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *one = config_setting_get_elem(group, (unsigned)i);
        if (is_text(one))
            add_text(r, one, xasprintf("%s.%s", group->name, one->name));
        else
            add_error(r, one, group->name, "must hold one text for each command");
    }
}

static void read_module(struct reading *r, const config_setting_t *module)
{
    r->module = module->name;
    if (!config_setting_is_group(module)) {
        add_error(r, module, "", "must be a group { ... } of fields and lists");
        return;
    }
    for (int i = 0; i < config_setting_length(module); i++) {
        const config_setting_t *one = config_setting_get_elem(module, (unsigned)i);
        if (is_text(one))
            add_text(r, one, xstrdup(one->name));
        else if (config_setting_is_group(one))
            add_group(r, one);
        else if (config_setting_is_list(one) || config_setting_is_array(one))
            add_list(r, one);
        else
            add_error(r, one, one->name, "must be a text, true or false, or a list");
    }
}

void conf_first_read(const config_setting_t *setting, const struct conf_key *key, void *base,
                     const struct conf_source *source)
{
    struct reading r = {.source = source};
    if (!config_setting_is_group(setting)) {
        conf_errors_add(source->errors, source->file, setting->line,
                        "%s must be a group { NAME = { ... }; }", key->path);
        return;
    }
    for (int i = 0; i < config_setting_length(setting); i++)
        read_module(&r, config_setting_get_elem(setting, (unsigned)i));
    *(struct conf_first **)conf_field(base, key->offset) = r.items;
    *(size_t *)conf_field(base, key->second) = r.count;
}

void conf_first_free(struct conf_first *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < items[i].nvalues; k++)
            free(items[i].values[k]);
        free(items[i].values);
        free(items[i].module);
        free(items[i].name);
    }
    free(items);
}

static bool same(const struct conf_first *a, const struct conf_first *b)
{
    if (strcmp(a->module, b->module) != 0 || strcmp(a->name, b->name) != 0 ||
        a->is_list != b->is_list || a->nvalues != b->nvalues)
        return false;
    for (size_t i = 0; i < a->nvalues; i++)
        if (strcmp(a->values[i], b->values[i]) != 0)
            return false;
    return true;
}

bool conf_first_equal(const struct conf_first *a, const struct conf_first *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!same(&a[i], &b[i]))
            return false;
    return true;
}
