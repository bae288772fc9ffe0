#include "server/route/flood_guard.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "registry/account_edit.h"
#include "registry/accounts.h"
#include "registry/ignores.h"
#include "registry/registry.h"
#include "server/admin/commands.h"
#include "server/auth/auth.h"
#include "server/say/say.h"

#define SLOTS       8192 /* events of which an answer is expected; a power of two */
#define SWEEP_S     60
#define GRACE_S     60 /* the clocks of servers that share a registry differ */
#define SWEEP_MOST  1000
#define WRITTEN_S   2 /* until the snapshot has what was written */
#define MASK_SIZE   600
#define DETAIL_SIZE 200

/* An event that a module may answer. The strings stand behind it. */
struct expected {
    const struct network *network;
    const struct module_decl *module;
    uint64_t number;
    bool whitelisted;
    bool refused; /* its first answer came when a limit was reached */
    const char *source;
    const char *channel; /* or NULL */
    const char *nick;
    const char *host;
    const char *account; /* or NULL */
    char strings[];
};

struct flood_guard {
    struct server *server;
    struct rate source;
    int64_t ignore_ms;
    struct event *sweep;
    struct expected *slots[SLOTS]; /* by hash; a later one takes the place of an earlier */
    size_t nexpected;
};

/* Who makes the bot do something. */
struct actor {
    const char *nick;
    const char *user;
    const char *host;
    const char *account; /* or NULL */
};

/* ---- Ignoring ---------------------------------------------------------------------------------
 */

static void notice(struct network *n, const char *nick, const char *text)
{
    struct say say = {.kind = SAY_NOTICE,
                      .target = nick,
                      .text = text,
                      .len = strlen(text),
                      .module = CORE_MODULE};
    if (*nick)
        say_text(n, &say);
}

struct ignoring {
    struct server *server;
    char *network;
    char *mask;
};

static void on_written(void *arg, const struct edit_answer *answer)
{
    struct ignoring *i = arg;
    char why[REGISTRY_WHY_SIZE];
    int64_t now_s = clock_wall(i->server->clock) / 1000;
    /* From now on the registry's word counts, so that HDEL lifts it. What is left in memory waits
     * for a snapshot that is late. */
    if (answer->result == REGISTRY_OK) {
        if (ignores_remove(i->server->ignores, i->network, CASEMAPPING_ASCII, i->mask))
            ignores_add(i->server->ignores, i->network, i->mask, now_s + WRITTEN_S, why,
                        sizeof why);
    } else {
        log_warn("source.unwritten", LOG_NETWORK(i->network),
                 "%s is ignored by this server alone, as long as it runs: %s", i->mask,
                 answer->text);
    }
    free(i->network);
    free(i->mask);
    free(i);
}

static void ignore(struct network *n, const struct actor *who)
{
    const struct flood_guard *guard = n->server->guard;
    char mask[MASK_SIZE];
    char why[REGISTRY_WHY_SIZE] = "";
    char rate[RATE_TEXT_SIZE];
    char duration[RATE_TEXT_SIZE];
    char text[DETAIL_SIZE];
    int64_t expires_s = (clock_wall(n->server->clock) + guard->ignore_ms) / 1000;
    mask_write(mask, sizeof mask, who->nick, who->host, who->account);
    duration_write(duration, sizeof duration, guard->ignore_ms);
    log_warn("source.ignored", LOG_NETWORK(n->key), "%s as %s, for %s: more than %s", who->nick,
             mask, duration, rate_write(rate, sizeof rate, guard->source));
    struct registry_edit *edit = registry_edit_new();
    if (ignores_add(n->server->ignores, n->key, mask, expires_s, why, sizeof why) ||
        registry_edit_ignore(edit, n->key, mask, expires_s, why, sizeof why)) {
        log_error("source.unwritten", LOG_NETWORK(n->key), "%s cannot be ignored: %s", mask, why);
        registry_edit_free(edit);
        return;
    }
    struct ignoring *i = xmalloc(sizeof *i);
    *i = (struct ignoring){n->server, xstrdup(n->key), xstrdup(mask)};
    registry_edit_commit(edit, n->server->registry, on_written, i);
    snprintf(text, sizeof text, "You use me too much (more than %s): I ignore you for %s.", rate,
             duration);
    notice(n, who->nick, text);
}

