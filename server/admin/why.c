#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/decide.h"
#include "registry/registry.h"
#include "server/admin/admin.h"
#include "server/admin/commands.h"
#include "server/auth/guard.h"
#include "server/network.h"
#include "server/route/address.h"
#include "server/route/facts.h"
#include "server/route/index.h"
#include "server/supervise/supervisor.h"

#define MAX_PLACES  16
#define MAX_PRESENT 64
#define MAX_NAME    IRC_STATE_MAX_NAME

/*
 * "module why": the decision about an event that has not happened, with every rule. The facts are
 * made from the live state as the router makes them; who decides is decide_explain, as there.
 */
struct why {
    struct server *server;
    struct network *network;
    const struct module_view *view;
    const struct module_decl *module; /* NULL: there was never a file */
    json_t *result;
    json_t *rules;
    char nick[MAX_NAME + 1];
    char user[MAX_NAME + 1];
    char host[MAX_NAME + 1];
    const char *account;                     /* or NULL */
    char present[MAX_PRESENT][MAX_NAME + 1]; /* folded */
    size_t npresent;
    const struct channel *channels[MAX_PLACES]; /* NULL: the bot is not in it */
    struct decide_place places[MAX_PLACES];
    char names[MAX_PLACES][MAX_NAME + 1];
    struct why_place {
        const struct why *why;
        const struct channel *channel;
    } contexts[MAX_PLACES];
    size_t nplaces;
    enum event_type type;
    char command[ADDRESS_MAX_WORD];
    char word[ADDRESS_MAX_WORD]; /* the command as it is called: "echo", "echo.echo" */
    char prefix;                 /* what it is called with; '\0': the bot is addressed */
    bool secret;                 /* the text is for the bot alone */
};

static void note(struct why *w, char *text)
{
    admin_note(w->result, text);
}

/* ---- Who --------------------------------------------------------------------------------------
 */

/* What stands in no name of a source: what divides its parts, what divides words, and what makes a
 * mask of it. */
static bool is_name(const char *text, size_t len, const char *forbidden)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || strchr(forbidden, text[i]))
            return false;
    return len <= MAX_NAME;
}

/* "nick!user@host", or a nick alone. */
static bool is_source(const char *nick, size_t nick_len, const char *user, size_t user_len,
                      const char *host)
{
    if (!nick_len || strchr("#&:$", *nick) || !is_name(nick, nick_len, "@,*?"))
        return false;
    if (!nick[nick_len])
        return true;
    return user_len && *host && is_name(user, user_len, "*?") &&
           is_name(host, strlen(host), "!@*?");
}

/* "nick!user@host", or a nick that the bot knows. 0, or -1 and *error. */
static int read_source(struct why *w, const json_t *args, char **error)
{
    const char *text = command_text(args, "source");
    const char *account = command_text(args, "account");
    size_t nick_len = strcspn(text, "!");
    size_t user_len = text[nick_len] ? strcspn(text + nick_len + 1, "@") : 0;
    const char *user = text[nick_len] ? text + nick_len + 1 : "";
    const char *host = user[user_len] ? user + user_len + 1 : "";
    if (!*text) {
        *error = xstrdup("module why needs --source NICK!USER@HOST: whose words they are");
        return -1;
    }
    if (!is_source(text, nick_len, user, user_len, host)) {
        *error = xasprintf("\"%.100s\" is no source: write NICK!USER@HOST without * and ?, or the "
                           "nick of somebody who shares a channel with the bot",
                           text);
        return -1;
    }
    snprintf(w->nick, sizeof w->nick, "%.*s", (int)nick_len, text);
    snprintf(w->user, sizeof w->user, "%.*s", (int)user_len, user);
    snprintf(w->host, sizeof w->host, "%s", host);
    w->account = *account ? account : NULL;
    return 0;
}

/* What the bot knows of the nick and nobody has said otherwise. */
static void complete_source(struct why *w)
{
    const struct irc_user *known = irc_user_find(w->network->state, w->nick);
    if (!known && !*w->host)
        note(w, xasprintf("%s shares no channel with the bot: user, host and account are not known",
                          w->nick));
    if (!known || (*w->host && strcmp(w->host, irc_user_host(known)) != 0))
        return;
    if (!*w->host) {
        str_copy(w->user, sizeof w->user, irc_user_user(known));
        str_copy(w->host, sizeof w->host, irc_user_host(known));
    }
    if (!w->account)
        w->account = irc_user_account(known);
}

