#include "server/router.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "registry/decide.h"
#include "registry/ignores.h"
#include "server/address.h"
#include "server/commands.h"
#include "server/flood_guard.h"
#include "server/identities.h"
#include "server/index.h"
#include "server/say.h"

#define MAX_CLASH 8 /* commands of one name that are told apart in an answer */

/* An event on its way, with all that decisions about it need. */
struct route {
    struct network *network;
    const struct irc_event *event;
    struct decide_facts facts;
    bool ours;    /* said by one of our identities, this one or another */
    bool counted; /* a source that may be told to slow down: no server, none of us */
    /* A command that only a limit has refused, if there was one. */
    const struct module_view *limited;
    struct decision limit;
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

static struct decision decide(struct route *r, const struct module_view *view,
                              const struct modhost *host, const struct module_decl *module,
                              enum event_type type, const char *command)
{
    r->facts.quarantined = modhost_quarantined(host, module);
    r->facts.type = type;
    r->facts.command = command;
    struct decision decision = decide_module(view, &r->facts);
    r->facts.command = NULL;
    if (!decision.allowed && command)
        log_debug("route.refused", LOG_MODULE(r->network->key, view->name), "%s in %s: %s (%s)",
                  r->event->nick, r->event->channel ? r->event->channel : "private",
                  decide_reason_name(decision.reason), decide_reason_sentence(decision.reason));
    return decision;
}

/* What a command's call is to the flood controls. source: as for decide_use. */
static struct flood_use use_of(struct route *r, const struct module_view *view, const char *command,
                               const struct decision *decision, char *source)
{
    r->facts.type = EVENT_COMMAND;
    struct flood_use use = decide_use(view, &r->facts, decision, source);
    use.command = command;
    return use;
}

static bool is_limit(enum decide_reason reason)
{
    return reason == DECIDE_RATE_USER || reason == DECIDE_RATE_CHANNEL ||
           reason == DECIDE_RATE_NETWORK;
}

static uint64_t send_event(struct route *r, struct modhost *host, const struct module_decl *module,
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
    return modhost_send(host, module, out);
}

/* A command's name, without the module's before it. */
static const char *bare_name(const char *word)
{
    const char *dot = strrchr(word, '.');
    return dot ? dot + 1 : word;
}

/* A command that may be called here, and why. */
struct candidate {
    const struct command_target *target;
    struct decision decision;
};

static void run_command(struct route *r, const struct candidate *c, const char *word,
                        const struct address *address)
{
    const struct command_target *target = c->target;
    char source[FLOOD_SOURCE_SIZE];
    if (!flood_guard_use(r->network, r->event))
        return;
    if (target->core) {
        struct command_call call = {
            .network = r->network, .event = r->event, .facts = &r->facts, .args = address->args};
        target->core->run(&call);
        return;
    }
    struct flood_use use = use_of(r, target->view, bare_name(word), &c->decision, source);
    flood_count(r->network->server->flood, &use);
    struct supervisor_event out = {.type = EVENT_COMMAND,
                                   .command = target->command,
                                   .command_name = target->module->commands[target->command].name,
                                   .args = address->args};
    send_event(r, target->host, target->module, &out);
}

/* Those of one name whose prefix fits and who may answer here; how many there are. */
static size_t candidates(struct route *r, const char *name, char prefix, struct candidate *found)
{
    size_t count = 0;
    for (const struct command_target *t = command_index_find(r->network->index, name);
         t && count < MAX_CLASH; t = t->next) {
        struct decision decision = {.allowed = true};
        if (prefix && t->prefix != prefix)
            continue;
        if (!t->core)
            decision = decide(r, t->view, t->host, t->module, EVENT_COMMAND, bare_name(name));
        if (decision.allowed) {
            found[count++] = (struct candidate){t, decision};
        } else if (is_limit(decision.reason) && !r->limited) {
            r->limited = t->view;
            r->limit = decision;
        }
    }
    return count;
}

/* Nobody answers, and there is one that would if it had not been called so often. */
static void tell_limit(struct route *r, const char *word)
{
    char source[FLOOD_SOURCE_SIZE];
    struct flood_use use = use_of(r, r->limited, bare_name(word), &r->limit, source);
    flood_guard_tell(r->network, r->event, &use, &r->limit.hit);
}

static void tell_clash(struct route *r, const char *word, const struct candidate *found,
                       size_t count)
{
    char text[600];
    size_t len =
        (size_t)snprintf(text, sizeof text, "\"%.40s\" is a command of several modules; say", word);
    for (size_t i = 0; i < count && len < sizeof text; i++) {
        const struct command_target *t = found[i].target;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s %c%s.%.40s", i ? " or" : "",
                                t->prefix, t->core ? CORE_MODULE : t->module->name, word);
    }
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
    struct candidate found[MAX_CLASH];
    *called = false;
    if (!address_parse(&address, event->text, event->is_private, irc_state_nick(n->state),
                       irc_state_isupport(n->state)->casemapping))
        return NULL;
    const char *name = address.word;
    size_t count = 0;
    if (address.direct)
        count = candidates(r, name, '\0', found);
    if (!count && !r->limited && address.word[1]) {
        name = address.word + 1;
        count = candidates(r, name, address.word[0], found);
    }
    *called = count > 0 || r->limited;
    if (count == 1) {
        run_command(r, &found[0], name, &address);
        return found[0].target->module;
    }
    if (count && flood_guard_use(n, event))
        tell_clash(r, name, found, count);
    else if (!count && r->limited)
        tell_limit(r, bare_name(name));
    return NULL;
}

