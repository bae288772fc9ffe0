#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "registry/fields.h"
#include "server/admin/account_document.h"

/* One record of the document on its way into the edit. */
struct target {
    struct document_import *im;
    enum record_kind kind;
    const char *network;               /* "": the bot's policy */
    const char *name;                  /* user, profile or channel; "" otherwise */
    const struct record *now;          /* as it stands; NULL: it is not there */
    char label[3 * REGISTRY_MAX_NAME]; /* "user bob" */
    char why[REGISTRY_WHY_SIZE];
};

static int wrong(struct target *t, const char *what, const char *why)
{
    snprintf(t->im->why, sizeof t->im->why, "%.150s, %.80s: %.200s", t->label, what, why);
    return -1;
}

/* Whether what is not in the object goes away; ignores apart. A network, and a channel with many
 * ignores, come in several parts: what they have besides is in the first. */
static bool absent_goes(const struct target *t)
{
    return t->im->replace && !(t->kind == RECORD_NETWORK && t->im->continued) &&
           !(t->kind == RECORD_CHANNEL && t->im->ignores_after);
}

/* ---- Scalars ---- */

static int set_scalar(struct target *t, const char *field, const char *value)
{
    struct registry_edit *e = t->im->edit;
    switch (t->kind) {
    case RECORD_USER:
        if (!strcmp(field, "password"))
            return registry_edit_user_password(e, t->name, NULL, value ? value : "", t->why,
                                               sizeof t->why);
        return registry_edit_user_flag(e, t->name, field, value && !strcmp(value, "yes"), t->why,
                                       sizeof t->why);
    case RECORD_POLICY:
        return registry_edit_policy(e, t->network, field, value, t->why, sizeof t->why);
    case RECORD_CHANNEL:
        return registry_edit_channel(e, t->network, t->name, field, value, t->why, sizeof t->why);
    case RECORD_GROUP:
        return registry_edit_group_set(e, t->name, field, value, t->why, sizeof t->why);
    case RECORD_NETWORK:
        break;
    }
    return registry_edit_network_set(e, t->network, field, value, t->why, sizeof t->why);
}

/* The value as it stands, allocated; NULL when it is not set. */
static char *scalar_now(const struct target *t, size_t field)
{
    const struct record_field *row = &record_types[t->kind].fields[field];
    struct buf out = {0};
    if (!t->now || !(t->now->set & UINT32_C(1) << field))
        return NULL;
    row->type->write(record_value(t->now, row), &out);
    buf_append(&out, "", 1);
    char *text = xstrdup(buf_data(&out));
    buf_free(&out);
    return text;
}

static void note_scalar(struct target *t, const struct record_field *row, const char *before,
                        const char *value)
{
    char *text;
    if (row->secret)
        text = xasprintf("%s, %s: %s", t->label, row->name, value ? "set" : "(unset)");
    else
        text = xasprintf("%s, %s: %s -> %s", t->label, row->name, before ? before : "(unset)",
                         value ? value : "(unset)");
    t->im->change(t->im->arg, text);
}

/* value NULL: the document does not have it. */
static int import_scalar(struct target *t, size_t field, const json_t *value)
{
    const struct record_field *row = &record_types[t->kind].fields[field];
    const char *text =
        json_is_boolean(value) ? (json_is_true(value) ? "yes" : "no") : json_string_value(value);
    if (value && !text)
        return wrong(t, row->name, "must be a text, or true or false");
    if (!value && !absent_goes(t))
        return 0;
    char *before = scalar_now(t, field);
    bool same = (!text && !before) || (text && before && !strcmp(text, before));
    int rc = same ? 0 : set_scalar(t, row->name, text);
    if (!rc && !same)
        note_scalar(t, row, before, text);
    free(before);
    return rc ? wrong(t, row->name, t->why) : 0;
}

/* ---- Sets ---- */

static int set_capability(struct target *t, enum key_kind key, const char *item, bool add)
{
    const struct capability_place place = {t->kind == RECORD_USER         ? HOLDER_USER
                                           : t->kind == RECORD_CHANNEL    ? HOLDER_CHANNEL
                                           : key == KEY_POLICY_REGISTERED ? HOLDER_REGISTERED
                                                                          : HOLDER_DEFAULT,
                                           t->name, t->network, t->name,
                                           /* A document says each name as it is to stand. */
                                           CASEMAPPING_ASCII};
    return registry_edit_capability(t->im->edit, &place, item, add, t->why, sizeof t->why);
}

