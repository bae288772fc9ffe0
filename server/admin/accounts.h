#ifndef SERVER_ADMIN_ACCOUNTS_H
#define SERVER_ADMIN_ACCOUNTS_H

#include "registry/account_edit.h"
#include "registry/accounts.h"
#include "registry/fields.h"
#include "server/admin/admin.h"

/* What the commands for accounts, capabilities, policies and profiles have in common. */

/* One edit on its way. */
struct admin_edit {
    struct server *server;
    const json_t *args;
    struct control_request *request;
    struct registry_edit *edit;
    json_t *result;
    char why[REGISTRY_WHY_SIZE];
};

/* result: what is going to be answered; taken over. */
struct admin_edit admin_edit_begin(void *server, const json_t *args,
                                   struct control_request *request, json_t *result);
/* Commits, or if it failed answers with e->why. */
void admin_edit_end(struct admin_edit *e, int failed);
/* add() for each of the texts in "items", up to the first that fails; puts them into the result. */
int admin_edit_items(struct admin_edit *e, int (*add)(struct admin_edit *e, const char *item));

const struct accounts *admin_accounts(const struct server *server);
/* The account, or NULL and *error. */
const struct account *admin_account(const struct server *server, const char *name, char **error);

/* The channel as the network folds it. 0, or -1 and why: the network must be known here, and must
 * have told how it folds what is in the name. */
int admin_fold_channel(const struct server *server, const char *network, const char *channel,
                       char dst[CHANNEL_MAX_NAME + 1], char *why, size_t why_size);

/* ["x", "-y"]; set NULL: [] */
json_t *admin_capabilities(const struct capability_set *set);
json_t *admin_items(const struct item_list *list);

/* The password in the arguments is hashed off the loop and wiped there. then() runs once, with the
 * record, unless the request has failed. */
typedef void admin_hashed_fn(struct server *server, const json_t *args, const char *record,
                             struct control_request *request);
void admin_hash(struct server *server, json_t *args, struct control_request *request,
                admin_hashed_fn *then);

#endif
