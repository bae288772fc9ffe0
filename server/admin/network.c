#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rate.h"
#include "base/xmalloc.h"
#include "net/link/conn.h"
#include "registry/ignores.h"
#include "registry/registry.h"
#include "server/admin/accounts.h"
#include "server/admin/report.h"
#include "server/network.h"
#include "server/reload.h"
#include "server/route/flood_guard.h"

#define MAX_REASON 200 /* bytes of a QUIT message */

/* ---- Showing ----------------------------------------------------------------------------------
 */

static int run_list(void *arg, json_t *args, json_t **result, char **error)
{
    const struct server *server = arg;
    json_t *networks = json_array();
    (void)args;
    (void)error;
    for (const struct network *n = server->networks; n; n = n->hh.next)
        json_array_append_new(networks, report_network(n));
    *result = json_pack("{s:o}", "networks", networks);
    return 0;
}

static json_t *channel_object(const struct network *n, const struct channel *channel)
{
    char modes[IRC_MODES_SIZE];
    char own[IRC_MODES_SIZE] = "";
    const struct channel_member *me = irc_member_find(channel, irc_state_nick(n->state));
    if (me)
        irc_member_modes(me, own);
    return json_pack("{s:o, s:I, s:b, s:s, s:s, s:o}", "channel",
                     control_text(irc_channel_name(channel)), "members",
                     (json_int_t)irc_member_count(channel), "complete",
                     irc_channel_names_done(channel), "modes", irc_channel_modes(channel, modes),
                     "own_modes", own, "topic", control_text(irc_channel_topic(channel)));
}

static json_t *channels_array(const struct network *n)
{
    json_t *list = json_array();
    for (const struct channel *channel = irc_channel_next(n->state, NULL); channel;
         channel = irc_channel_next(n->state, channel))
        json_array_append_new(list, channel_object(n, channel));
    return list;
}

static int run_channels(void *arg, json_t *args, json_t **result, char **error)
{
    const struct network *n = admin_network(arg, args, error);
    if (!n)
        return -1;
    *result =
        json_pack("{s:o, s:o}", "network", control_text(n->key), "channels", channels_array(n));
    return 0;
}

static json_t *servers_array(const struct conf_network *conf)
{
    json_t *list = json_array();
    for (size_t i = 0; i < conf->nservers; i++)
        json_array_append_new(list, json_pack("{s:o, s:i, s:b}", "host",
                                              control_text(conf->servers[i].host), "port",
                                              conf->servers[i].port, "tls", conf->servers[i].tls));
    return list;
}

static json_t *enabled_modules(struct network *n)
{
    json_t *list = json_array();
    network_refresh(n);
    for (size_t i = 0; i < n->view->count; i++)
        if (n->view->modules[i]->fields.enabled)
            json_array_append_new(list, control_text(n->view->modules[i]->name));
    return list;
}

static int run_show(void *arg, json_t *args, json_t **result, char **error)
{
    struct network *n = admin_network(arg, args, error);
    char modes[IRC_MODES_SIZE];
    if (!n)
        return -1;
    const struct isupport *is = irc_state_isupport(n->state);
    struct conn_counters counters = conn_counters(n->conn);
    const char *name = is->network;
    json_t *object = report_network(n);
    json_object_set_new(object, "file", control_text(n->conf->path));
    json_object_set_new(object, "connect", json_boolean(n->conf->connect));
    json_object_set_new(object, "servers", servers_array(n->conf));
    json_object_set_new(object, "wanted_nick", control_text(n->conf->nick));
    json_object_set_new(object, "user", control_text(irc_state_user(n->state)));
    json_object_set_new(object, "host", control_text(irc_state_host(n->state)));
    json_object_set_new(object, "user_modes", control_text(irc_state_user_modes(n->state, modes)));
    json_object_set_new(object, "name", control_text(name));
    json_object_set_new(object, "casemapping", json_string(casemapping_name(is->casemapping)));
    json_object_set_new(object, "command_prefix", control_text(n->conf->command_prefix));
    json_object_set_new(object, "cause", json_string(conn_cause_name(conn_cause(n->conn))));
    json_object_set_new(object, "retry_ms", json_integer((json_int_t)conn_retry_ms(n->conn)));
    json_object_set_new(object, "attempts", json_integer((json_int_t)counters.attempts));
    json_object_set_new(object, "dropped", json_integer((json_int_t)counters.dropped));
    json_object_set_new(object, "modules", enabled_modules(n));
    *result = json_pack("{s:o}", "network", object);
    json_object_set_new(*result, "channels", channels_array(n));
    return 0;
}

/* ---- Connecting -------------------------------------------------------------------------------
 */

