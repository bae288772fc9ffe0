#include "server/router.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "registry/decide.h"
#include "server/address.h"
#include "server/commands.h"
#include "server/identities.h"
#include "server/index.h"
#include "server/say.h"

#define MAX_CLASH 8 /* commands of one name that are told apart in an answer */

/* An event on its way, with all that decisions about it need. */
struct route {
    struct network *network;
    const struct irc_event *event;
    struct decide_facts facts;
    bool ours; /* said by one of our identities, this one or another */
};

static bool channel_has(const void *ctx, const char *nick)
{
    return irc_channel_has(ctx, nick);
}

/* The places an event touches. An invitation is to a channel that the bot is not in. */
static size_t write_places(const struct irc_event *event, struct decide_place *places)
{
    for (size_t i = 0; i < event->nplaces; i++)
        places[i] = (struct decide_place){.channel = irc_channel_name(event->places[i]),
                                          .has = channel_has,
                                          .ctx = event->places[i]};
    if (event->nplaces || !event->channel || event->is_private)
        return event->nplaces;
    places[0] = (struct decide_place){.channel = event->channel};
    return 1;
}

static bool is_ours(const struct network *n, const struct irc_event *event)
{
    char folded[IRC_STATE_MAX_NAME + 1];
    if (event->from_me)
        return true;
    if (!n->place || !identity_place_shared(n->place))
        return false;
    irc_fold_copy(irc_state_isupport(n->state)->casemapping, folded, sizeof folded, event->nick);
    return identity_place_has(n->place, folded);
}

static bool allowed(struct route *r, const struct module_view *view, enum event_type type)
{
    r->facts.type = type;
    struct decision decision = decide_module(view, &r->facts);
    if (!decision.allowed && type == EVENT_COMMAND)
        log_debug("route.refused", LOG_MODULE(r->network->key, view->name), "%s in %s: %s (%s)",
                  r->event->nick, r->event->channel ? r->event->channel : "private",
                  decide_reason_name(decision.reason), decide_reason_sentence(decision.reason));
    return decision.allowed;
}

static void send_event(struct route *r, struct modhost *host, const struct module_decl *module,
                       struct supervisor_event *out)
{
    const struct irc_event *event = r->event;
    out->is_private = event->is_private;
    out->from_me = r->ours;
    out->nick = event->nick;
    out->user = event->user;
    out->host = event->host;
    out->account = event->account;
    out->channel = event->channel ? event->channel : "";
    out->target = event->target ? event->target : "";
    out->text = event->type == EVENT_CTCP ? "" : event->text;
    out->reply_to = event->reply_to;
    out->time_ms = event->time_ms;
    modhost_send(host, module, out);
}

static void run_command(struct route *r, const struct command_target *target,
                        const struct address *address)
{
    if (target->core) {
        struct command_call call = {
            .network = r->network, .event = r->event, .facts = &r->facts, .args = address->args};
        target->core->run(&call);
        return;
    }
    struct supervisor_event out = {.type = EVENT_COMMAND,
                                   .command = target->command,
                                   .command_name = target->module->commands[target->command].name,
                                   .args = address->args};
    send_event(r, target->host, target->module, &out);
}

/* Those of one name whose prefix fits and who may answer here; how many there are. */
static size_t candidates(struct route *r, const struct command_target *t, char prefix,
                         const struct command_target **found, size_t count)
{
    for (; t && count < MAX_CLASH; t = t->next)
        if ((!prefix || t->prefix == prefix) && (t->core || allowed(r, t->view, EVENT_COMMAND)))
            found[count++] = t;
    return count;
}

static void tell_clash(struct route *r, const char *word, const struct command_target **found,
                       size_t count)
{
    char text[600];
    size_t len =
        (size_t)snprintf(text, sizeof text, "\"%.40s\" is a command of several modules; say", word);
    for (size_t i = 0; i < count && len < sizeof text; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s %c%s.%.40s", i ? " or" : "",
                                found[i]->prefix,
                                found[i]->core ? CORE_MODULE : found[i]->module->name, word);
    log_warn("route.clash", LOG_NETWORK(r->network->key), "%s", text);
    struct command_call call = {.network = r->network, .event = r->event, .facts = &r->facts};
    command_reply(&call, "%s.", text);
}

static void tell_unknown(struct route *r, const char *word)
{
    char text[160];
    int len =
        snprintf(text, sizeof text, "I do not know \"%.60s\". Say \"help\" for what I know.", word);
    struct say say = {.kind = SAY_NOTICE,
                      .target = r->event->nick,
                      .text = text,
                      .len = (size_t)len,
                      .module = CORE_MODULE};
    say_text(r->network, &say);
}

/* The module's command that was run, or NULL: its own handler of messages does not get this one. */
static const struct module_decl *route_command(struct route *r, bool *called)
{
    struct network *n = r->network;
    const struct irc_event *event = r->event;
    struct address address;
    const struct command_target *found[MAX_CLASH];
    *called = false;
    if (!address_parse(&address, event->text, event->is_private, irc_state_nick(n->state),
                       irc_state_isupport(n->state)->casemapping))
        return NULL;
    const char *name = address.word;
    size_t count = 0;
    if (address.direct)
        count = candidates(r, command_index_find(n->index, name), '\0', found, 0);
    if (!count && address.word[1]) {
        name = address.word + 1;
        count = candidates(r, command_index_find(n->index, name), address.word[0], found, 0);
    }
    *called = count > 0;
    if (count == 1) {
        run_command(r, found[0], &address);
        return found[0]->module;
    }
    if (count)
        tell_clash(r, name, found, count);
    return NULL;
}

static void route_subscribers(struct route *r, const struct module_decl *except)
{
    size_t count;
    const struct subscriber *list =
        command_index_subscribers(r->network->index, r->event->type, &count);
    for (size_t i = 0; i < count; i++) {
        if (list[i].module == except || !allowed(r, list[i].view, r->event->type))
            continue;
        struct supervisor_event out = {.type = (int)r->event->type,
                                       .command = -1,
                                       .command_name = r->event->ctcp ? r->event->ctcp : "",
                                       .args = r->event->ctcp ? r->event->text : ""};
        send_event(r, list[i].host, list[i].module, &out);
    }
}

void router_event(struct network *n, const struct irc_event *event)
{
    struct decide_place places[event->nplaces + 1];
    network_refresh(n);
    struct route r = {.network = n, .event = event, .ours = is_ours(n, event)};
    r.facts = (struct decide_facts){.type = event->type,
                                    .nick = event->nick,
                                    .user = event->user,
                                    .host = event->host,
                                    .account = event->account,
                                    .me = irc_state_nick(n->state),
                                    .is_private = event->is_private,
                                    .places = places,
                                    .nplaces = write_places(event, places)};
    const struct module_decl *called_module = NULL;
    bool called = false;
    bool may_call = event->type == EVENT_MESSAGE && !r.ours && !event->from_server;
    if (may_call)
        called_module = route_command(&r, &called);
    route_subscribers(&r, called_module);
    if (may_call && event->is_private && !called)
        tell_unknown(&r, event->text);
}
