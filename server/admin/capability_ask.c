#include "server/admin/capability_ask.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/view.h"
#include "server/admin/admin.h"
#include "server/admin/commands.h"
#include "server/auth/auth.h"
#include "server/core/core.h"
#include "server/core/run.h"

struct ask {
    struct network *network;
    const char *channel; /* "": none */
    struct capability_query query;
    json_t *steps;
    json_t *result;
};

static json_t *name_text(const struct capability *c)
{
    char name[CAPABILITY_MAX + 1];
    return c ? control_text(capability_write(c, name, sizeof name)) : json_null();
}

static void add_step(void *arg, enum capability_step step, bool decides,
                     const struct capability *item)
{
    struct ask *a = arg;
    json_array_append_new(
        a->steps, json_pack("{s:s, s:b, s:o, s:s}", "step", capability_step_name(step), "decides",
                            decides, "item", name_text(item), "sentence",
                            decides ? capability_step_sentence(step) : "says nothing of it"));
}

static void put_answer(struct ask *a, bool allowed, const struct capability *asked,
                       const struct capability_answer *answer)
{
    json_object_set_new(a->result, "allowed", json_boolean(allowed));
    json_object_set_new(a->result, "step", json_string(capability_step_name(answer->step)));
    json_object_set_new(a->result, "sentence", json_string(capability_step_sentence(answer->step)));
    json_object_set_new(a->result, "asked", name_text(asked));
    json_object_set_new(a->result, "item", name_text(answer->item));
}

/* A capability of another network is asked as that one folds its channels. */
static struct capability_query query_for(const struct ask *a, const struct capability *c)
{
    struct capability_query q = a->query;
    const struct network *there = network_find(a->network->server, c->network);
    if (*c->network && there)
        q.casemapping = irc_state_isupport(there->state)->casemapping;
    return q;
}

static int ask_capability(struct ask *a, const char *text, char **error)
{
    char why[REGISTRY_WHY_SIZE];
    struct capability c;
    const char *channel = a->channel;
    if (capability_parse(&c, text, why, sizeof why) ||
        (*channel && !*c.channel && !str_copy(c.channel, sizeof c.channel, channel))) {
        *error =
            xasprintf("\"%.100s\": %s", text, *c.channel ? "the channel's name is too long" : why);
        return -1;
    }
    struct capability_query q = query_for(a, &c);
    const struct capability_trace trace = {add_step, a};
    struct capability_answer answer = capability_explain(&q, &c, &trace);
    put_answer(a, answer.allowed, &c, &answer);
    return 0;
}

static void add_name(void *arg, const struct capability *c, const struct capability_answer *answer)
{
    struct ask *a = arg;
    json_array_append_new(a->steps,
                          json_pack("{s:s, s:o, s:b, s:o, s:s}", "step",
                                    capability_step_name(answer->step), "asked", name_text(c),
                                    "has", answer->allowed, "item", name_text(answer->item),
                                    "sentence", capability_step_sentence(answer->step)));
}

/* What one of the administrator's commands needs. */
static const char *needed_by_spec(struct ask *a, const struct core_command *group,
                                  const char *words)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const struct command_spec *spec = &command_specs[i];
        if (!core_admin_group(group, spec) || strcmp(spec->name, words) != 0)
            continue;
        if (spec->capability)
            return spec->capability;
        admin_note(a->result, xasprintf("\"%s\" is for seshetctl only", words));
        return "";
    }
    if (!strcmp(group->name, words))
        admin_note(a->result, xasprintf("%s is a group of commands: what one of them needs tells "
                                        "--command core.%s-show",
                                        words, words));
    else
        admin_note(a->result, xasprintf("there is no command \"%.80s\"; help names them", words));
    return "";
}

