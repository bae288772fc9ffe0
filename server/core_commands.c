#include "server/commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/registry.h"
#include "server/facts.h"
#include "server/index.h"
#include "server/say.h"

void command_reply(const struct command_call *call, const char *fmt, ...)
{
    const struct irc_event *event = call->event;
    struct buf text = {0};
    va_list ap;
    if (!event->is_private)
        buf_printf(&text, "%s: ", event->nick);
    va_start(ap, fmt);
    char *body = xvasprintf(fmt, ap);
    va_end(ap);
    buf_append(&text, body, strlen(body));
    free(body);
    struct say say = {.kind = SAY_PRIVMSG,
                      .target = event->reply_to,
                      .text = buf_data(&text),
                      .len = text.len,
                      .module = CORE_MODULE};
    say_text(call->network, &say);
    buf_free(&text);
}

/* The module of that view, if it can run and its rules say yes to the one who asks. */
static const struct module_decl *usable(const struct command_call *call,
                                        const struct module_view *view)
{
    const struct module_decl *module =
        supervisor_find(call->network->server->supervisor, view->name);
    if (!module || !module->present)
        return NULL;
    struct decide_facts facts = *call->facts;
    facts_module(&facts, module);
    facts.flood = NULL;
    facts.command = NULL;
    /* A module without commands is judged by an event that it wants. */
    facts.type = EVENT_COMMAND;
    if (!module->ncommands && module->events)
        facts.type = (enum event_type)(ffs((int)module->events) - 1);
    return decide_module(view, &facts).allowed ? module : NULL;
}

static const char *describe(const struct module_view *view, const struct module_decl *module)
{
    return *view->fields.description ? view->fields.description : module->description;
}

/* "!roll !flip": what a module's commands are called by here. */
static void write_commands(struct buf *text, const struct registry_view *view,
                           const struct module_view *m, const struct module_decl *module)
{
    for (size_t i = 0; i < module->ncommands; i++)
        buf_printf(text, "%s%c%s", i ? " " : "", registry_view_prefix(view, m),
                   module->commands[i].name);
}

static void reply_buf(const struct command_call *call, struct buf *text)
{
    command_reply(call, "%.*s", (int)text->len, buf_data(text));
    buf_free(text);
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
        write_commands(&text, view, view->modules[i], module);
        buf_append(&text, ")", 1);
    }
    if (!count)
        buf_printf(&text, "No module is enabled here.");
    buf_printf(&text, " | core:");
    for (const struct core_command *core = core_commands; core->name; core++)
        buf_printf(&text, " %c%s", view->default_prefix, core->name);
    buf_printf(&text, " | %chelp NAME tells more.", view->default_prefix);
    reply_buf(call, &text);
}

static void write_usage(struct buf *text, char prefix, const char *name, const char *usage,
                        const char *help)
{
    buf_printf(text, "%s%c%s%s%s%s%s", text->len ? " | " : "", prefix, name, *usage ? " " : "",
               usage, *help ? ": " : "", help);
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
    for (size_t i = 0; i < module->ncommands; i++)
        write_usage(text, registry_view_prefix(view, m), module->commands[i].name,
                    module->commands[i].usage, module->commands[i].help);
    return true;
}

static void help_command(const struct command_call *call, const char *name, struct buf *text)
{
    for (const struct command_target *t = command_index_find(call->network->index, name); t;
         t = t->next) {
        if (t->core) {
            write_usage(text, t->prefix, t->core->name, t->core->usage, t->core->help);
        } else if (usable(call, t->view)) {
            const struct module_command *command = &t->module->commands[t->command];
            write_usage(text, t->prefix, command->name, command->usage, command->help);
        }
    }
}

static void run_help(const struct command_call *call)
{
    char name[80];
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
    if (!text.len)
        buf_printf(&text, "There is no module or command \"%.60s\" here; %clist names them.", word,
                   prefix);
    reply_buf(call, &text);
}

static void run_list(const struct command_call *call)
{
    const struct registry_view *view = call->network->view;
    struct buf text = {0};
    if (*call->args) {
        if (!help_module(call, call->args, &text))
            buf_printf(&text, "There is no module \"%.60s\" here.", call->args);
        reply_buf(call, &text);
        return;
    }
    for (size_t i = 0; i < view->count; i++)
        if (usable(call, view->modules[i]))
            buf_printf(&text, "%s%s", text.len ? ", " : "", view->modules[i]->name);
    if (!text.len)
        buf_printf(&text, "No module is enabled here.");
    reply_buf(call, &text);
}

static void run_ping(const struct command_call *call)
{
    command_reply(call, "pong");
}

static void run_version(const struct command_call *call)
{
    command_reply(call, "seshet %s", SESHET_VERSION);
}

static void run_uptime(const struct command_call *call)
{
    const struct network *n = call->network;
    int64_t now = clock_now(n->server->clock);
    char server[32];
    char here[32];
    command_reply(call, "Up for %s, on this network for %s.",
                  str_duration(server, sizeof server, now - n->server->started_ms),
                  str_duration(here, sizeof here, now - n->state_since_ms));
}

static void count_host(void *arg, const struct modhost_status *status)
{
    size_t *running = arg;
    if (status->state == MODHOST_READY || status->state == MODHOST_SWAPPING)
        (*running)++;
}

static void run_status(const struct command_call *call)
{
    const struct server *server = call->network->server;
    size_t online = 0;
    size_t hosts = 0;
    for (struct network *n = server->networks; n; n = n->hh.next)
        online += conn_state(n->conn) == CONN_ONLINE;
    supervisor_each_host(server->supervisor, count_host, &hosts);
    const char *reason = registry_state_reason(server->registry);
    char lag[32] = "unknown";
    if (conn_lag_ms(call->network->conn) >= 0)
        snprintf(lag, sizeof lag, "%lld ms", (long long)conn_lag_ms(call->network->conn));
    command_reply(call,
                  "%zu of %u networks online; registry %s%s%s; module hosts running: %zu; lag "
                  "here: %s.",
                  online, HASH_COUNT(server->networks),
                  registry_state_name(registry_state(server->registry)), *reason ? ": " : "",
                  reason, hosts, lag);
}

const struct core_command core_commands[] = {
    {"help", "[NAME]", "What I can do, or how a command or module is used.", run_help},
    {"list", "[MODULE]", "The modules that are on here, or what one of them offers.", run_list},
    {"ping", "", "Answers pong.", run_ping},
    {"version", "", "Which seshet this is.", run_version},
    {"uptime", "", "For how long I have been running, and here.", run_uptime},
    {"status", "", "Networks, registry and module hosts in one line.", run_status},
    {NULL, NULL, NULL, NULL}};
