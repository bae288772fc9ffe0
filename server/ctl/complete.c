#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/fields.h"
#include "server/ctl/command.h"
#include "server/ctl/value.h"

#define WAIT_SECONDS 1 /* a person waits at the prompt */

/* One completion: prints each candidate that begins with what is written so far. */
struct completion {
    const struct session *session;
    char *const *words; /* with the one that is being written as the last */
    size_t count;
    const char *current;
    const struct command_spec *spec;
    json_t *args; /* what the words before say; may lack what is to come */
};

static void offer(const struct completion *c, const char *word)
{
    char *clean = text_clean(word);
    if (*clean && !strncmp(clean, c->current, strlen(c->current)))
        puts(clean);
    free(clean);
}

/* ---- The command's own words ------------------------------------------------------------------
 */

/* seshetctl's own options, which may stand anywhere. */
static void offer_options(const struct completion *c)
{
    for (size_t i = 0; ctl_options[i] && *c->current == '-'; i++)
        offer(c, ctl_options[i]);
}

/* The next word of each command that the words before begin. */
static void offer_commands(const struct completion *c)
{
    const char *last = "";
    size_t last_len = 0;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const char *name = command_specs[i].name;
        size_t at = 0;
        for (; at + 1 < c->count; at++) {
            size_t len = strcspn(name, " ");
            if (strlen(c->words[at]) != len || strncmp(c->words[at], name, len) != 0 || !name[len])
                break;
            name += len + 1;
        }
        size_t len = strcspn(name, " ");
        if (at + 1 != c->count || (len == last_len && !strncmp(name, last, len)))
            continue;
        char *word = xstrndup(name, len);
        offer(c, word);
        free(word);
        last = name;
        last_len = len;
    }
    if (c->count == 1) {
        offer(c, "help");
        offer(c, "completion");
        offer_options(c);
    } else if (c->count == 2 && !strcmp(c->words[0], "completion")) {
        offer(c, "bash");
    }
}

/* ---- Asking -----------------------------------------------------------------------------------
 */

static json_t *ask(const struct completion *c, enum command command, json_t *args)
{
    json_t *result = NULL;
    char *error = NULL;
    if (c->session->socket)
        client_ask(c->session->socket, c->session->conf, command_specs[command].name, args,
                   WAIT_SECONDS, &result, &error);
    free(error);
    json_decref(args);
    return result;
}

/* ---- Names that stand in the tables -----------------------------------------------------------
 */

static void offer_fields(const struct completion *c)
{
    static const struct {
        const char *name;
        unsigned flags;
    } rows[] = {
#define X(name, member, type, flags, initial, help) {#member, flags},
        MODULE_FIELD_LIST(X)
#undef X
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!(rows[i].flags & FIELD_SERVER))
            offer(c, rows[i].name);
}

static void offer_lists(const struct completion *c)
{
    static const char *const names[] = {
#define X(name, text, items, help) text,
        MODULE_LIST_LIST(X)
#undef X
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        offer(c, names[i]);
}

/* ---- Names that only the server knows ---------------------------------------------------------
 */

/* result.ARRAY[].MEMBER */
static void offer_members(const struct completion *c, const json_t *result, const char *array,
                          const char *member)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(result, array), i, item)
    {
        offer(c, ctl_text(item, member));
    }
}

static void offer_answer(const struct completion *c, enum command command, const char *array,
                         const char *member)
{
    json_t *result = ask(c, command, NULL);
    offer_members(c, result, array, member);
    json_decref(result);
}

static json_t *module_args(const struct completion *c)
{
    json_t *args = json_pack("{s:s}", "name", ctl_text(c->args, "name"));
    if (*ctl_text(c->args, "network"))
        json_object_set(args, "network", json_object_get(c->args, "network"));
    return args;
}

