#ifndef SERVER_AUTH_TARGET_H
#define SERVER_AUTH_TARGET_H

#include "registry/accounts.h"

/* What one password is tried on: a single account or profile, so that one word that was said costs
 * one try, and is never compared with what it was not meant for. */
struct login_target {
    bool is_group;
    char name[ACCOUNT_MAX_NAME + 1]; /* as it is shown; of an account that may not exist */
    char *record;                    /* "": takes as long, and is never right; owned */
};

/* Without a name: the profile that the source's command waits for (waits_for; NULL: none does),
 * else the account that goes by the nick, else the only profile with a password. With a name: that
 * account, else the profile with a password that is called so. A name that nobody has is an account
 * like any other. 0, or -1 and in why which names there are to choose from; nothing is found then.
 */
int login_target_find(struct login_target *target, const struct accounts *accounts,
                      const char *nick, const char *waits_for, const char *name, char *why,
                      size_t why_size);
void login_target_clear(struct login_target *target);

#endif