static void route_subscribers(struct route *r, const struct module_decl *except)
{
    size_t count;
    const struct subscriber *list =
        command_index_subscribers(r->network->index, r->event->type, &count);
    for (size_t i = 0; i < count; i++) {
        if (list[i].module == except)
            continue;
        struct decision decision =
            decide(r, list[i].view, list[i].host, list[i].module, r->event->type, NULL);
        if (!decision.allowed)
            continue;
        struct supervisor_event out = {.type = (int)r->event->type,
                                       .command = -1,
                                       .command_name = r->event->ctcp ? r->event->ctcp : "",
                                       .args = r->event->ctcp ? r->event->text : ""};
        uint64_t number = send_event(r, list[i].host, list[i].module, &out);
        if (!number || !r->counted)
            continue;
        char source[FLOOD_SOURCE_SIZE];
        struct flood_use use = decide_use(list[i].view, &r->facts, &decision, source);
        flood_guard_expect(r->network, r->event, list[i].module, number, &use);
    }
}

/* Whether the source is ignored; then nobody gets to see the event. */
static bool is_ignored(struct route *r, const struct mask_source *source)
{
    struct network *n = r->network;
    struct ignore_match match;
    if (!ignores_match(n->view, n->server->ignores, source, clock_wall(n->server->clock) / 1000,
                       &match))
        return false;
    if (r->event->type == EVENT_MESSAGE)
        log_debug("route.ignored", LOG_NETWORK(n->key), "%s, by %s", r->event->nick, match.mask);
    return true;
}

bool router_event(struct network *n, const struct irc_event *event)
{
    struct decide_place places[event->nplaces + 1];
    struct mask_source source;
    network_refresh(n);
    struct route r = {.network = n, .event = event, .ours = is_ours(n, event)};
    r.counted = *event->nick && !r.ours && !event->from_server;
    mask_source_init(&source, n->view->casemapping, event->nick, event->user, event->host,
                     event->account);
    if (r.counted && is_ignored(&r, &source))
        return false;
    r.facts = (struct decide_facts){.type = event->type,
                                    .network = n->key,
                                    .nick = event->nick,
                                    .user = event->user,
                                    .host = event->host,
                                    .account = event->account,
                                    .me = irc_state_nick(n->state),
                                    .is_private = event->is_private,
                                    .places = places,
                                    .nplaces = write_places(event, places),
                                    .source = &source,
                                    .flood = r.counted ? n->server->flood : NULL};
    const struct module_decl *called_module = NULL;
    bool called = false;
    bool may_call = event->type == EVENT_MESSAGE && r.counted;
    if (may_call)
        called_module = route_command(&r, &called);
    route_subscribers(&r, called_module);
    if (may_call && event->is_private && !called && flood_guard_use(n, event))
        tell_unknown(&r, event->text);
    return true;
}
