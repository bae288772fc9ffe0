#include <stdio.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/registry.h"
#include "server/admin/accounts.h"
#include "server/network.h"

#define MAX_SHOWN 1000 /* channels in one answer */

/* ---- Sets of capabilities ---------------------------------------------------------------------
 */

/* Whose set the options name. */
struct holder {
    struct capability_place place;
    char folded[CHANNEL_MAX_NAME + 1];
    char why[REGISTRY_WHY_SIZE];
};

/* 0, or -1 and h->why. */
static int read_holder(struct holder *h, const struct server *server, const json_t *args)
{
    const bool user = json_object_get(args, "user") != NULL;
    const bool channel = json_object_get(args, "channel") != NULL;
    const bool bot = command_flag(args, "default");
    const bool registered = command_flag(args, "registered");
    *h = (struct holder){.place = {.holder = user         ? HOLDER_USER
                                             : channel    ? HOLDER_CHANNEL
                                             : registered ? HOLDER_REGISTERED
                                                          : HOLDER_DEFAULT,
                                   .name = command_text(args, "user"),
                                   .network = command_text(args, "network")}};
    h->place.channel = h->folded;
    if (user + channel + bot + registered != 1) {
        snprintf(h->why, sizeof h->why,
                 "say whose capabilities: one of --user NAME, --default, --registered, and "
                 "--channel CHANNEL --network NET");
        return -1;
    }
    if (user && *h->place.network) {
        snprintf(h->why, sizeof h->why,
                 "an account is one on all networks; for one of them say %.60s/CAPABILITY",
                 h->place.network);
        return -1;
    }
    return channel ? admin_fold_channel(server, h->place.network, command_text(args, "channel"),
                                        h->folded, h->why, sizeof h->why)
                   : 0;
}

/* How channels compare in the set: as on the network that the name or the place is of. */
static enum casemapping casemapping_of(const struct server *server, const struct holder *h,
                                       const char *capability)
{
    char why[REGISTRY_WHY_SIZE];
    struct capability c;
    const char *network = h->place.network;
    if (!capability_parse(&c, capability, why, sizeof why) && *c.network)
        network = c.network;
    const struct network *n = network_find(server, network);
    return n ? irc_state_isupport(n->state)->casemapping : CASEMAPPING_RFC1459;
}

static json_t *holder_object(const struct holder *h)
{
    static const char *const names[] = {[HOLDER_USER] = "user",
                                        [HOLDER_DEFAULT] = "default",
                                        [HOLDER_REGISTERED] = "registered",
                                        [HOLDER_CHANNEL] = "channel"};
    return json_pack("{s:s, s:s, s:s, s:s}", "holder", names[h->place.holder], "user",
                     h->place.name, "network", h->place.network, "channel", h->folded);
}

static const struct capability_set *set_of(const struct accounts *accounts,
                                           const struct capability_place *place)
{
    const struct policy *policy =
        *place->network ? accounts_policy(accounts, place->network) : accounts->policy;
    const struct channel_record *channel;
    switch (place->holder) {
    case HOLDER_USER:
        return accounts_user(accounts, place->name)->capabilities;
    case HOLDER_DEFAULT:
        return policy ? policy->capabilities : NULL;
    case HOLDER_REGISTERED:
        return policy ? policy->registered : NULL;
    case HOLDER_CHANNEL:
        break;
    }
    channel = accounts_channel(accounts, place->network, place->channel);
    return channel ? channel->capabilities : NULL;
}

static int run_list(void *arg, json_t *args, json_t **result, char **error)
{
    struct holder h;
    if (read_holder(&h, arg, args)) {
        *error = xstrdup(h.why);
        return -1;
    }
    if (h.place.holder == HOLDER_USER && !admin_account(arg, h.place.name, error))
        return -1;
    *result = holder_object(&h);
    json_object_set_new(*result, "capabilities",
                        admin_capabilities(set_of(admin_accounts(arg), &h.place)));
    return 0;
}

/* A network may be one that another server has; or a slip. */
static void note_network(const struct server *server, json_t *result, const char *capability)
{
    char why[REGISTRY_WHY_SIZE];
    struct capability c;
    if (!capability_parse(&c, capability, why, sizeof why) && *c.network &&
        !network_find(server, c.network))
        admin_note(result, xasprintf("\"%.100s\": there is no network \"%s\" here; network list "
                                     "names them (another server may have it)",
                                     capability, c.network));
}

static void edit(void *arg, json_t *args, struct control_request *request, bool add)
{
    size_t i;
    const json_t *item;
    struct holder h;
    json_t *items = json_object_get(args, "items");
    if (read_holder(&h, arg, args)) {
        control_fail(request, "%s", h.why);
        return;
    }
    struct admin_edit e = admin_edit_begin(arg, args, request, holder_object(&h));
    int failed = 0;
    json_array_foreach(items, i, item)
    {
        const char *capability = json_string_value(item);
        if (failed)
            break;
        h.place.casemapping = casemapping_of(arg, &h, capability);
        note_network(arg, e.result, capability);
        failed = registry_edit_capability(e.edit, &h.place, capability, add, e.why, sizeof e.why);
    }
    json_object_set_new(e.result, "done", json_string(add ? "added" : "removed"));
    json_object_set(e.result, "items", items);
    admin_edit_end(&e, failed);
}

