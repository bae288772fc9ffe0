#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/view.h"
#include "server/admin_accounts.h"
#include "server/auth/auth.h"
#include "server/commands.h"
#include "server/core/core.h"
#include "server/core/run.h"
#include "server/network.h"

#define MAX_NAME IRC_STATE_MAX_NAME

/* "capability check": the answer, and the step that gave it, as on IRC. */
struct asking {
    struct network *network;
    const json_t *args;
    char nick[MAX_NAME + 1];
    char user[MAX_NAME + 1];
    char host[MAX_NAME + 1];
    const char *services;
    struct capability_query query;
    json_t *steps;
    json_t *result;
};

/* ---- Who --------------------------------------------------------------------------------------
 */

static int find_network(struct asking *a, const struct server *server, char **error)
{
    if (*command_text(a->args, "network"))
        a->network = admin_network(server, a->args, error);
    else if (HASH_COUNT(server->networks) == 1)
        a->network = server->networks;
    else
        *error = xstrdup("there is more than one network: say which with --network NET");
    return a->network ? 0 : -1;
}

/* "nick!user@host", or a nick that the bot knows. 0, or -1 and *error. */
static int read_source(struct asking *a, char **error)
{
    const char *text = command_text(a->args, "source");
    const char *services = command_text(a->args, "services");
    const char *user = strchr(text, '!');
    const char *host = user ? strchr(user, '@') : NULL;
    const struct irc_user *known = NULL;
    size_t nick_len = user ? (size_t)(user - text) : strlen(text);
    a->services = *services ? services : NULL;
    if (!*text)
        return 0;
    if (!nick_len || nick_len > MAX_NAME || (user && !host) ||
        (host && (host - user > MAX_NAME || strlen(host) > MAX_NAME))) {
        *error = xasprintf("\"%.100s\" is no source: write NICK!USER@HOST, or the nick of somebody "
                           "who shares a channel with the bot",
                           text);
        return -1;
    }
    snprintf(a->nick, sizeof a->nick, "%.*s", (int)nick_len, text);
    known = irc_user_find(a->network->state, a->nick);
    if (host) {
        snprintf(a->user, sizeof a->user, "%.*s", (int)(host - user - 1), user + 1);
        str_copy(a->host, sizeof a->host, host + 1);
    } else if (known) {
        str_copy(a->user, sizeof a->user, irc_user_user(known));
        str_copy(a->host, sizeof a->host, irc_user_host(known));
    } else {
        admin_note(
            a->result,
            xasprintf("%s shares no channel with the bot: user and host are not known", a->nick));
    }
    if (!a->services && known && !strcmp(a->host, irc_user_host(known)))
        a->services = irc_user_account(known);
    return 0;
}

/* The account, and how it is known. 0, or -1 and *error. */
static int find_account(struct asking *a, const struct server *server, char **error)
{
    const char *name = command_text(a->args, "account");
    const struct auth_source source = {a->nick, a->user, a->host, a->services};
    const struct account *account = NULL;
    const char *how = "no source is named";
    if (*name) {
        account = admin_account(server, name, error);
        how = "named with --account";
        if (!account)
            return -1;
    } else if (*a->nick) {
        account = auth_account(a->network, &source);
        how = auth_account_how(a->network, &source);
    }
    json_object_set_new(a->result, "account", account ? json_string(account->name) : json_null());
    json_object_set_new(a->result, "how", control_text(how));
    a->query = auth_query(a->network, account);
    return 0;
}

/* ---- What -------------------------------------------------------------------------------------
 */

static json_t *name_text(const struct capability *c)
{
    char name[CAPABILITY_MAX + 1];
    return c ? control_text(capability_write(c, name, sizeof name)) : json_null();
}

static void add_step(void *arg, enum capability_step step, bool decides,
                     const struct capability *item)
{
    struct asking *a = arg;
    json_array_append_new(
        a->steps, json_pack("{s:s, s:b, s:o, s:s}", "step", capability_step_name(step), "decides",
                            decides, "item", name_text(item), "sentence",
                            decides ? capability_step_sentence(step) : "says nothing of it"));
}

