#include "registry/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/accounts.h"
#include "registry/fields.h"

bool record_of_key(enum key_kind key, enum record_kind *kind, size_t *part)
{
    for (int k = 0; k < RECORD_KINDS; k++)
        for (size_t p = 0; p < record_types[k].nparts; p++)
            if (record_types[k].parts[p].key == key) {
                *kind = (enum record_kind)k;
                *part = p;
                return true;
            }
    return false;
}

void *record_value(const struct record *r, const struct record_field *field)
{
    return (char *)r + field->offset;
}

void **record_part_value(const struct record *r, size_t part)
{
    return (void **)((char *)r + record_types[r->kind].parts[part].offset);
}

int record_set(struct record *r, const struct record_field *field, const char *text, char *why,
               size_t why_size)
{
    struct {
        max_align_t room;
    } value = {0};
    if (field->type->parse(text, &value, why, why_size))
        return -1;
    field->type->clear(record_value(r, field));
    memcpy(record_value(r, field), &value, field->type->size);
    return 0;
}

struct record *record_new(enum record_kind kind)
{
    const struct record_type *type = &record_types[kind];
    struct record *r = xcalloc(1, type->size);
    char why[REGISTRY_WHY_SIZE];
    *r = (struct record){.refs = 1, .kind = kind};
    for (size_t i = 0; i < type->nfields; i++) {
        const struct record_field *field = &type->fields[i];
        field->type->parse(field->initial, record_value(r, field), why, sizeof why);
    }
    if (type->settle)
        type->settle(r);
    return r;
}

/* ---- Parts ---- */

static void *part_ref(enum part_type type, void *value)
{
    if (type == PART_CAPABILITIES)
        return value ? capability_set_ref(value) : NULL;
    return type == PART_ITEMS ? (void *)item_list_ref(value) : (void *)ignore_list_ref(value);
}

static void part_unref(enum part_type type, void *value)
{
    if (type == PART_CAPABILITIES)
        capability_set_unref(value);
    else if (type == PART_ITEMS)
        item_list_unref(value);
    else
        ignore_list_unref(value);
}

static bool part_equal(enum part_type type, const void *a, const void *b)
{
    if (a == b)
        return true;
    if (type == PART_CAPABILITIES)
        return a && b && capability_set_equal(a, b);
    return type == PART_ITEMS ? item_list_equal(a, b) : ignore_list_equal(a, b);
}

void record_put_part(struct record *r, size_t part, void *value)
{
    void **at = record_part_value(r, part);
    part_unref(record_types[r->kind].parts[part].type, *at);
    *at = value;
}

/* ---- Whole records ---- */

struct record *record_clone(const struct record *r)
{
    const struct record_type *type = &record_types[r->kind];
    struct record *copy = xmalloc(type->size);
    memcpy(copy, r, type->size);
    copy->refs = 1;
    for (size_t i = 0; i < type->nfields; i++)
        type->fields[i].type->copy(record_value(copy, &type->fields[i]),
                                   record_value(r, &type->fields[i]));
    for (size_t p = 1; p < type->nparts; p++)
        part_ref(type->parts[p].type, *record_part_value(copy, p));
    return copy;
}

struct record *record_ref(struct record *r)
{
    r->refs++;
    return r;
}

void record_unref(struct record *r)
{
    if (!r || --r->refs)
        return;
    const struct record_type *type = &record_types[r->kind];
    for (size_t i = 0; i < type->nfields; i++)
        type->fields[i].type->clear(record_value(r, &type->fields[i]));
    for (size_t p = 1; p < type->nparts; p++)
        part_unref(type->parts[p].type, *record_part_value(r, p));
    free(r);
}

bool record_equal(const struct record *a, const struct record *b)
{
    const struct record_type *type = &record_types[a->kind];
    if (a->set != b->set || a->closed != b->closed || a->unreadable != b->unreadable)
        return false;
    for (size_t i = 0; i < type->nfields; i++)
        if (!type->fields[i].type->equal(record_value(a, &type->fields[i]),
                                         record_value(b, &type->fields[i])))
            return false;
    for (size_t p = 1; p < type->nparts; p++)
        if (!part_equal(type->parts[p].type, *record_part_value(a, p), *record_part_value(b, p)))
            return false;
    return true;
}

bool record_empty(const struct record *r)
{
    for (size_t p = 1; p < record_types[r->kind].nparts; p++)
        if (*record_part_value(r, p))
            return false;
    return !r->set && !r->closed && !r->unreadable;
}
