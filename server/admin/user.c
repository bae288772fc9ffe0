#include <string.h>

#include "base/str.h"
#include "server/admin/accounts.h"

#define PAGE 500 /* accounts in one answer */

static const char *name_of(const json_t *args)
{
    return command_text(args, "name");
}

/* ---- Showing ----------------------------------------------------------------------------------
 */

static bool is_owner(const struct account *account)
{
    static const struct capability owner = {.name = "owner"};
    return capability_set_says(account->capabilities, "", CASEMAPPING_ASCII, &owner, NULL) > 0;
}

static json_t *row(const struct account *account)
{
    return json_pack("{s:s, s:b, s:b, s:b, s:b, s:I, s:I, s:I}", "name", account->name, "owner",
                     is_owner(account), "password", *account->password != '\0', "secure",
                     account->secure, "ignored", account->ignored, "capabilities",
                     (json_int_t)capability_set_count(account->capabilities), "hostmasks",
                     (json_int_t)(account->hostmasks ? account->hostmasks->count : 0), "services",
                     (json_int_t)(account->services ? account->services->count : 0));
}

/* So many at a time that the loop goes on in between: the last name is where the next page begins.
 */
static int run_list(void *arg, json_t *args, json_t **result, char **error)
{
    const struct accounts *accounts = admin_accounts(arg);
    const struct account *const *all = accounts_users(accounts);
    const char *from = command_text(args, "from");
    json_t *users = json_array();
    size_t i = 0;
    (void)error;
    while (i < accounts->nusers && *from && strcmp(all[i]->name, from) <= 0)
        i++;
    for (size_t most = i + PAGE; i < accounts->nusers && i < most; i++)
        json_array_append_new(users, row(all[i]));
    *result = json_pack("{s:o}", "users", users);
    if (i < accounts->nusers)
        json_object_set_new(*result, "next", json_string(all[i - 1]->name));
    return 0;
}

static json_t *groups_of(const struct accounts *accounts, const char *name)
{
    json_t *groups = json_array();
    for (size_t i = 0; i < accounts->ngroups; i++) {
        const struct auth_group *group = accounts->groups[i];
        for (size_t m = 0; group->members && m < group->members->count; m++)
            if (group->style != AUTH_NICKSERV &&
                irc_equal(CASEMAPPING_ASCII, group->members->items[m], name)) {
                json_array_append_new(groups, json_string(group->name));
                break;
            }
    }
    return groups;
}

static int run_show(void *arg, json_t *args, json_t **result, char **error)
{
    const struct account *account = admin_account(arg, name_of(args), error);
    if (!account)
        return -1;
    json_t *user = row(account);
    json_object_set_new(user, "capabilities", admin_capabilities(account->capabilities));
    json_object_set_new(user, "hostmasks", admin_items(account->hostmasks));
    json_object_set_new(user, "services", admin_items(account->services));
    json_object_set_new(user, "groups", groups_of(admin_accounts(arg), account->name));
    *result = json_pack("{s:o}", "user", user);
    return 0;
}

/* ---- Accounts ---------------------------------------------------------------------------------
 */

static void add(struct server *server, const json_t *args, const char *record,
                struct control_request *request)
{
    const bool owner = command_flag(args, "owner");
    const struct capability_place place = {
        .holder = HOLDER_USER, .name = name_of(args), .network = "", .channel = ""};
    struct admin_edit e =
        admin_edit_begin(server, args, request,
                         json_pack("{s:s, s:s, s:b, s:b}", "user", name_of(args), "done", "added",
                                   "owner", owner, "password", *record != '\0'));
    int failed = registry_edit_user_new(e.edit, name_of(args), record, e.why, sizeof e.why);
    if (!failed && owner)
        failed = registry_edit_capability(e.edit, &place, "owner", true, e.why, sizeof e.why);
    admin_edit_end(&e, failed);
}

static void begin_add(void *arg, json_t *args, struct control_request *request)
{
    if (!command_flag(args, "no-password"))
        admin_hash(arg, args, request, add);
    else if (json_object_get(args, "password"))
        control_fail(request, "--no-password, and yet a password: decide for one");
    else
        add(arg, args, "", request);
}

