#include "server/route/router.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "registry/decide.h"
#include "server/admin/commands.h"
#include "server/auth/guard.h"
#include "server/auth/refuse.h"
#include "server/module/quarantine_news.h"
#include "server/route/address.h"
#include "server/route/facts.h"
#include "server/route/flood_guard.h"
#include "server/route/index.h"
#include "server/say/say.h"

#define MAX_CLASH 8 /* commands of one name that are told apart in an answer */

/* An event on its way, with all that decisions about it need. */
struct route {
    struct network *network;
    const struct irc_event *event;
    struct decide_facts facts;
    bool counted; /* a source that may be told to slow down: no server, none of us */
    bool excess;  /* a command was refused for what the source did before, over all modules */
    bool secret;  /* holds a password: nobody else gets to see it */
    struct auth_guard auth;
    struct decide_guard guard;
    /* A command that only a limit has refused, if there was one. */
    const struct module_view *limited;
    struct decision limit;
    /* And one that is closed to the source. */
    const struct module_view *closed;
    struct decision closing;
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

static struct decision decide(struct route *r, const struct module_view *view,
                              const struct modhost *host, const struct module_decl *module,
                              enum event_type type, const char *command)
{
    facts_module(&r->facts, host, module);
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

static bool is_closed(enum decide_reason reason)
{
    return reason == DECIDE_ANTICAPABILITY || reason == DECIDE_AUTH_GROUP ||
           reason == DECIDE_CAPABILITY;
}

/* Servers and our own are nobody. */
static const struct account *known(struct route *r)
{
    return r->counted ? auth_guard_account(&r->auth) : NULL;
}

/* Bits of what the module declares and the source has. */
static uint32_t declared_bits(struct route *r, const struct module_decl *module)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < module->ncapabilities; i++)
        if (auth_account_has(r->network, known(r), module->capabilities[i]))
            bits |= UINT32_C(1) << i;
    return bits;
}

