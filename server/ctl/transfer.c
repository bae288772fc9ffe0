#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/ctl/command.h"
#include "server/ctl/transfer.h"
#include "server/ctl/value.h"
#include "server/spec/document.h"

#define MAX_TRIES  5           /* of an export that edits overtake */
#define PART_BYTES (48 * 1024) /* of an import, about; a request holds 128 KiB */
#define VERSION    1           /* of the format; "export" in the file */

/* The member, made when it is missing. */
static json_t *member(json_t *object, const char *name)
{
    json_t *found = json_object_get(object, name);
    if (!found)
        json_object_set_new(object, name, found = json_object());
    return found;
}

/* ---- Export -----------------------------------------------------------------------------------
 */

/* How deep the objects of a section go that may be spread over several pages. */
static const struct {
    const char *name;
    int depth;
} sections[] = {{"seshet", 1},   {"modules", 1}, {"users", 1},   {"policy", 1},
                {"networks", 3}, {"ignores", 1}, {"storage", 1}, {"auth_groups", 1}};

static void merge(json_t *to, const json_t *part, int depth)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)part, name, value)
    {
        json_t *there = json_object_get(to, name);
        if (depth > 1 && json_is_object(there) && json_is_object(value))
            merge(there, value, depth - 1);
        else
            json_object_set(to, name, value);
    }
}

/* All pages. CTL_OK and *whole, or after a complaint; *changed: an edit came between two pages. */
static enum ctl_exit fetch(const struct session *session, bool storage, json_t **whole,
                           bool *changed)
{
    char *from = xstrdup("");
    enum ctl_exit status = CTL_OK;
    int64_t generation = -1;
    *whole = json_object();
    *changed = false;
    while (from && status == CTL_OK && !*changed) {
        json_t *page = NULL;
        json_t *args = json_pack("{s:s, s:b}", "from", from, "storage", storage);
        status = ctl_ask(session, COMMAND_REGISTRY_EXPORT, args, &page);
        json_decref(args);
        free(from);
        from = NULL;
        if (status != CTL_OK)
            break;
        int64_t now = ctl_number(page, "generation");
        const char *next = ctl_text(page, "next");
        *changed = generation >= 0 && now != generation && !json_object_get(page, "storage");
        generation = now;
        from = *next ? xstrdup(next) : NULL;
        for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
            if (json_object_get(page, sections[i].name))
                merge(member(*whole, sections[i].name), json_object_get(page, sections[i].name),
                      sections[i].depth);
        json_decref(page);
    }
    free(from);
    if (status == CTL_OK && !*changed)
        return CTL_OK;
    json_decref(*whole);
    *whole = NULL;
    return status;
}

enum ctl_exit transfer_export(const struct session *session, bool storage, json_t **whole)
{
    bool changed = true;
    enum ctl_exit status = CTL_OK;
    *whole = NULL;
    for (int i = 0; i < MAX_TRIES && changed && status == CTL_OK; i++)
        status = fetch(session, storage, whole, &changed);
    if (status == CTL_OK && !*whole)
        return ctl_complain(CTL_REFUSED, "the registry is edited all the time: no export is whole; "
                                         "try again later");
    return status;
}

static enum ctl_exit run_export(const struct session *session, json_t *args)
{
    json_t *whole = NULL;
    enum ctl_exit status = transfer_export(session, ctl_bool(args, "storage"), &whole);
    if (status != CTL_OK)
        return status;
    json_dumpf(whole, stdout, session->json ? JSON_COMPACT : JSON_INDENT(2));
    putchar('\n');
    json_decref(whole);
    return CTL_OK;
}

/* ---- Import: into parts -----------------------------------------------------------------------
 */

/* Parts of a file, each small enough for a request. */
struct parts {
    json_t *list;
    json_t *part; /* that is being filled; NULL: a new one is to be begun */
    size_t bytes;
    const char *module; /* whose part it is */
    bool registered;
    bool continued;
};

static void end_part(struct parts *p)
{
    if (p->part)
        json_array_append_new(p->list, p->part);
    p->part = NULL;
    p->bytes = 0;
}

