#include "server/auth/owners.h"

#include <string.h>

#include "server/admin/commands.h"
#include "server/auth/auth.h"
#include "server/say/say.h"

/* Whoever somebody is takes some microseconds to find out: the loop must not be held. */
enum { MAX_OWNERS = 8, MAX_LOOKED_AT = 4000 };

struct owners {
    const struct irc_user *found[MAX_OWNERS];
    const struct account *accounts[MAX_OWNERS];
    size_t count;
    size_t looked_at;
};

static bool is_found(const struct owners *owners, const struct irc_user *user)
{
    for (size_t i = 0; i < owners->count; i++)
        if (owners->found[i] == user)
            return true;
    return false;
}

static void look_at(struct owners *owners, struct network *n, const struct irc_user *user)
{
    const struct auth_source source = {irc_user_nick(user), irc_user_user(user),
                                       irc_user_host(user), irc_user_account(user)};
    if (irc_state_is_me(n->state, source.nick) || is_found(owners, user))
        return;
    owners->looked_at++;
    if (!auth_has(n, &source, "owner"))
        return;
    owners->accounts[owners->count] = auth_account(n, &source);
    owners->found[owners->count++] = user;
}

static void find_owners(struct owners *owners, struct network *n)
{
    for (const struct channel *c = NULL; (c = irc_channel_next(n->state, c));)
        for (const struct channel_member *m = NULL; (m = irc_member_next(c, m));) {
            if (owners->count == MAX_OWNERS || owners->looked_at == MAX_LOOKED_AT)
                return;
            look_at(owners, n, irc_member_user(m));
        }
}

void owner_tell(struct network *n, const char *nick, const char *text)
{
    struct say say = {.kind = SAY_NOTICE,
                      .target = nick,
                      .text = text,
                      .len = strlen(text),
                      .module = CORE_MODULE};
    say_text(n, &say);
}

void owners_tell(struct network *n, const char *text, owner_fn *told, void *arg)
{
    struct owners owners = {0};
    network_refresh(n);
    find_owners(&owners, n);
    for (size_t i = 0; i < owners.count; i++) {
        owner_tell(n, irc_user_nick(owners.found[i]), text);
        if (owners.accounts[i])
            told(arg, owners.accounts[i]);
    }
}
