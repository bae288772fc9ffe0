#include "server/spec/spec.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"

/* The buffer as a string; it is empty afterwards. */
static char *take(struct buf *b)
{
    buf_append(b, "", 1);
    char *text = xstrdup(buf_data(b));
    buf_free(b);
    return text;
}

const char *command_text(const json_t *args, const char *name)
{
    const char *text = json_string_value(json_object_get(args, name));
    return text ? text : "";
}

bool command_flag(const json_t *args, const char *name)
{
    return json_is_true(json_object_get(args, name));
}

static bool is_option(const struct command_param *p)
{
    return p->kind == PARAM_OPTION || p->kind == PARAM_FLAG;
}

char *command_usage(const struct command_spec *spec)
{
    struct buf out = {0};
    buf_printf(&out, "%s", spec->name);
    for (size_t i = 0; spec->params[i]; i++) {
        const struct command_param *p = spec->params[i];
        if (p->kind == PARAM_INTERNAL)
            continue;
        if (is_option(p))
            buf_printf(&out, " [--%s%s%s]", p->name, p->shown ? " " : "", p->shown ? p->shown : "");
        else
            buf_printf(&out, p->optional ? " [%s]" : " %s", p->shown);
    }
    return take(&out);
}

/* ---- Which command ----------------------------------------------------------------------------
 */

/* How many of the words the command's name takes; 0: it is another. */
static size_t match(const struct command_spec *spec, char *const *words, size_t count)
{
    size_t used = 0;
    for (const char *name = spec->name; *name; used++) {
        size_t len = strcspn(name, " ");
        if (used == count || strlen(words[used]) != len || strncmp(words[used], name, len) != 0)
            return 0;
        name += len + (name[len] == ' ');
    }
    return used;
}

/* The first word is right: the second one is looked for among those that may follow it. NULL when
 * it is not. */
static char *unknown_of_group(char *const *words, size_t count, const char *said)
{
    const char *names[COMMAND_COUNT];
    struct buf line = {0};
    size_t group = 0;
    size_t len = strlen(words[0]);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const char *name = command_specs[i].name;
        if (strncmp(name, words[0], len) != 0 || name[len] != ' ')
            continue;
        names[group] = name + len + 1;
        buf_printf(&line, "%s%s", group ? ", " : "", names[group]);
        group++;
    }
    char *all = take(&line);
    const char *near = count > 1 ? str_nearest(words[1], names, group) : NULL;
    char *text =
        !group ? NULL
        : near
            ? xasprintf("unknown command \"%s\"; did you mean \"%s %s\"?", said, words[0], near)
            : xasprintf("\"%s\" is no command; after \"%s\" comes one of: %s", said, words[0], all);
    free(all);
    return text;
}

static char *unknown(char *const *words, size_t count)
{
    const char *names[2 * COMMAND_COUNT];
    char firsts[COMMAND_COUNT][16]; /* "module" is on the way to a command, too */
    struct buf line = {0};
    for (size_t i = 0; i < count && i < 2; i++)
        buf_printf(&line, "%s%.40s", i ? " " : "", words[i]);
    char *said = take(&line);
    char *text = unknown_of_group(words, count, said);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const char *name = command_specs[i].name;
        snprintf(firsts[i], sizeof firsts[i], "%.*s", (int)strcspn(name, " "), name);
        names[i] = name;
        names[COMMAND_COUNT + i] = firsts[i];
    }
    const char *near = str_nearest(said, names, 2 * COMMAND_COUNT);
    if (!near && count > 1)
        near = str_nearest(words[0], names, 2 * COMMAND_COUNT);
    if (!text)
        text = near ? xasprintf("unknown command \"%s\"; did you mean \"%s\"?", said, near)
                    : xasprintf("unknown command \"%s\"; help lists them", said);
    free(said);
    return text;
}

const struct command_spec *command_find(char *const *words, size_t count, size_t *used,
                                        char **error)
{
    for (int i = 0; count && i < COMMAND_COUNT; i++) {
        *used = match(&command_specs[i], words, count);
        if (*used)
            return &command_specs[i];
    }
    *error = count ? unknown(words, count) : xstrdup("no command given; help lists them");
    return NULL;
}

/* ---- From words -------------------------------------------------------------------------------
 */

struct parse {
    const struct command_spec *spec;
    json_t *args;
    char **error;
    bool options_ended;
};

static int fail(const struct command_spec *spec, char **error, char *text)
{
    char *usage = command_usage(spec);
    *error = xasprintf("%s; usage: %s", text, usage);
    free(usage);
    free(text);
    return -1;
}

static const struct command_param *find_option(const struct command_spec *spec, const char *name)
{
    for (size_t i = 0; spec->params[i]; i++)
        if (is_option(spec->params[i]) && !strcmp(spec->params[i]->name, name))
            return spec->params[i];
    return NULL;
}

static int put_text(struct parse *parse, const struct command_param *p, const char *text)
{
    json_t *value = json_string(text);
    if (!value)
        return fail(parse->spec, parse->error, xasprintf("%s is no UTF-8", p->name));
    json_object_set_new(parse->args, p->name, value);
    return 0;
}

static int fail_unknown(const struct parse *parse, const char *word)
{
    char name[32];
    const char *names[COMMAND_MAX_PARAMS];
    size_t count = 0;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (size_t i = 0; parse->spec->params[i]; i++)
        if (is_option(parse->spec->params[i]))
            names[count++] = parse->spec->params[i]->name;
    const char *near = str_nearest(name, names, count);
    return fail(parse->spec, parse->error,
                xasprintf("%s has no option %.40s%s%s%s", parse->spec->name, word,
                          near ? " (did you mean --" : "", near ? near : "", near ? "?)" : ""));
}