/* Room for so many bytes more. */
static json_t *part_for(struct parts *p, size_t bytes)
{
    if (p->part && p->bytes + bytes > PART_BYTES) {
        json_object_set_new(p->part, "more", json_true());
        end_part(p);
        p->continued = true;
    }
    if (!p->part) {
        p->part = json_object();
        if (p->continued)
            json_object_set_new(p->part, "continued", json_true());
    }
    p->bytes += bytes;
    return p->part;
}

/* The definition in the part that this goes to. */
static json_t *definition(struct parts *p, const char *network, size_t bytes)
{
    json_t *module = member(member(part_for(p, bytes), "modules"), p->module);
    json_object_set_new(module, "registered", json_boolean(p->registered));
    return *network ? member(member(module, "networks"), network) : module;
}

static size_t size_of(const char *name, const json_t *value)
{
    return strlen(name) + json_string_length(value) + 64;
}

static void add_definition(struct parts *p, const char *network, const json_t *object)
{
    const char *kind;
    const json_t *members;
    const char *name;
    json_t *value;
    size_t i;
    json_t *item;
    definition(p, network, strlen(network) + 64);
    json_object_foreach((json_t *)object, kind, members)
    {
        if (strcmp(kind, "fields") != 0 && strcmp(kind, "lists") != 0)
            continue;
        json_object_foreach((json_t *)members, name, value)
        {
            if (!json_is_array(value)) {
                json_t *to = definition(p, network, size_of(name, value));
                json_object_set(member(to, kind), name, value);
                continue;
            }
            if (!json_array_size(value)) /* the server looks at its name */
                json_object_set(member(definition(p, network, size_of(name, value)), kind), name,
                                value);
            json_array_foreach(value, i, item)
            {
                json_t *to = member(definition(p, network, size_of(name, item)), kind);
                json_t *list = json_object_get(to, name);
                if (!list)
                    json_object_set_new(to, name, list = json_array());
                json_array_append(list, item);
            }
        }
    }
}

static void add_modules(struct parts *p, const json_t *modules)
{
    const char *name;
    json_t *module;
    const char *network;
    json_t *overlay;
    json_object_foreach((json_t *)modules, name, module)
    {
        p->module = name;
        p->registered = !json_is_false(json_object_get(module, "registered"));
        p->continued = false;
        add_definition(p, "", module);
        json_object_foreach(json_object_get(module, "networks"), network, overlay)
        {
            add_definition(p, network, overlay);
        }
        end_part(p);
    }
}

static void add_storage(struct parts *p, const json_t *outer)
{
    const char *name;
    json_t *inner;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)outer, name, inner)
    {
        member(member(part_for(p, strlen(name) + 64), "storage"), name);
        json_object_foreach(inner, key, value)
        {
            const json_t *bytes = json_object_get(value, "bytes");
            json_t *part = part_for(p, strlen(name) + size_of(key, bytes ? bytes : value));
            json_object_set(member(member(part, "storage"), name), key, value);
        }
    }
}

/* About; a part may be a little larger. */
static size_t size_of_json(const json_t *value)
{
    return json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) + 64;
}

/* Each member of an object, in a part that has room for it. */
static void add_members(struct parts *p, const char *kind, const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        json_t *part = part_for(p, strlen(name) + size_of_json(value));
        json_object_set(member(part, kind), name, value);
    }
}

/* ---- Ignores: of a network (channel NULL), or of a channel ---- */

static json_t *channel_in(json_t *part, const char *network, const char *channel)
{
    return member(member(member(member(part, "networks"), network), "channels"), channel);
}

