#include "registry/account_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/accounts.h"
#include "registry/fields.h"
#include "registry/model_read.h"

/* ---- Hashes ---- */

static const struct record_field *field_find(const struct record_type *type, const char *name)
{
    for (size_t i = 0; i < type->nfields; i++)
        if (!strcmp(type->fields[i].name, name))
            return &type->fields[i];
    return NULL;
}

static void tell_unknown(const struct record_type *type, const char *name,
                         const struct account_teller *teller)
{
    const char *names[8];
    char text[REGISTRY_WHY_SIZE];
    for (size_t i = 0; i < type->nfields; i++)
        names[i] = type->fields[i].name;
    const char *near = str_nearest(name, names, type->nfields);
    snprintf(text, sizeof text, "there is no such field%s%s%s", near ? "; did you mean " : "",
             near ? near : "", near ? "?" : "");
    teller->tell(teller->arg, name, text);
}

/* A field at what it counts as when it is not there, or closed. */
static void put_initial(struct record *record, const struct record_field *field, bool closed)
{
    char why[REGISTRY_WHY_SIZE];
    record_set(record, field, closed && field->closed ? field->closed : field->initial, why,
               sizeof why);
}

static void copy_field(struct record *dst, const struct record *src,
                       const struct record_field *field)
{
    field->type->clear(record_value(dst, field));
    field->type->copy(record_value(dst, field), record_value(src, field));
}

/* A wrong value: what counts until it is right, in words. */
static const char *stand_in(struct record *record, const struct record *last,
                            const struct record_field *field, uint32_t bit)
{
    if ((last->set & bit) && !field->forgotten) {
        copy_field(record, last, field);
        record->set |= bit;
        return "the last good value counts";
    }
    put_initial(record, field, true);
    record->closed |= bit;
    return field->closed_says;
}

static void read_field(struct record *record, const struct record *last,
                       const struct model_bytes *pair, const struct account_teller *teller)
{
    const struct record_type *type = &record_types[record->kind];
    char why[REGISTRY_WHY_SIZE];
    char text[2 * REGISTRY_WHY_SIZE];
    if (!model_bytes_text(&pair[0])) {
        teller->tell(teller->arg, pair[0].data,
                     "there is no such field: its name holds a zero byte");
        return;
    }
    const struct record_field *field = field_find(type, pair[0].data);
    if (!field) {
        tell_unknown(type, pair[0].data, teller);
        return;
    }
    uint32_t bit = UINT32_C(1) << (field - type->fields);
    bool is_text = model_bytes_text(&pair[1]);
    if (is_text && !record_set(record, field, pair[1].data, why, sizeof why)) {
        record->set |= bit;
        return;
    }
    if (!is_text)
        str_copy(why, sizeof why, "must be text without zero bytes");
    const char *stands = stand_in(record, last, field, bit);
    if (field->secret)
        snprintf(text, sizeof text, "%s; until then %s", why, stands);
    else
        snprintf(text, sizeof text, "\"%.60s\" is wrong: %s; until then %s", pair[1].data, why,
                 stands);
    teller->tell(teller->arg, field->name, text);
}

static bool has_field(const struct model_bytes *pairs, size_t count, const char *name)
{
    for (size_t i = 0; i + 1 < count; i += 2)
        if (!strcmp(pairs[i].data, name))
            return true;
    return false;
}

static void read_hash(struct record *record, const struct record *last,
                      const struct model_bytes *pairs, size_t count,
                      const struct account_teller *teller)
{
    const struct record_type *type = &record_types[record->kind];
    record->set = 0;
    record->closed = 0;
    for (size_t i = 0; i < type->nfields; i++)
        put_initial(record, &type->fields[i], false);
    for (size_t i = 0; i + 1 < count; i += 2)
        read_field(record, last, &pairs[i], teller);
    if (record->kind == RECORD_GROUP && count && !has_field(pairs, count, type->fields[0].name))
        teller->tell(teller->arg, type->fields[0].name,
                     "the profile has no style: set nickserv, user, nick or password; until then "
                     "it lets nobody in");
}

