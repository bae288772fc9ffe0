#include <string.h>

#include "base/xmalloc.h"
#include "registry/registry.h"
#include "server/admin/accounts.h"

static const char *name_of(const json_t *args)
{
    return command_text(args, "name");
}

/* ---- Showing ----------------------------------------------------------------------------------
 */

static json_t *modules_of(const struct server *server, const char *group)
{
    const struct snapshot *s = registry_snapshot(server->registry);
    json_t *modules = json_array();
    for (size_t i = 0; i < s->nmodules; i++)
        if (!strcmp(s->modules[i]->fields.auth_group, group))
            json_array_append_new(modules, json_string(s->modules[i]->name));
    return modules;
}

static json_t *group_object(const struct server *server, const struct auth_group *group)
{
    return json_pack("{s:s, s:s, s:b, s:o, s:I, s:o}", "name", group->name, "style",
                     auth_style_name(group->style), "password", *group->password != '\0',
                     "description", control_text(group->description), "members",
                     (json_int_t)(group->members ? group->members->count : 0), "modules",
                     modules_of(server, group->name));
}

static int run_list(void *arg, json_t *args, json_t **result, char **error)
{
    const struct accounts *accounts = admin_accounts(arg);
    json_t *groups = json_array();
    (void)args;
    (void)error;
    for (size_t i = 0; i < accounts->ngroups; i++)
        json_array_append_new(groups, group_object(arg, accounts->groups[i]));
    *result = json_pack("{s:o}", "groups", groups);
    return 0;
}

static int run_show(void *arg, json_t *args, json_t **result, char **error)
{
    const struct auth_group *group = accounts_group(admin_accounts(arg), name_of(args));
    if (!group) {
        *error = xasprintf("there is no profile \"%.64s\"; group list names them", name_of(args));
        return -1;
    }
    json_t *object = group_object(arg, group);
    json_object_set_new(object, "members", admin_items(group->members));
    *result = json_pack("{s:o}", "group", object);
    return 0;
}

/* ---- Editing ----------------------------------------------------------------------------------
 */

static void add(struct server *server, const json_t *args, const char *record,
                struct control_request *request)
{
    const char *style = command_text(args, "style");
    struct admin_edit e = admin_edit_begin(
        server, args, request,
        json_pack("{s:s, s:s, s:s}", "group", name_of(args), "done", "added", "style", style));
    admin_edit_end(&e,
                   registry_edit_group_new(e.edit, name_of(args), style, record,
                                           command_text(args, "description"), e.why, sizeof e.why));
}

static void begin_add(void *arg, json_t *args, struct control_request *request)
{
    if (!strcmp(command_text(args, "style"), "password"))
        admin_hash(arg, args, request, add);
    else if (json_object_get(args, "password"))
        control_fail(request, "only a profile of the style password has a password of its own");
    else
        add(arg, args, "", request);
}

static void begin_drop(void *arg, json_t *args, struct control_request *request)
{
    size_t i;
    const json_t *module;
    struct admin_edit e = admin_edit_begin(
        arg, args, request, json_pack("{s:s, s:s}", "group", name_of(args), "done", "dropped"));
    json_t *modules = modules_of(arg, name_of(args));
    json_array_foreach(modules, i, module)
    {
        admin_note(e.result,
                   xasprintf("%s still asks for it, and so is closed: module unset %s auth_group",
                             json_string_value(module), json_string_value(module)));
    }
    json_decref(modules);
    admin_edit_end(&e, registry_edit_group_drop(e.edit, name_of(args), e.why, sizeof e.why));
}

static int add_member(struct admin_edit *e, const char *item)
{
    return registry_edit_group_member(e->edit, name_of(e->args), item, true, e->why, sizeof e->why);
}

static int remove_member(struct admin_edit *e, const char *item)
{
    return registry_edit_group_member(e->edit, name_of(e->args), item, false, e->why,
                                      sizeof e->why);
}

static void edit_members(void *arg, json_t *args, struct control_request *request,
                         int (*edit)(struct admin_edit *e, const char *item))
{
    struct admin_edit e = admin_edit_begin(
        arg, args, request, json_pack("{s:s, s:s}", "group", name_of(args), "list", "members"));
    admin_edit_end(&e, admin_edit_items(&e, edit));
}

static void begin_member_add(void *arg, json_t *args, struct control_request *request)
{
    edit_members(arg, args, request, add_member);
}

static void begin_member_remove(void *arg, json_t *args, struct control_request *request)
{
    edit_members(arg, args, request, remove_member);
}

void admin_group_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_GROUP_LIST].run = run_list;
    handlers[COMMAND_GROUP_SHOW].run = run_show;
    handlers[COMMAND_GROUP_ADD].begin = begin_add;
    handlers[COMMAND_GROUP_DROP].begin = begin_drop;
    handlers[COMMAND_GROUP_MEMBER_ADD].begin = begin_member_add;
    handlers[COMMAND_GROUP_MEMBER_REMOVE].begin = begin_member_remove;
}
