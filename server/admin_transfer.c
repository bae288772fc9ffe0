#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/xmalloc.h"
#include "registry/inspect.h"
#include "registry/migrate.h"
#include "registry/registry.h"
#include "server/admin.h"

/*
 * "registry export" and "registry import": definitions as JSON, in pages and parts, so that nobody
 * waits for a big registry. What whoever asks puts together:
 *   { "seshet": { "export": 1, "schema": 2 },
 *     "modules": { NAME: { "registered": true, DEFINITION, "networks": { NET: { DEFINITION } } } },
 *     "ignores": { NET or "" for all: { MASK: SECONDS } },
 *     "storage": { KEY: { FIELD: VALUE } } }
 * DEFINITION is "fields": { FIELD: VALUE }, "lists": { LIST: [ITEM] }. A stored value that is no
 * UTF-8 is { "bytes": TEXT }, each character one byte. A page of an export has "next" unless it is
 * the last; a part of an import is one module, or what stands besides modules; of one that takes
 * several parts all but the last have "more", all but the first "continued".
 */
#define EXPORT_VERSION 1
#define PAGE_OVERLAYS  2000
#define MAX_CHANGES    500 /* that a dry run names */
#define FROM_IGNORES   "!" /* after the last module; no module's name */
#define FROM_STORAGE   "*" /* before a cursor of SCAN */

/* ---- Export: definitions ----------------------------------------------------------------------
 */

static json_t *field_text(const struct module_fields *fields, enum module_field field)
{
    struct buf out = {0};
    module_fields_write(fields, field, &out);
    buf_append(&out, "", 1);
    json_t *text = control_text(buf_data(&out));
    buf_free(&out);
    return text;
}

/* As it is in force: a wrong value in Redis is its last good one here. */
static void add_definition(json_t *object, const struct module_def *def)
{
    json_t *fields = json_object();
    json_t *lists = json_object();
    for (int field = 0; field < FIELD_COUNT; field++)
        if ((def->set & UINT32_C(1) << field) && !(module_field_rows[field].flags & FIELD_SERVER))
            json_object_set_new(fields, module_field_rows[field].name,
                                field_text(&def->fields, (enum module_field)field));
    for (size_t i = 0; i < def->fields.ncommand_rates; i++) {
        const struct command_rate *rate = &def->fields.command_rates[i];
        char name[2 * REGISTRY_MAX_NAME];
        char text[RATE_TEXT_SIZE];
        snprintf(name, sizeof name, "%s.%s", module_field_rows[rate->field].name, rate->command);
        json_object_set_new(fields, name, json_string(rate_write(text, sizeof text, rate->rate)));
    }
    for (int list = 0; list < LIST_COUNT; list++) {
        const struct item_list *items = def->lists[list];
        json_t *array = items && items->count ? json_array() : NULL;
        for (size_t i = 0; array && i < items->count; i++)
            json_array_append_new(array, control_text(items->items[i]));
        if (array)
            json_object_set_new(lists, module_list_rows[list].name, array);
    }
    json_object_set_new(object, "fields", fields);
    json_object_set_new(object, "lists", lists);
}

/* How many overlays it has. */
static size_t add_module(json_t *modules, const struct snapshot *s, const char *name)
{
    const struct module_def *shared = snapshot_module(s, name);
    json_t *object = json_pack("{s:b}", "registered", shared != NULL);
    json_t *networks = json_object();
    if (shared)
        add_definition(object, shared);
    for (size_t i = 0; i < s->nnetworks; i++) {
        const struct module_def *overlay = snapshot_overlay(s->networks[i], name);
        json_t *one = overlay ? json_object() : NULL;
        if (!one)
            continue;
        add_definition(one, overlay);
        json_object_set_new(networks, s->networks[i]->network, one);
    }
    size_t count = json_object_size(networks);
    json_object_set_new(object, "networks", networks);
    json_object_set_new(modules, name, object);
    return count;
}

/* The next name after this one that is a module's or that some overlay is for; or NULL. */
static const char *next_name(const struct snapshot *s, const char *after)
{
    const char *next = NULL;
    for (size_t i = 0; i < s->nmodules && !next; i++)
        if (strcmp(s->modules[i]->name, after) > 0)
            next = s->modules[i]->name;
    for (size_t i = 0; i < s->nnetworks; i++) {
        const struct network_overlays *o = s->networks[i];
        for (size_t k = 0; k < o->count; k++) {
            const char *name = o->modules[k]->name; /* sorted */
            if (strcmp(name, after) <= 0)
                continue;
            if (!next || strcmp(name, next) < 0)
                next = name;
            break;
        }
    }
    return next;
}