void account_read_nothing(struct record *record)
{
    const struct record_type *type = &record_types[record->kind];
    for (size_t i = 0; i < type->nfields; i++)
        put_initial(record, &type->fields[i], true);
    record->closed = (UINT32_C(1) << type->nfields) - 1;
}

/* ---- Sets ---- */

/* What is wrong in a set: the same item is told each time, in whatever order Redis gives it. */
struct wrong {
    size_t count;
    char why[REGISTRY_WHY_SIZE];
};

static void add_wrong(struct wrong *wrong, const char *why)
{
    if (!wrong->count++ || strcmp(why, wrong->why) < 0)
        str_copy(wrong->why, sizeof wrong->why, why);
}

static void tell_wrong(const struct wrong *wrong, const struct account_teller *teller)
{
    char text[2 * REGISTRY_WHY_SIZE];
    if (!wrong->count)
        return;
    snprintf(text, sizeof text, "%s; %zu wrong item%s not count", wrong->why, wrong->count,
             wrong->count == 1 ? " does" : "s do");
    teller->tell(teller->arg, "", text);
}

/* A channel's set does not name the channel. */
static int read_capability(enum record_kind kind, const char *text, struct capability *c, char *why,
                           size_t why_size)
{
    if (capability_parse(c, text, why, why_size))
        return -1;
    if (kind != RECORD_CHANNEL || (!c->network[0] && !c->channel[0]))
        return 0;
    snprintf(why, why_size, "\"%.80s\" must be written without the network and the channel here",
             text);
    return -1;
}

/* Whether the item is a text, and may be one more of the set; else why not. */
static bool has_room_for(const struct model_bytes *item, const struct record_part *part,
                         size_t nkept, char why[REGISTRY_WHY_SIZE])
{
    if (!model_bytes_text(item))
        str_copy(why, REGISTRY_WHY_SIZE, "an item holds a zero byte");
    else if (nkept == part->most)
        snprintf(why, REGISTRY_WHY_SIZE, "more than %zu items", part->most);
    else
        return true;
    return false;
}

static struct capability_set *read_capabilities(const struct record *record,
                                                const struct record_part *part,
                                                const struct model_bytes *items, size_t count,
                                                struct wrong *wrong)
{
    size_t room = count < part->most ? count : part->most;
    struct capability *kept = xcalloc(room + 1, sizeof *kept);
    size_t nkept = 0;
    char why[REGISTRY_WHY_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (has_room_for(&items[i], part, nkept, why) &&
            !read_capability(record->kind, items[i].data, &kept[nkept], why, sizeof why)) {
            nkept++;
            continue;
        }
        add_wrong(wrong, why);
    }
    struct capability_set *set = nkept ? capability_set_new(kept, nkept) : NULL;
    free(kept);
    return set;
}

static struct item_list *read_items(const struct record_part *part, const struct model_bytes *items,
                                    size_t count, struct wrong *wrong)
{
    const char **kept = xcalloc(count + 1, sizeof *kept);
    size_t nkept = 0;
    char why[REGISTRY_WHY_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (has_room_for(&items[i], part, nkept, why) &&
            !part->check(items[i].data, why, sizeof why)) {
            kept[nkept++] = items[i].data;
            continue;
        }
        add_wrong(wrong, why);
    }
    struct item_list *list = item_list_new(kept, nkept);
    free(kept);
    return list;
}

void account_read_part(struct record *record, const struct record *last, size_t number,
                       const struct model_bytes *items, size_t count,
                       const struct account_teller *teller)
{
    const struct record_part *part = &record_types[record->kind].parts[number];
    struct wrong wrong = {0};
    char why[2 * REGISTRY_WHY_SIZE] = "";
    switch (part->type) {
    case PART_HASH:
        read_hash(record, last, items, count, teller);
        return;
    case PART_CAPABILITIES:
        record_put_part(record, number, read_capabilities(record, part, items, count, &wrong));
        break;
    case PART_ITEMS:
        record_put_part(record, number, read_items(part, items, count, &wrong));
        break;
    case PART_IGNORES:
        record_put_part(
            record, number,
            model_read_ignores(items, count, *record_part_value(last, number), why, sizeof why));
        if (why[0])
            teller->tell(teller->arg, "", why);
        return;
    }
    tell_wrong(&wrong, teller);
}
