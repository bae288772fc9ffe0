#include "registry/model_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/check.h"
#include "registry/dotted.h"

bool model_bytes_text(const struct model_bytes *b)
{
    return memchr(b->data, '\0', b->len) == NULL;
}

/* ---- Fields ---- */

/* The value of a wrong field: what it was, or else nothing is set. */
static void keep_last(struct module_def *def, const struct module_def *old, enum module_field field)
{
    if (old->set & (UINT32_C(1) << field)) {
        module_fields_copy_one(&def->fields, &old->fields, field);
        def->set |= UINT32_C(1) << field;
    }
}

/* 0, or -1 and what is wrong. */
static int read_value(const struct registry_key *key, struct module_def *def,
                      enum module_field field, const char *command, const struct model_bytes *value,
                      char *why, size_t why_size)
{
    if ((module_field_rows[field].flags & FIELD_OVERLAY_ONLY) && !key->network[0])
        snprintf(why, why_size, "belongs into an overlay (network:NET:module:%s)", key->module);
    else if (!model_bytes_text(value))
        snprintf(why, why_size, "must be text without zero bytes");
    else if (field == FIELD_NAME && strcmp(value->data, key->module) != 0)
        snprintf(why, why_size, "the key says that the name is %s; a module is not renamed so",
                 key->module);
    else if (command)
        return dotted_parse(&def->fields, field, command, value->data, why, why_size);
    else
        return module_fields_parse(&def->fields, field, value->data, why, why_size);
    return -1;
}

/* What counts in the place of a wrong value, in words. */
static const char *stand_in(const struct registry_key *key, struct module_def *def,
                            const struct module_def *old, enum module_field field,
                            const char *command)
{
    if (!command)
        keep_last(def, old, field);
    if (command ? dotted_copy(&def->fields, &old->fields, field, command)
                : (def->set & (UINT32_C(1) << field)) != 0)
        return "the last good value counts";
    if (module_field_rows[field].flags & FIELD_GUARD) {
        module_fields_close(&def->fields, field);
        def->set |= UINT32_C(1) << field;
        return "nobody may use the module's commands";
    }
    return key->network[0] ? "the shared value counts" : "the default counts";
}

int model_read_field(const struct registry_key *key, struct module_def *def,
                     const struct module_def *old, const struct model_bytes *pair, char *text,
                     size_t text_size)
{
    char why[REGISTRY_WHY_SIZE];
    enum module_field field;
    const char *command;
    if (!model_bytes_text(&pair[0])) {
        snprintf(text, text_size, "there is no such field: its name holds a zero byte");
        return -1;
    }
    if (module_field_parse_name(pair[0].data, &field, &command, text, text_size))
        return -1;
    if (read_value(key, def, field, command, &pair[1], why, sizeof why)) {
        snprintf(text, text_size, "\"%.60s\" is wrong: %s; until then %s", pair[1].data, why,
                 stand_in(key, def, old, field, command));
        return -1;
    }
    if (!command)
        def->set |= UINT32_C(1) << field;
    return 0;
}

/* ---- Ignores ---- */

static int compare_mask(const void *key, const void *element)
{
    return strcmp(key, ((const struct ignore *)element)->mask);
}

static const struct ignore *find(const struct ignore_list *list, const char *mask)
{
    return list ? bsearch(mask, list->items, list->count, sizeof *list->items, compare_mask) : NULL;
}

/* Whether the pair counts; why: what is wrong, or "". */
static bool read_one(const struct model_bytes *pair, const struct ignore_list *last,
                     struct ignore *item, char *why, size_t why_size)
{
    str_copy(why, why_size, "");
    if (!model_bytes_text(&pair[0]) || !model_bytes_text(&pair[1])) {
        snprintf(why, why_size, "an entry holds a zero byte");
        return false;
    }
    *item = (struct ignore){.mask = (char *)pair[0].data};
    if (!registry_check_ignore(pair[0].data, pair[1].data, why, why_size))
        return !str_parse_int(pair[1].data, 0, INT64_MAX, &item->expires_s);
    const struct ignore *known = find(last, pair[0].data);
    if (known)
        item->expires_s = known->expires_s;
    return known != NULL;
}

struct ignore_list *model_read_ignores(const struct model_bytes *pairs, size_t count,
                                       const struct ignore_list *last, char *why, size_t why_size)
{
    struct ignore *items = xcalloc(count / 2 + 1, sizeof *items);
    size_t kept = 0;
    size_t bad = 0;
    char first[REGISTRY_WHY_SIZE] = "";
    char one[REGISTRY_WHY_SIZE];
    for (size_t i = 0; i + 1 < count; i += 2) {
        if (kept == FIELD_MAX_ITEMS)
            snprintf(one, sizeof one, "more than %d entries", FIELD_MAX_ITEMS);
        else if (read_one(&pairs[i], last, &items[kept], one, sizeof one))
            kept++;
        /* Redis gives a hash in any order: the same one is told each time. */
        if (*one && (!bad++ || strcmp(one, first) < 0))
            str_copy(first, sizeof first, one);
    }
    if (bad)
        snprintf(why, why_size, "%s; %zu wrong entr%s", first, bad,
                 bad == 1 ? "y does not count" : "ies do not count");
    else
        str_copy(why, why_size, "");
    struct ignore_list *list = ignore_list_new(items, kept);
    free(items);
    return list;
}