static void put_answer(struct asking *a, bool allowed, const struct capability *asked,
                       const struct capability_answer *answer)
{
    json_object_set_new(a->result, "allowed", json_boolean(allowed));
    json_object_set_new(a->result, "step", json_string(capability_step_name(answer->step)));
    json_object_set_new(a->result, "sentence", json_string(capability_step_sentence(answer->step)));
    json_object_set_new(a->result, "asked", name_text(asked));
    json_object_set_new(a->result, "item", name_text(answer->item));
}

/* A capability of another network is asked as that one folds its channels. */
static struct capability_query query_for(const struct asking *a, const struct capability *c)
{
    struct capability_query q = a->query;
    const struct network *there = network_find(a->network->server, c->network);
    if (*c->network && there)
        q.casemapping = irc_state_isupport(there->state)->casemapping;
    return q;
}

static int ask_capability(struct asking *a, const char *text, char **error)
{
    char why[REGISTRY_WHY_SIZE];
    struct capability c;
    const char *channel = command_text(a->args, "channel");
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
    struct asking *a = arg;
    json_array_append_new(a->steps,
                          json_pack("{s:s, s:o, s:b, s:o, s:s}", "step",
                                    capability_step_name(answer->step), "asked", name_text(c),
                                    "has", answer->allowed, "item", name_text(answer->item),
                                    "sentence", capability_step_sentence(answer->step)));
}

/* What one of the administrator's commands needs. */
static const char *needed_by_spec(struct asking *a, const struct core_command *group,
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
static const char *needed_by_core(struct asking *a, const char *words)
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
static const char *needed_by(struct asking *a, const char *module, const char *command)
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

static void check_needed(struct asking *a, const char *needed)
{
    char why[REGISTRY_WHY_SIZE];
    char name[CAPABILITY_MAX + 1];
    struct capability c;
    const char *channel = command_text(a->args, "channel");
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

static int ask_command(struct asking *a, const char *text, char **error)
{
    char module[REGISTRY_MAX_NAME + 1];
    char words[CAPABILITY_MAX + 1];
    const char *dot = strchr(text, '.');
    const char *channel = command_text(a->args, "channel");
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
    struct capability_command_answer answer =
        capability_explain_command(&a->query, module, words, *channel ? channel : NULL, &trace);
    put_answer(a, answer.allowed, &answer.asked, &answer.answer);
    const char *needed = needed_by(a, module, words);
    if (answer.allowed && *needed)
        check_needed(a, needed);
    return 0;
}

static int ask(struct asking *a, const struct server *server, char **error)
{
    const char *capability = command_text(a->args, "capability");
    const char *command = command_text(a->args, "command");
    if (!*capability == !*command) {
        *error = xstrdup("ask for a CAPABILITY, or for the right to call --command "
                         "MODULE.COMMAND");
        return -1;
    }
    if (find_network(a, server, error) || read_source(a, error) || find_account(a, server, error))
        return -1;
    json_object_set_new(a->result, "network", control_text(a->network->key));
    return *command ? ask_command(a, command, error) : ask_capability(a, capability, error);
}

static int run_check(void *arg, json_t *args, json_t **result, char **error)
{
    struct asking a = {.args = args, .steps = json_array()};
    a.result =
        json_pack("{s:s, s:s, s:s, s:s}", "source", command_text(args, "source"), "channel",
                  command_text(args, "channel"), "capability", command_text(args, "capability"),
                  "command", command_text(args, "command"));
    int failed = ask(&a, arg, error);
    if (failed) {
        json_decref(a.result);
    } else {
        if (command_flag(args, "explain"))
            json_object_set(a.result, "steps", a.steps);
        *result = a.result;
    }
    json_decref(a.steps);
    return failed;
}

void admin_capability_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_CAPABILITY_CHECK].run = run_check;
}
