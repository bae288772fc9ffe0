#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/dotted.h"
#include "registry/migrate.h"
#include "registry/registry.h"
#include "server/admin/account_document.h"
#include "server/admin/admin.h"
#include "server/spec/document.h"
#include "server/supervise/module_decl.h"

/* "registry import": parts of what server/admin/export.c describes. Each is checked whole, then
 * written whole. */
#define STORAGE_KEYS "storage:"
#define MAX_CHANGES  500 /* that an answer names */

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

/* What is wrong, with where in the document it is: "modules.dice.fields.rate_user: ...". */
static int wrong(struct import *im, const char *why, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int wrong(struct import *im, const char *why, const char *fmt, ...)
{
    char where[REGISTRY_WHY_SIZE];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(where, sizeof where, fmt, ap);
    va_end(ap);
    snprintf(im->why, sizeof im->why, "%s: %.240s", where, why);
    return -1;
}

/* The same in a definition. kind: "fields" or "lists". */
static int wrong_value(struct import *im, struct edit_place place, const char *kind,
                       const char *name, const char *why)
{
    return wrong(im, why, "modules.%.64s%s%.64s.%s.%.80s", place.module,
                 *place.network ? ".networks." : "", place.network, kind, name);
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
    if (command)
        return dotted_text(&def->fields, field, command);
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
        if (registry_edit_set(im->edit, place, name, text, why, sizeof why))
            return wrong_value(im, place, "fields", name, why);
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
        if (module_list_find(name) < 0)
            return wrong_value(im, place, "lists", name, "there is no such list");
        json_array_foreach(items, i, item)
        {
            char why[REGISTRY_WHY_SIZE];
            const char *text = json_string_value(item);
            if (registry_edit_add(im->edit, place, name, text, why, sizeof why))
                return wrong_value(im, place, "lists", name, why);
            if (!has_item(def, module_list_find(name), text))
                change(im, describe(place, name, "+", text));
        }
    }
    return 0;
}

