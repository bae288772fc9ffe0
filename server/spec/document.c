#include "server/spec/document.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"

#define MAX_SHOWN 80 /* bytes of one name in a path */

/* Where in the document; the innermost first. */
struct place {
    const struct place *outer;
    const char *name; /* NULL: an element of an array */
    size_t element;
};

/* What is expected somewhere. */
struct shape {
    bool (*is)(const json_t *value);
    const char *expected;        /* "a text" */
    const struct member *object; /* its members by name; ends with NULL */
    const struct shape *any;     /* of every member, or of every element, whatever its name */
};

struct member {
    const char *name;
    const struct shape *shape;
};

static bool is_object(const json_t *value)
{
    return json_is_object(value);
}

static bool is_array(const json_t *value)
{
    return json_is_array(value);
}

static bool is_text(const json_t *value)
{
    return json_is_string(value);
}

static bool is_number(const json_t *value)
{
    return json_is_integer(value);
}

static bool is_bool(const json_t *value)
{
    return json_is_boolean(value);
}

static bool is_stored(const json_t *value)
{
    return json_is_string(value) ||
           (json_object_size(value) == 1 && json_is_string(json_object_get(value, "bytes")));
}

static const struct shape text = {.is = is_text, .expected = "a text"};
static const struct shape number = {.is = is_number, .expected = "a whole number"};
static const struct shape end = {.is = is_number,
                                 .expected = "its end: a number of seconds since 1970, or 0"};
static const struct shape yes_or_no = {.is = is_bool, .expected = "true or false"};
static const struct shape stored = {.is = is_stored, .expected = "a text, or { \"bytes\": text }"};
static const struct shape list = {.is = is_array, .expected = "an array of texts", .any = &text};
static const struct shape fields = {
    .is = is_object, .expected = "an object of texts", .any = &text};
static const struct shape lists = {
    .is = is_object, .expected = "an object of arrays", .any = &list};

static const struct member overlay_members[] = {
    {"fields", &fields}, {"lists", &lists}, {NULL, NULL}};
static const struct shape overlay = {
    .is = is_object, .expected = "an object with fields and lists", .object = overlay_members};
static const struct shape networks = {
    .is = is_object, .expected = "an object of networks", .any = &overlay};
static const struct member module_members[] = {{"registered", &yes_or_no},
                                               {"fields", &fields},
                                               {"lists", &lists},
                                               {"networks", &networks},
                                               {NULL, NULL}};
static const struct shape module = {.is = is_object,
                                    .expected =
                                        "an object with registered, fields, lists and networks",
                                    .object = module_members};
static const struct shape modules = {
    .is = is_object, .expected = "an object of modules", .any = &module};
static const struct shape masks = {.is = is_object, .expected = "an object of masks", .any = &end};
static const struct shape ignores = {
    .is = is_object, .expected = "an object of networks", .any = &masks};
static const struct shape hash = {
    .is = is_object, .expected = "an object of stored values", .any = &stored};
static const struct shape storage = {
    .is = is_object, .expected = "an object of storage keys", .any = &hash};
/* ---- Accounts ---- */

static const struct member user_members[] = {{"password", &text},
                                             {"secure", &yes_or_no},
                                             {"ignored", &yes_or_no},
                                             {"capabilities", &list},
                                             {"hostmasks", &list},
                                             {"services", &list},
                                             {NULL, NULL}};
static const struct shape user = {
    .is = is_object,
    .expected = "an object with password, secure, ignored, capabilities, hostmasks and services",
    .object = user_members};
static const struct shape users = {.is = is_object, .expected = "an object of users", .any = &user};
static const struct member policy_members[] = {
    {"default_allow", &yes_or_no}, {"default_ignore", &yes_or_no}, {"registration", &text},
    {"capabilities", &list},       {"registered", &list},          {NULL, NULL}};
static const struct shape policy = {
    .is = is_object,
    .expected = "an object with default_allow, default_ignore, registration, capabilities and "
                "registered",
    .object = policy_members};
static const struct member group_members[] = {{"style", &text},
                                              {"password", &text},
                                              {"description", &text},
                                              {"members", &list},
                                              {NULL, NULL}};
static const struct shape group = {.is = is_object,
                                   .expected =
                                       "an object with style, password, description and members",
                                   .object = group_members};
