/* What lines tell of users in passing: address and services account. */

#include <stdlib.h>
#include <string.h>

#include "net/state/internal.h"

static bool address_ok(const char *s)
{
    return s && word_ok(s, " \r\n");
}

void learn_own_address(struct irc_state *state, const char *user_name, const char *host)
{
    if (address_ok(user_name))
        field_set(&state->user, user_name);
    if (address_ok(host))
        field_set(&state->host, host);
}

void learn_address(struct irc_state *state, struct irc_user *user, const char *user_name,
                   const char *host)
{
    if (address_ok(user_name))
        field_set(&user->user, user_name);
    if (address_ok(host))
        field_set(&user->host, host);
    if (irc_state_is_me(state, user->nick))
        learn_own_address(state, user_name, host);
}

bool account_ok(const char *account)
{
    size_t len = strlen(account);
    if (!len || len > IRC_STATE_MAX_NAME || !strcmp(account, "*"))
        return false;
    for (; *account; account++)
        if ((unsigned char)*account <= ' ' || *account == 0x7f)
            return false;
    return true;
}

void learn_account(struct irc_user *user, const char *account)
{
    bool good = !account || account_ok(account);
    field_set(&user->account, good ? account : NULL);
    user->account_known = good;
}