static uint64_t send_event(struct route *r, struct modhost *host, const struct module_decl *module,
                           struct supervisor_event *out)
{
    const struct irc_event *event = r->event;
    out->is_private = event->is_private;
    out->from_me = r->facts.ours;
    out->nick = event->nick;
    out->user = event->user;
    out->host = event->host;
    out->account = event->account;
    out->channel = event->channel ? event->channel : "";
    out->target = event->target ? event->target : "";
    out->text = event->type == EVENT_CTCP ? "" : event->text;
    out->reply_to = event->reply_to;
    out->time_ms = event->time_ms;
    out->known = known(r) ? known(r)->name : "";
    out->capabilities = declared_bits(r, module);
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
        core_command_run(&call, word);
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

/* No module stands between a person and what says who he is. */
static const struct command_target *identifying(const struct command_target *first, char prefix)
{
    for (const struct command_target *t = command_index_called(first, prefix); t;
         t = command_index_called(t->next, prefix))
        if (t->core && (t->core->secret || t->core->reach == CORE_IDENTIFIES))
            return t;
    return NULL;
}

/* Those of one name whose prefix fits and who may answer here; how many there are. */
static size_t candidates(struct route *r, const char *name, char prefix, struct candidate *found)
{
    size_t count = 0;
    const struct command_target *first = command_index_find(r->network->index, name);
    const struct command_target *own = identifying(first, prefix);
    if (own) {
        found[0] = (struct candidate){own, {.allowed = true}};
        return 1;
    }
    for (const struct command_target *t = command_index_called(first, prefix);
         t && count < MAX_CLASH; t = command_index_called(t->next, prefix)) {
        struct decision decision = {.allowed = true};
        if (!t->core)
            decision = decide(r, t->view, t->host, t->module, EVENT_COMMAND, bare_name(name));
        if (decision.allowed) {
            found[count++] = (struct candidate){t, decision};
        } else if (decision.reason == DECIDE_RATE_SOURCE) {
            r->excess = true;
        } else if (is_limit(decision.reason) && !r->limited) {
            r->limited = t->view;
            r->limit = decision;
        } else if (is_closed(decision.reason) && !r->closed) {
            r->closed = t->view;
            r->closing = decision;
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
    if (!word[strspn(word, " \x01")])
        return; /* nothing was said */
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
    r->secret = facts_secret(n, &address);
    const char *name = address.word;
    size_t count = 0;
    if (address.direct)
        count = candidates(r, name, '\0', found);
    bool answered = count > 0 || r->limited || r->excess || r->closed;
    if (!answered && address.word[1]) {
        name = address.word + 1;
        count = candidates(r, name, address.word[0], found);
    }
    *called = count > 0 || r->limited || r->excess || r->closed;
    if (count == 1) {
        run_command(r, &found[0], name, &address);
        if (r->secret)
            explicit_bzero(&address, sizeof address);
        return found[0].target->module;
    }
    if (count && flood_guard_use(n, event))
        tell_clash(r, name, found, count);
    else if (!count && r->excess)
        flood_guard_use(n, event);
    else if (!count && r->limited)
        tell_limit(r, bare_name(name));
    else if (!count && r->closed)
        auth_refuse(n, event, r->closed->name, bare_name(name), &r->closing);
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

/* The private message by which somebody says who he is, which is heard from anybody. */
static void route_identifying(struct route *r)
{
    struct network *n = r->network;
    struct address address;
    if (r->event->type != EVENT_MESSAGE || !r->event->is_private ||
        !address_parse(&address, r->event->text, true, irc_state_nick(n->state),
                       irc_state_isupport(n->state)->casemapping))
        return;
    const char *word = address.word;
    if (*word == n->view->default_prefix && word[1])
        word++;
    const struct core_command *core = core_command_find(word, address.args);
    if (!core || core->reach != CORE_IDENTIFIES || !auth_lets_identify(n, &r->auth.source))
        return;
    struct command_call call = {
        .network = n, .event = r->event, .facts = &r->facts, .args = address.args};
    core_command_run(&call, word);
}

/* Whether the source is heard where it speaks; if not, nobody gets to see the event. */
static bool is_heard(struct route *r)
{
    const char *channel = r->event->is_private ? NULL : r->event->channel;
    const char *what;
    if (!r->counted || auth_deaf(&r->auth, channel, &what) == AUTH_LISTENS)
        return true;
    if (r->event->type == EVENT_MESSAGE)
        log_debug("route.ignored", LOG_NETWORK(r->network->key), "%s: %s", r->event->nick, what);
    route_identifying(r);
    return false;
}

/* places: room for the event's and one more. Everything stays where it is until the end. */
static void route_begin(struct route *r, struct mask_source *mask, struct decide_place *places)
{
    struct network *n = r->network;
    const struct irc_event *event = r->event;
    const struct auth_source source = auth_source_of(event);
    network_refresh(n);
    bool ours = facts_is_ours(n, event->nick, event->from_me);
    r->counted = *event->nick && !ours && !event->from_server;
    mask_source_init(mask, n->view->casemapping, event->nick, event->user, event->host,
                     event->account);
    r->guard = auth_guard_init(&r->auth, n, &source, mask);
    facts_begin(&r->facts, n, ours, r->counted);
    r->facts.type = event->type;
    r->facts.nick = event->nick;
    r->facts.user = event->user;
    r->facts.host = event->host;
    r->facts.account = event->account;
    r->facts.is_private = event->is_private;
    r->facts.places = places;
    r->facts.nplaces = write_places(event, places);
    r->facts.source = mask;
    r->facts.guard = &r->guard;
}

bool router_event(struct network *n, const struct irc_event *event)
{
    struct decide_place places[event->nplaces + 1];
    struct mask_source mask;
    struct route r = {.network = n, .event = event};
    const struct module_decl *called_module = NULL;
    bool called = false;
    route_begin(&r, &mask, places);
    if (!is_heard(&r))
        return false;
    if (r.counted)
        quarantine_news_seen(n, event, &r.auth);
    bool may_call = event->type == EVENT_MESSAGE && r.counted;
    if (may_call)
        called_module = route_command(&r, &called);
    if (!r.secret)
        route_subscribers(&r, called_module);
    if (may_call && event->is_private && !called && flood_guard_use(n, event))
        tell_unknown(&r, event->text);
    return true;
}

void router_command(struct network *n, const struct irc_event *event)
{
    struct decide_place places[event->nplaces + 1];
    struct mask_source mask;
    struct route r = {.network = n, .event = event};
    bool called;
    route_begin(&r, &mask, places);
    if (r.counted && is_heard(&r))
        route_command(&r, &called);
}
