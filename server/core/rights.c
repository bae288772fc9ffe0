#include <stdio.h>
#include <string.h>

#include "net/state/state.h"
#include "registry/accounts.h"
#include "registry/capability.h"
#include "registry/registry.h"
#include "server/auth/refuse.h"
#include "server/core/core.h"
#include "server/core/run.h"

struct auth_source core_source(const struct command_call *call)
{
    return auth_source_of(call->event);
}

/* The question as it must be asked about that network ("": about all). */
static struct capability_query query_about(const struct command_call *call,
                                           const struct account *account, const char *network)
{
    struct capability_query q = auth_query(call->network, account);
    if (strcmp(network, call->network->key) != 0) {
        const struct network *there = network_find(call->network->server, network);
        q.network = network;
        q.casemapping = there ? irc_state_isupport(there->state)->casemapping : CASEMAPPING_RFC1459;
    }
    return q;
}

/* A capability, asked of one network after another. */
struct asked {
    const struct command_call *call;
    const struct account *account;
    struct capability c;
};

static bool has_there(const struct asked *asked, const char *network)
{
    struct capability_query q = query_about(asked->call, asked->account, network);
    return capability_check(&q, &asked->c).allowed;
}

/* Whether he has it on some network, or else lacks it on some, of all that anything is known of:
 * those that the bot is on, and those that a policy, a channel or his own set speaks of. */
static bool found_on_any(const struct asked *asked, bool has)
{
    const struct server *server = asked->call->network->server;
    const struct accounts *accounts = snapshot_accounts(registry_snapshot(server->registry));
    const struct capability_set *own = asked->account ? asked->account->capabilities : NULL;
    const char *last = "";
    for (const struct network *n = server->networks; n; n = n->hh.next)
        if (has_there(asked, n->key) == has)
            return true;
    for (size_t i = 0; i < accounts->npolicies; i++)
        if (has_there(asked, accounts->policies[i]->network) == has)
            return true;
    for (size_t i = 0; i < accounts->nchannels; i++) {
        const char *network = accounts->channels[i]->network; /* sorted */
        if (strcmp(network, last) != 0 && has_there(asked, network) == has)
            return true;
        last = network;
    }
    for (size_t i = 0; i < capability_set_count(own); i++) {
        const char *network = capability_set_at(own, i)->network;
        if (*network && has_there(asked, network) == has)
            return true;
    }
    return false;
}

/* 0, or -1: nobody has such a name. */
static int asked_by(struct asked *asked, const struct command_call *call, const char *capability)
{
    char why[REGISTRY_WHY_SIZE];
    struct auth_source source = core_source(call);
    *asked = (struct asked){.call = call, .account = auth_account(call->network, &source)};
    return capability_parse(&asked->c, capability, why, sizeof why);
}

bool core_has(const struct command_call *call, const char *network, const char *capability)
{
    struct asked asked;
    if (asked_by(&asked, call, capability))
        return false;
    if (asked.account && strcmp(network, call->network->key) != 0) {
        struct capability_query here = auth_query(call->network, asked.account);
        if (capability_set_says(asked.account->capabilities, here.network, here.casemapping,
                                &asked.c, NULL) < 0)
            return false;
    }
    return has_there(&asked, network) && (*network || !found_on_any(&asked, false));
}

bool core_has_anywhere(const struct command_call *call, const char *capability)
{
    struct asked asked;
    return !asked_by(&asked, call, capability) && found_on_any(&asked, true);
}

bool core_has_op(const struct command_call *call, const char *channel)
{
    char name[CORE_WORD_SIZE + 4];
    struct auth_source source = core_source(call);
    /* With a comma it is right for every channel's name. */
    snprintf(name, sizeof name, "%s,op", channel);
    return auth_has(call->network, &source, name);
}

void core_deny(const struct command_call *call, const char *capability)
{
    char text[CORE_WORD_SIZE + 300];
    struct auth_source source = core_source(call);
    const char *name = call->command->name;
    const char prefix = *call->network->conf->command_prefix;
    if (auth_account(call->network, &source))
        snprintf(text, sizeof text, "%c%s needs the capability %s, which you do not have.", prefix,
                 name, capability);
    else
        snprintf(text, sizeof text,
                 "%c%s needs the capability %s, and I do not know who you are. Say to me in "
                 "private: auth NAME PASSWORD",
                 prefix, name, capability);
    auth_refuse_text(call->network, call->event, name, text);
}

bool core_need(const struct command_call *call, const char *network, const char *capability)
{
    if (core_has(call, network, capability))
        return true;
    core_deny(call, capability);
    return false;
}

bool core_open(const struct command_call *call, const struct core_command *command)
{
    if (command->reach == CORE_IDENTIFIES)
        return true;
    const struct irc_event *event = call->event;
    struct auth_source source = core_source(call);
    struct capability_command_answer may =
        auth_may_call(call->network, &source, CORE_MODULE, command->name,
                      event->is_private ? NULL : event->channel);
    if (may.allowed)
        return true;
    /* A default of deny does not close what leads to being known. */
    return command->reach == CORE_ALWAYS && !may.answer.item &&
           may.answer.step != CAPABILITY_IGNORED;
}

/* Whether there is any of the administrator's commands that the source may use here. */
static bool may_any(const struct command_call *call, const struct core_command *group)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const char *capability = command_specs[i].capability;
        if (capability && core_admin_group(group, &command_specs[i]) &&
            core_has(call, call->network->key, capability))
            return true;
    }
    return false;
}

bool core_may(const struct command_call *call, const struct core_command *command)
{
    const struct irc_event *event = call->event;
    if (!core_open(call, command))
        return false;
    if (command->run == core_admin)
        return may_any(call, command);
    if (!*command->capability)
        return true;
    if (*command->capability != '#')
        return core_has(call, call->network->key, command->capability);
    /* In private any channel may be meant. */
    return event->is_private || !event->channel || core_has_op(call, event->channel);
}