/* ---- Where ------------------------------------------------------------------------------------
 */

static bool is_present(const struct why *w, const char *folded)
{
    for (size_t i = 0; i < w->npresent; i++)
        if (!strcmp(w->present[i], folded))
            return true;
    return false;
}

static bool place_has(const void *ctx, const char *folded)
{
    const struct why_place *place = ctx;
    return is_present(place->why, folded) ||
           (place->channel && irc_channel_has(place->channel, folded));
}

static void read_present(struct why *w, const char *list)
{
    while (*list && w->npresent < MAX_PRESENT) {
        char nick[MAX_NAME + 1];
        size_t len = strcspn(list, ", ");
        if (len && len <= MAX_NAME) {
            snprintf(nick, sizeof nick, "%.*s", (int)len, list);
            irc_fold_copy(w->view->casemapping, w->present[w->npresent++], MAX_NAME + 1, nick);
        }
        list += len + (list[len] != '\0');
    }
}

static void add_place(struct why *w, const char *name, size_t len)
{
    size_t i = w->nplaces++;
    snprintf(w->names[i], sizeof w->names[i], "%.*s", (int)len, name);
    w->channels[i] = irc_channel_find(w->network->state, w->names[i]);
    w->contexts[i] = (struct why_place){w, w->channels[i]};
    bool known = w->channels[i] || w->npresent;
    w->places[i] = (struct decide_place){
        .channel = w->names[i], .has = known ? place_has : NULL, .ctx = &w->contexts[i]};
    if (!w->channels[i])
        note(w, xasprintf("the bot is not in %s: %s", w->names[i],
                          known ? "those named with --present are taken as there, and the bot too"
                                : "nobody is known to be there; name them with --present"));
}

/* 0, or -1 and *error: the channels named. */
static int read_channels(struct why *w, const char *list, char **error)
{
    const char *types = irc_state_isupport(w->network->state)->chantypes;
    while (*list) {
        size_t len = strcspn(list, ",");
        if (!len || !strchr(types, *list) || !is_name(list, len, "")) {
            *error = xasprintf("\"%.*s\" is no channel of %s: those begin with one of %s",
                               len < 100 ? (int)len : 100, list, w->network->key, types);
            return -1;
        }
        if (w->nplaces == MAX_PLACES) {
            *error = xasprintf("at most %d channels can be asked about at once", MAX_PLACES);
            return -1;
        }
        add_place(w, list, len);
        list += len + (list[len] == ',');
    }
    return 0;
}

/* Those that a QUIT or NICK of the source touches, when none are named. */
static void add_shared_places(struct why *w)
{
    const struct irc_user *user = irc_user_find(w->network->state, w->nick);
    const struct channel *channels[MAX_PLACES];
    size_t count;
    if (w->nplaces || (w->type != EVENT_QUIT && w->type != EVENT_NICK) || !user)
        return;
    count = irc_user_channels(user, channels, MAX_PLACES);
    for (size_t i = 0; i < count && i < MAX_PLACES; i++) {
        const char *name = irc_channel_name(channels[i]);
        add_place(w, name, strlen(name));
    }
}

/* ---- What -------------------------------------------------------------------------------------
 */

/* The module's command of that name (ASCII lower case), which may be "module.name". */
static const char *command_of(const struct why *w, const char *word)
{
    const char *dot = strrchr(word, '.');
    size_t len = dot ? (size_t)(dot - word) : 0;
    if (dot && (len != strlen(w->view->name) || strncmp(word, w->view->name, len) != 0))
        return NULL;
    const char *name = dot ? dot + 1 : word;
    for (size_t i = 0; w->module && i < w->module->ncommands; i++)
        if (irc_equal(CASEMAPPING_ASCII, w->module->commands[i].name, name))
            return w->module->commands[i].name;
    return NULL;
}

/* word: as it is called, with that prefix; name: the command itself. */
static void set_command(struct why *w, const char *word, char prefix, const char *name)
{
    w->type = EVENT_COMMAND;
    w->prefix = prefix;
    irc_fold_copy(CASEMAPPING_ASCII, w->word, sizeof w->word, word);
    irc_fold_copy(CASEMAPPING_ASCII, w->command, sizeof w->command, name);
}