static int set_item(struct target *t, enum key_kind key, const char *item, bool add)
{
    struct registry_edit *e = t->im->edit;
    switch (key) {
    case KEY_USER_HOSTMASKS:
        return registry_edit_hostmask(e, t->name, item, add, t->why, sizeof t->why);
    case KEY_USER_SERVICES:
        return registry_edit_services(e, t->name, item, add, t->why, sizeof t->why);
    case KEY_GROUP_MEMBERS:
        return registry_edit_group_member(e, t->name, item, add, t->why, sizeof t->why);
    case KEY_NETWORK_CHANNELS:
        return registry_edit_network_channel(e, t->network, item, add, t->why, sizeof t->why);
    default:
        return set_capability(t, key, item, add);
    }
}

static void note_item(struct target *t, const char *part, bool add, const char *item)
{
    t->im->change(t->im->arg, xasprintf("%s, %s: %s %s", t->label, part, add ? "+" : "-", item));
}

/* What stands in a set now, as keys of an object. */
static json_t *items_now(const struct target *t, size_t part)
{
    json_t *object = json_object();
    char text[CAPABILITY_MAX + 2];
    void *value = t->now ? *record_part_value(t->now, part) : NULL;
    const struct item_list *list = value;
    if (value && record_types[t->kind].parts[part].type == PART_CAPABILITIES) {
        for (size_t i = 0; i < capability_set_count(value); i++)
            json_object_set_new(object,
                                capability_write(capability_set_at(value, i), text, sizeof text),
                                json_null());
    } else if (value) {
        for (size_t i = 0; i < list->count; i++)
            json_object_set_new(object, list->items[i], json_null());
    }
    return object;
}

static int import_items(struct target *t, size_t part, const char *name, const json_t *array)
{
    enum key_kind key = record_types[t->kind].parts[part].key;
    json_t *now = items_now(t, part);
    size_t i;
    const json_t *item;
    const char *left;
    json_t *value;
    int rc = 0;
    json_array_foreach((json_t *)array, i, item)
    {
        const char *text = json_string_value(item);
        if (text && !json_object_del(now, text))
            continue; /* it is there */
        rc = text ? set_item(t, key, text, true) : wrong(t, name, "an item must be a text");
        if (rc)
            break;
        note_item(t, name, true, text);
    }
    json_object_foreach(now, left, value)
    {
        if (rc || !absent_goes(t))
            break;
        rc = set_item(t, key, left, false);
        if (!rc)
            note_item(t, name, false, left);
    }
    json_decref(now);
    return rc ? wrong(t, name, t->why[0] ? t->why : "an item must be a text") : 0;
}

bool document_lacks(const struct document_import *im, const json_t *ignores, const char *mask)
{
    return !json_object_get(ignores, mask) &&
           (!im->ignores_after || strcmp(mask, im->ignores_after) > 0) &&
           (!im->ignores_until || strcmp(mask, im->ignores_until) <= 0);
}

static int import_ignores(struct target *t, const json_t *object)
{
    const struct ignore_list *now =
        t->now ? ((const struct channel_record *)t->now)->ignores : NULL;
    const char *mask;
    json_t *expires;
    json_object_foreach((json_t *)object, mask, expires)
    {
        size_t i = 0;
        while (now && i < now->count && strcmp(now->items[i].mask, mask) != 0)
            i++;
        if (now && i < now->count && now->items[i].expires_s == json_integer_value(expires))
            continue;
        if (!json_is_integer(expires))
            return wrong(t, mask, "its end must be a number of seconds, or 0");
        if (registry_edit_channel_ignore(t->im->edit, t->network, t->name, mask,
                                         json_integer_value(expires), true, t->why, sizeof t->why))
            return wrong(t, mask, t->why);
        note_item(t, "ignores", true, mask);
    }
    for (size_t i = 0; now && t->im->replace && i < now->count; i++) {
        if (!document_lacks(t->im, object, now->items[i].mask))
            continue;
        if (registry_edit_channel_ignore(t->im->edit, t->network, t->name, now->items[i].mask, 0,
                                         false, t->why, sizeof t->why))
            return wrong(t, "ignores", t->why);
        note_item(t, "ignores", false, now->items[i].mask);
    }
    return 0;
}

/* ---- Records ---- */

/* The name of a part in the document. */
static const char *part_name(enum record_kind kind, size_t part)
{
    return kind == RECORD_NETWORK ? "joined" : record_types[kind].parts[part].name;
}

static bool is_member(enum record_kind kind, const char *name)
{
    const struct record_type *type = &record_types[kind];
    for (size_t i = 0; i < type->nfields; i++)
        if (!strcmp(type->fields[i].name, name))
            return true;
    for (size_t p = 1; p < type->nparts; p++)
        if (!strcmp(part_name(kind, p), name))
            return true;
    return kind == RECORD_NETWORK && (!strcmp(name, "policy") || !strcmp(name, "channels"));
}