static json_t *ignores_in(json_t *part, const char *network, const char *channel)
{
    return channel ? member(channel_in(part, network, channel), "ignores")
                   : member(member(part, "ignores"), network);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* More than a part holds: each part is one of its own, and says which stretch of the list it has,
 * so that what is missing there can be told from what comes in another part. The first has the
 * `rest` of the channel, too. */
static void add_stretches(struct parts *p, const char *network, const char *channel,
                          const json_t *masks, json_t *rest)
{
    size_t count = 0;
    size_t i = 0;
    const char *mask;
    json_t *expires;
    const char **names = xcalloc(json_object_size(masks) + 1, sizeof *names);
    json_object_foreach((json_t *)masks, mask, expires)
    {
        names[count++] = mask;
    }
    qsort(names, count, sizeof *names, by_name);
    while (i < count) {
        size_t first = i;
        end_part(p);
        json_t *part = part_for(p, 0);
        if (rest && !first)
            json_object_update(channel_in(part, network, channel), rest);
        json_t *to = ignores_in(part, network, channel);
        for (; i < count && (i == first || p->bytes <= PART_BYTES); i++) {
            expires = json_object_get(masks, names[i]);
            json_object_set(to, names[i], expires);
            p->bytes += size_of(names[i], expires);
        }
        if (first)
            json_object_set_new(part, "ignores_after", json_string(names[first - 1]));
        if (i < count)
            json_object_set_new(part, "ignores_until", json_string(names[i - 1]));
        p->continued = true;
    }
    end_part(p);
    free(names);
}

static void add_ignores(struct parts *p, const json_t *ignores)
{
    const char *network;
    json_t *masks;
    json_object_foreach((json_t *)ignores, network, masks)
    {
        size_t bytes = strlen(network) + size_of_json(masks);
        if (bytes > PART_BYTES)
            add_stretches(p, network, NULL, masks, NULL);
        else
            json_object_set(member(part_for(p, bytes), "ignores"), network, masks);
    }
}

/* ---- Networks ---- */

static json_t *network_in(struct parts *p, const char *network, size_t bytes)
{
    return member(member(part_for(p, strlen(network) + bytes), "networks"), network);
}

/* All of a channel stands in one part, but for ignores that are too many. */

static void add_channel(struct parts *p, const char *network, const char *channel, json_t *object)
{
    size_t bytes = strlen(channel) + size_of_json(object);
    if (bytes > PART_BYTES && json_object_get(object, "ignores")) {
        json_t *rest = json_copy(object);
        json_object_del(rest, "ignores");
        add_stretches(p, network, channel, json_object_get(object, "ignores"), rest);
        json_decref(rest);
        return;
    }
    json_t *to = network_in(p, network, bytes);
    json_object_set(member(to, "channels"), channel, object);
}

/* What a network has itself stands in its first part; the others are marked as continued, so that
 * the server does not miss it there. */
static void add_network(struct parts *p, const char *network, const json_t *object)
{
    const char *name;
    json_t *value;
    json_t *own = json_copy((json_t *)object);
    const json_t *policy = json_object_get(object, "policy");
    json_object_del(own, "policy");
    json_object_del(own, "channels");
    end_part(p);
    p->continued = false;
    json_object_update(network_in(p, network, size_of_json(own)), own);
    json_decref(own);
    if (policy)
        json_object_set(network_in(p, network, size_of_json(policy)), "policy", (json_t *)policy);
    json_object_foreach(json_object_get(object, "channels"), name, value)
    {
        p->continued = true;
        add_channel(p, network, name, value);
    }
}

static void add_networks(struct parts *p, const json_t *networks)
{
    const char *network;
    json_t *object;
    json_object_foreach((json_t *)networks, network, object)
    {
        add_network(p, network, object);
    }
}

/* Whether it is an export, of a form that this program knows. Complains if not. */
static bool is_export(const json_t *file, const char *path)
{
    char *error = NULL;
    if (ctl_number(json_object_get(file, "seshet"), "export") != VERSION) {
        ctl_complain(CTL_USAGE,
                     "%s is not what registry export prints: it has no "
                     "\"seshet\": { \"export\": %d }",
                     path, VERSION);
        return false;
    }
    if (document_check(file, &error))
        ctl_complain(CTL_USAGE, "%s: %s", path, error);
    bool good = !error;
    free(error);
    return good;
}

static void add_section(struct parts *p, const char *name, const json_t *file)
{
    json_t *value = json_object_get(file, name);
    if (!value)
        return;
    /* Members of profiles may be accounts that come before them. */
    p->continued = !strcmp(name, "auth_groups") && json_object_get(file, "users");
    if (!strcmp(name, "users") || !strcmp(name, "auth_groups"))
        add_members(p, name, value);
    else if (!strcmp(name, "policy"))
        json_object_set(part_for(p, size_of_json(value)), name, value);
    else if (!strcmp(name, "networks"))
        add_networks(p, value);
    else if (!strcmp(name, "modules"))
        add_modules(p, value);
    else if (!strcmp(name, "ignores"))
        add_ignores(p, value);
    else if (!strcmp(name, "storage"))
        add_storage(p, value);
    end_part(p);
}

static json_t *split(const json_t *file)
{
    /* What depends on others comes first: when it is refused, nothing else is written yet. */
    static const char *const order[] = {"users",   "auth_groups", "policy", "networks",
                                        "modules", "ignores",     "storage"};
    struct parts p = {.list = json_array()};
    /* First, so that the server may refuse the whole. */
    json_object_set(part_for(&p, 64), "seshet", json_object_get(file, "seshet"));
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        add_section(&p, order[i], file);
    end_part(&p);
    return p.list;
}

/* ---- Import -----------------------------------------------------------------------------------
 */

/* Every part; what changes is added to `total`. */
static enum ctl_exit send_parts(const struct session *session, const json_t *parts, bool replace,
                                bool dry, json_t *total)
{
    size_t i;
    size_t k;
    json_t *part;
    json_t *change;
    enum ctl_exit status = CTL_OK;
    json_array_foreach(parts, i, part)
    {
        json_t *result = NULL;
        json_t *args =
            json_pack("{s:O, s:b, s:b}", "file", part, "replace", replace, "dry-run", dry);
        status = ctl_ask(session, COMMAND_REGISTRY_IMPORT, args, &result);
        json_decref(args);
        if (status != CTL_OK)
            break;
        json_array_foreach(json_object_get(result, "changes"), k, change)
        {
            json_array_append(json_object_get(total, "changes"), change);
        }
        json_object_set_new(total, "count",
                            json_integer(ctl_number(total, "count") + ctl_number(result, "count")));
        json_decref(result);
    }
    return status;
}

void transfer_show(const struct screen *screen, const json_t *changes, bool dry)
{
    size_t i;
    const json_t *change;
    json_array_foreach(json_object_get(changes, "changes"), i, change)
    {
        put_line(screen, dry ? "would change" : "changed",
                 json_string_value(change) ? json_string_value(change) : "");
    }
    if (screen->human)
        printf("%lld changes%s\n", (long long)ctl_number(changes, "count"),
               dry ? ", none of them made" : "");
}

static json_t *read_file(const char *path)
{
    json_error_t wrong;
    bool standard = !strcmp(path, "-");
    json_t *file = standard ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &wrong)
                            : json_load_file(path, JSON_REJECT_DUPLICATES, &wrong);
    if (!file && wrong.line < 0) /* it could not be opened */
        ctl_complain(CTL_USAGE, "%s", wrong.text);
    else if (!file)
        ctl_complain(CTL_USAGE, "%s:%d: %s", standard ? "standard input" : path, wrong.line,
                     wrong.text);
    return file;
}