static json_t *state_object(const struct network *n)
{
    return json_pack("{s:o, s:s}", "network", control_text(n->key), "state",
                     conn_state_name(conn_state(n->conn)));
}

static int run_connect(void *arg, json_t *args, json_t **result, char **error)
{
    struct network *n = admin_network(arg, args, error);
    if (!n)
        return -1;
    if (conn_state(n->conn) == CONN_ONLINE) {
        *error = xasprintf("%s is connected already", n->key);
        return -1;
    }
    conn_start(n->conn);
    *result = state_object(n);
    return 0;
}

static int run_disconnect(void *arg, json_t *args, json_t **result, char **error)
{
    struct network *n = admin_network(arg, args, error);
    const char *reason = command_text(args, "reason");
    if (!n)
        return -1;
    if (strlen(reason) > MAX_REASON || strpbrk(reason, "\r\n")) {
        *error = xasprintf("a reason is one line of at most %d bytes", MAX_REASON);
        return -1;
    }
    conn_quit(n->conn, *reason ? reason : "Disconnected by the administrator");
    *result = state_object(n);
    return 0;
}

struct rehash {
    struct server *server;
    struct control_request *request;
};

static void on_rehashed(void *arg)
{
    struct rehash *rehash = arg;
    const struct reload *reload = rehash->server->reload;
    json_t *errors = json_array();
    const char *text;
    for (size_t i = 0; (text = reload_error(reload, i)); i++)
        json_array_append_new(errors, control_text(text));
    control_answer(rehash->request,
                   json_pack("{s:I, s:o}", "networks",
                             (json_int_t)HASH_COUNT(rehash->server->networks), "errors", errors));
    free(rehash);
}

static void begin_rehash(void *arg, json_t *args, struct control_request *request)
{
    struct server *server = arg;
    struct rehash *rehash = xmalloc(sizeof *rehash);
    (void)args;
    *rehash = (struct rehash){server, request};
    reload_all(server->reload, on_rehashed, rehash);
}

/* ---- Ignores ----------------------------------------------------------------------------------
 */

struct ignore_rows {
    json_t *list;
    int64_t now_s;
};

/* channel "": everywhere on the network */
static void add_ignore(struct ignore_rows *rows, const char *network, const char *channel,
                       const char *mask, int64_t expires_s, bool in_memory)
{
    if (expires_s && expires_s <= rows->now_s)
        return;
    json_array_append_new(rows->list,
                          json_pack("{s:s, s:o, s:o, s:I, s:I, s:b}", "network", network, "channel",
                                    control_text(channel), "mask", control_text(mask), "expires",
                                    (json_int_t)expires_s, "left_ms",
                                    expires_s ? (json_int_t)((expires_s - rows->now_s) * 1000) : -1,
                                    "in_memory", in_memory));
}

static void add_remembered(void *arg, const char *network, const char *mask, int64_t expires_s)
{
    struct ignore_rows *rows = arg;
    size_t i;
    const json_t *row;
    json_array_foreach(rows->list, i, row)
    {
        if (!strcmp(command_text(row, "network"), network) &&
            !strcmp(command_text(row, "mask"), mask))
            return; /* it has come to Redis */
    }
    add_ignore(rows, network, "", mask, expires_s, true);
}

static void add_stored(struct ignore_rows *rows, const char *network, const char *channel,
                       const struct ignore_list *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        add_ignore(rows, network, channel, list->items[i].mask, list->items[i].expires_s, false);
}

/* Those of channels; network "": of all. */
static void add_of_channels(struct ignore_rows *rows, const struct accounts *accounts,
                            const char *network)
{
    for (size_t i = 0; i < accounts->nchannels; i++) {
        const struct channel_record *c = accounts->channels[i];
        if (!*network || !strcmp(c->network, network))
            add_stored(rows, c->network, c->channel, c->ignores);
    }
}

static int run_ignores(void *arg, json_t *args, json_t **result, char **error)
{
    struct server *server = arg;
    const char *network = command_text(args, "network");
    const struct snapshot *s = registry_snapshot(server->registry);
    struct ignore_rows rows = {.list = json_array(), .now_s = clock_wall(server->clock) / 1000};
    const struct network_overlays *here = *network ? snapshot_network(s, network) : NULL;
    if (*network && !here && !admin_network(server, args, error)) {
        json_decref(rows.list);
        return -1;
    }
    /* Those for all networks first, then the network's, or without one each network's. */
    add_stored(&rows, "", "", s->ignores);
    for (size_t i = 0; i < s->nnetworks; i++)
        if (!*network || !strcmp(s->networks[i]->network, network))
            add_stored(&rows, s->networks[i]->network, "", s->networks[i]->ignores);
    ignores_each(server->ignores, *network ? network : NULL, add_remembered, &rows);
    add_of_channels(&rows, snapshot_accounts(s), network);
    *result = json_pack("{s:s, s:o}", "network", network, "ignores", rows.list);
    return 0;
}

