#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/core/core.h"
#include "server/core/run.h"
#include "server/route/address.h"
#include "server/route/facts.h"
#include "server/route/index.h"

/* What decides about a call of the command by the one who asks; limits are not looked at. */
static struct decision decide_call(const struct command_call *call, const struct module_view *view,
                                   enum event_type type, const char *command)
{
    struct decide_facts facts = *call->facts;
    const struct network *n = call->network;
    struct supervisor *sup = n->server->supervisor;
    facts_module(&facts, command_index_host(sup, n->view, view), supervisor_find(sup, view->name));
    facts.flood = NULL;
    facts.type = type;
    facts.command = command;
    return decide_module(view, &facts);
}

/* What is closed for want of a right is shown, with what it needs. */
static bool is_shown(const struct decision *decision)
{
    return decision->allowed || decision->reason == DECIDE_AUTH_GROUP ||
           decision->reason == DECIDE_CAPABILITY;
}

/* Whether no anticapability closes the module's command. */
static bool is_open(const struct command_call *call, const struct module_view *view,
                    const struct module_command *command)
{
    struct decision decision = decide_call(call, view, EVENT_COMMAND, command->name);
    return is_shown(&decision);
}

/* The module of that view, if it can run and its rules say yes to the one who asks, or would if he
 * had a right. */
static const struct module_decl *usable(const struct command_call *call,
                                        const struct module_view *view)
{
    const struct module_decl *module =
        supervisor_find(call->network->server->supervisor, view->name);
    if (!module || !module->present)
        return NULL;
    /* A module without commands is judged by an event that it wants. */
    enum event_type type = EVENT_COMMAND;
    if (!module->ncommands && module->events)
        type = (enum event_type)(ffs((int)module->events) - 1);
    struct decision decision = decide_call(call, view, type, NULL);
    bool any = is_shown(&decision) && !module->ncommands;
    for (size_t i = 0; is_shown(&decision) && !any && i < module->ncommands; i++)
        any = is_open(call, view, &module->commands[i]);
    return any ? module : NULL;
}

/* What the one who asks lacks for the module's commands. */
static void write_lack(struct buf *text, const struct command_call *call,
                       const struct module_view *view, const struct module_decl *module)
{
    struct decision decision = decide_call(call, view, EVENT_COMMAND, NULL);
    if (!module->ncommands || decision.allowed || !is_shown(&decision))
        return;
    if (decision.reason == DECIDE_CAPABILITY)
        buf_printf(text, " (needs the capability %s)", decision.item);
    else
        buf_printf(text, " (for members of %s)", decision.item);
}

static const char *describe(const struct module_view *view, const struct module_decl *module)
{
    return *view->fields.description ? view->fields.description : module->description;
}

/* "!roll !flip": what a module's commands are called by here. */
static void write_commands(struct buf *text, const struct command_call *call,
                           const struct module_view *m, const struct module_decl *module)
{
    bool first = true;
    for (size_t i = 0; i < module->ncommands; i++) {
        if (!is_open(call, m, &module->commands[i]))
            continue;
        buf_printf(text, "%s%c%s", first ? "" : " ", registry_view_prefix(call->network->view, m),
                   module->commands[i].name);
        first = false;
    }
}

/* The first words of the core commands that the source may use. */
static void write_core_words(struct buf *text, const struct command_call *call)
{
    const char prefix = call->network->view->default_prefix;
    const struct core_command *last = NULL;
    for (const struct core_command *core = core_commands; core->name; core++) {
        size_t len = strcspn(core->name, " ");
        bool same = last && !strncmp(core->name, last->name, len + 1);
        if (same || !core_may(call, core))
            continue;
        buf_printf(text, " %c%.*s", prefix, (int)len, core->name);
        last = core;
    }
}

static void help_own(const struct command_call *call, struct buf *text)
{
    buf_printf(text, CORE_MODULE ":");
    write_core_words(text, call);
}

static void help_overview(const struct command_call *call)
{
    const struct registry_view *view = call->network->view;
    struct buf text = {0};
    size_t count = 0;
    for (size_t i = 0; i < view->count; i++) {
        const struct module_decl *module = usable(call, view->modules[i]);
        if (!module)
            continue;
        buf_printf(&text, "%s%s: %s (", count++ ? " | " : "", module->name,
                   describe(view->modules[i], module));
        write_commands(&text, call, view->modules[i], module);
        buf_append(&text, ")", 1);
        write_lack(&text, call, view->modules[i], module);
    }
    if (!count)
        buf_printf(&text, "No module is enabled here.");
    buf_printf(&text, " | ");
    help_own(call, &text);
    buf_printf(&text, " | %chelp NAME tells more.", view->default_prefix);
    core_reply_buf(call, &text);
}

static void write_usage(struct buf *text, char prefix, const char *name, const char *usage,
                        const char *help)
{
    buf_printf(text, "%s%c%s%s%s%s%s", text->len ? " | " : "", prefix, name, *usage ? " " : "",
               usage, *help ? ": " : "", help);
}