/* words: of the command, as people say them. */
static const char *needed_by_core(struct ask *a, const char *words)
{
    char first[REGISTRY_MAX_NAME + 1];
    const size_t len = strcspn(words, " ");
    snprintf(first, sizeof first, "%.*s", (int)len, words);
    const char *rest = words + len + strspn(words + len, " ");
    const struct core_command *core = core_command_find(first, rest);
    if (core && core->run == core_admin)
        return needed_by_spec(a, core, words);
    if (core && !strcmp(core->name, words))
        return core->capability;
    for (core = core_commands; core->name; core++)
        if (!strncmp(core->name, words, strlen(words)) && core->name[strlen(words)] == ' ') {
            admin_note(a->result,
                       xasprintf("%.80s is a group of commands: ask for one of them, such as "
                                 "core.%s",
                                 words, core->name));
            return "";
        }
    admin_note(a->result, xasprintf("there is no command \"%.80s\"; help names them", words));
    return "";
}

/* What the command itself needs besides: "" for nothing. */
static const char *needed_by(struct ask *a, const char *module, const char *command)
{
    if (!strcmp(module, CORE_MODULE))
        return needed_by_core(a, command);
    const struct module_view *view = registry_view_find(a->network->view, module);
    return view ? view->fields.capability : "";
}

/* A core command's words, which a capability writes with a '-' between them. */
static void core_words(char *dst, size_t size, const char *command)
{
    irc_fold_copy(CASEMAPPING_ASCII, dst, size, command);
    for (char *s = strchr(dst, '-'); s; s = strchr(s, '-'))
        *s = ' ';
}

static void check_needed(struct ask *a, const char *needed)
{
    char why[REGISTRY_WHY_SIZE];
    char name[CAPABILITY_MAX + 1];
    struct capability c;
    const char *channel = a->channel;
    /* "#op": of the channel that is meant */
    if (*needed == '#' && !strpbrk(needed, ".,"))
        snprintf(name, sizeof name, "%s,%s", *channel ? channel : "#", needed + 1);
    else
        str_copy(name, sizeof name, needed);
    json_object_set_new(a->result, "needs", control_text(needed));
    if (capability_parse(&c, name, why, sizeof why)) {
        json_object_set_new(a->result, "allowed", json_false());
        admin_note(a->result,
                   xasprintf("it needs \"%.100s\", which nobody can have: %s", needed, why));
        return;
    }
    struct capability_answer answer = capability_check(&a->query, &c);
    add_name(a, &c, &answer);
    if (!answer.allowed)
        put_answer(a, false, &c, &answer);
}

static int ask_command(struct ask *a, const char *text, char **error)
{
    char module[REGISTRY_MAX_NAME + 1];
    char words[CAPABILITY_MAX + 1];
    const char *dot = strchr(text, '.');
    const struct capability_command_trace trace = {add_name, a};
    if (!dot || dot == text || !dot[1] || dot - text > REGISTRY_MAX_NAME) {
        *error = xasprintf("\"%.100s\" is no command: write MODULE.COMMAND, such as dice.roll or "
                           "core.join",
                           text);
        return -1;
    }
    snprintf(module, sizeof module, "%.*s", (int)(dot - text), text);
    network_refresh(a->network);
    if (strcmp(module, CORE_MODULE) != 0 && !registry_view_find(a->network->view, module))
        admin_note(a->result, xasprintf("there is no module \"%s\"; what its commands need is not "
                                        "known",
                                        module));
    str_copy(words, sizeof words, dot + 1);
    if (!strcmp(module, CORE_MODULE))
        core_words(words, sizeof words, dot + 1);
    struct capability_command_answer answer = capability_explain_command(
        &a->query, module, words, *a->channel ? a->channel : NULL, &trace);
    put_answer(a, answer.allowed, &answer.asked, &answer.answer);
    const char *needed = needed_by(a, module, words);
    if (answer.allowed && *needed)
        check_needed(a, needed);
    return 0;
}

int capability_ask(struct network *n, const struct account *account,
                   const struct capability_question *question, json_t *result, char **error)
{
    const char *capability = question->capability;
    const char *command = question->command;
    if (!*capability == !*command) {
        *error = xstrdup("ask for a CAPABILITY, or for the right to call --command "
                         "MODULE.COMMAND");
        return -1;
    }
    struct ask a = {.network = n,
                    .channel = question->channel,
                    .query = auth_query(n, account),
                    .steps = json_array(),
                    .result = result};
    int failed = *command ? ask_command(&a, command, error) : ask_capability(&a, capability, error);
    if (!failed)
        json_object_set(result, "steps", a.steps);
    json_decref(a.steps);
    return failed;
}