static bool is_trusted(struct network *n, const struct actor *who)
{
    const struct auth_source source = {who->nick, who->user, who->host, who->account};
    return auth_has(n, &source, "trusted");
}

static bool use_source(struct network *n, const struct actor *who, const char *source)
{
    const struct flood_guard *guard = n->server->guard;
    if (!rate_limits(guard->source) || !*source ||
        !flood_count_source(n->server->flood, n->key, source, guard->source) || is_trusted(n, who))
        return true;
    ignore(n, who);
    return false;
}

bool flood_guard_use(struct network *n, const struct irc_event *event)
{
    char source[FLOOD_SOURCE_SIZE];
    struct actor who = {event->nick, event->user, event->host, event->account};
    if (!rate_limits(n->server->guard->source))
        return true;
    flood_source_key(source, sizeof source, irc_state_isupport(n->state)->casemapping, event->nick,
                     event->host, event->account);
    return use_source(n, &who, source);
}

/* ---- Telling ----------------------------------------------------------------------------------
 */

void flood_guard_tell(struct network *n, const struct irc_event *event, const struct flood_use *use,
                      const struct flood_hit *hit)
{
    static const char *const what[] = {[FLOOD_USER] = "slow down",
                                       [FLOOD_CHANNEL] = "used too often in this channel",
                                       [FLOOD_NETWORK] = "used too often on this network"};
    char detail[DETAIL_SIZE];
    char text[2 * DETAIL_SIZE];
    if (!flood_tell(n->server->flood, use, hit))
        return;
    bool ever = hit->again_ms >= 0;
    snprintf(text, sizeof text, "%s: %s%s%s", use->module->name, ever ? what[hit->limit] : "",
             ever ? ", " : "", flood_describe(detail, sizeof detail, hit));
    notice(n, event->nick, text);
}

/* ---- Answers to events ------------------------------------------------------------------------
 */

static size_t slot_of(const struct network *n, const struct module_decl *module, uint64_t number)
{
    uint64_t h = (uint64_t)(uintptr_t)n / 64 + module->id * UINT64_C(0x9e3779b97f4a7c15) + number;
    return h & (SLOTS - 1);
}

static void drop(struct flood_guard *guard, size_t slot)
{
    guard->nexpected -= guard->slots[slot] != NULL;
    free(guard->slots[slot]);
    guard->slots[slot] = NULL;
}

/* Copies the text behind those that stand there already. */
static const char *put(char **at, const char *text)
{
    size_t len = strlen(text) + 1;
    memcpy(*at, text, len);
    *at += len;
    return *at - len;
}

static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

void flood_guard_expect(struct network *n, const struct irc_event *event,
                        const struct module_decl *module, uint64_t number,
                        const struct flood_use *use)
{
    struct flood_guard *guard = n->server->guard;
    size_t slot = slot_of(n, module, number);
    size_t size = size_of(use->source) + size_of(use->channel) + size_of(event->nick) +
                  size_of(event->host) + size_of(event->account);
    drop(guard, slot);
    if (!rate_limits(guard->source) && !flood_is_counted(use->view, use->module))
        return;
    struct expected *e = xmalloc(sizeof *e + size);
    char *at = e->strings;
    *e = (struct expected){.network = n,
                           .module = module,
                           .number = number,
                           .whitelisted = use->whitelisted,
                           .source = put(&at, use->source),
                           .nick = put(&at, event->nick),
                           .host = put(&at, event->host)};
    if (use->channel)
        e->channel = put(&at, use->channel);
    if (event->account)
        e->account = put(&at, event->account);
    guard->slots[slot] = e;
    guard->nexpected++;
}

