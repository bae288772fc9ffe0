#include "server/network.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "conf/conf.h"
#include "registry/registry.h"
#include "server/auth/auth.h"
#include "server/conn_config.h"
#include "server/core/memory.h"
#include "server/first_values.h"
#include "server/identities.h"
#include "server/life.h"
#include "server/module/quarantine_news.h"
#include "server/module/session.h"
#include "server/route/flood_guard.h"
#include "server/route/index.h"
#include "server/route/router.h"
#include "server/runtime.h"
#include "server/say/answer.h"
#include "server/say/ctcp_reply.h"
#include "server/say/raw_line.h"
#include "server/supervise/supervisor.h"

struct network *network_find(const struct server *server, const char *key)
{
    struct network *n = NULL;
    HASH_FIND_STR(server->networks, key, n);
    return n;
}

static void on_module_changed(void *arg, const struct module_view *old,
                              const struct module_view *now)
{
    struct network *n = arg;
    command_index_change(n->index, n->server->supervisor, n->view, old, now);
    life_change(n, old, now);
}

void network_refresh(struct network *n)
{
    const struct snapshot *snapshot = registry_snapshot(n->server->registry);
    enum casemapping map = irc_state_isupport(n->state)->casemapping;
    char prefix = *n->conf->command_prefix;
    bool view_fits = n->view && n->view->casemapping == map && n->view->default_prefix == prefix;
    bool index_fits = view_fits && n->index_catalogue == n->server->catalogue;
    if (!view_fits) {
        registry_view_free(n->view);
        n->view = registry_view_new(snapshot, n->key, map, prefix);
    } else if (n->view->generation != snapshot->generation) {
        registry_view_follow(n->view, snapshot, index_fits ? on_module_changed : NULL, n);
        if (index_fits)
            supervisor_want_end(n->server->supervisor, n->key);
    }
    if (!index_fits) {
        command_index_free(n->index);
        n->index = command_index_new(n->server->supervisor, n->view);
        n->index_catalogue = n->server->catalogue;
        life_begin(n);
    }
}

/* ---- Who we are there, as others must know it -------------------------------------------------
 */

static void forget_identity(struct network *n)
{
    if (n->place)
        identities_remove(n->server->identities, n->place, n->nick);
    free(n->place_name);
    free(n->nick);
    n->place = NULL;
    n->place_name = n->nick = NULL;
}

/* A nick that we chose. What a server calls us beyond that is its own affair: it must not make us
 * deaf to somebody of that name elsewhere. */
static bool is_our_choice(const struct network *n, const char *nick)
{
    enum casemapping map = irc_state_isupport(n->state)->casemapping;
    const char *wanted = runtime_nick(n);
    size_t same = 0;
    while (wanted[same] && irc_fold_char(map, nick[same]) == irc_fold_char(map, wanted[same]))
        same++;
    if (!wanted[same] && !nick[same + strspn(nick + same, "_")])
        return true;
    for (size_t i = 0; i < n->conf->nalternate_nicks; i++)
        if (irc_equal(map, nick, n->conf->alternate_nicks[i]))
            return true;
    return false;
}

/* Where we are: connections to one IRC network must agree on it, whatever they call its servers. */
static const char *place_name(const struct network *n)
{
    const char *network = irc_state_isupport(n->state)->network;
    if (*network)
        return network;
    return n->server_name ? n->server_name : conn_server_name(n->conn);
}

static void update_identity(struct network *n)
{
    if (n->leaving)
        return;
    const struct isupport *is = irc_state_isupport(n->state);
    const char *nick = irc_state_nick(n->state);
    const char *place = place_name(n);
    char *folded = xstrdup(nick);
    irc_fold(is->casemapping, folded);
    if (!is_our_choice(n, nick)) {
        forget_identity(n);
    } else if (!n->place || strcmp(n->place_name, place) != 0 || strcmp(n->nick, folded) != 0) {
        forget_identity(n);
        n->place_name = xstrdup(place);
        n->nick = xstrdup(folded);
        n->place = identities_add(n->server->identities, place, folded);
    }
    free(folded);
    struct network_facts facts = {
        .own_nick = nick, .casemapping = casemapping_name(is->casemapping), .user = n};
    supervisor_set_network(n->server->supervisor, n->key, &facts);
}

/* ---- What the connection tells ----------------------------------------------------------------
 */

/* What a channel's members and modes are is asked for once, when there is nothing else to say. */
static void ask_about(struct network *n, const char *channel)
{
    conn_send(n->conn, CONN_BULK, "MODE %s", channel);
    if (irc_state_isupport(n->state)->whox)
        conn_send(n->conn, CONN_BULK, "WHO %s %s", channel, IRC_WHOX_FIELDS);
    else
        conn_send(n->conn, CONN_BULK, "WHO %s", channel);
}

static void on_event(void *arg, const struct irc_event *event)
{
    struct network *n = arg;
    if (n->leaving)
        return;
    answer_observe(n->more, n->state, event);
    if (event->type == EVENT_JOIN && event->from_me)
        ask_about(n, event->channel);
    auth_observe(n, event);
    if (auth_nickserv_notice(n, event))
        return;
    if (router_event(n, event) && event->type == EVENT_CTCP)
        ctcp_reply(n, event);
}