static void begin_add(void *arg, json_t *args, struct control_request *request)
{
    edit(arg, args, request, true);
}

static void begin_remove(void *arg, json_t *args, struct control_request *request)
{
    edit(arg, args, request, false);
}

/* ---- Policies ---------------------------------------------------------------------------------
 */

static json_t *said(bool has, bool value)
{
    return has ? json_boolean(value) : json_null();
}

/* What stands there; null where a network says nothing, so that the bot's counts. */
static json_t *policy_object(const struct policy *p)
{
    const bool bot = !*p->network;
    const char *registration = p->registration == REGISTRATION_OPEN ? "open" : "closed";
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "network", p->network, "default_allow",
                     said(bot || p->has_default_allow, p->default_allow), "default_ignore",
                     said(bot || p->has_default_ignore, p->default_ignore), "registration",
                     bot || p->has_registration ? json_string(registration) : json_null(),
                     "capabilities", admin_capabilities(p->capabilities), "registered",
                     admin_capabilities(p->registered));
}

static json_t *channel_object(const struct channel_record *c)
{
    return json_pack("{s:s, s:o, s:b, s:b, s:o, s:I}", "network", c->network, "channel",
                     control_text(c->channel), "default_allow", c->default_allow, "lobotomized",
                     c->lobotomized, "capabilities", admin_capabilities(c->capabilities), "ignores",
                     (json_int_t)(c->ignores ? c->ignores->count : 0));
}

static int run_show(void *arg, json_t *args, json_t **result, char **error)
{
    const struct accounts *accounts = admin_accounts(arg);
    const char *network = command_text(args, "network");
    const char *channel = command_text(args, "channel");
    char folded[CHANNEL_MAX_NAME + 1] = "";
    char why[REGISTRY_WHY_SIZE];
    json_t *policies = json_array();
    json_t *channels = json_array();
    if (*channel && admin_fold_channel(arg, network, channel, folded, why, sizeof why)) {
        *error = xstrdup(why);
        json_decref(policies);
        json_decref(channels);
        return -1;
    }
    if (!*network)
        json_array_append_new(policies, policy_object(accounts->policy));
    for (size_t i = 0; i < accounts->npolicies && !*channel; i++)
        if (!*network || !strcmp(accounts->policies[i]->network, network))
            json_array_append_new(policies, policy_object(accounts->policies[i]));
    for (size_t i = 0; i < accounts->nchannels && json_array_size(channels) < MAX_SHOWN; i++) {
        const struct channel_record *c = accounts->channels[i];
        if ((!*network || !strcmp(c->network, network)) &&
            (!*channel || !strcmp(c->channel, folded)))
            json_array_append_new(channels, channel_object(c));
    }
    *result = json_pack("{s:o, s:o}", "policies", policies, "channels", channels);
    if (json_array_size(channels) == MAX_SHOWN)
        admin_note(*result, xasprintf("only the first %d channels are shown; ask for one network "
                                      "or channel",
                                      MAX_SHOWN));
    return 0;
}

static void put(void *arg, json_t *args, struct control_request *request, const char *value)
{
    const char *network = command_text(args, "network");
    const char *channel = command_text(args, "channel");
    const char *field = command_text(args, "field");
    char folded[CHANNEL_MAX_NAME + 1] = "";
    struct admin_edit e =
        admin_edit_begin(arg, args, request,
                         json_pack("{s:s, s:s, s:s, s:s?}", "network", network, "channel", channel,
                                   "field", field, "value", value));
    int failed;
    if (!*channel) {
        failed = registry_edit_policy(e.edit, network, field, value, e.why, sizeof e.why);
    } else {
        failed = admin_fold_channel(arg, network, channel, folded, e.why, sizeof e.why);
        if (!failed)
            failed =
                registry_edit_channel(e.edit, network, folded, field, value, e.why, sizeof e.why);
    }
    admin_edit_end(&e, failed);
}

static void begin_set(void *arg, json_t *args, struct control_request *request)
{
    put(arg, args, request, command_text(args, "value"));
}

static void begin_unset(void *arg, json_t *args, struct control_request *request)
{
    put(arg, args, request, NULL);
}

void admin_policy_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_CAPABILITY_LIST].run = run_list;
    handlers[COMMAND_CAPABILITY_ADD].begin = begin_add;
    handlers[COMMAND_CAPABILITY_REMOVE].begin = begin_remove;
    handlers[COMMAND_POLICY_SHOW].run = run_show;
    handlers[COMMAND_POLICY_SET].begin = begin_set;
    handlers[COMMAND_POLICY_UNSET].begin = begin_unset;
}