/* How many words the option took; -1 after an error. */
static int parse_option(struct parse *parse, char *const *words, size_t count)
{
    char name[32];
    const char *value = strchr(words[0], '=');
    size_t len = value ? (size_t)(value - words[0]) : strlen(words[0]);
    const struct command_param *p = NULL;
    if (len - 2 < sizeof name) {
        memcpy(name, words[0] + 2, len - 2);
        name[len - 2] = '\0';
        p = find_option(parse->spec, name);
    }
    if (!p)
        return fail_unknown(parse, words[0]);
    if (json_object_get(parse->args, p->name))
        return fail(parse->spec, parse->error, xasprintf("--%s is given twice", p->name));
    if (p->kind == PARAM_FLAG) {
        json_object_set_new(parse->args, p->name, json_true());
        return value ? fail(parse->spec, parse->error, xasprintf("--%s takes no value", p->name))
                     : 1;
    }
    if (!value && count < 2)
        return fail(parse->spec, parse->error, xasprintf("--%s needs %s", p->name, p->shown));
    if (put_text(parse, p, value ? value + 1 : words[1]))
        return -1;
    return value ? 1 : 2;
}

/* One more word for the positional parameter: the value of several grows. */
static int put_word(struct parse *parse, const struct command_param *p, const char *word)
{
    json_t *value = json_object_get(parse->args, p->name);
    if (p->kind == PARAM_WORDS) {
        json_t *item = json_string(word);
        if (!item)
            return fail(parse->spec, parse->error, xasprintf("%s is no UTF-8", p->name));
        if (!value)
            json_object_set_new(parse->args, p->name, value = json_array());
        json_array_append_new(value, item);
        return 0;
    }
    if (!value)
        return put_text(parse, p, word);
    char *joined = xasprintf("%s %s", json_string_value(value), word);
    int failed = put_text(parse, p, joined);
    free(joined);
    return failed;
}

/* The first one without "--" from there on, or the end. */
static const struct command_param *const *positional(const struct command_param *const *p)
{
    while (*p && (is_option(*p) || (*p)->kind == PARAM_INTERNAL))
        p++;
    return p;
}

static int parse_words(struct parse *parse, char *const *words, size_t count)
{
    const struct command_param *const *p = positional(parse->spec->params);
    const bool none = !*p;
    for (size_t i = 0; i < count;) {
        if (!parse->options_ended && !strncmp(words[i], "--", 2)) {
            int used = 1;
            if (words[i][2])
                used = parse_option(parse, words + i, count - i);
            else
                parse->options_ended = true;
            if (used < 0)
                return -1;
            i += (size_t)used;
            continue;
        }
        if (!*p)
            return fail(parse->spec, parse->error,
                        none ? xasprintf("%s takes no arguments, but \"%.80s\" follows",
                                         parse->spec->name, words[i])
                             : xasprintf("\"%.80s\" is too much", words[i]));
        if (put_word(parse, *p, words[i++]))
            return -1;
        if ((*p)->kind != PARAM_WORDS && (*p)->kind != PARAM_REST)
            p = positional(p + 1);
    }
    return 0;
}

static int check_missing(const struct command_spec *spec, const json_t *args, char **error)
{
    for (const struct command_param *const *p = positional(spec->params); *p; p = positional(p + 1))
        if (!(*p)->optional && !json_object_get(args, (*p)->name))
            return fail(spec, error, xasprintf("%s needs %s", spec->name, (*p)->shown));
    return 0;
}

json_t *command_parse(const struct command_spec *spec, char *const *words, size_t count,
                      char **error)
{
    struct parse parse = {.spec = spec, .args = json_object(), .error = error};
    int failed = count > COMMAND_MAX_WORDS ? fail(spec, error, xstrdup("too many words"))
                                           : parse_words(&parse, words, count);
    if (!failed && !check_missing(spec, parse.args, error))
        return parse.args;
    json_decref(parse.args);
    return NULL;
}

/* ---- From an object ---------------------------------------------------------------------------
 */

static bool all_texts(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!json_is_string(json_array_get(array, i)))
            return false;
    return json_array_size(array) > 0;
}

/* What the value must be, or NULL when it is that. */
static const char *wrong(const struct command_param *p, const json_t *value)
{
    switch (p->kind) {
    case PARAM_WORDS:
        return all_texts(value) ? NULL : "an array of texts";
    case PARAM_DOCUMENT:
        return json_is_object(value) ? NULL : "an object";
    case PARAM_FLAG:
        return json_is_boolean(value) ? NULL : "true or false";
    default:
        return json_is_string(value) ? NULL : "a text";
    }
}

int command_check(const struct command_spec *spec, json_t *args, char **error)
{
    const char *name;
    json_t *value;
    json_object_foreach(args, name, value)
    {
        const struct command_param *const *p = spec->params;
        while (*p && strcmp((*p)->name, name) != 0)
            p++;
        if (!*p)
            return fail(spec, error, xasprintf("%s takes no \"%.40s\"", spec->name, name));
        const char *must = wrong(*p, value);
        if (must)
            return fail(spec, error, xasprintf("\"%s\" must be %s", name, must));
    }
    return check_missing(spec, args, error);
}
