#include "server/auth/guard.h"

#include "registry/ignores.h"
#include "server/auth/granted.h"
#include "server/auth/internal.h"

/* ---- Commands ---------------------------------------------------------------------------------
 */

static const char *may_call(void *ctx, const char *module, const char *command, const char *channel)
{
    struct auth_guard *guard = ctx;
    struct capability_command_answer answer =
        granted_may_call(guard->network, auth_guard_account(guard), module, command, channel);
    if (answer.allowed)
        return NULL;
    return capability_write(&answer.asked, guard->item, sizeof guard->item);
}

static bool in_group(void *ctx, const char *group)
{
    const struct auth_guard *guard = ctx;
    return auth_group_verdict(guard->network, &guard->source, group) == AUTH_YES;
}

static bool has(void *ctx, const char *capability)
{
    struct auth_guard *guard = ctx;
    return auth_account_has(guard->network, auth_guard_account(guard), capability);
}

struct decide_guard auth_guard_init(struct auth_guard *guard, struct network *n,
                                    const struct auth_source *source,
                                    const struct mask_source *mask)
{
    guard->network = n;
    guard->source = *source;
    guard->mask = mask;
    guard->asked = false;
    guard->account = NULL;
    return (struct decide_guard){
        .ctx = guard, .may_call = may_call, .in_group = in_group, .has = has};
}

const struct account *auth_guard_account(struct auth_guard *guard)
{
    if (!guard->asked)
        guard->account = auth_account_masked(guard->network, &guard->source, guard->mask);
    guard->asked = true;
    return guard->account;
}

/* ---- Ignoring ---------------------------------------------------------------------------------
 */

static const struct channel_record *channel_of(struct network *n, const char *channel)
{
    char folded[IRC_STATE_MAX_NAME + 1];
    if (!channel)
        return NULL;
    irc_fold_copy(auth_casemapping(n->auth), folded, sizeof folded, channel);
    return accounts_channel(auth_accounts(n->auth), n->key, folded);
}

static const char *ignored_by(struct auth_guard *guard, const struct channel_record *channel)
{
    struct network *n = guard->network;
    const struct mask_source *mask = guard->mask;
    struct ignore_match match;
    int64_t now_s = clock_wall(n->server->clock) / 1000;
    const struct account *account = auth_guard_account(guard);
    if (ignores_match(n->view, n->server->ignores, mask, now_s, &match))
        return match.mask;
    if (account && account->ignored)
        return "the account is ignored";
    if (!account && accounts_default_ignore(auth_accounts(n->auth), n->key))
        return "unknown sources are ignored (default_ignore)";
    if (channel && channel->ignores && ignore_list_match(channel->ignores, mask, now_s, &match))
        return match.mask;
    return NULL;
}

enum auth_deaf auth_deaf(struct auth_guard *guard, const char *channel, const char **what)
{
    const struct channel_record *record = channel_of(guard->network, channel);
    *what = ignored_by(guard, record);
    if (*what && !has(guard, "trusted"))
        return AUTH_IGNORED;
    *what = record && record->lobotomized ? "the channel is lobotomized" : NULL;
    return *what ? AUTH_LOBOTOMIZED : AUTH_LISTENS;
}