static int import_definition(struct import *im, struct edit_place place, const json_t *object)
{
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
    for (size_t i = 0; def && i < dotted_count(&def->fields); i++) {
        struct dotted_field d = dotted_at(&def->fields, i);
        if (json_object_get(fields, d.name))
            continue;
        char *before = value_now(def, d.name);
        change(im, describe(place, d.name, before, "(unset)"));
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
    char why[REGISTRY_WHY_SIZE];
    if (registry_edit_clear(im->edit, place, why, sizeof why))
        return wrong(im, why, "modules.%.64s", name);
    note_removals(im, place, object);
    for (size_t i = 0; i < im->snapshot->nnetworks; i++) {
        place.network = im->snapshot->networks[i]->network;
        if (!snapshot_overlay(im->snapshot->networks[i], name))
            continue;
        if (registry_edit_clear(im->edit, place, why, sizeof why))
            return wrong(im, why, "modules.%.64s.networks.%.64s", name, place.network);
        note_removals(im, place, json_object_get(networks, place.network));
    }
    return 0;
}

/* Whether it is one of the modules. "registered": false takes it out where the file replaces. */
static int import_registered(struct import *im, struct edit_place place, const json_t *object)
{
    char why[REGISTRY_WHY_SIZE];
    bool is = snapshot_module(im->snapshot, place.module) != NULL;
    bool out = json_is_false(json_object_get(object, "registered"));
    if (out && !im->replace)
        return 0;
    if (out ? registry_edit_delist(im->edit, place.module, why, sizeof why)
            : registry_edit_enlist(im->edit, place.module, why, sizeof why))
        return wrong(im, why, "modules.%.64s", place.module);
    if (is == out)
        change(im, describe(place, "registered", is ? "yes" : "no", out ? "no" : "yes"));
    return 0;
}

static int import_module(struct import *im, const char *name, const json_t *object, bool clear)
{
    struct edit_place place = {"", name};
    const char *network;
    json_t *overlay;
    if (!strcmp(name, MODULE_NAME_CORE))
        return wrong(im, "that is the server's own name: take it out of the file", "modules.%s",
                     name);
    if ((clear && clear_module(im, name, object)) || import_registered(im, place, object) ||
        import_definition(im, place, object))
        return -1;
    json_object_foreach(json_object_get(object, "networks"), network, overlay)
    {
        place.network = network;
        if (!registry_network_valid(network))
            return wrong(im, "that is no name of a network: " REGISTRY_NETWORK_SAYS,
                         "modules.%.64s.networks.%.64s", name, network);
        if (import_definition(im, place, overlay))
            return -1;
    }
    return 0;
}

static void note_ignore(struct import *im, const char *network, bool add, const char *mask)
{
    change(im,
           xasprintf("ignores%s%s: %s %s", *network ? " on " : "", network, add ? "+" : "-", mask));
}

static const struct ignore *ignored_now(const struct ignore_list *now, const char *mask)
{
    for (size_t i = 0; now && i < now->count; i++)
        if (!strcmp(now->items[i].mask, mask))
            return &now->items[i];
    return NULL;
}

/* The ignores of a network, or of all ("").  */
static int import_ignores_of(struct import *im, const struct document_import *part,
                             const char *network, const json_t *masks)
{
    char why[REGISTRY_WHY_SIZE];
    const char *mask;
    json_t *expires;
    const struct network_overlays *o = snapshot_network(im->snapshot, network);
    const struct ignore_list *now = *network ? (o ? o->ignores : NULL) : im->snapshot->ignores;
    if (*network && !registry_network_valid(network))
        return wrong(im, "that is no name of a network: " REGISTRY_NETWORK_SAYS, "ignores.%.64s",
                     network);
    json_object_foreach((json_t *)masks, mask, expires)
    {
        int64_t end_s = json_integer_value(expires);
        const struct ignore *there = ignored_now(now, mask);
        if (there && there->expires_s == end_s)
            continue;
        if (registry_edit_ignore(im->edit, network, mask, end_s, why, sizeof why))
            return wrong(im, why, "ignores.%.64s.%.100s", network, mask);
        note_ignore(im, network, true, mask);
    }
    for (size_t i = 0; now && im->replace && i < now->count; i++) {
        if (!document_lacks(part, masks, now->items[i].mask))
            continue;
        if (registry_edit_unignore(im->edit, network, now->items[i].mask, why, sizeof why))
            return wrong(im, why, "ignores.%.64s", network);
        note_ignore(im, network, false, now->items[i].mask);
    }
    return 0;
}

static int import_ignores(struct import *im, const struct document_import *part,
                          const json_t *ignores)
{
    const char *network;
    json_t *masks;
    json_object_foreach((json_t *)ignores, network, masks)
    {
        if (import_ignores_of(im, part, network, masks))
            return -1;
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
        if (*c < 0x80) {
            *to++ = (char)*c;
        } else if (*c == 0xc2 ||
                   *c == 0xc3) { /* U+0080 to U+00FF: jansson lets only whole ones in */
            *to++ = (char)((*c & 3) << 6 | (c[1] & 0x3f));
            c++;
        } else {
            free(bytes); /* over U+00FF: no byte */
            return NULL;
        }
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
        if (strncmp(key, STORAGE_KEYS, strlen(STORAGE_KEYS)) != 0)
            return wrong(im, "that is no key of storage", "storage.%.100s", key);
        json_object_foreach(hash, field, value)
        {
            struct edit_place place = {"", key};
            char why[REGISTRY_WHY_SIZE];
            char *bytes = stored_bytes(value);
            if (!bytes)
                return wrong(im, "bytes are characters up to U+00FF, one for each byte",
                             "storage.%.100s.%.80s", key, field);
            int failed = registry_edit_store(im->edit, key, field, bytes, why, sizeof why);
            free(bytes);
            if (failed)
                return wrong(im, why, "storage.%.100s.%.80s", key, field);
            change(im, describe(place, field, NULL, NULL));
        }
    }
    return 0;
}

/* What a newer server wrote may mean what this one does not know. */
static int check_seshet(struct import *im, const json_t *seshet)
{
    json_int_t schema = json_integer_value(json_object_get(seshet, "schema"));
    char why[REGISTRY_WHY_SIZE];
    if (schema <= REGISTRY_SCHEMA)
        return 0;
    snprintf(why, sizeof why,
             "it is %lld, and this server understands up to %d: import it with a newer seshet",
             (long long)schema, REGISTRY_SCHEMA);
    return wrong(im, why, "seshet.schema");
}

static void account_change(void *arg, char *text)
{
    change(arg, text);
}

/* The sections of account_document.h that are there. */
static int import_account_sections(struct import *im, struct document_import *accounts,
                                   const json_t *part)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)part, name, value)
    {
        if (!document_is_of_accounts(name) || !document_import(accounts, name, value))
            continue;
        str_copy(im->why, sizeof im->why, accounts->why);
        return -1;
    }
    return 0;
}