static json_t *page_new(const struct server *server)
{
    return json_pack("{s:{s:i, s:i, s:s}, s:I}", "seshet", "export", EXPORT_VERSION, "schema",
                     REGISTRY_SCHEMA, "version", SESHET_VERSION, "generation",
                     (json_int_t)registry_snapshot(server->registry)->generation);
}

static json_t *modules_page(const struct server *server, const char *after)
{
    const struct snapshot *s = registry_snapshot(server->registry);
    json_t *page = page_new(server);
    json_t *modules = json_object();
    size_t done = 0;
    const char *name = next_name(s, after);
    const char *last = after;
    for (; name && done < PAGE_OVERLAYS; name = next_name(s, name)) {
        done += 1 + add_module(modules, s, name);
        last = name;
    }
    json_object_set_new(page, "modules", modules);
    json_object_set_new(page, "next", json_string(name ? last : FROM_IGNORES));
    return page;
}

static void add_ignores(json_t *ignores, const char *network, const struct ignore_list *list)
{
    json_t *object = list && list->count ? json_object() : NULL;
    for (size_t i = 0; object && i < list->count; i++) {
        json_t *mask = control_text(list->items[i].mask); /* what is no UTF-8 is made so */
        json_object_set_new(object, json_string_value(mask),
                            json_integer((json_int_t)list->items[i].expires_s));
        json_decref(mask);
    }
    if (object)
        json_object_set_new(ignores, network, object);
}

static json_t *ignores_page(const struct server *server, bool storage)
{
    const struct snapshot *s = registry_snapshot(server->registry);
    json_t *page = page_new(server);
    json_t *ignores = json_object();
    add_ignores(ignores, "", s->ignores);
    for (size_t i = 0; i < s->nnetworks; i++)
        add_ignores(ignores, s->networks[i]->network, s->networks[i]->ignores);
    json_object_set_new(page, "ignores", ignores);
    if (storage)
        json_object_set_new(page, "next", json_string(FROM_STORAGE "0"));
    return page;
}

/* ---- Export: storage --------------------------------------------------------------------------
 */

struct storage_page {
    struct server *server;
    struct control_request *request;
    json_t *page;
    json_t *storage;
    size_t waiting;
    char *failure; /* or NULL */
};

struct storage_key {
    struct storage_page *page;
    char *key;
};

static json_t *stored_value(const char *value, size_t len)
{
    if (utf8_valid(value, len) && !memchr(value, '\0', len))
        return json_stringn(value, len);
    struct buf out = {0};
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)value[i];
        char wide[2] = {(char)(0xc0 | byte >> 6), (char)(0x80 | (byte & 0x3f))};
        if (byte < 0x80)
            buf_append(&out, &value[i], 1);
        else
            buf_append(&out, wide, 2);
    }
    json_t *text = json_stringn(out.len ? buf_data(&out) : "", out.len);
    buf_free(&out);
    return json_pack("{s:o}", "bytes", text);
}

static void page_done(struct storage_page *p)
{
    if (--p->waiting)
        return;
    if (p->failure) {
        control_fail(p->request, "the storage could not be read: %s", p->failure);
        json_decref(p->page);
    } else {
        control_answer(p->request, p->page);
    }
    free(p->failure);
    free(p);
}

static void page_failed(struct storage_page *p, const char *text)
{
    if (!p->failure)
        p->failure = xstrdup(text);
}

static void on_stored(void *arg, const struct hash_answer *answer)
{
    struct storage_key *k = arg;
    json_t *object = json_object();
    for (size_t i = 0; i < answer->count; i++) {
        json_t *field = control_text(answer->pairs[2 * i]);
        json_object_set_new(object, json_string_value(field),
                            stored_value(answer->pairs[2 * i + 1], answer->lens[2 * i + 1]));
        json_decref(field);
    }
    if (answer->result == REGISTRY_OK)
        json_object_set(k->page->storage, k->key, object);
    else if (answer->result != REGISTRY_NOT_FOUND)
        page_failed(k->page, answer->text);
    json_decref(object);
    page_done(k->page);
    free(k->key);
    free(k);
}