bool flood_guard_answered(struct network *n, const struct module_decl *module, uint64_t number)
{
    struct flood_guard *guard = n->server->guard;
    size_t slot = slot_of(n, module, number);
    struct expected *e = guard->slots[slot];
    if (!e || e->network != n || e->module != module || e->number != number)
        return true;
    if (e->refused)
        return false;
    network_refresh(n);
    const struct module_view *view = registry_view_find(n->view, module->name);
    struct flood_use use = {.module = view,
                            .view = n->view,
                            .network = n->key,
                            .source = e->source,
                            .channel = e->channel,
                            .whitelisted = e->whitelisted};
    if (view && flood_reached(n->server->flood, &use, NULL)) {
        e->refused = true;
        return false;
    }
    const struct irc_user *user = irc_user_find(n->state, e->nick);
    struct actor who = {e->nick, user ? irc_user_user(user) : "", e->host, e->account};
    if (!use_source(n, &who, e->source)) {
        e->refused = true;
        return false;
    }
    if (view)
        flood_count(n->server->flood, &use);
    drop(guard, slot);
    return true;
}

void flood_guard_forget(struct network *n)
{
    struct flood_guard *guard = n->server->guard;
    for (size_t i = 0; guard->nexpected && i < SLOTS; i++)
        if (guard->slots[i] && guard->slots[i]->network == n)
            drop(guard, i);
}

/* ---- Ignores that have ended ------------------------------------------------------------------
 */

static void on_swept(void *arg, const struct edit_answer *answer)
{
    (void)arg;
    if (answer->result != REGISTRY_OK)
        log_debug("source.unswept", LOG_NOBODY, "ended ignores stay for now: %s", answer->text);
}

/* channel NULL: the network's own list, or with network "" that of all networks. */
static void sweep_list(struct registry_edit *edit, const char *network, const char *channel,
                       const struct ignore_list *list, int64_t now_s)
{
    char why[REGISTRY_WHY_SIZE];
    for (size_t i = 0; list && i < list->count && registry_edit_count(edit) < SWEEP_MOST; i++) {
        const struct ignore *item = &list->items[i];
        if (!item->expires_s || item->expires_s + GRACE_S >= now_s)
            continue;
        if (channel)
            registry_edit_channel_expire(edit, network, channel, item->mask, item->expires_s, why,
                                         sizeof why);
        else
            registry_edit_expire(edit, network, item->mask, item->expires_s, why, sizeof why);
    }
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct flood_guard *guard = arg;
    struct server *server = guard->server;
    int64_t now_s = clock_wall(server->clock) / 1000;
    const struct snapshot *s = registry_snapshot(server->registry);
    const struct accounts *a = snapshot_accounts(s);
    (void)fd;
    (void)what;
    ignores_sweep(server->ignores, now_s);
    if (registry_state(server->registry) != REGISTRY_SYNCED)
        return;
    struct registry_edit *edit = registry_edit_new();
    sweep_list(edit, "", NULL, s->ignores, now_s);
    for (size_t i = 0; i < s->nnetworks; i++)
        sweep_list(edit, s->networks[i]->network, NULL, s->networks[i]->ignores, now_s);
    for (size_t i = 0; i < a->nchannels; i++)
        sweep_list(edit, a->channels[i]->network, a->channels[i]->channel, a->channels[i]->ignores,
                   now_s);
    if (registry_edit_count(edit))
        registry_edit_commit(edit, server->registry, on_swept, NULL);
    else
        registry_edit_free(edit);
}

/* ---- Life -------------------------------------------------------------------------------------
 */

void flood_guard_configure(struct flood_guard *guard)
{
    /* The configuration was checked when it was read. */
    char why[REGISTRY_WHY_SIZE];
    const struct conf_main *conf = guard->server->conf;
    if (rate_parse(conf->flood.source, &guard->source, why, sizeof why) ||
        duration_parse(conf->flood.ignore, &guard->ignore_ms, why, sizeof why))
        log_error("flood.limit", LOG_NOBODY, "%s", why);
}

struct rate flood_guard_source(const struct flood_guard *guard)
{
    return guard->source;
}

struct flood_guard *flood_guard_new(struct server *server)
{
    static const struct timeval interval = {.tv_sec = SWEEP_S};
    struct flood_guard *guard = xcalloc(1, sizeof *guard);
    guard->server = server;
    guard->sweep = event_new(server->base, -1, EV_PERSIST, on_sweep, guard);
    event_add(guard->sweep, &interval);
    flood_guard_configure(guard);
    return guard;
}

void flood_guard_free(struct flood_guard *guard)
{
    if (!guard)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        drop(guard, i);
    event_free(guard->sweep);
    free(guard);
}
