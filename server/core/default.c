#include <string.h>

#include "registry/registry.h"
#include "server/core/core.h"
#include "server/core/run.h"

/*
 * What everybody has, or every registered user: "default capability add registered x". With a
 * network in the capability's name it is that network's set.
 */

/* Takes "registered" off. */
static enum capability_holder holder(const char **args)
{
    char word[CORE_WORD_SIZE];
    const char *rest = core_word(*args, word);
    if (strcmp(word, "registered") != 0)
        return HOLDER_DEFAULT;
    *args = rest;
    return HOLDER_REGISTERED;
}

static void edit(const struct command_call *call, bool add)
{
    char text[CORE_WORD_SIZE];
    char network[REGISTRY_MAX_NAME + 1];
    char why[REGISTRY_WHY_SIZE];
    struct capability c;
    const char *args = call->args;
    enum capability_holder whose = holder(&args);
    if (*core_word(args, text) || !*text) {
        core_reply_usage(call);
        return;
    }
    if (capability_parse(&c, text, why, sizeof why)) {
        command_reply(call, "Not done: %s", why);
        return;
    }
    if (!core_need(call, c.network, "owner"))
        return;
    memcpy(network, c.network, sizeof network);
    c.network[0] = '\0';
    core_edit_capability(
        call, &(struct capability_place){.holder = whose, .name = "", .network = network}, &c, add);
}

void core_default_capability_add(const struct command_call *call)
{
    edit(call, true);
}

void core_default_capability_remove(const struct command_call *call)
{
    edit(call, false);
}

static void write_policy(struct buf *text, const struct policy *policy, const char *where)
{
    if (policy && policy->has_default_allow)
        buf_printf(text, "default_allow %s: %s. ", where, policy->default_allow ? "yes" : "no");
    buf_printf(text, "Everybody %s: ", where);
    core_write_set(text, policy ? policy->capabilities : NULL);
    buf_printf(text, ". Registered users %s: ", where);
    core_write_set(text, policy ? policy->registered : NULL);
    buf_printf(text, ".");
}

void core_default_capability_list(const struct command_call *call)
{
    const struct network *n = call->network;
    const struct accounts *accounts = snapshot_accounts(registry_snapshot(n->server->registry));
    const struct policy *here = accounts_policy(accounts, n->key);
    struct buf text = {0};
    write_policy(&text, accounts->policy, "everywhere");
    if (here && here != accounts->policy) {
        buf_printf(&text, " ");
        write_policy(&text, here, "on this network");
    }
    core_reply_buf(call, &text);
}
