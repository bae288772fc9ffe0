#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/admin/admin.h"
#include "server/core/admin_field.h"
#include "server/core/core.h"
#include "server/core/render.h"
#include "server/core/run.h"

/*
 * The administrator's commands (server/spec), as seshetctl has them: the same words, the same
 * functions; the answer as one text. Each says in its table what a person on IRC needs for it, on
 * the network that it is about, or on all.
 */
#define MAX_WORDS 100

struct words {
    char *list[MAX_WORDS];
    size_t count;
    char *text;
};

/* Ends the word there and moves behind it. What follows an option may hold spaces within "". */
static char *take_word(char **next, bool of_option)
{
    char *word = *next + strspn(*next, " ");
    char *close = of_option && *word == '"' ? strchr(word + 1, '"') : NULL;
    bool quoted = close && (!close[1] || close[1] == ' ');
    char *end = quoted ? close : word + strcspn(word, " ");
    *next = end + (*end != '\0');
    *end = '\0';
    return quoted ? word + 1 : word;
}

/* "module", then the words of the arguments. 0, or -1: these are too many. */
static int split(struct words *words, const struct command_call *call)
{
    *words = (struct words){.text = xasprintf("%s %s", call->command->name, call->args)};
    char *next = words->text;
    bool of_option = false;
    while (next[strspn(next, " ")]) {
        if (words->count == MAX_WORDS)
            return -1;
        char *word = take_word(&next, of_option);
        of_option = !strncmp(word, "--", 2);
        words->list[words->count++] = word;
    }
    return 0;
}

/* A question about a network is about this one, unless it names another. */
static void ask_here(const struct command_call *call, const struct command_spec *spec, json_t *args)
{
    if (spec == &command_specs[COMMAND_MODULE_WHY] && !*command_text(args, "network"))
        json_object_set_new(args, "network", json_string(call->network->key));
}

static void on_answer(void *arg, json_t *result, const char *error)
{
    struct buf text = {0};
    if (error) {
        core_later_end(arg, "Not done: %s", error);
        return;
    }
    core_render(&text, result);
    core_later_end(arg, "%.*s", (int)text.len, buf_data(&text));
    buf_free(&text);
}

/* What the server does for the command: the table has none of those that seshetctl does alone. */
static const struct control_command *handler(const struct server *server,
                                             const struct command_spec *spec)
{
    const struct control_command *command = server->commands;
    while (command->spec != spec)
        command++;
    return command;
}

static void run(const struct command_call *call, const struct command_spec *spec, json_t *args)
{
    struct server *server = call->network->server;
    const struct control_command *command = handler(server, spec);
    struct core_later *later = core_later_new(call);
    if (command->begin) {
        command->begin(server, args, control_request_new(on_answer, later));
        return;
    }
    json_t *result = NULL;
    char *error = NULL;
    int failed = command->run(server, args, &result, &error);
    if (!result)
        result = json_object();
    on_answer(later, result, failed ? (error ? error : "failed") : NULL);
    json_decref(result);
    free(error);
}

/* Whether the source may do that where the arguments say. */
static bool permitted(const struct command_call *call, const struct command_spec *spec,
                      const json_t *args)
{
    const char *network = command_text(args, "network");
    const char *here = call->network->key;
    if (!strcmp(network, "all") && !network_find(call->network->server, network))
        network = "";
    if (core_has(call, network, spec->capability))
        return core_may_set(call, spec, args, network);
    if (!*network && core_has(call, here, spec->capability))
        command_reply(call,
                      "Not done: that concerns all networks, and you have %s on this one. "
                      "Where the command takes a network, name it: --network %s",
                      spec->capability, here);
    else
        core_deny(call, spec->capability);
    return false;
}

/* Whether nothing closes that one of the group's commands. */
static bool is_open(const struct command_call *call, const struct command_spec *spec)
{
    struct core_command whole = *call->command;
    struct command_call named = *call;
    whole.name = spec->name;
    named.command = &whole;
    if (core_open(call, &whole))
        return true;
    core_tell_closed(&named);
    return false;
}

/* Whether any of the group's commands is the source's on any network: to others nothing is said of
 * what is wrong. */
static bool is_for(const struct command_call *call)
{
    const char *needed = NULL;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const char *capability = command_specs[i].capability;
        if (!capability || !core_admin_group(call->command, &command_specs[i]))
            continue;
        if (core_has_anywhere(call, capability))
            return true;
        needed = needed ? needed : capability;
    }
    core_deny(call, needed);
    return false;
}

void core_admin(const struct command_call *call)
{
    struct words words;
    size_t used;
    char *error = NULL;
    json_t *args = NULL;
    const struct command_spec *spec = NULL;
    if (split(&words, call))
        error = xstrdup("these are too many words");
    else
        spec = command_find(words.list, words.count, &used, &error);
    if (spec && (!spec->capability || !core_admin_group(call->command, spec))) {
        error = xasprintf("\"%s\" is for seshetctl only", spec->name);
        spec = NULL;
    }
    if (spec)
        args = command_parse(spec, words.list + used, words.count - used, &error);
    if (args)
        ask_here(call, spec, args);
    if (args && is_open(call, spec) && permitted(call, spec, args))
        run(call, spec, args);
    else if (!args && is_for(call))
        command_reply(call, "Not done: %s", error);
    json_decref(args);
    free(error);
    free(words.text);
}

bool core_admin_group(const struct core_command *command, const struct command_spec *spec)
{
    size_t len = strlen(command->name);
    return command->run == core_admin && !strncmp(spec->name, command->name, len) &&
           spec->name[len] == ' ';
}