static int import_part(struct import *im, const json_t *part)
{
    const char *name;
    json_t *value;
    bool continued = json_is_true(json_object_get(part, "continued"));
    struct document_import accounts = {
        .accounts = snapshot_accounts(im->snapshot),
        .edit = im->edit,
        .replace = im->replace,
        .continued = continued,
        .ignores_after = json_string_value(json_object_get(part, "ignores_after")),
        .ignores_until = json_string_value(json_object_get(part, "ignores_until")),
        .change = account_change,
        .arg = im};
    im->whole = !json_is_true(json_object_get(part, "more"));
    if (check_seshet(im, json_object_get(part, "seshet")))
        return -1;
    json_object_foreach(json_object_get(part, "modules"), name, value)
    {
        if (import_module(im, name, value, im->replace && !continued))
            return -1;
    }
    return import_ignores(im, &accounts, json_object_get(part, "ignores")) ||
                   import_storage(im, json_object_get(part, "storage")) ||
                   import_account_sections(im, &accounts, part)
               ? -1
               : 0;
}

/* ---- A dry run: what Redis and the other accounts would refuse is asked, too ---- */

struct trial {
    struct control_request *request;
    json_t *answer;
};

static void on_tried(void *arg, const struct edit_answer *tried)
{
    struct trial *trial = arg;
    if (tried->result == REGISTRY_OK) {
        control_answer(trial->request, trial->answer);
    } else {
        json_decref(trial->answer);
        control_fail(trial->request, "%s: %s", admin_failure(tried->result), tried->text);
    }
    free(trial);
}

static void try_edit(struct import *im, json_t *answer, struct control_request *request)
{
    struct trial *trial = xmalloc(sizeof *trial);
    *trial = (struct trial){request, answer};
    registry_edit_try(im->edit, im->server->registry, on_tried, trial);
}

/* Whether the part stands for itself: whether others come first, or later, can decide what is
 * refused. */
static bool is_alone(const json_t *part)
{
    return !json_is_true(json_object_get(part, "continued")) &&
           !json_is_true(json_object_get(part, "more"));
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
    const json_t *part = json_object_get(args, "file");
    char *error = NULL;
    int failed = document_check(part, &error);
    if (failed)
        snprintf(im.why, sizeof im.why, "%s", error);
    free(error);
    failed = failed || import_part(&im, part);
    json_t *answer =
        json_pack("{s:o, s:I}", "changes", im.changes, "count", (json_int_t)im.nchanges);
    if (!failed && !dry && registry_edit_count(im.edit)) {
        admin_commit(server, im.edit, answer, request);
        return;
    }
    if (!failed && dry && is_alone(part) && registry_edit_count(im.edit)) {
        try_edit(&im, answer, request);
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

void admin_import_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_REGISTRY_IMPORT].begin = begin_import;
}