static void on_keys(void *arg, const struct scan_answer *answer)
{
    struct storage_page *p = arg;
    if (answer->result != REGISTRY_OK)
        page_failed(p, answer->text);
    for (size_t i = 0; i < answer->count; i++) {
        json_t *key = json_string(answer->keys[i]);
        if (key) {
            struct storage_key *k = xmalloc(sizeof *k);
            *k = (struct storage_key){p, xstrdup(answer->keys[i])};
            p->waiting++;
            registry_hash(p->server->registry, k->key, on_stored, k);
        }
        json_decref(key);
    }
    if (answer->next) {
        char *from = xasprintf(FROM_STORAGE "%s", answer->next);
        json_object_set_new(p->page, "next", json_string(from));
        free(from);
    }
    page_done(p);
}

static void begin_storage(struct server *server, const char *cursor,
                          struct control_request *request)
{
    struct storage_page *p = xcalloc(1, sizeof *p);
    p->server = server;
    p->request = request;
    p->page = page_new(server);
    json_object_set_new(p->page, "storage", p->storage = json_object());
    p->waiting = 1;
    registry_scan(server->registry, cursor, "storage:*", on_keys, p);
}

static void begin_export(void *arg, json_t *args, struct control_request *request)
{
    struct server *server = arg;
    const char *from = command_text(args, "from");
    if (registry_snapshot(server->registry)->generation == 0)
        control_fail(request, "the registry has not been read yet");
    else if (*from == *FROM_STORAGE)
        begin_storage(server, from + 1, request);
    else if (!strcmp(from, FROM_IGNORES))
        control_answer(request, ignores_page(server, command_flag(args, "storage")));
    else
        control_answer(request, modules_page(server, from));
}

/* ---- Import -----------------------------------------------------------------------------------
 */

/* One part on its way into an edit. */
struct import {
    struct server *server;
    const struct snapshot *snapshot;
    struct registry_edit *edit;
    json_t *changes;
    size_t nchanges;
    bool replace;
    bool whole; /* the part is not one of several */
    char why[2 * REGISTRY_WHY_SIZE];
};

static void change(struct import *im, char *text)
{
    im->nchanges++;
    if (json_array_size(im->changes) < MAX_CHANGES)
        json_array_append_new(im->changes, control_text(text));
    free(text);
}

/* The rest of a sentence about what is wrong, with where it is. */
static int wrong(struct import *im, struct edit_place place, const char *what, const char *why)
{
    snprintf(im->why, sizeof im->why, "%.64s%s%.64s, %.80s: %.200s", place.module,
             *place.network ? " on " : "", place.network, what, why);
    return -1;
}

static char *describe(struct edit_place place, const char *what, const char *before,
                      const char *now)
{
    return xasprintf("%s%s%s: %s%s%s%s%s", place.module, *place.network ? " on " : "",
                     place.network, what, before ? ": " : "", before ? before : "",
                     now ? " -> " : "", now ? now : "");
}

static const struct module_def *known(const struct import *im, struct edit_place place)
{
    if (!*place.network)
        return snapshot_module(im->snapshot, place.module);
    const struct network_overlays *o = snapshot_network(im->snapshot, place.network);
    return o ? snapshot_overlay(o, place.module) : NULL;
}

/* The field's value as it stands, allocated; NULL when it is not set. */
static char *value_now(const struct module_def *def, const char *name)
{
    char why[REGISTRY_WHY_SIZE];
    enum module_field field;
    const char *command = NULL;
    struct buf out = {0};
    if (!def || module_field_parse_name(name, &field, &command, why, sizeof why))
        return NULL;
    if (command) {
        char text[RATE_TEXT_SIZE];
        const struct command_rate *rate = module_fields_rate(&def->fields, field, command);
        return rate ? xstrdup(rate_write(text, sizeof text, rate->rate)) : NULL;
    }
    if (!(def->set & UINT32_C(1) << field))
        return NULL;
    module_fields_write(&def->fields, field, &out);
    buf_append(&out, "", 1);
    char *text = xstrdup(buf_data(&out));
    buf_free(&out);
    return text;
}

static int import_fields(struct import *im, struct edit_place place, const json_t *fields)
{
    const char *name;
    json_t *value;
    const struct module_def *def = known(im, place);
    json_object_foreach((json_t *)fields, name, value)
    {
        char why[REGISTRY_WHY_SIZE];
        const char *text = json_string_value(value);
        if (!text)
            return wrong(im, place, name, "a value must be a text");
        if (registry_edit_set(im->edit, place, name, text, why, sizeof why))
            return wrong(im, place, name, why);
        char *before = value_now(def, name);
        if (!before || strcmp(before, text) != 0)
            change(im, describe(place, name, before ? before : "(unset)", text));
        free(before);
    }
    return 0;
}