/* What the text is to the module, as the router reads it. */
static void read_text(struct why *w, const char *text, bool is_private)
{
    struct address address;
    const struct network *n = w->network;
    char prefix = registry_view_prefix(n->view, w->view);
    const char *name = NULL;
    if (address_parse(&address, text, is_private, irc_state_nick(n->state),
                      irc_state_isupport(n->state)->casemapping)) {
        if (address.direct && (name = command_of(w, address.word)))
            set_command(w, address.word, '\0', name);
        if (!name && address.word[0] == prefix && (name = command_of(w, address.word + 1)))
            set_command(w, address.word + 1, prefix, name);
        w->secret = facts_secret(n, &address);
        if (!name && address.word[1] && command_of(w, address.word + 1))
            note(w,
                 xasprintf("here its commands begin with %c, so this is no command of it", prefix));
    }
    if (name)
        return;
    w->type = EVENT_MESSAGE;
    note(w, xstrdup("the text calls no command of this module: it is a message to it"));
}

static bool is_talk(enum event_type type)
{
    return type == EVENT_COMMAND || type == EVENT_MESSAGE || type == EVENT_ACTION ||
           type == EVENT_NOTICE || type == EVENT_CTCP;
}

/* Events that happen in a channel, and nowhere else. */
static bool needs_channel(enum event_type type)
{
    return type == EVENT_JOIN || type == EVENT_PART || type == EVENT_KICK || type == EVENT_TOPIC ||
           type == EVENT_MODE || type == EVENT_INVITE;
}

/* 0, or -1 and *error. */
static int read_event(struct why *w, const json_t *args, bool is_private, char **error)
{
    const char *event = command_text(args, "event");
    const char *text = command_text(args, "text");
    w->type = EVENT_COMMAND;
    if (*event && event_type_parse(event, &w->type)) {
        *error = xasprintf("there is no event \"%.40s\"; known are message, action, notice, join, "
                           "part, quit, kick, nick, mode, topic, invite, ctcp, account, connected, "
                           "disconnected, raw, command",
                           event);
        return -1;
    }
    if (is_private && needs_channel(w->type)) {
        *error = xasprintf(
            "the event %s happens in a channel: say in which, with --channel CHANNEL", event);
        return -1;
    }
    if (*text && (!*event || w->type == EVENT_MESSAGE || w->type == EVENT_COMMAND))
        read_text(w, text, is_private);
    else if (w->type != EVENT_COMMAND)
        return 0;
    else if (w->module && w->module->ncommands)
        set_command(w, w->module->commands[0].name, registry_view_prefix(w->network->view, w->view),
                    w->module->commands[0].name);
    else
        w->type = EVENT_MESSAGE;
    return 0;
}

/* ---- The rules --------------------------------------------------------------------------------
 */

static void rate_text(char *dst, size_t size, const struct decide_step *step)
{
    char rate[RATE_TEXT_SIZE];
    char hit[160];
    rate_write(rate, sizeof rate, *step->rate);
    if (step->exempt)
        snprintf(dst, size, "%s (at most %s)",
                 step->rule == DECIDE_RATE_USER ? "exempt by the whitelist"
                                                : "no channel, so exempt",
                 rate);
    else if (step->hit && step->hit->again_ms < 0)
        flood_describe(dst, size, step->hit);
    else if (step->hit)
        snprintf(dst, size, "%s: %s", decide_reason_sentence(step->rule),
                 flood_describe(hit, sizeof hit, step->hit));
    else
        snprintf(dst, size, "%s (at most %s)", decide_reason_otherwise(step->rule), rate);
}

static void step_text(char *dst, size_t size, const struct decide_step *step)
{
    bool applies = step->outcome == DECIDE_REFUSES || step->outcome == DECIDE_ALLOWS;
    bool is_rate = step->rule == DECIDE_RATE_SOURCE ||
                   (step->rule >= DECIDE_RATE_USER && step->rule <= DECIDE_RATE_NETWORK);
    if (step->outcome == DECIDE_SKIPPED)
        snprintf(dst, size, "not looked at");
    else if (is_rate && !step->rate)
        snprintf(dst, size, "no such limit");
    else if (is_rate)
        rate_text(dst, size, step);
    else
        snprintf(dst, size, "%s",
                 applies ? decide_reason_sentence(step->rule)
                         : decide_reason_otherwise(step->rule));
}

