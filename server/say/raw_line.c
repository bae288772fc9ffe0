#include "server/say/raw_line.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/permission.h"
#include "net/link/priority.h"
#include "registry/view.h"
#include "server/route/address.h"
#include "server/route/facts.h"
#include "server/route/index.h"
#include "server/route/router.h"
#include "server/say/raw_text.h"

/* What somebody says to log in is for no module, whatever else it may see. */
static bool is_secret(const struct network *n, const struct irc_msg *msg)
{
    const struct isupport *is = irc_state_isupport(n->state);
    if (msg->nparams < 2 || strcmp(msg->command, "PRIVMSG") != 0)
        return false;
    const char *target = isupport_skip_statusmsg(is, msg->params[0]);
    struct address said;
    bool secret = address_parse(&said, msg->params[1], !isupport_is_channel(is, target),
                                irc_state_nick(n->state), is->casemapping) &&
                  facts_secret(n, &said);
    if (secret)
        explicit_bzero(&said, sizeof said);
    return secret;
}

void raw_line_came(struct network *n, const struct irc_msg *msg)
{
    size_t count;
    network_refresh(n);
    command_index_subscribers(n->index, EVENT_RAW, &count);
    if (!count || is_secret(n, msg))
        return;
    struct buf line = {0};
    raw_line_write(&line, msg);
    struct irc_event event = {.type = EVENT_RAW,
                              .nick = msg->nick ? msg->nick : "",
                              .user = msg->user ? msg->user : "",
                              .host = msg->host ? msg->host : "",
                              .from_me = msg->nick && irc_state_is_me(n->state, msg->nick),
                              .from_server = !msg->user,
                              .text = buf_data(&line),
                              .reply_to = "",
                              .time_ms = clock_wall(n->server->clock)};
    router_event(n, &event);
    buf_free(&line);
}

static int refuse(const struct network *n, const char *module, const char *why)
{
    log_warn("raw.refused", LOG_MODULE(n->key, module), "a line was not sent: %s", why);
    return -1;
}

int raw_line_send(struct network *n, const char *module, const char *line, size_t len)
{
    network_refresh(n);
    const struct module_view *m = registry_view_find(n->view, module);
    if (!m || !(m->fields.permissions & PERMISSION_RAW))
        return refuse(n, module, "the module does not have the permission raw");
    const char *why = raw_line_refused(line, len);
    if (why)
        return refuse(n, module, why);
    if (conn_state(n->conn) != CONN_ONLINE)
        return refuse(n, module, "the network is not connected");
    if (conn_send_line(n->conn, CONN_NORMAL, line, len))
        return refuse(n, module, "the send queue is full");
    return 0;
}
