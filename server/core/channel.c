#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "net/state/state.h"
#include "registry/registry.h"
#include "server/core/core.h"
#include "server/core/run.h"

/*
 * What a channel gives to whoever speaks in it, by those who have its op. Everything here is of the
 * call's channel on the call's network: core_command_run has asked for the right.
 */

static const char *fold(const struct command_call *call, char dst[CORE_WORD_SIZE])
{
    irc_fold_copy(irc_state_isupport(call->network->state)->casemapping, dst, CORE_WORD_SIZE,
                  call->channel);
    return dst;
}

/* The channel's capability x as this network alone has it: what its op may give to an account. */
static int parse_own(const struct command_call *call, const char *text, struct capability *c,
                     char *why, size_t why_size)
{
    if (capability_parse(c, text, why, why_size))
        return -1;
    if (*c->network || *c->channel) {
        snprintf(why, why_size,
                 "say the capability alone, such as \"%s%.60s\": the channel is %.60s",
                 c->anti ? "-" : "", c->name, call->channel);
        return -1;
    }
    return 0;
}

/* Of one account: NAME CAPABILITY. */
static void edit_account(const struct command_call *call, const char *name, struct capability *c,
                         bool add)
{
    if (!str_copy(c->channel, sizeof c->channel, call->channel) ||
        !str_copy(c->network, sizeof c->network, call->network->key))
        command_reply(call, "Not done: the channel's name is too long.");
    else if (!core_has_parsed(call, c))
        core_deny_parsed(call, c);
    else
        core_edit_capability(call, &(struct capability_place){.holder = HOLDER_USER, .name = name},
                             c, add);
}

static void edit(const struct command_call *call, bool add)
{
    char words[2][CORE_WORD_SIZE];
    char folded[CORE_WORD_SIZE];
    char why[REGISTRY_WHY_SIZE];
    struct capability c;
    bool too_much = *core_word(core_word(call->args, words[0]), words[1]);
    const bool of_account = *words[1];
    if (!*words[0] || too_much) {
        core_reply_usage(call);
    } else if (parse_own(call, words[of_account], &c, why, sizeof why)) {
        command_reply(call, "Not done: %s", why);
    } else if (of_account) {
        edit_account(call, words[0], &c, add);
    } else {
        struct capability_place place = {.holder = HOLDER_CHANNEL,
                                         .name = "",
                                         .network = call->network->key,
                                         .channel = fold(call, folded)};
        core_edit_capability(call, &place, &c, add);
    }
}

void core_channel_capability_add(const struct command_call *call)
{
    edit(call, true);
}

void core_channel_capability_remove(const struct command_call *call)
{
    edit(call, false);
}

void core_channel_capability_list(const struct command_call *call)
{
    char folded[CORE_WORD_SIZE];
    struct buf text = {0};
    const struct channel_record *record =
        accounts_channel(snapshot_accounts(registry_snapshot(call->network->server->registry)),
                         call->network->key, fold(call, folded));
    buf_printf(&text,
               "%s: default_allow is %s, lobotomized is %s. Everybody there: ", call->channel,
               !record || record->default_allow ? "yes" : "no",
               record && record->lobotomized ? "yes" : "no");
    core_write_set(&text, record ? record->capabilities : NULL);
    buf_printf(&text, ".");
    core_reply_buf(call, &text);
}

static void set(const struct command_call *call, const char *field, const char *const meaning[2])
{
    bool on;
    char folded[CORE_WORD_SIZE];
    char why[REGISTRY_WHY_SIZE];
    if (str_parse_bool(call->args, &on)) {
        core_reply_usage(call);
        return;
    }
    struct registry_edit *e = registry_edit_new();
    if (registry_edit_channel(e, call->network->key, fold(call, folded), field, on ? "yes" : "no",
                              why, sizeof why))
        core_refuse_edit(call, e, why);
    else
        core_commit(call, e, xasprintf("%s: %s", call->channel, meaning[on]));
}

void core_channel_default(const struct command_call *call)
{
    static const char *const meaning[] = {"what no capability opens is closed.",
                                          "what no anticapability closes is open."};
    set(call, "default_allow", meaning);
}

void core_channel_lobotomize(const struct command_call *call)
{
    static const char *const meaning[] = {
        "I speak there again.", "I am silent there, until you tell me otherwise in private."};
    set(call, "lobotomized", meaning);
}
