/* What lines tell of users in passing: address and services account. */

#include <string.h>

#include "net/state/internal.h"

/* Nearly every line tells what is known already, so that is asked first. */
static bool learn(char **field, const char *value)
{
    if (!value || (*field && !strcmp(*field, value)) || !word_ok(value, " \r\n"))
        return false;
    field_set(field, value);
    return true;
}

void learn_own_address(struct irc_state *state, const char *user_name, const char *host)
{
    learn(&state->user, user_name);
    learn(&state->host, host);
}

void learn_address(struct irc_state *state, struct irc_user *user, const char *user_name,
                   const char *host)
{
    bool changed = learn(&user->user, user_name);
    changed |= learn(&user->host, host);
    if (changed && irc_state_is_me(state, user->nick))
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
