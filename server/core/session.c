#include <string.h>

#include "server/core/core.h"
#include "server/core/run.h"

/*
 * Who is speaking. Passwords belong into private messages; those that were said in a channel are
 * not even looked at, so that nobody learns there whether they are right.
 */

bool core_secret_in_private(const struct command_call *call)
{
    if (call->event->is_private)
        return true;
    if (*call->args)
        core_notice(call,
                    "I do not take passwords in a channel: everybody has read it. If it was a "
                    "real one, change it. Say to me in private: %s %s",
                    call->command->name, call->command->usage);
    else
        core_notice(call, "Say that to me in private: %s %s", call->command->name,
                    call->command->usage);
    return false;
}

static void on_login(void *arg, const char *account, const char *text)
{
    (void)account;
    core_later_end(arg, "%s", text);
}

void core_auth(const struct command_call *call)
{
    char name[CORE_WORD_SIZE];
    const struct auth_source source = core_source(call);
    if (!core_secret_in_private(call))
        return;
    const char *password = core_word(call->args, name);
    if (!*name) {
        core_reply_usage(call);
        return;
    }
    /* One word alone is a password. */
    auth_login(call->network, &source, *password ? name : NULL, *password ? password : name,
               on_login, core_later_new(call));
    explicit_bzero(name, sizeof name);
}

void core_logout(const struct command_call *call)
{
    const struct auth_source source = core_source(call);
    bool ended = auth_session_end(call->network, call->event->nick);
    const struct account *still = auth_account(call->network, &source);
    if (still)
        command_reply(call, "%s you are still known as %s, by %s.",
                      ended ? "Your session has ended, but" : "You have no session;", still->name,
                      auth_account_how(call->network, &source));
    else
        command_reply(call, ended ? "Your session has ended." : "You have no session here.");
}

void core_whoami(const struct command_call *call)
{
    const struct auth_source source = core_source(call);
    const struct account *account = auth_account(call->network, &source);
    const char *how = auth_account_how(call->network, &source);
    if (account)
        command_reply(call, "You are %s, known by %s.", account->name, how);
    else
        command_reply(call, "I do not know you%s%s.", *how ? ": " : "", how);
}
