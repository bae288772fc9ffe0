#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/xmalloc.h"
#include "registry/dotted.h"
#include "registry/inspect.h"
#include "registry/migrate.h"
#include "registry/registry.h"
#include "server/admin/account_document.h"
#include "server/admin/admin.h"

/*
 * "registry export" and "registry import": definitions as JSON (server/spec/document.h), in pages
 * and parts, so that nobody waits for a big registry. A stored value that is no UTF-8 is
 * { "bytes": TEXT }, each character one byte. A page of an export has "next" unless it is
 * the last; a part of an import is one module, or what stands besides modules; of one that takes
 * several parts all but the last have "more", all but the first "continued".
 */
#define EXPORT_VERSION 1
#define PAGE_OVERLAYS  2000
#define FROM_IGNORES   "!" /* after the last module; no module's name */
#define FROM_STORAGE   "*" /* before a cursor of SCAN */
#define FROM_USERS     "@" /* before the last name that was */
#define FROM_CHANNELS  "#" /* before the number of the next channel */

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
    for (size_t i = 0; i < dotted_count(&def->fields); i++) {
        struct dotted_field d = dotted_at(&def->fields, i);
        char *text = dotted_text(&def->fields, d.field, d.key);
        json_object_set_new(fields, d.name, control_text(text));
        free(text);
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

static json_t *ignores_page(const struct server *server)
{
    const struct snapshot *s = registry_snapshot(server->registry);
    json_t *page = page_new(server);
    json_t *ignores = json_object();
    add_ignores(ignores, "", s->ignores);
    for (size_t i = 0; i < s->nnetworks; i++)
        add_ignores(ignores, s->networks[i]->network, s->networks[i]->ignores);
    json_object_set_new(page, "ignores", ignores);
    json_object_set_new(page, "next", json_string(FROM_USERS));
    return page;
}

/* ---- Export: accounts -------------------------------------------------------------------------
 */

static void set_next(json_t *page, const char *what, const char *from)
{
    char *next = xasprintf("%s%s", what, from);
    json_t *text = json_string(next);
    json_object_set_new(page, "next", text);
    free(next);
}

static json_t *users_page(const struct server *server, const char *after)
{
    const struct accounts *a = snapshot_accounts(registry_snapshot(server->registry));
    json_t *page = page_new(server);
    const char *next;
    json_object_set_new(page, "users", document_users(a, after, &next));
    if (next) {
        set_next(page, FROM_USERS, next);
    } else {
        document_add_policies(a, page);
        set_next(page, FROM_CHANNELS, "0");
    }
    return page;
}

static json_t *channels_page(const struct server *server, const char *number, bool storage)
{
    const struct accounts *a = snapshot_accounts(registry_snapshot(server->registry));
    json_t *page = page_new(server);
    char next_number[24];
    size_t next;
    int64_t from = 0;
    str_parse_int(number, 0, INT32_MAX, &from);
    json_object_set_new(page, "networks", document_channels(a, (size_t)from, &next));
    snprintf(next_number, sizeof next_number, "%zu", next);
    if (next)
        set_next(page, FROM_CHANNELS, next_number);
    else if (storage)
        set_next(page, FROM_STORAGE, "0");
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
        control_answer(request, ignores_page(server));
    else if (*from == *FROM_USERS)
        control_answer(request, users_page(server, from + 1));
    else if (*from == *FROM_CHANNELS)
        control_answer(request, channels_page(server, from + 1, command_flag(args, "storage")));
    else
        control_answer(request, modules_page(server, from));
}

void admin_export_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_REGISTRY_EXPORT].begin = begin_export;
}