static int by_item(const void *key, const void *element)
{
    return strcmp(key, *(char *const *)element);
}

static bool has_item(const struct module_def *def, int list, const char *item)
{
    const struct item_list *items = def ? def->lists[list] : NULL;
    return items && bsearch(item, items->items, items->count, sizeof *items->items, by_item);
}

static int import_lists(struct import *im, struct edit_place place, const json_t *lists)
{
    const char *name;
    json_t *items;
    size_t i;
    json_t *item;
    const struct module_def *def = known(im, place);
    json_object_foreach((json_t *)lists, name, items)
    {
        if (!json_is_array(items))
            return wrong(im, place, name, "a list must be an array");
        json_array_foreach(items, i, item)
        {
            char why[REGISTRY_WHY_SIZE];
            const char *text = json_string_value(item);
            if (!text)
                return wrong(im, place, name, "an item must be a text");
            if (registry_edit_add(im->edit, place, name, text, why, sizeof why))
                return wrong(im, place, name, why);
            if (!has_item(def, module_list_find(name), text))
                change(im, describe(place, name, "+", text));
        }
    }
    return 0;
}

static int import_definition(struct import *im, struct edit_place place, const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        bool known_name =
            !strcmp(name, "fields") || !strcmp(name, "lists") ||
            (!*place.network && (!strcmp(name, "registered") || !strcmp(name, "networks")));
        if (!known_name)
            return wrong(im, place, name, "a definition holds fields and lists");
    }
    return import_fields(im, place, json_object_get(object, "fields")) ||
                   import_lists(im, place, json_object_get(object, "lists"))
               ? -1
               : 0;
}

/* The array's texts as keys of an object, to be looked up. */
static json_t *texts_of(const json_t *array)
{
    json_t *object = json_object();
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (text)
            json_object_set_new(object, text, json_null());
    }
    return object;
}

/* What stands now and is not in the part that replaces it. */
static void note_removals(struct import *im, struct edit_place place, const json_t *object)
{
    const struct module_def *def = known(im, place);
    const json_t *fields = json_object_get(object, "fields");
    const json_t *lists = json_object_get(object, "lists");
    if (!im->whole)
        return;
    for (int field = 0; def && field < FIELD_COUNT; field++) {
        const struct field_row *row = &module_field_rows[field];
        if ((row->flags & FIELD_SERVER) || !(def->set & UINT32_C(1) << field) ||
            json_object_get(fields, row->name))
            continue;
        char *before = value_now(def, row->name);
        change(im, describe(place, row->name, before, "(unset)"));
        free(before);
    }
    for (int list = 0; def && list < LIST_COUNT; list++) {
        json_t *stay = texts_of(json_object_get(lists, module_list_rows[list].name));
        for (size_t i = 0; def->lists[list] && i < def->lists[list]->count; i++) {
            const char *item = def->lists[list]->items[i];
            if (!json_object_get(stay, item))
                change(im, describe(place, module_list_rows[list].name, "-", item));
        }
        json_decref(stay);
    }
}

/* Takes the module's definition and its overlays away before what is new is written. */
static int clear_module(struct import *im, const char *name, const json_t *object)
{
    struct edit_place place = {"", name};
    const json_t *networks = json_object_get(object, "networks");
    if (registry_edit_clear(im->edit, place, im->why, sizeof im->why))
        return -1;
    note_removals(im, place, object);
    for (size_t i = 0; i < im->snapshot->nnetworks; i++) {
        place.network = im->snapshot->networks[i]->network;
        if (!snapshot_overlay(im->snapshot->networks[i], name))
            continue;
        if (registry_edit_clear(im->edit, place, im->why, sizeof im->why))
            return -1;
        note_removals(im, place, json_object_get(networks, place.network));
    }
    return 0;
}

static int import_module(struct import *im, const char *name, const json_t *object, bool clear)
{
    struct edit_place place = {"", name};
    const char *network;
    json_t *overlay;
    if (!json_is_object(object))
        return wrong(im, place, "the module", "must be an object");
    if (clear && clear_module(im, name, object))
        return -1;
    if (!json_is_false(json_object_get(object, "registered"))) {
        if (registry_edit_enlist(im->edit, name, im->why, sizeof im->why))
            return -1;
        if (!snapshot_module(im->snapshot, name))
            change(im, describe(place, "registered", NULL, NULL));
    }
    if (import_definition(im, place, object))
        return -1;
    json_object_foreach(json_object_get(object, "networks"), network, overlay)
    {
        place.network = network;
        if (!json_is_object(overlay))
            return wrong(im, place, "the overlay", "must be an object");
        if (import_definition(im, place, overlay))
            return -1;
    }
    return 0;
}