/* What the command needs, for people. */
static void write_need(struct buf *text, const char *capability)
{
    if (*capability == '#')
        buf_printf(text, " (needs op of the channel: the capability #CHANNEL.op)");
    else if (*capability)
        buf_printf(text, " (needs %s)", capability);
}

/* Whether all words of one text begin the other. */
static bool words_begin(const char *name, const char *words)
{
    size_t len = strlen(words);
    return !strncmp(name, words, len) && (name[len] == ' ' || !name[len]);
}

/* The administrator's commands of that group; few of them with what they do. */
static void help_admin(struct buf *text, char prefix, const struct core_command *group,
                       const char *words)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const struct command_spec *spec = &command_specs[i];
        if (!spec->capability || !core_admin_group(group, spec) ||
            (!words_begin(spec->name, words) && !words_begin(words, spec->name)))
            continue;
        char *usage = command_usage(spec);
        bool one = strchr(words, ' ');
        buf_printf(text, "%s%c%s%s%s", text->len ? " | " : "", prefix, usage, one ? ": " : "",
                   one ? spec->help : "");
        write_need(text, spec->capability);
        free(usage);
    }
}

/* Those whose names begin with the words, or whom the words call. */
static void help_core(struct buf *text, char prefix, const char *words)
{
    for (const struct core_command *core = core_commands; core->name; core++) {
        if (!words_begin(core->name, words) && !core_command_match(core, words))
            continue;
        if (core->run == core_admin) {
            help_admin(text, prefix, core, words);
            continue;
        }
        write_usage(text, prefix, core->name, core->usage, core->help);
        write_need(text, core->capability);
    }
}

/* What the module keeps from everybody by default. */
static void write_capabilities(struct buf *text, const struct module_decl *module)
{
    for (size_t i = 0; i < module->ncapabilities; i++)
        buf_printf(text, "%s%s", i ? ", " : " | capabilities, given to accounts by name: ",
                   module->capabilities[i]);
}

static bool help_module(const struct command_call *call, const char *name, struct buf *text)
{
    const struct registry_view *view = call->network->view;
    const struct module_view *m = registry_view_find(view, name);
    const struct module_decl *module = m ? usable(call, m) : NULL;
    if (!module)
        return false;
    buf_printf(text, "%s%s%s: %s", module->name, *module->version ? " " : "", module->version,
               describe(m, module));
    write_lack(text, call, m, module);
    for (size_t i = 0; i < module->ncommands; i++)
        if (is_open(call, m, &module->commands[i]))
            write_usage(text, registry_view_prefix(view, m), module->commands[i].name,
                        module->commands[i].usage, module->commands[i].help);
    write_capabilities(text, module);
    return true;
}

/* words: in lower case. */
static void help_command(const struct command_call *call, const char *words, struct buf *text)
{
    char name[ADDRESS_MAX_WORD];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(words, " "), words);
    const char *dot = strchr(name, '.');
    for (const struct command_target *t = command_index_find(call->network->index, name); t;
         t = t->next) {
        if (t->core) {
            help_core(text, t->prefix, dot ? words + (dot - name) + 1 : words);
        } else if (usable(call, t->view) &&
                   is_open(call, t->view, &t->module->commands[t->command])) {
            const struct module_command *command = &t->module->commands[t->command];
            write_usage(text, t->prefix, command->name, command->usage, command->help);
            write_lack(text, call, t->view, t->module);
            if (!strcmp(t->module->name, name))
                write_capabilities(text, t->module);
        }
    }
}

void core_help(const struct command_call *call)
{
    char name[ADDRESS_MAX_WORD];
    if (!*call->args) {
        help_overview(call);
        return;
    }
    const char *word = call->args;
    const char prefix = call->network->view->default_prefix;
    if (*word == prefix && word[1])
        word++;
    irc_fold_copy(CASEMAPPING_ASCII, name, sizeof name, word);
    struct buf text = {0};
    help_command(call, name, &text);
    if (!text.len)
        help_module(call, name, &text);
    if (!text.len && !strcmp(name, CORE_MODULE))
        help_own(call, &text);
    if (!text.len)
        buf_printf(&text, "There is no module or command \"%.60s\" here; %clist names them.", word,
                   prefix);
    core_reply_buf(call, &text);
}

void core_list(const struct command_call *call)
{
    const struct registry_view *view = call->network->view;
    struct buf text = {0};
    if (*call->args) {
        if (!help_module(call, call->args, &text))
            buf_printf(&text, "There is no module \"%.60s\" here.", call->args);
        core_reply_buf(call, &text);
        return;
    }
    for (size_t i = 0; i < view->count; i++)
        if (usable(call, view->modules[i]))
            buf_printf(&text, "%s%s", text.len ? ", " : "", view->modules[i]->name);
    if (!text.len)
        buf_printf(&text, "No module is enabled here.");
    core_reply_buf(call, &text);
}
