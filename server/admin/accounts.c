#include "server/admin/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/link/conn.h"
#include "registry/registry.h"
#include "server/auth/auth.h"
#include "server/network.h"

/* ---- Edits ------------------------------------------------------------------------------------
 */

struct admin_edit admin_edit_begin(void *server, const json_t *args,
                                   struct control_request *request, json_t *result)
{
    return (struct admin_edit){.server = server,
                               .args = args,
                               .request = request,
                               .edit = registry_edit_new(),
                               .result = result};
}

void admin_edit_end(struct admin_edit *e, int failed)
{
    if (!failed) {
        admin_commit(e->server, e->edit, e->result, e->request);
        return;
    }
    registry_edit_free(e->edit);
    json_decref(e->result);
    control_fail(e->request, "%s", e->why);
}

int admin_edit_items(struct admin_edit *e, int (*add)(struct admin_edit *e, const char *item))
{
    size_t i;
    const json_t *item;
    json_t *items = json_object_get(e->args, "items");
    json_object_set(e->result, "items", items);
    json_array_foreach(items, i, item)
    {
        if (add(e, json_string_value(item)))
            return -1;
    }
    return 0;
}

/* ---- What is there ----------------------------------------------------------------------------
 */

const struct accounts *admin_accounts(const struct server *server)
{
    return snapshot_accounts(registry_snapshot(server->registry));
}

const struct account *admin_account(const struct server *server, const char *name, char **error)
{
    const struct account *account = accounts_user(admin_accounts(server), name);
    if (!account)
        *error = xasprintf("there is no account \"%.64s\"; user list names them", name);
    return account;
}

int admin_fold_channel(const struct server *server, const char *network, const char *channel,
                       char dst[CHANNEL_MAX_NAME + 1], char *why, size_t why_size)
{
    const struct network *n = network_find(server, network);
    if (!*network || !n) {
        snprintf(why, why_size,
                 *network ? "there is no network \"%.60s\" here; network list names them"
                          : "a channel is of one network: say which with --network NET%.0s",
                 network);
        return -1;
    }
    if (!*channel || !strchr("#&+!", *channel) || strlen(channel) > CHANNEL_MAX_NAME ||
        strpbrk(channel, " ,\a\r\n")) {
        snprintf(why, why_size, "\"%.100s\" is no channel (those begin with #, &, + or !)",
                 channel);
        return -1;
    }
    /* Until it is connected nobody knows what the network folds besides letters. */
    if (conn_state(n->conn) != CONN_ONLINE && strpbrk(channel, "[]\\^{}|~")) {
        snprintf(why, why_size,
                 "how %.60s reads \"%.60s\" is not known until the bot is connected there", network,
                 channel);
        return -1;
    }
    irc_fold_copy(irc_state_isupport(n->state)->casemapping, dst, CHANNEL_MAX_NAME + 1, channel);
    return 0;
}

json_t *admin_capabilities(const struct capability_set *set)
{
    char name[CAPABILITY_MAX + 1];
    json_t *list = json_array();
    for (size_t i = 0; i < capability_set_count(set); i++)
        json_array_append_new(
            list, control_text(capability_write(capability_set_at(set, i), name, sizeof name)));
    return list;
}

json_t *admin_items(const struct item_list *list)
{
    json_t *items = json_array();
    for (size_t i = 0; list && i < list->count; i++)
        json_array_append_new(items, control_text(list->items[i]));
    return items;
}

/* ---- Passwords --------------------------------------------------------------------------------
 */

struct hashing {
    struct server *server;
    json_t *args;
    struct control_request *request;
    admin_hashed_fn *then;
};

static void on_hashed(void *arg, const char *record, const char *text)
{
    struct hashing *h = arg;
    if (record)
        h->then(h->server, h->args, record, h->request);
    else
        control_fail(h->request, "%s", text);
    json_decref(h->args);
    free(h);
}

/* The text is the object's own, so that it can be overwritten in place. */
static void wipe(json_t *text)
{
    explicit_bzero((char *)json_string_value(text), json_string_length(text));
}

void admin_hash(struct server *server, json_t *args, struct control_request *request,
                admin_hashed_fn *then)
{
    json_t *password = json_object_get(args, "password");
    if (!password) {
        control_fail(request, "a password is needed: seshetctl asks for it");
        return;
    }
    char *copy = xstrdup(json_string_value(password));
    struct hashing *h = xmalloc(sizeof *h);
    *h = (struct hashing){server, json_incref(args), request, then};
    wipe(password);
    auth_hash(server, copy, on_hashed, h);
    explicit_bzero(copy, strlen(copy));
    free(copy);
}