static int import_ignores(struct import *im, const json_t *ignores)
{
    const char *network;
    json_t *masks;
    const char *mask;
    json_t *expires;
    json_object_foreach((json_t *)ignores, network, masks)
    {
        json_object_foreach(masks, mask, expires)
        {
            struct edit_place place = {network, "ignores"};
            char why[REGISTRY_WHY_SIZE];
            if (!json_is_integer(expires))
                return wrong(im, place, mask, "its end must be a number of seconds, or 0");
            if (registry_edit_ignore(im->edit, network, mask, json_integer_value(expires), why,
                                     sizeof why))
                return wrong(im, place, mask, why);
            change(im, describe(place, mask, NULL, NULL));
        }
    }
    return 0;
}

/* The bytes of a stored value, allocated; NULL when it is none. */
static char *stored_bytes(const json_t *value)
{
    const char *text = json_string_value(value);
    const char *wide = json_string_value(json_object_get(value, "bytes"));
    if (text || !wide)
        return xstrdup_null(text);
    char *bytes = xmalloc(strlen(wide) + 1);
    char *to = bytes;
    for (const unsigned char *c = (const unsigned char *)wide; *c; c++) {
        unsigned char byte = *c;
        if (byte >= 0x80) {
            byte = (unsigned char)((byte & 3) << 6 | (c[1] & 0x3f));
            c++;
        }
        if (!byte)
            break;
        *to++ = (char)byte;
    }
    *to = '\0';
    return bytes;
}

static int import_storage(struct import *im, const json_t *storage)
{
    const char *key;
    json_t *hash;
    const char *field;
    json_t *value;
    json_object_foreach((json_t *)storage, key, hash)
    {
        json_object_foreach(hash, field, value)
        {
            struct edit_place place = {"", key};
            char why[REGISTRY_WHY_SIZE];
            char *bytes = stored_bytes(value);
            if (!bytes)
                return wrong(im, place, field, "a stored value is a text, or its bytes");
            int failed = registry_edit_store(im->edit, key, field, bytes, why, sizeof why);
            free(bytes);
            if (failed)
                return wrong(im, place, field, why);
            change(im, describe(place, field, NULL, NULL));
        }
    }
    return 0;
}

static int import_part(struct import *im, const json_t *part)
{
    const char *name;
    json_t *value;
    bool clear = im->replace && !json_is_true(json_object_get(part, "continued"));
    im->whole = !json_is_true(json_object_get(part, "more"));
    json_object_foreach((json_t *)part, name, value)
    {
        bool is_object = json_is_object(value);
        if (!strcmp(name, "modules") && is_object) {
            const char *module;
            json_t *object;
            json_object_foreach(value, module, object)
            {
                if (import_module(im, module, object, clear))
                    return -1;
            }
        } else if (!strcmp(name, "ignores") && is_object) {
            if (import_ignores(im, value))
                return -1;
        } else if (!strcmp(name, "storage") && is_object) {
            if (import_storage(im, value))
                return -1;
        } else if (strcmp(name, "continued") != 0 && strcmp(name, "more") != 0) {
            snprintf(im->why, sizeof im->why, "\"%.60s\" is no part of an export", name);
            return -1;
        }
    }
    return 0;
}

static void begin_import(void *arg, json_t *args, struct control_request *request)
{
    struct server *server = arg;
    struct import im = {.server = server,
                        .snapshot = registry_snapshot(server->registry),
                        .edit = registry_edit_new(),
                        .changes = json_array(),
                        .replace = command_flag(args, "replace")};
    bool dry = command_flag(args, "dry-run");
    int failed = import_part(&im, json_object_get(args, "file"));
    json_t *answer =
        json_pack("{s:o, s:I}", "changes", im.changes, "count", (json_int_t)im.nchanges);
    if (!failed && !dry && registry_edit_count(im.edit)) {
        admin_commit(server, im.edit, answer, request);
        return;
    }
    registry_edit_free(im.edit);
    if (!failed) {
        control_answer(request, answer);
        return;
    }
    json_decref(answer);
    control_fail(request, "%s", im.why);
}

void admin_transfer_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_REGISTRY_EXPORT].begin = begin_export;
    handlers[COMMAND_REGISTRY_IMPORT].begin = begin_import;
}