static void on_step(void *arg, const struct decide_step *step)
{
    static const char *const outcomes[] = {[DECIDE_PASSES] = "passes",
                                           [DECIDE_ALLOWS] = "allows",
                                           [DECIDE_REFUSES] = "refuses",
                                           [DECIDE_SKIPPED] = "skipped"};
    struct why *w = arg;
    char text[300];
    step_text(text, sizeof text, step);
    char *name = xasprintf("%s%s%s", decide_reason_name(step->rule), step->of_command ? "." : "",
                           step->of_command ? w->command : "");
    json_array_append_new(w->rules,
                          json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:b}", "rule", (int)step->rule,
                                    "name", name, "outcome", outcomes[step->outcome], "text",
                                    control_text(text), "item", control_text(step->item), "place",
                                    control_text(step->place ? step->place->channel : NULL),
                                    "decides", step->decides));
    free(name);
}

/* Why the facts may not be what they will be. */
static void note_connection(struct why *w)
{
    const struct network *n = w->network;
    if (conn_state(n->conn) != CONN_ONLINE)
        note(w, xasprintf("%s is %s: who is in which channel is not known now", n->key,
                          conn_state_name(conn_state(n->conn))));
}

static struct modhost *host_of(const struct why *w)
{
    return command_index_host(w->server->supervisor, w->network->view, w->view);
}

/* Who else would answer to the command, decided by the same facts; or NULL. */
static const char *find_clash(struct why *w, const struct decide_facts *facts)
{
    const struct command_target *t = command_index_find(w->network->index, w->word);
    struct decide_facts others = *facts;
    if (w->type != EVENT_COMMAND)
        return NULL;
    for (t = command_index_called(t, w->prefix); t; t = command_index_called(t->next, w->prefix)) {
        const char *other = t->core ? CORE_MODULE : t->module->name;
        if (!strcmp(other, w->view->name))
            continue;
        if (!t->core)
            facts_module(&others, t->host, t->module);
        bool answers = t->core || decide_module(t->view, &others).allowed;
        note(w,
             xasprintf("%s has a command %s too%s: say %c%s.%s", other, w->word,
                       answers ? "" : ", though it does not answer here now",
                       registry_view_prefix(w->network->view, w->view), w->view->name, w->command));
        if (answers)
            return other;
    }
    return NULL;
}

/* The channel that is asked whether it ignores the source: a QUIT or NICK happens in none. */
static const char *heard_in(const struct why *w)
{
    bool in_channel = needs_channel(w->type) || is_talk(w->type);
    return in_channel && w->nplaces ? w->places[0].channel : NULL;
}

static void tell_decision(struct why *w, const struct decision *decision)
{
    json_object_set_new(w->result, "allowed", json_boolean(decision->allowed));
    json_object_set_new(w->result, "rule", json_integer((json_int_t)decision->reason));
    json_object_set_new(w->result, "reason", json_string(decide_reason_name(decision->reason)));
    json_object_set_new(w->result, "sentence",
                        json_string(decide_reason_sentence(decision->reason)));
    json_object_set_new(w->result, "item", control_text(decision->item));
    json_object_set_new(w->result, "place",
                        control_text(decision->place ? decision->place->channel : NULL));
    json_object_set_new(w->result, "whitelisted", json_boolean(decision->whitelisted));
}

/* The command that would change it, where there is one. */
static void note_remedy(struct why *w, const struct decision *decision)
{
    const char *name = w->view->name;
    const char *network = w->network->key;
    switch (decision->reason) {
    case DECIDE_DISABLED:
        note(w, xasprintf("to switch it on: module enable %s --network %s", name, network));
        break;
    case DECIDE_NO_RULE:
        note(w, xasprintf("to have it in a channel: module add %s echannels CHANNEL --network %s",
                          name, network));
        break;
    case DECIDE_QUARANTINED:
        note(w, xasprintf("to end that: module enable %s --network %s", name, network));
        break;
    case DECIDE_NOT_LOADED:
    case DECIDE_NO_FILE:
        note(w, xasprintf("what is wrong with it: module show %s", name));
        break;
    default:
        break;
    }
}