/* Masks for all networks, and those of one that is not here, fold as every network folds. */
static enum casemapping casemapping_of(const struct server *server, const char *network)
{
    const struct network *n = network_find(server, network);
    return n ? irc_state_isupport(n->state)->casemapping : CASEMAPPING_ASCII;
}

/* Takes out all that are the same to the network. The edit has nothing in it when there are none.
 */
static struct registry_edit *unignore(const struct ignore_list *list, const char *network,
                                      enum casemapping casemapping, const char *mask)
{
    char why[REGISTRY_WHY_SIZE];
    struct registry_edit *edit = registry_edit_new();
    for (size_t i = 0; list && i < list->count; i++)
        if (ignores_same(casemapping, list->items[i].mask, mask))
            registry_edit_unignore(edit, network, list->items[i].mask, why, sizeof why);
    return edit;
}

/* An ignore in one channel, which stands in the registry or nowhere. */
static void unignore_in_channel(struct server *server, const json_t *args,
                                struct control_request *request)
{
    char folded[CHANNEL_MAX_NAME + 1];
    const char *network = command_text(args, "network");
    const char *mask = command_text(args, "mask");
    struct admin_edit e =
        admin_edit_begin(server, args, request,
                         json_pack("{s:s, s:s, s:s}", "network", network, "channel",
                                   command_text(args, "channel"), "mask", mask));
    int failed = admin_fold_channel(server, network, command_text(args, "channel"), folded, e.why,
                                    sizeof e.why);
    const struct channel_record *c =
        failed ? NULL : accounts_channel(admin_accounts(server), network, folded);
    const struct ignore_list *list = c ? c->ignores : NULL;
    enum casemapping casemapping = casemapping_of(server, network);
    for (size_t i = 0; list && i < list->count && !failed; i++)
        if (ignores_same(casemapping, list->items[i].mask, mask))
            failed = registry_edit_channel_ignore(e.edit, network, folded, list->items[i].mask, 0,
                                                  false, e.why, sizeof e.why);
    if (!failed && !registry_edit_count(e.edit)) {
        failed = -1;
        snprintf(e.why, sizeof e.why,
                 "\"%.120s\" is not ignored there; network ignores shows who is", mask);
    }
    admin_edit_end(&e, failed);
}

static void begin_unignore(void *arg, json_t *args, struct control_request *request)
{
    struct server *server = arg;
    const char *network = command_text(args, "network");
    const char *mask = command_text(args, "mask");
    const struct snapshot *s = registry_snapshot(server->registry);
    bool on_all = !strcmp(network, "all") && !network_find(server, network);
    if (json_object_get(args, "channel")) {
        unignore_in_channel(server, args, request);
        return;
    }
    if (on_all)
        network = "";
    const struct network_overlays *here = on_all ? NULL : snapshot_network(s, network);
    enum casemapping casemapping = casemapping_of(server, network);
    size_t remembered = ignores_remove(server->ignores, network, casemapping, mask);
    struct registry_edit *edit = unignore(on_all ? s->ignores
                                          : here ? here->ignores
                                                 : NULL,
                                          network, casemapping, mask);
    if (!remembered && !registry_edit_count(edit)) {
        registry_edit_free(edit);
        control_fail(request, "\"%.200s\" is not ignored there; network ignores shows who is",
                     mask);
        return;
    }
    json_t *answer = json_pack("{s:s, s:s}", "network", network, "mask", mask);
    if (!registry_edit_count(edit)) {
        registry_edit_free(edit);
        json_object_set_new(answer, "changed", json_integer((json_int_t)remembered));
        control_answer(request, answer);
        return;
    }
    admin_commit(server, edit, answer, request);
}

void admin_network_handlers(struct admin_handler *handlers)
{
    handlers[COMMAND_NETWORK_LIST].run = run_list;
    handlers[COMMAND_NETWORK_SHOW].run = run_show;
    handlers[COMMAND_NETWORK_CONNECT].run = run_connect;
    handlers[COMMAND_NETWORK_DISCONNECT].run = run_disconnect;
    handlers[COMMAND_NETWORK_REHASH].begin = begin_rehash;
    handlers[COMMAND_NETWORK_CHANNELS].run = run_channels;
    handlers[COMMAND_NETWORK_IGNORES].run = run_ignores;
    handlers[COMMAND_NETWORK_UNIGNORE].begin = begin_unignore;
}
