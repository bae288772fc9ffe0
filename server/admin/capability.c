#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "server/admin/accounts.h"
#include "server/admin/capability_ask.h"
#include "server/auth/auth.h"
#include "server/network.h"

#define MAX_NAME IRC_STATE_MAX_NAME

/* "capability check": who is asked about. */
struct asking {
    struct network *network;
    const json_t *args;
    char nick[MAX_NAME + 1];
    char user[MAX_NAME + 1];
    char host[MAX_NAME + 1];
    const char *services;
    json_t *result;
};

/* ---- Who --------------------------------------------------------------------------------------
 */

static int find_network(struct asking *a, const struct server *server, char **error)
{
    if (*command_text(a->args, "network"))
        a->network = admin_network(server, a->args, error);
    else if (HASH_COUNT(server->networks) == 1)
        a->network = server->networks;
    else
        *error = xstrdup("there is more than one network: say which with --network NET");
    return a->network ? 0 : -1;
}

/* "nick!user@host", or a nick that the bot knows. 0, or -1 and *error. */
static int read_source(struct asking *a, char **error)
{
    const char *text = command_text(a->args, "source");
    const char *services = command_text(a->args, "services");
    const char *user = strchr(text, '!');
    const char *host = user ? strchr(user, '@') : NULL;
    const struct irc_user *known = NULL;
    size_t nick_len = user ? (size_t)(user - text) : strlen(text);
    a->services = *services ? services : NULL;
    if (!*text)
        return 0;
    if (!nick_len || nick_len > MAX_NAME || (user && !host) ||
        (host && (host - user > MAX_NAME || strlen(host) > MAX_NAME))) {
        *error = xasprintf("\"%.100s\" is no source: write NICK!USER@HOST, or the nick of somebody "
                           "who shares a channel with the bot",
                           text);
        return -1;
    }
    snprintf(a->nick, sizeof a->nick, "%.*s", (int)nick_len, text);
    known = irc_user_find(a->network->state, a->nick);
    if (host) {
        snprintf(a->user, sizeof a->user, "%.*s", (int)(host - user - 1), user + 1);
        str_copy(a->host, sizeof a->host, host + 1);
    } else if (known) {
        str_copy(a->user, sizeof a->user, irc_user_user(known));
        str_copy(a->host, sizeof a->host, irc_user_host(known));
    } else {
        admin_note(
            a->result,
            xasprintf("%s shares no channel with the bot: user and host are not known", a->nick));
    }
    if (!a->services && known && !strcmp(a->host, irc_user_host(known)))
        a->services = irc_user_account(known);
    return 0;
}

/* The account, and how it is known. 0, or -1 and *error. */
static int find_account(struct asking *a, const struct server *server,
                        const struct account **account, char **error)
{
    const char *name = command_text(a->args, "account");
    const struct auth_source source = {a->nick, a->user, a->host, a->services};
    const char *how = "no source is named";
    *account = NULL;
    if (*name) {
        *account = admin_account(server, name, error);
        how = "named with --account";
        if (!*account)
            return -1;
    } else if (*a->nick) {
        *account = auth_account(a->network, &source);
        how = auth_account_how(a->network, &source);
    }
    json_object_set_new(a->result, "account",
                        *account ? json_string((*account)->name) : json_null());
    json_object_set_new(a->result, "how", control_text(how));
    return 0;
}

/* ---- The command ------------------------------------------------------------------------------
 */

static int ask(struct asking *a, const struct server *server, char **error)
{
    const struct account *account;
    const struct capability_question question = {.capability = command_text(a->args, "capability"),
                                                 .command = command_text(a->args, "command"),
                                                 .channel = command_text(a->args, "channel")};
    if (find_network(a, server, error) || read_source(a, error) ||
        find_account(a, server, &account, error))
        return -1;
    json_object_set_new(a->result, "network", control_text(a->network->key));
    return capability_ask(a->network, account, &question, a->result, error);
}

static int run_check(void *arg, json_t *args, json_t **result, char **error)
{
    struct asking a = {.args = args};
    a.result =
        json_pack("{s:s, s:s, s:s, s:s}", "source", command_text(args, "source"), "channel",
                  command_text(args, "channel"), "capability", command_text(args, "capability"),
                  "command", command_text(args, "command"));
    if (ask(&a, arg, error)) {
        json_decref(a.result);
        return -1;
    }
    if (!command_flag(args, "explain"))
        json_object_del(a.result, "steps");
    *result = a.result;
    return 0;
}

void admin_capability_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_CAPABILITY_CHECK].run = run_check;
}
