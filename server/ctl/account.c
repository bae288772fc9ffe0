#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "server/ctl/command.h"
#include "server/ctl/password.h"
#include "server/ctl/value.h"

/* Accounts and authorization profiles. */

/* ---- Edits ------------------------------------------------------------------------------------
 */

/* "alice: added", "alice: hostmasks *!*@a, *!*@b" */
static enum ctl_exit show_edit(const struct screen *screen, const json_t *result)
{
    const char *user = ctl_text(result, "user");
    const char *flag = ctl_text(result, "flag");
    char *items = ctl_join(json_object_get(result, "items"));
    char *what = *flag ? xasprintf("%s = %s", flag, ctl_bool(result, "value") ? "yes" : "no")
                 : *items
                     ? xasprintf("%s: %s", ctl_text(result, "list"), items)
                     : xasprintf("%s%s", ctl_text(result, "done"),
                                 ctl_bool(result, "owner") ? ", with the capability owner" : "");
    char *text =
        xasprintf("%s%s", what, ctl_number(result, "changed") ? "" : " (it was so already)");
    put_line(screen, *user ? user : ctl_text(result, "group"), text);
    put_notes(screen, result);
    free(items);
    free(what);
    free(text);
    return CTL_OK;
}

/* With the password that the command line must not hold. */
static enum ctl_exit run_with_password(const struct session *session, enum command command,
                                       json_t *args, bool needed)
{
    char *password = NULL;
    json_t *result = NULL;
    json_t *sent = json_copy(args);
    const bool given = json_object_get(args, "password-file") != NULL;
    enum ctl_exit status = CTL_OK;
    json_object_del(sent, "password-file");
    if (needed || given)
        status = password_read(ctl_text(args, "password-file"), &password);
    if (password && json_object_set_new(sent, "password", json_string(password)))
        status = ctl_complain(CTL_USAGE, "the password is no UTF-8");
    str_free_secret(password);
    if (status == CTL_OK)
        status = ctl_ask(session, command, sent, &result);
    if (status == CTL_OK && session->json)
        ctl_print_json(result);
    else if (status == CTL_OK)
        show_edit(&session->screen, result);
    json_decref(sent);
    json_decref(result);
    return status;
}

static enum ctl_exit run_user_add(const struct session *session, json_t *args)
{
    return run_with_password(session, COMMAND_USER_ADD, args, !ctl_bool(args, "no-password"));
}

static enum ctl_exit run_user_passwd(const struct session *session, json_t *args)
{
    return run_with_password(session, COMMAND_USER_PASSWD, args, true);
}

static enum ctl_exit run_group_add(const struct session *session, json_t *args)
{
    return run_with_password(session, COMMAND_GROUP_ADD, args,
                             !strcmp(ctl_text(args, "style"), "password"));
}

/* ---- Accounts ---------------------------------------------------------------------------------
 */

static const struct column user_columns[] = {
    {.title = "NAME"},
    {.title = "OWNER"},
    {.title = "PASSWORD", .rank = 2},
    {.title = "SECURE", .rank = 1},
    {.title = "IGNORED"},
    {.title = "CAPABILITIES", .right = true},
    {.title = "HOSTMASKS", .right = true, .rank = 3},
    {.title = "SERVICES", .right = true, .rank = 4},
};

/* All pages. */
static enum ctl_exit fetch_users(const struct session *session, json_t **all)
{
    char *from = xstrdup("");
    enum ctl_exit status = CTL_OK;
    *all = json_array();
    while (from && status == CTL_OK) {
        json_t *page = NULL;
        json_t *args = json_pack("{s:s}", "from", from);
        status = ctl_ask(session, COMMAND_USER_LIST, args, &page);
        const char *next = ctl_text(page, "next");
        free(from);
        from = *next ? xstrdup(next) : NULL;
        json_array_extend(*all, json_object_get(page, "users"));
        json_decref(args);
        json_decref(page);
    }
    free(from);
    return status;
}

static void put_users(const struct screen *screen, const json_t *users)
{
    size_t i;
    const json_t *user;
    struct table *table = TABLE("user", user_columns);
    json_array_foreach(users, i, user)
    {
        cell_text(table, user, "name");
        cell_yes(table, user, "owner");
        cell_yes(table, user, "password");
        cell_yes(table, user, "secure");
        cell_yes(table, user, "ignored");
        table_add_number(table, ctl_number(user, "capabilities"));
        table_add_number(table, ctl_number(user, "hostmasks"));
        table_add_number(table, ctl_number(user, "services"));
    }
    table_print(table, screen);
    if (!table_rows(table) && screen->human)
        puts("  (nobody; the first owner: user add NAME --owner)");
    table_free(table);
}