enum ctl_exit transfer_import(const struct session *session, const json_t *file, const char *path,
                              bool replace, bool dry, json_t **changes)
{
    json_t *parts = is_export(file, path) ? split(file) : NULL;
    json_t *total = json_pack("{s:[], s:i}", "changes", "count", 0);
    enum ctl_exit status = CTL_USAGE;
    if (parts)
        status = send_parts(session, parts, replace, true, total);
    if (status == CTL_OK && !dry) {
        json_t *written = json_pack("{s:[], s:i}", "changes", "count", 0);
        status = send_parts(session, parts, replace, false, written);
        if (status != CTL_OK && ctl_number(written, "count"))
            ctl_complain(status, "a part of the file was written; run the import again");
        json_decref(written);
    }
    json_decref(parts);
    *changes = total;
    return status;
}

static enum ctl_exit run_import(const struct session *session, json_t *args)
{
    const char *path = ctl_text(args, "file");
    bool dry = ctl_bool(args, "dry-run");
    json_t *file = read_file(path);
    json_t *changes = NULL;
    if (!file)
        return CTL_USAGE;
    enum ctl_exit status =
        transfer_import(session, file, path, ctl_bool(args, "replace"), dry, &changes);
    if (status == CTL_OK && session->json)
        ctl_print_json(changes);
    else if (status == CTL_OK)
        transfer_show(&session->screen, changes, dry);
    json_decref(changes);
    json_decref(file);
    return status;
}

void ctl_transfer_commands(struct ctl_command *commands)
{
    commands[COMMAND_REGISTRY_EXPORT].run = run_export;
    commands[COMMAND_REGISTRY_IMPORT].run = run_import;
}