static void begin_drop(void *arg, json_t *args, struct control_request *request)
{
    struct admin_edit e = admin_edit_begin(
        arg, args, request, json_pack("{s:s, s:s}", "user", name_of(args), "done", "dropped"));
    admin_edit_end(&e, registry_edit_user_drop(e.edit, name_of(args), e.why, sizeof e.why));
}

static void set_password(struct server *server, const json_t *args, const char *record,
                         struct control_request *request)
{
    struct admin_edit e =
        admin_edit_begin(server, args, request,
                         json_pack("{s:s, s:s}", "user", name_of(args), "done", "password set"));
    admin_edit_end(
        &e, registry_edit_user_password(e.edit, name_of(args), NULL, record, e.why, sizeof e.why));
}

static void begin_passwd(void *arg, json_t *args, struct control_request *request)
{
    admin_hash(arg, args, request, set_password);
}

static void begin_set(void *arg, json_t *args, struct control_request *request)
{
    bool on;
    const char *flag = command_text(args, "flag");
    if (str_parse_bool(command_text(args, "value"), &on)) {
        control_fail(request, "%.40s must be yes or no", flag);
        return;
    }
    struct admin_edit e = admin_edit_begin(
        arg, args, request,
        json_pack("{s:s, s:s, s:b}", "user", name_of(args), "flag", flag, "value", on));
    admin_edit_end(&e,
                   registry_edit_user_flag(e.edit, name_of(args), flag, on, e.why, sizeof e.why));
}

/* ---- What it is known by ----------------------------------------------------------------------
 */

static int add_hostmask(struct admin_edit *e, const char *item)
{
    return registry_edit_hostmask(e->edit, name_of(e->args), item, true, e->why, sizeof e->why);
}

static int remove_hostmask(struct admin_edit *e, const char *item)
{
    return registry_edit_hostmask(e->edit, name_of(e->args), item, false, e->why, sizeof e->why);
}

static int add_services(struct admin_edit *e, const char *item)
{
    return registry_edit_services(e->edit, name_of(e->args), item, true, e->why, sizeof e->why);
}

static int remove_services(struct admin_edit *e, const char *item)
{
    return registry_edit_services(e->edit, name_of(e->args), item, false, e->why, sizeof e->why);
}

static void edit_items(void *arg, json_t *args, struct control_request *request, const char *list,
                       int (*edit)(struct admin_edit *e, const char *item))
{
    struct admin_edit e = admin_edit_begin(
        arg, args, request, json_pack("{s:s, s:s}", "user", name_of(args), "list", list));
    admin_edit_end(&e, admin_edit_items(&e, edit));
}

static void begin_hostmask_add(void *arg, json_t *args, struct control_request *request)
{
    edit_items(arg, args, request, "hostmasks", add_hostmask);
}

static void begin_hostmask_remove(void *arg, json_t *args, struct control_request *request)
{
    edit_items(arg, args, request, "hostmasks", remove_hostmask);
}

static void begin_services_add(void *arg, json_t *args, struct control_request *request)
{
    edit_items(arg, args, request, "services", add_services);
}

static void begin_services_remove(void *arg, json_t *args, struct control_request *request)
{
    edit_items(arg, args, request, "services", remove_services);
}

void admin_user_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_USER_LIST].run = run_list;
    handlers[COMMAND_USER_SHOW].run = run_show;
    handlers[COMMAND_USER_ADD].begin = begin_add;
    handlers[COMMAND_USER_DROP].begin = begin_drop;
    handlers[COMMAND_USER_PASSWD].begin = begin_passwd;
    handlers[COMMAND_USER_SET].begin = begin_set;
    handlers[COMMAND_USER_HOSTMASK_ADD].begin = begin_hostmask_add;
    handlers[COMMAND_USER_HOSTMASK_REMOVE].begin = begin_hostmask_remove;
    handlers[COMMAND_USER_SERVICES_ADD].begin = begin_services_add;
    handlers[COMMAND_USER_SERVICES_REMOVE].begin = begin_services_remove;
}