/* Fields with a dot: "rate_user.roll" for each command, "config.max" where it is set. */
static void offer_dotted_fields(const struct completion *c)
{
    static const char *const fields[] = {
#define X(name, member, type, flags, initial, help) (flags) & FIELD_PER_COMMAND ? #member : NULL,
        MODULE_FIELD_LIST(X)
#undef X
    };
    size_t i;
    const json_t *command;
    if (!strchr(c->current, '.'))
        return;
    json_t *result = ask(c, COMMAND_MODULE_SHOW, module_args(c));
    offer_members(c, result, "fields", "field");
    json_array_foreach(json_object_get(result, "commands"), i, command)
    {
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
            char *word =
                fields[f] ? xasprintf("%s.%s", fields[f], ctl_text(command, "command")) : NULL;
            if (word)
                offer(c, word);
            free(word);
        }
    }
    json_decref(result);
}

/* The masks that are ignored there: on the network, or "all" for those that count everywhere. */
static void offer_ignores(const struct completion *c)
{
    size_t i;
    const json_t *ignore;
    const char *network = ctl_text(c->args, "network");
    json_t *result = ask(c, COMMAND_NETWORK_IGNORES, NULL);
    json_array_foreach(json_object_get(result, "ignores"), i, ignore)
    {
        const char *where = ctl_text(ignore, "network");
        if (!strcmp(network, *where ? where : "all") &&
            !strcmp(ctl_text(ignore, "channel"), ctl_text(c->args, "channel")))
            offer(c, ctl_text(ignore, "mask"));
    }
    json_decref(result);
}

/* The items that a list has. */
static void offer_items(const struct completion *c)
{
    size_t i;
    const json_t *list;
    json_t *result = ask(c, COMMAND_MODULE_SHOW, module_args(c));
    json_array_foreach(json_object_get(result, "lists"), i, list)
    {
        if (!strcmp(ctl_text(list, "list"), ctl_text(c->args, "list")))
            offer_members(c, list, "items", "item");
    }
    json_decref(result);
}

static void offer_words(const struct completion *c, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        offer(c, words[i]);
}

static const char *const yes_no[] = {"yes", "no"};
static const char *const events[] = {
    "message", "action", "notice", "join",    "part", "quit",    "kick",      "nick",        "mode",
    "topic",   "invite", "ctcp",   "account", "raw",  "command", "connected", "disconnected"};
static const char *const permissions[] = {"net", "files", "raw", "exec"};

/* What may stand in that field, or that part of a policy; "flag" has yes or no only. */
static void offer_values(const struct completion *c)
{
    static const char *const registrations[] = {"open", "closed"};
    const char *field = ctl_text(c->args, "field");
    if (!strcmp(field, "permissions"))
        offer_words(c, permissions, sizeof permissions / sizeof *permissions);
    else if (!strcmp(field, "auth_group"))
        offer_answer(c, COMMAND_GROUP_LIST, "groups", "name");
    else if (!strcmp(field, "registration"))
        offer_words(c, registrations, sizeof registrations / sizeof *registrations);
    else if (!strcmp(field, "inherit"))
        offer_lists(c);
    if (!strcmp(field, "enabled") || !strcmp(field, "inherit") || !strncmp(field, "default_", 8) ||
        !strcmp(field, "lobotomized") || *ctl_text(c->args, "flag"))
        offer_words(c, yes_no, sizeof yes_no / sizeof *yes_no);
}

void ctl_complete_file(void)
{
    puts("@file");
}

