/* Authorization profiles: whether one lets a source in. */

#include <string.h>

#include "server/auth/internal.h"

/* members: "account" on every network, or "NET/account". */
static bool is_services_member(const struct auth *a, const struct auth_group *group,
                               const char *services)
{
    const char *key = a->network->key;
    size_t len = strlen(key);
    for (size_t i = 0; group->members && i < group->members->count; i++) {
        const char *member = group->members->items[i];
        const char *slash = strchr(member, '/');
        if (slash && ((size_t)(slash - member) != len || memcmp(member, key, len) != 0))
            continue;
        if (irc_equal(auth_casemapping(a), slash ? slash + 1 : member, services))
            return true;
    }
    return false;
}

static bool is_member(const struct auth_group *group, const struct account *account)
{
    for (size_t i = 0; group->members && i < group->members->count; i++)
        if (auth_same_account(group->members->items[i], account->name))
            return true;
    return false;
}

/* Whether the network itself tells who has a services account. */
static bool network_tells(const struct auth *a, const struct auth_source *source)
{
    const struct irc_user *user = irc_user_find(a->network->state, source->nick);
    return conn_has_cap(a->network->conn, "account-tag") || (user && irc_user_account_known(user));
}

static enum auth_verdict by_services(struct auth *a, const struct auth_source *source,
                                     const struct auth_group *group)
{
    const char *services = source->services;
    if (!services && !network_tells(a, source) && !nickserv_known(a, source, &services))
        return AUTH_ASKING;
    return services && is_services_member(a, group, services) ? AUTH_YES : AUTH_NO;
}

/* A password was said: that a hostmask is known is not enough. */
static enum auth_verdict by_session(struct auth *a, const struct auth_source *source,
                                    const struct auth_group *group)
{
    const struct session *session = session_find(a, source);
    if (!session)
        return AUTH_NO;
    if (group->style == AUTH_PASSWORD)
        return session_has_group(session, group) ? AUTH_YES : AUTH_NO;
    const struct account *account = auth_account(a->network, source);
    return account && session_account(session, auth_accounts(a)) == account &&
                   is_member(group, account)
               ? AUTH_YES
               : AUTH_NO;
}

enum auth_verdict auth_group_verdict(struct network *n, const struct auth_source *source,
                                     const char *group)
{
    const struct auth_group *g = accounts_group(auth_accounts(n->auth), group);
    if (!g)
        return AUTH_NO;
    return g->style == AUTH_NICKSERV ? by_services(n->auth, source, g)
                                     : by_session(n->auth, source, g);
}