static void decide(struct why *w, bool is_private)
{
    struct mask_source source;
    struct auth_guard auth;
    const struct auth_source who = {w->nick, w->user, w->host, w->account};
    const char *ignored;
    const struct decide_trace trace = {on_step, w};
    mask_source_init(&source, w->view->casemapping, w->nick, w->user, w->host, w->account);
    const struct decide_guard guard = auth_guard_init(&auth, w->network, &who, &source);
    auth_deaf(&auth, heard_in(w), &ignored);
    bool ours = facts_is_ours(w->network, w->nick, irc_state_is_me(w->network->state, w->nick));
    struct decide_facts facts;
    facts_begin(&facts, w->network, ours, !ours);
    facts_module(&facts, host_of(w), w->module);
    facts.type = w->type;
    facts.nick = w->nick;
    facts.user = w->user;
    facts.host = w->host;
    facts.account = w->account;
    facts.is_private = is_private;
    facts.places = w->places;
    facts.nplaces = w->nplaces;
    facts.source = &source;
    facts.ignored = ours ? NULL : ignored;
    facts.command = *w->command ? w->command : NULL;
    facts.guard = &guard;
    facts.secret = w->secret && w->type == EVENT_MESSAGE && !ours;
    facts.clash = find_clash(w, &facts);
    struct decision decision = decide_explain(w->view, &facts, &trace);
    tell_decision(w, &decision);
    note_remedy(w, &decision);
}

/* What the module would be told if it asked. */
static void note_capabilities(struct why *w)
{
    const struct auth_source who = {w->nick, w->user, w->host, w->account};
    for (size_t i = 0; *w->nick && w->module && i < w->module->ncapabilities; i++)
        note(w, xasprintf("the source %s the module's capability %s",
                          auth_has(w->network, &who, w->module->capabilities[i]) ? "has"
                                                                                 : "does not have",
                          w->module->capabilities[i]));
}

/* ---- The question -----------------------------------------------------------------------------
 */

/* 0, or -1 and *error: network, module and source. */
static int find_parts(struct why *w, const json_t *args, char **error)
{
    struct server *server = w->server;
    const char *name = command_text(args, "name");
    if (!*command_text(args, "network") && HASH_COUNT(server->networks) == 1)
        w->network = server->networks;
    else if (!*command_text(args, "network"))
        *error = xstrdup("module why needs --network NET: where it happens");
    else
        w->network = admin_network(server, args, error);
    if (!w->network)
        return -1;
    network_refresh(w->network);
    w->module = supervisor_find(server->supervisor, name);
    w->view = registry_view_find(w->network->view, name);
    if (!w->view) {
        *error = admin_no_module(server, name);
        return -1;
    }
    return read_source(w, args, error);
}

static int run_why(void *arg, json_t *args, json_t **result, char **error)
{
    struct why *w = xcalloc(1, sizeof *w);
    const char *channel = command_text(args, "channel");
    w->server = arg;
    if (find_parts(w, args, error)) {
        free(w);
        return -1;
    }
    w->rules = json_array();
    w->result = json_pack("{s:s, s:o, s:o}", "module", w->view->name, "network",
                          control_text(w->network->key), "rules", w->rules);
    complete_source(w);
    read_present(w, command_text(args, "present"));
    if (read_event(w, args, !*channel, error) || read_channels(w, channel, error)) {
        json_decref(w->result);
        free(w);
        return -1;
    }
    add_shared_places(w);
    bool is_private = !w->nplaces && is_talk(w->type);
    char *source = xasprintf("%s%s%s%s%s", w->nick, *w->host ? "!" : "", w->user,
                             *w->host ? "@" : "", w->host);
    json_object_set_new(w->result, "source", control_text(source));
    json_object_set_new(w->result, "account", control_text(w->account));
    json_object_set_new(w->result, "event", json_string(event_type_name(w->type)));
    json_object_set_new(w->result, "command", control_text(*w->command ? w->command : NULL));
    json_object_set_new(w->result, "private", json_boolean(is_private));
    json_object_set_new(w->result, "channel", control_text(*channel ? channel : NULL));
    free(source);
    note_connection(w);
    note_capabilities(w);
    decide(w, is_private);
    *result = w->result;
    free(w);
    return 0;
}

void why_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_MODULE_WHY].run = run_why;
}
