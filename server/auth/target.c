#include "server/auth/target.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"

#define MAX_NAMED 4 /* profiles that a refusal names */

static void set(struct login_target *target, bool is_group, const char *name, const char *record)
{
    target->is_group = is_group;
    str_copy(target->name, sizeof target->name, name);
    target->record = xstrdup(record);
}

static void set_group(struct login_target *target, const struct auth_group *group)
{
    set(target, true, group->name, group->password);
}

static void set_account(struct login_target *target, const struct accounts *accounts,
                        const char *name)
{
    const struct account *account = accounts_user(accounts, name);
    set(target, false, account ? account->name : name, account ? account->password : "");
}

static size_t count_with_password(const struct accounts *accounts, const struct auth_group **last)
{
    size_t count = 0;
    for (size_t i = 0; i < accounts->ngroups; i++) {
        if (accounts->groups[i]->style != AUTH_PASSWORD)
            continue;
        *last = accounts->groups[i];
        count++;
    }
    return count;
}

static void write_choice(const struct accounts *accounts, char *why, size_t why_size)
{
    struct buf names = {0};
    size_t count = 0;
    for (size_t i = 0; i < accounts->ngroups; i++) {
        if (accounts->groups[i]->style != AUTH_PASSWORD || ++count > MAX_NAMED)
            continue;
        buf_printf(&names, "%s%s", count > 1 ? ", " : "", accounts->groups[i]->name);
    }
    snprintf(why, why_size,
             "Whose password is that? I did not look at it. Say: auth NAME PASSWORD, where NAME is "
             "your account or one of %.*s%s.",
             (int)names.len, buf_data(&names), count > MAX_NAMED ? ", and others" : "");
    buf_free(&names);
}

static void find_named(struct login_target *target, const struct accounts *accounts,
                       const char *name)
{
    const struct auth_group *group = accounts_group(accounts, name);
    if (group && group->style == AUTH_PASSWORD && !accounts_user(accounts, name))
        set_group(target, group);
    else
        set_account(target, accounts, name);
}

int login_target_find(struct login_target *target, const struct accounts *accounts,
                      const char *nick, const char *waits_for, const char *name, char *why,
                      size_t why_size)
{
    const struct auth_group *only = NULL;
    const struct auth_group *waiting = waits_for ? accounts_group(accounts, waits_for) : NULL;
    const bool of_nick = waiting && (waiting->style == AUTH_NICK || waiting->style == AUTH_USER);
    size_t count = count_with_password(accounts, &only);
    if (name && *name) {
        find_named(target, accounts, name);
    } else if (waiting && waiting->style == AUTH_PASSWORD) {
        set_group(target, waiting);
    } else if (of_nick || !count || accounts_user(accounts, nick)) {
        set_account(target, accounts, nick);
    } else if (count == 1) {
        set_group(target, only);
    } else {
        write_choice(accounts, why, why_size);
        return -1;
    }
    return 0;
}

void login_target_clear(struct login_target *target)
{
    free(target->record);
    target->record = NULL;
}