static int import_record(struct target *t, const json_t *object)
{
    const struct record_type *type = &record_types[t->kind];
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return wrong(t, "all of it", "must be an object");
    json_object_foreach((json_t *)object, name, value)
    {
        if (!is_member(t->kind, name))
            return wrong(t, name, "there is nothing of that name here");
    }
    for (size_t i = 0; i < type->nfields; i++)
        if (import_scalar(t, i, json_object_get(object, type->fields[i].name)))
            return -1;
    for (size_t p = 1; p < type->nparts; p++) {
        const char *part = part_name(t->kind, p);
        bool is_ignores = type->parts[p].type == PART_IGNORES;
        value = json_object_get(object, part);
        if (value && !(is_ignores ? json_is_object(value) : json_is_array(value)))
            return wrong(t, part, is_ignores ? "must be an object" : "must be an array");
        if ((value || absent_goes(t)) &&
            (is_ignores ? import_ignores(t, value) : import_items(t, p, part, value)))
            return -1;
    }
    return 0;
}

static struct target target_new(struct document_import *im, enum record_kind kind,
                                const char *network, const char *name, const void *now)
{
    static const char *const words[] = {"user", "policy", "channel", "profile", "network"};
    struct target t = {.im = im, .kind = kind, .network = network, .name = name, .now = now};
    snprintf(t.label, sizeof t.label, "%s%s%.64s%s%.100s", words[kind], *name ? " " : "", name,
             *network ? " on " : "", network);
    return t;
}

static int import_user(struct document_import *im, const char *name, const json_t *object)
{
    const struct account *now = accounts_user(im->accounts, name);
    struct target t = target_new(im, RECORD_USER, "", name, now);
    const char *record = json_string_value(json_object_get(object, "password"));
    if (!now) {
        if (registry_edit_user_new(im->edit, name, record ? record : "", t.why, sizeof t.why))
            return wrong(&t, "name and password", t.why);
        im->change(im->arg, xasprintf("%s: added", t.label));
    }
    return import_record(&t, object);
}

static int import_group(struct document_import *im, const char *name, const json_t *object)
{
    const struct auth_group *now = accounts_group(im->accounts, name);
    struct target t = target_new(im, RECORD_GROUP, "", name, now);
    const char *style = json_string_value(json_object_get(object, "style"));
    if (!now) {
        if (registry_edit_group_new(im->edit, name, style ? style : "", "", "", t.why,
                                    sizeof t.why))
            return wrong(&t, "name and style", t.why);
        im->change(im->arg, xasprintf("%s: added", t.label));
    }
    return import_record(&t, object);
}

static int import_channels(struct document_import *im, const char *network, const json_t *object)
{
    const char *channel;
    json_t *value;
    json_object_foreach((json_t *)object, channel, value)
    {
        struct target t = target_new(im, RECORD_CHANNEL, network, channel,
                                     accounts_channel(im->accounts, network, channel));
        if (import_record(&t, value))
            return -1;
    }
    return 0;
}

static int import_network(struct document_import *im, const char *network, const json_t *object)
{
    struct target run =
        target_new(im, RECORD_NETWORK, network, "", accounts_network(im->accounts, network));
    struct target policy =
        target_new(im, RECORD_POLICY, network, "", accounts_policy(im->accounts, network));
    const json_t *own = json_object_get(object, "policy");
    if (!registry_network_valid(network))
        return wrong(&run, "its name", "that is no name of a network: " REGISTRY_NETWORK_SAYS);
    if (import_record(&run, object) || (own && import_record(&policy, own)))
        return -1;
    return import_channels(im, network, json_object_get(object, "channels"));
}

static const struct section {
    const char *name;
    int (*import)(struct document_import *im, const char *name, const json_t *object);
} sections[] = {{"users", import_user},
                {"auth_groups", import_group},
                {"networks", import_network},
                {"policy", NULL}};

static const struct section *section_find(const char *name)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (!strcmp(sections[i].name, name))
            return &sections[i];
    return NULL;
}

bool document_is_of_accounts(const char *section)
{
    return section_find(section) != NULL;
}

int document_import(struct document_import *im, const char *section, const json_t *value)
{
    const struct section *s = section_find(section);
    const char *name;
    json_t *object;
    if (!s->import) {
        struct target t = target_new(im, RECORD_POLICY, "", "", im->accounts->policy);
        return import_record(&t, value);
    }
    json_object_foreach((json_t *)value, name, object)
    {
        if (s->import(im, name, object))
            return -1;
    }
    return 0;
}
