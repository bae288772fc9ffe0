#include "server/admin/check_accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/account_overlap.h"

/* With more accounts than that, overlaps would keep the loop for too long. */
#define MAX_OVERLAPS 500

/* ---- Networks that nobody has ---- */

static void check_network(const struct account_finder *f, const char *key, const char *what,
                          const char *network)
{
    if (*network && !f->network_known(f->arg, network))
        f->warn(f->arg, key,
                xasprintf("%s is for the network %s, which is not configured (that is right if "
                          "another server has it)",
                          what, network),
                NULL);
}

static void check_items(const struct account_finder *f, const char *key,
                        const struct item_list *list)
{
    for (size_t i = 0; list && i < list->count; i++) {
        const char *item;
        size_t len;
        list_item_split(list->items[i], &item, &len);
        char *network = xstrndup(list->items[i], len);
        check_network(f, key, list->items[i], network);
        free(network);
    }
}

/* own: of an account; otherwise a default set, in which privileged names mean nothing. */
static void check_capabilities(const struct account_finder *f, const char *key,
                               const struct capability_set *set, bool own)
{
    char text[CAPABILITY_MAX + 2];
    for (size_t i = 0; set && i < capability_set_count(set); i++) {
        const struct capability *c = capability_set_at(set, i);
        capability_write(c, text, sizeof text);
        check_network(f, key, text, c->network);
        if (!own && !c->anti && (capability_privileged(c->name) || f->is_declared(f->arg, c->name)))
            f->warn(f->arg, key,
                    xasprintf("%s does nothing here: nobody has it by default, it is given to "
                              "accounts by name",
                              text),
                    NULL);
    }
}

/* ---- Users ---- */

static void check_overlaps(const struct account_finder *f, const struct accounts *a,
                           const struct account *user, const char *key)
{
    for (size_t i = 0; user->hostmasks && i < user->hostmasks->count; i++) {
        const char *mask = user->hostmasks->items[i];
        const struct account *other = account_overlap_hostmask(a, user->name, mask);
        if (other)
            f->warn(f->arg, key,
                    xasprintf("%s overlaps a hostmask of %s: whom both match counts as nobody",
                              mask, other->name),
                    xasprintf("seshetctl user hostmask remove %s '%s'", user->name, mask));
    }
}

/* Whether it has owner; counted whether or not it can be used. */
static bool check_user(const struct account_finder *f, const struct accounts *a,
                       const struct account *user)
{
    const struct capability owner = {.name = "owner"};
    char *key = xasprintf("user:%s", user->name);
    char *hostmasks = xasprintf("%s:hostmasks", key);
    char *services = xasprintf("%s:services", key);
    char *capabilities = xasprintf("%s:capabilities", key);
    if (!*user->password && !user->hostmasks && !user->services)
        f->hint(f->arg, key,
                xasprintf("nobody can be %s: no password, no hostmask, no services account",
                          user->name),
                xasprintf("seshetctl user passwd %s", user->name));
    check_items(f, hostmasks, user->hostmasks);
    check_items(f, services, user->services);
    check_capabilities(f, capabilities, user->capabilities, true);
    if (a->nusers <= MAX_OVERLAPS)
        check_overlaps(f, a, user, hostmasks);
    free(key);
    free(hostmasks);
    free(services);
    free(capabilities);
    return user->capabilities &&
           capability_set_says(user->capabilities, "", CASEMAPPING_ASCII, &owner, NULL) > 0;
}

static void check_users(const struct account_finder *f, const struct accounts *a)
{
    const struct account *const *users = accounts_users(a);
    bool owner = false;
    for (size_t i = 0; i < a->nusers; i++)
        owner = check_user(f, a, users[i]) || owner;
    if (a->nusers && !owner)
        f->hint(f->arg, "users", xstrdup("no account has owner"),
                xstrdup("seshetctl capability add --user NAME owner"));
}

/* ---- Profiles ---- */

static void check_group(const struct account_finder *f, const struct accounts *a,
                        const struct auth_group *group)
{
    char *key = xasprintf("auth_group:%s", group->name);
    char *members = xasprintf("%s:members", key);
    size_t count = group->members ? group->members->count : 0;
    if (group->style == AUTH_PASSWORD && !*group->password)
        f->warn(f->arg, key, xstrdup("the profile has no password: it lets nobody in"), NULL);
    if (group->style == AUTH_NICKSERV)
        check_items(f, members, group->members);
    for (size_t i = 0; group->style != AUTH_NICKSERV && i < count; i++)
        if (!accounts_user(a, group->members->items[i]))
            f->warn(f->arg, members,
                    xasprintf("the member %s is no account", group->members->items[i]),
                    xasprintf("seshetctl group member remove %s '%s'", group->name,
                              group->members->items[i]));
    free(members);
    free(key);
}

/* A module that asks for a profile which is not there is shut. */
static void check_use(const struct account_finder *f, const struct accounts *a,
                      const struct module_def *def, const char *network)
{
    const char *group = def->fields.auth_group;
    if (!*group || !strcmp(group, FIELD_NOBODY) || accounts_group(a, group))
        return;
    char *key = xasprintf("%s%s%smodule:%s", *network ? "network:" : "", network,
                          *network ? ":" : "", def->name);
    f->warn(f->arg, key,
            xasprintf("auth_group is %s, and there is no such profile: nobody may use the "
                      "module's commands",
                      group),
            xasprintf("seshetctl group add %s --style user", group));
    free(key);
}

static void check_uses(const struct account_finder *f, const struct snapshot *s)
{
    const struct accounts *a = snapshot_accounts(s);
    for (size_t i = 0; i < s->nmodules; i++)
        check_use(f, a, s->modules[i], "");
    for (size_t i = 0; i < s->nnetworks; i++)
        for (size_t j = 0; j < s->networks[i]->count; j++)
            check_use(f, a, s->networks[i]->modules[j], s->networks[i]->network);
}

/* ---- Policies and channels ---- */

static void check_policy(const struct account_finder *f, const struct policy *p)
{
    bool network = *p->network;
    char *key =
        xasprintf("%s%s%spolicy", network ? "network:" : "", p->network, network ? ":" : "");
    char *set = xasprintf("%s:capabilities", key);
    char *registered = xasprintf("%s:registered", key);
    check_network(f, key, "the policy", p->network);
    check_capabilities(f, set, p->capabilities, false);
    check_capabilities(f, registered, p->registered, false);
    free(key);
    free(set);
    free(registered);
}

static void check_channel(const struct account_finder *f, const struct channel_record *c)
{
    char chan[CHANNEL_MAX_NAME + 1];
    channel_key_write(chan, sizeof chan, CASEMAPPING_ASCII, c->channel);
    char *key = xasprintf("network:%s:channel:%s", c->network, chan);
    char *set = xasprintf("%s:capabilities", key);
    check_network(f, key, c->channel, c->network);
    check_capabilities(f, set, c->capabilities, false);
    free(key);
    free(set);
}

void check_accounts(const struct snapshot *s, const struct account_finder *finder)
{
    const struct accounts *a = snapshot_accounts(s);
    check_users(finder, a);
    for (size_t i = 0; i < a->ngroups; i++)
        check_group(finder, a, a->groups[i]);
    check_uses(finder, s);
    check_policy(finder, a->policy);
    for (size_t i = 0; i < a->npolicies; i++)
        check_policy(finder, a->policies[i]);
    for (size_t i = 0; i < a->nchannels; i++)
        check_channel(finder, a->channels[i]);
}