static enum ctl_exit run_user_list(const struct session *session, json_t *args)
{
    json_t *users = NULL;
    (void)args;
    enum ctl_exit status = fetch_users(session, &users);
    if (status == CTL_OK && session->json) {
        json_t *result = json_pack("{s:O}", "users", users);
        ctl_print_json(result);
        json_decref(result);
    } else if (status == CTL_OK) {
        put_users(&session->screen, users);
    }
    json_decref(users);
    return status;
}

static void put_list(const struct screen *screen, const char *name, const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        put_line(screen, name, json_string_value(item));
    }
}

static enum ctl_exit show_user(const struct screen *screen, const json_t *result)
{
    const json_t *user = json_object_get(result, "user");
    put_line(screen, "account", ctl_text(user, "name"));
    put_line(screen, "password", ctl_bool(user, "password") ? "set" : "none");
    put_line(screen, "secure", ctl_bool(user, "secure") ? "yes" : "no");
    put_line(screen, "ignored", ctl_bool(user, "ignored") ? "yes" : "no");
    put_list(screen, "capability", json_object_get(user, "capabilities"));
    put_list(screen, "hostmask", json_object_get(user, "hostmasks"));
    put_list(screen, "services account", json_object_get(user, "services"));
    put_list(screen, "profile", json_object_get(user, "groups"));
    return CTL_OK;
}

/* ---- Profiles ---------------------------------------------------------------------------------
 */

static const struct column group_columns[] = {
    {.title = "NAME"},
    {.title = "STYLE"},
    {.title = "MEMBERS", .right = true},
    {.title = "MODULES", .rank = 1, .least = 8},
    {.title = "DESCRIPTION", .rank = 2, .least = 16},
};

static enum ctl_exit show_groups(const struct screen *screen, const json_t *result)
{
    size_t i;
    const json_t *group;
    struct table *table = TABLE("group", group_columns);
    json_array_foreach(json_object_get(result, "groups"), i, group)
    {
        char *modules = ctl_join(json_object_get(group, "modules"));
        cell_text(table, group, "name");
        cell_text(table, group, "style");
        table_add_number(table, ctl_number(group, "members"));
        table_add(table, PAINT_NONE, modules, NULL);
        cell_text(table, group, "description");
        free(modules);
    }
    table_print(table, screen);
    if (!table_rows(table) && screen->human)
        puts("  (none)");
    table_free(table);
    return CTL_OK;
}

static enum ctl_exit show_group(const struct screen *screen, const json_t *result)
{
    const json_t *group = json_object_get(result, "group");
    put_line(screen, "profile", ctl_text(group, "name"));
    put_line(screen, "style", ctl_text(group, "style"));
    if (!strcmp(ctl_text(group, "style"), "password"))
        put_line(screen, "password", ctl_bool(group, "password") ? "set" : "none: nobody gets in");
    put_line(screen, "description", ctl_text(group, "description"));
    put_list(screen, "member", json_object_get(group, "members"));
    put_list(screen, "asked for by", json_object_get(group, "modules"));
    return CTL_OK;
}

void ctl_account_commands(struct ctl_command *commands)
{
    static const enum command edits[] = {COMMAND_USER_DROP,          COMMAND_USER_SET,
                                         COMMAND_USER_HOSTMASK_ADD,  COMMAND_USER_HOSTMASK_REMOVE,
                                         COMMAND_USER_SERVICES_ADD,  COMMAND_USER_SERVICES_REMOVE,
                                         COMMAND_GROUP_DROP,         COMMAND_GROUP_MEMBER_ADD,
                                         COMMAND_GROUP_MEMBER_REMOVE};
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        commands[edits[i]].show = show_edit;
    commands[COMMAND_USER_ADD].run = run_user_add;
    commands[COMMAND_USER_PASSWD].run = run_user_passwd;
    commands[COMMAND_USER_LIST].run = run_user_list;
    commands[COMMAND_USER_SHOW].show = show_user;
    commands[COMMAND_GROUP_LIST].show = show_groups;
    commands[COMMAND_GROUP_SHOW].show = show_group;
    commands[COMMAND_GROUP_ADD].run = run_group_add;
}
