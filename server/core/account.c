#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/password.h"
#include "registry/registry.h"
#include "server/core/core.h"
#include "server/core/run.h"

/* ---- Registering ------------------------------------------------------------------------------
 */

struct registering {
    struct core_later *later;
    char *name;
    char *host;
};

/* With the password hashed. 0, or -1 and what speaks against it now. */
static int prepare(const struct registering *r, struct registry_edit *edit, const char *record,
                   char *why, size_t why_size)
{
    struct network *n = core_later_network(r->later);
    if (!n) {
        str_copy(why, why_size, "the network is gone");
        return -1;
    }
    /* Others from there may have been hashed meanwhile. */
    if (auth_may_register(n, r->host, why, why_size) ||
        registry_edit_user_new(edit, r->name, record, why, why_size))
        return -1;
    /* What cannot be written makes no account. */
    if (registry_state(n->server->registry) == REGISTRY_SYNCED)
        auth_registers(n, r->host);
    return 0;
}

static void on_hashed(void *arg, const char *record, const char *text)
{
    struct registering *r = arg;
    char why[REGISTRY_WHY_SIZE];
    struct registry_edit *edit = registry_edit_new();
    if (!record || prepare(r, edit, record, why, sizeof why)) {
        core_later_end(r->later, "Not done: %s", record ? why : text);
        registry_edit_free(edit);
    } else {
        core_commit_later(
            r->later, edit,
            xasprintf("You are registered as %s. Now say: auth %s PASSWORD", r->name, r->name));
    }
    free(r->name);
    free(r->host);
    free(r);
}

/* "auth NAME PASSWORD" means profiles too: nobody stands before one of them. */
static bool is_profile(const struct accounts *accounts, const char *name)
{
    for (size_t i = 0; i < accounts->ngroups; i++)
        if (irc_equal(CASEMAPPING_ASCII, accounts->groups[i]->name, name))
            return true;
    return false;
}

/* What speaks against a new account of that name; NULL: nothing. */
static const char *cannot_register(const struct command_call *call, const char *name)
{
    const struct network *n = call->network;
    const struct auth_source source = core_source(call);
    const struct accounts *accounts = snapshot_accounts(registry_snapshot(n->server->registry));
    if (accounts_registration(accounts, n->key) == REGISTRATION_CLOSED)
        return "new accounts are made by the administrators only";
    if (auth_account(call->network, &source))
        return "you have an account already; whoami names it";
    /* As no nick does; it would look like an option of seshetctl. */
    if (!account_name_valid(name) || *name == '-')
        return "a name is made of letters, digits and -[]\\`_^{}|, with no - in front";
    if (accounts_user(accounts, name) || is_profile(accounts, name))
        return "that name is taken";
    return NULL;
}

void core_register(const struct command_call *call)
{
    char name[CORE_WORD_SIZE];
    char why[REGISTRY_WHY_SIZE];
    if (!core_secret_in_private(call))
        return;
    const char *password = core_word(call->args, name);
    if (!*password) {
        core_reply_usage(call);
        return;
    }
    const char *against = cannot_register(call, name);
    if (!against && (password_acceptable(password, why, sizeof why) ||
                     auth_may_register(call->network, call->event->host, why, sizeof why)))
        against = why;
    if (against) {
        command_reply(call, "Not done: %s.", against);
        return;
    }
    struct registering *r = xmalloc(sizeof *r);
    *r = (struct registering){core_later_new(call), xstrdup(name), xstrdup(call->event->host)};
    auth_hash(call->network->server, password, on_hashed, r);
}

/* ---- A new password ---------------------------------------------------------------------------
 */

struct change {
    struct core_later *later;
    char *nick;
    char *password; /* the new one; NULL when it was hashed */
    char *account;
    char *old; /* the record that the old password was checked against */
};

static void end_change(struct change *change)
{
    str_free_secret(change->password);
    free(change->nick);
    free(change->account);
    free(change->old);
    free(change);
}

static void on_new_hashed(void *arg, const char *record, const char *text)
{
    struct change *change = arg;
    char why[REGISTRY_WHY_SIZE];
    struct registry_edit *edit = registry_edit_new();
    if (!record ||
        registry_edit_user_password(edit, change->account, change->old, record, why, sizeof why)) {
        core_later_end(change->later, "Not done: %s", record ? why : text);
        registry_edit_free(edit);
    } else {
        struct network *n = core_later_network(change->later);
        if (n)
            auth_session_keep(n, change->nick, record);
        core_commit_later(change->later, edit,
                          xasprintf("The password of %s is changed.", change->account));
    }
    end_change(change);
}

static void on_old_checked(void *arg, const char *name, const char *text)
{
    struct change *change = arg;
    struct server *server = core_later_server(change->later);
    const struct account *account =
        name ? accounts_user(snapshot_accounts(registry_snapshot(server->registry)), name) : NULL;
    if (!account) {
        core_later_end(change->later, "Not done: %s", text);
        end_change(change);
        return;
    }
    change->account = xstrdup(name);
    change->old = xstrdup(account->password);
    auth_hash(server, change->password, on_new_hashed, change);
    str_free_secret(change->password);
    change->password = NULL;
}

void core_passwd(const struct command_call *call)
{
    char old[CORE_WORD_SIZE];
    char why[REGISTRY_WHY_SIZE];
    const struct auth_source source = core_source(call);
    if (!core_secret_in_private(call))
        return;
    const char *password = core_word(call->args, old);
    const struct account *account = auth_account(call->network, &source);
    if (!*password)
        core_reply_usage(call);
    else if (!account)
        command_reply(call, "I do not know who you are. Say first: auth NAME PASSWORD");
    else if (password_acceptable(password, why, sizeof why))
        command_reply(call, "Not done: %s", why);
    else {
        struct change *change = xmalloc(sizeof *change);
        *change = (struct change){.later = core_later_new(call),
                                  .nick = xstrdup(call->event->nick),
                                  .password = xstrdup(password)};
        auth_login(call->network, &source, account->name, old, on_old_checked, change);
    }
    explicit_bzero(old, sizeof old);
}
