#include <string.h>

#include "base/xmalloc.h"
#include "conf/conf.h"
#include "net/state/state.h"
#include "server/core/core.h"
#include "server/core/memory.h"
#include "server/core/run.h"
#include "server/runtime.h"
#include "server/say/say.h"

/* Where the bot is, what it is called, and what it says there in other people's words. */

static struct registry_edit *edit_channel(const struct command_call *call, const char *channel,
                                          bool add)
{
    char why[REGISTRY_WHY_SIZE];
    struct registry_edit *e = registry_edit_new();
    if (!registry_edit_network_channel(e, call->network->key, channel, add, why, sizeof why))
        return e;
    core_refuse_edit(call, e, why);
    return NULL;
}

void core_join(const struct command_call *call)
{
    char channel[CORE_WORD_SIZE];
    struct network *n = call->network;
    bool wrong = *core_word(call->args, channel) || strchr(channel, ',');
    if (wrong || !isupport_is_channel(irc_state_isupport(n->state), channel)) {
        core_reply_usage(call);
        return;
    }
    if (runtime_return(n, channel)) {
        command_reply(call, "I come back to %s.", channel);
        return;
    }
    if (irc_channel_find(n->state, channel)) {
        command_reply(call, "I am in %s.", channel);
        return;
    }
    struct registry_edit *e = edit_channel(call, channel, true);
    if (!e)
        return;
    core_memory_ask(n, channel, "", core_later_new(call));
    core_commit(call, e, xasprintf("I join %s, and will after a restart.", channel));
}

void core_part(const struct command_call *call)
{
    char channel[CORE_WORD_SIZE];
    struct network *n = call->network;
    const char *args = call->args;
    if (!core_channel(call, &args, channel))
        return;
    if (runtime_leave(n, channel)) {
        command_reply(call,
                      "I leave %s. It stands in the network's file: I come back after a restart "
                      "or when I am told to join.",
                      channel);
        return;
    }
    const char *item = runtime_channel(n, channel);
    if (!item) {
        command_reply(call, "I am not in %s.", channel);
        return;
    }
    struct registry_edit *e = edit_channel(call, item, false);
    if (e)
        core_commit(call, e, xasprintf("I leave %s.", channel));
}

void core_nick(const struct command_call *call)
{
    char nick[CORE_WORD_SIZE];
    char why[REGISTRY_WHY_SIZE];
    struct network *n = call->network;
    if (*core_word(call->args, nick)) {
        core_reply_usage(call);
        return;
    }
    struct registry_edit *e = registry_edit_new();
    if (registry_edit_network_set(e, n->key, "nick", *nick ? nick : NULL, why, sizeof why)) {
        core_refuse_edit(call, e, why);
        return;
    }
    if (*nick)
        core_memory_ask(n, "", nick, core_later_new(call));
    core_commit(call, e,
                *nick ? xasprintf("I ask for the nick %s, and keep to it.", nick)
                      : xasprintf("I ask for the nick %s, of the network's file.", n->conf->nick));
}

static void speak(const struct command_call *call, enum say_kind kind)
{
    struct say say = {.kind = kind,
                      .target = call->channel,
                      .text = call->args,
                      .len = strlen(call->args),
                      .module = CORE_MODULE};
    if (!say.len)
        core_reply_usage(call);
    else if (!irc_channel_find(call->network->state, call->channel))
        command_reply(call, "I am not in %s.", call->channel);
    else
        say_text(call->network, &say);
}

void core_say(const struct command_call *call)
{
    speak(call, SAY_PRIVMSG);
}

void core_act(const struct command_call *call)
{
    speak(call, SAY_ACTION);
}