static const struct shape groups = {
    .is = is_object, .expected = "an object of authorization profiles", .any = &group};
static const struct member channel_members[] = {{"default_allow", &yes_or_no},
                                                {"lobotomized", &yes_or_no},
                                                {"capabilities", &list},
                                                {"ignores", &masks},
                                                {NULL, NULL}};
static const struct shape channel = {
    .is = is_object,
    .expected = "an object with default_allow, lobotomized, capabilities and ignores",
    .object = channel_members};
static const struct shape channels = {
    .is = is_object, .expected = "an object of channels", .any = &channel};
static const struct member network_members[] = {
    {"policy", &policy}, {"nick", &text}, {"joined", &list}, {"channels", &channels}, {NULL, NULL}};
static const struct shape network = {.is = is_object,
                                     .expected = "an object with policy, nick, joined and channels",
                                     .object = network_members};
static const struct shape settings = {
    .is = is_object, .expected = "an object of networks", .any = &network};

/* ---- The document ---- */

static const struct member seshet_members[] = {
    {"export", &number}, {"schema", &number}, {"version", &text}, {NULL, NULL}};
static const struct shape seshet = {.is = is_object,
                                    .expected = "an object with export, schema and version",
                                    .object = seshet_members};
static const struct member document_members[] = {{"seshet", &seshet},
                                                 {"modules", &modules},
                                                 {"ignores", &ignores},
                                                 {"storage", &storage},
                                                 {"users", &users},
                                                 {"policy", &policy},
                                                 {"auth_groups", &groups},
                                                 {"networks", &settings},
                                                 {"continued", &yes_or_no},
                                                 {"more", &yes_or_no},
                                                 {"ignores_after", &text},
                                                 {"ignores_until", &text},
                                                 {NULL, NULL}};
static const struct shape document_shape = {
    .is = is_object,
    .expected = "an object with seshet, modules, ignores, storage, users, policy, auth_groups and "
                "networks",
    .object = document_members};

static const char *kind_of(const json_t *value)
{
    static const char *const kinds[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a text",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null"};
    return kinds[json_typeof(value)];
}

/* modules.dice.lists.enicks[0] */
static void write_path(struct buf *out, const struct place *place)
{
    if (!place)
        return;
    write_path(out, place->outer);
    if (place->name)
        buf_printf(out, "%s%.*s", place->outer ? "." : "", MAX_SHOWN, place->name);
    else
        buf_printf(out, "[%zu]", place->element);
}

/* Allocated. */
static char *path_of(const struct place *place)
{
    struct buf path = {0};
    if (!place)
        return xstrdup("the document");
    write_path(&path, place);
    buf_append(&path, "", 1);
    char *copy = xstrdup(buf_data(&path));
    buf_free(&path);
    return copy;
}

static const struct shape *member_shape(const struct shape *shape, const char *name)
{
    for (const struct member *m = shape->object; m && m->name; m++)
        if (!strcmp(m->name, name))
            return m->shape;
    return shape->any;
}

static char *means_nothing(const struct place *place, const struct shape *outer)
{
    char *path = path_of(place);
    char *error = xasprintf("%s means nothing: it stands in %s", path, outer->expected);
    free(path);
    return error;
}

static char *check(const json_t *value, const struct shape *shape, const struct place *place)
{
    const char *name;
    json_t *inner;
    size_t i;
    char *error = NULL;
    if (!shape->is(value)) {
        char *path = path_of(place);
        error = xasprintf("%s must be %s, not %s", path, shape->expected, kind_of(value));
        free(path);
        return error;
    }
    if (!shape->object && !shape->any)
        return NULL;
    json_object_foreach((json_t *)value, name, inner)
    {
        const struct shape *wanted = member_shape(shape, name);
        const struct place at = {.outer = place, .name = name};
        error = wanted ? check(inner, wanted, &at) : means_nothing(&at, shape);
        if (error)
            return error;
    }
    for (i = 0; shape->any && i < json_array_size(value) && !error; i++) {
        const struct place at = {.outer = place, .element = i};
        error = check(json_array_get(value, i), shape->any, &at);
    }
    return error;
}

int document_check(const json_t *document, char **error)
{
    *error = check(document, &document_shape, NULL);
    return *error ? -1 : 0;
}
