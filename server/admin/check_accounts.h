#ifndef SERVER_ADMIN_CHECK_ACCOUNTS_H
#define SERVER_ADMIN_CHECK_ACCOUNTS_H

#include "registry/accounts.h"

/* What "registry check" says of accounts, policies, profiles and channels: what can be read, and
 * yet means nothing or not what was meant. */
struct account_finder {
    /* key: without the prefix; fix: what to type, or NULL. Both texts are taken over. */
    void (*warn)(void *arg, const char *key, char *text, char *fix);
    void (*hint)(void *arg, const char *key, char *text, char *fix);
    bool (*network_known)(void *arg, const char *network);
    bool (*is_declared)(void *arg, const char *capability); /* by a module */
    void *arg;
};
void check_accounts(const struct snapshot *s, const struct account_finder *finder);

#endif
