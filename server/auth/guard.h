#ifndef SERVER_AUTH_GUARD_H
#define SERVER_AUTH_GUARD_H

#include "registry/decide.h"
#include "server/auth/auth.h"

/*
 * What accounts say, for the decision about a command, and whether anybody listens to a source at
 * all. Pure: nothing is asked, logged but for two accounts that match, or remembered.
 */
struct auth_guard {
    struct network *network;
    struct auth_source source;
    const struct mask_source *mask;
    bool asked; /* who it is: */
    const struct account *account;
    char item[CAPABILITY_MAX + 1]; /* the anticapability that forbids the last command */
};

/* For one event. mask: the same source, folded. Both must outlive what is decided with the guard.
 */
struct decide_guard auth_guard_init(struct auth_guard *guard, struct network *n,
                                    const struct auth_source *source,
                                    const struct mask_source *mask);
/* As auth_account, looked for once. */
const struct account *auth_guard_account(struct auth_guard *guard);

enum auth_deaf {
    AUTH_LISTENS,
    AUTH_IGNORED,    /* the source: by a mask, its account's flag, or default_ignore */
    AUTH_LOBOTOMIZED /* the channel: nobody is heard in it */
};
/* channel: where it happens; NULL for none or several. what: the mask or the reason, as long as the
 * view and the accounts stay. Who has `trusted` is never ignored. */
enum auth_deaf auth_deaf(struct auth_guard *guard, const char *channel, const char **what);

#endif
