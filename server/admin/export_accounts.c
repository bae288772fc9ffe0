#include <string.h>

#include "base/buf.h"
#include "registry/fields.h"
#include "server/admin/account_document.h"
#include "server/admin/admin.h"

#define PAGE_USERS    500
#define PAGE_CHANNELS 500

static json_t *scalar(const struct record *r, const struct record_field *field)
{
    struct buf out = {0};
    if (field->type == &field_type_bool)
        return json_boolean(*(const bool *)record_value(r, field));
    field->type->write(record_value(r, field), &out);
    buf_append(&out, "", 1);
    json_t *text = control_text(buf_data(&out));
    buf_free(&out);
    return text;
}

static json_t *capabilities(const struct capability_set *set)
{
    char text[CAPABILITY_MAX + 2];
    json_t *array = json_array();
    for (size_t i = 0; i < capability_set_count(set); i++)
        json_array_append_new(
            array, control_text(capability_write(capability_set_at(set, i), text, sizeof text)));
    return array;
}

static json_t *items(const struct item_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, control_text(list->items[i]));
    return array;
}

static json_t *ignores(const struct ignore_list *list)
{
    json_t *object = json_object();
    for (size_t i = 0; i < list->count; i++) {
        json_t *mask = control_text(list->items[i].mask);
        json_object_set_new(object, json_string_value(mask),
                            json_integer((json_int_t)list->items[i].expires_s));
        json_decref(mask);
    }
    return object;
}

/* As it is in force: a wrong value in Redis is its last good one here. */
static json_t *record_json(const struct record *r)
{
    const struct record_type *type = &record_types[r->kind];
    json_t *object = json_object();
    for (size_t i = 0; i < type->nfields; i++)
        if (r->set & UINT32_C(1) << i)
            json_object_set_new(object, type->fields[i].name, scalar(r, &type->fields[i]));
    for (size_t p = 1; p < type->nparts; p++) {
        void *value = *record_part_value(r, p);
        enum part_type part = type->parts[p].type;
        const char *name = r->kind == RECORD_NETWORK ? "joined" : type->parts[p].name;
        if (value)
            json_object_set_new(object, name,
                                part == PART_CAPABILITIES ? capabilities(value)
                                : part == PART_ITEMS      ? items(value)
                                                          : ignores(value));
    }
    return object;
}

json_t *document_users(const struct accounts *a, const char *after, const char **next)
{
    const struct account *const *users = accounts_users(a);
    json_t *object = json_object();
    size_t i = 0;
    *next = NULL;
    while (i < a->nusers && strcmp(users[i]->name, after) <= 0)
        i++;
    for (size_t n = 0; i < a->nusers; i++, n++) {
        if (n == PAGE_USERS) {
            *next = users[i - 1]->name;
            break;
        }
        json_object_set_new(object, users[i]->name, record_json(&users[i]->head));
    }
    return object;
}

static json_t *network_of(json_t *networks, const char *name)
{
    json_t *network = json_object_get(networks, name);
    if (!network)
        json_object_set_new(networks, name, network = json_object());
    return network;
}

void document_add_policies(const struct accounts *a, json_t *page)
{
    json_t *groups = json_object();
    json_t *networks = json_object();
    for (size_t i = 0; i < a->ngroups; i++)
        json_object_set_new(groups, a->groups[i]->name, record_json(&a->groups[i]->head));
    for (size_t i = 0; i < a->npolicies; i++)
        json_object_set_new(network_of(networks, a->policies[i]->network), "policy",
                            record_json(&a->policies[i]->head));
    for (size_t i = 0; i < a->nnetworks; i++) {
        json_t *run = record_json(&a->networks[i]->head);
        json_object_update(network_of(networks, a->networks[i]->network), run);
        json_decref(run);
    }
    json_object_set_new(page, "policy", record_json(&a->policy->head));
    json_object_set_new(page, "auth_groups", groups);
    json_object_set_new(page, "networks", networks);
}

json_t *document_channels(const struct accounts *a, size_t from, size_t *next)
{
    json_t *networks = json_object();
    size_t i = from;
    for (; i < a->nchannels && i < from + PAGE_CHANNELS; i++) {
        const struct channel_record *c = a->channels[i];
        json_t *network = network_of(networks, c->network);
        json_t *name = control_text(c->channel);
        json_object_set_new(network_of(network, "channels"), json_string_value(name),
                            record_json(&c->head));
        json_decref(name);
    }
    *next = i < a->nchannels ? i : 0;
    return networks;
}