static void on_message(void *arg, struct irc_msg *msg)
{
    struct network *n = arg;
    raw_line_came(n, msg);
    irc_state_apply(n->state, msg, clock_wall(n->server->clock));
    if (msg->numeric == 1 && msg->nick) {
        free(n->server_name);
        n->server_name = xstrdup(msg->nick);
    }
    if (msg->numeric) {
        auth_numeric(n, msg);
        core_memory_numeric(n, msg);
    }
    bool about_us = msg->numeric ? msg->numeric <= 5 || msg->numeric == 396
                                 : msg->word == IRC_NICK || msg->word == IRC_CHGHOST;
    if (about_us)
        update_identity(n);
    else if (msg->word == IRC_CAP)
        irc_state_set_caps(n->state, conn_has_cap(n->conn, "account-tag"));
}

static const struct isupport *on_isupport(void *arg)
{
    const struct network *n = arg;
    return irc_state_isupport(n->state);
}

static void gone(void *arg)
{
    network_free(arg);
}

static void on_state(void *arg, enum conn_state old, enum conn_state now, const char *reason)
{
    struct network *n = arg;
    int64_t wall = clock_wall(n->server->clock);
    (void)old;
    n->state_since_ms = clock_now(n->server->clock);
    if (now == CONN_ONLINE) {
        irc_state_set_caps(n->state, conn_has_cap(n->conn, "account-tag"));
        update_identity(n);
        irc_state_connected(n->state, wall);
    } else if (now != CONN_CLOSING) {
        irc_state_disconnected(n->state, reason, wall);
        forget_identity(n);
    }
    if (now == CONN_REGISTERING)
        irc_state_set_nick(n->state, conn_nick(n->conn));
    if (now == CONN_STOPPED && n->leaving)
        defer_call(&n->server->defer, gone, n);
}

/* ---- Life -------------------------------------------------------------------------------------
 */

static const struct conn_callbacks callbacks = {
    .on_state = on_state, .on_message = on_message, .isupport = on_isupport};

struct network *network_new(struct server *server, struct conf_network *conf, char **error)
{
    struct network *n = xcalloc(1, sizeof *n);
    n->server = server;
    n->conf = conf;
    n->key = conf->key;
    n->state_since_ms = clock_now(server->clock);
    n->state = irc_state_new(conf->nick, on_event, n);
    struct conn_config config;
    struct conn_config_parts parts;
    conn_config_from(&config, &parts, conf);
    struct conn_channel *channels = runtime_config(n, conf, &config);
    n->conn = conn_new(server->link, &config, &callbacks, n, error);
    free(channels);
    conn_config_free(&parts);
    if (!n->conn) {
        irc_state_free(n->state);
        conf_network_free(conf);
        free(n);
        return NULL;
    }
    n->auth = auth_new(n);
    n->more = more_new();
    runtime_begin(n);
    struct network_facts facts = {
        .own_nick = conf->nick, .casemapping = casemapping_name(CASEMAPPING_RFC1459), .user = n};
    supervisor_set_network(server->supervisor, n->key, &facts);
    HASH_ADD_KEYPTR(hh, server->networks, n->key, strlen(n->key), n);
    first_values_give(n);
    if (conf->connect && server->networks_started)
        conn_start(n->conn);
    return n;
}

int network_reconfigure(struct network *n, struct conf_network *conf, char **error)
{
    struct conn_config config;
    struct conn_config_parts parts;
    conn_config_from(&config, &parts, conf);
    struct conn_channel *channels = runtime_config(n, conf, &config);
    int changed = conn_set_config(n->conn, &config, error);
    free(channels);
    conn_config_free(&parts);
    if (changed < 0) {
        conf_network_free(conf);
        return -1;
    }
    bool connected_before = n->conf->connect;
    HASH_DEL(n->server->networks, n); /* the key lies in the old configuration */
    conf_network_free(n->conf);
    n->conf = conf;
    n->key = conf->key;
    HASH_ADD_KEYPTR(hh, n->server->networks, n->key, strlen(n->key), n);
    runtime_begin(n);
    first_values_give(n);
    if (!conf->connect)
        conn_quit(n->conn, "Switched off");
    else if (!n->server->networks_started)
        return 0;
    else if (changed && connected_before && conn_state(n->conn) != CONN_STOPPED)
        conn_reconnect(n->conn, "Changed configuration");
    else
        conn_start(n->conn); /* also one that waits: a certificate may be good now */
    return 0;
}

void network_leave(struct network *n, const char *reason)
{
    if (n->leaving)
        return;
    n->leaving = true;
    supervisor_drop_network(n->server->supervisor, n->key);
    module_sessions_forget(n->server->sessions, n->key);
    HASH_DEL(n->server->networks, n);
    DL_APPEND(n->server->leaving, n);
    enum conn_state state = conn_state(n->conn);
    if (state == CONN_IDLE || state == CONN_STOPPED)
        defer_call(&n->server->defer, gone, n);
    else
        conn_quit(n->conn, reason);
}

void network_free(struct network *n)
{
    if (n->leaving) {
        DL_DELETE(n->server->leaving, n);
    } else {
        supervisor_drop_network(n->server->supervisor, n->key);
        HASH_DEL(n->server->networks, n);
    }
    flood_guard_forget(n);
    quarantine_news_free(n);
    auth_free(n->auth);
    core_memory_free(n->core);
    more_free(n->more);
    runtime_free(n->runtime);
    conn_free(n->conn);
    forget_identity(n);
    free(n->server_name);
    irc_state_free(n->state);
    command_index_free(n->index);
    life_free(n->life);
    registry_view_free(n->view);
    conf_network_free(n->conf);
    free(n);
}