static void offer_kind(const struct completion *c, enum complete kind)
{
    static const char *const flags[] = {"secure", "ignored"};
    static const char *const policies[] = {"default_allow", "default_ignore", "registration",
                                           "lobotomized"};
    static const char *const styles[] = {"nickserv", "user", "nick", "password"};
    switch (kind) {
    case COMPLETE_NOTHING:
        break;
    case COMPLETE_MODULE:
        offer_answer(c, COMMAND_MODULE_LIST, "modules", "name");
        break;
    case COMPLETE_NETWORK:
        offer_answer(c, COMMAND_NETWORK_LIST, "networks", "network");
        break;
    case COMPLETE_FIELD:
        offer_fields(c);
        offer_dotted_fields(c);
        break;
    case COMPLETE_LIST:
        offer_lists(c);
        break;
    case COMPLETE_ITEM:
        offer_items(c);
        break;
    case COMPLETE_VALUE:
        offer_values(c);
        break;
    case COMPLETE_IGNORE:
        offer_ignores(c);
        break;
    case COMPLETE_EVENT:
        offer_words(c, events, sizeof events / sizeof *events);
        break;
    case COMPLETE_USER:
        offer_answer(c, COMMAND_USER_LIST, "users", "name");
        break;
    case COMPLETE_FLAG:
        offer_words(c, flags, sizeof flags / sizeof *flags);
        break;
    case COMPLETE_POLICY:
        offer_words(c, policies, sizeof policies / sizeof *policies);
        break;
    case COMPLETE_GROUP:
        offer_answer(c, COMMAND_GROUP_LIST, "groups", "name");
        break;
    case COMPLETE_STYLE:
        offer_words(c, styles, sizeof styles / sizeof *styles);
        break;
    case COMPLETE_PERMISSION:
        offer_words(c, permissions, sizeof permissions / sizeof *permissions);
        break;
    case COMPLETE_FILE:
        ctl_complete_file();
        break;
    }
}

/* ---- Which word it is -------------------------------------------------------------------------
 */

static bool is_option(const struct command_param *p)
{
    return p->kind == PARAM_OPTION || p->kind == PARAM_FLAG;
}

static const struct command_param *option(const struct command_spec *spec, const char *word)
{
    for (size_t i = 0; !strncmp(word, "--", 2) && spec->params[i]; i++)
        if (is_option(spec->params[i]) && !strcmp(spec->params[i]->name, word + 2))
            return spec->params[i];
    return NULL;
}

static const struct command_param *positional(const struct command_spec *spec, size_t number)
{
    const struct command_param *last = NULL;
    for (size_t i = 0; spec->params[i]; i++) {
        const struct command_param *p = spec->params[i];
        if (is_option(p) || p->kind == PARAM_INTERNAL)
            continue;
        last = p;
        if (!number--)
            return p;
    }
    return last && (last->kind == PARAM_WORDS || last->kind == PARAM_REST) ? last : NULL;
}

static void set_arg(struct completion *c, const struct command_param *p, const char *word)
{
    if (p && !json_object_get(c->args, p->name))
        json_object_set_new(c->args, p->name, json_string(word));
}

static void offer_arguments(struct completion *c, size_t first)
{
    size_t number = 0;
    const struct command_param *waiting = NULL; /* an option that wants its value */
    for (size_t i = first; i + 1 < c->count; i++) {
        const struct command_param *p = waiting ? NULL : option(c->spec, c->words[i]);
        if (waiting)
            set_arg(c, waiting, c->words[i]);
        else if (!p)
            set_arg(c, positional(c->spec, number++), c->words[i]);
        waiting = p && p->kind == PARAM_OPTION ? p : NULL;
    }
    if (waiting) {
        offer_kind(c, waiting->complete);
        return;
    }
    for (size_t i = 0; *c->current == '-' && c->spec->params[i]; i++) {
        const struct command_param *p = c->spec->params[i];
        char *word = is_option(p) ? xasprintf("--%s", p->name) : NULL;
        if (word && !json_object_get(c->args, p->name))
            offer(c, word);
        free(word);
    }
    offer_options(c);
    const struct command_param *p = positional(c->spec, number);
    if (p && *c->current != '-')
        offer_kind(c, p->complete);
}

void ctl_complete(const struct session *session, char *const *words, size_t count)
{
    char *error = NULL;
    size_t used = 0;
    if (!count)
        return;
    struct completion c = {
        .session = session, .words = words, .count = count, .current = words[count - 1]};
    if (count > 1 && !strcmp(words[0], "help")) {
        c.words++;
        c.count--;
    }
    c.spec = c.count > 1 ? command_find(c.words, c.count - 1, &used, &error) : NULL;
    free(error);
    c.args = json_object();
    if (c.spec && c.words == words)
        offer_arguments(&c, used);
    else
        offer_commands(&c);
    json_decref(c.args);
}
