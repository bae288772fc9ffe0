#include "server/raw_line.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/permission.h"
#include "net/link/priority.h"
#include "registry/view.h"
#include "server/index.h"
#include "server/router.h"

enum { LINE_MAX_BYTES = 510 }; /* RFC 1459 2.3, without CR LF */

static void write_line(struct buf *line, const struct irc_msg *msg)
{
    if (msg->nick)
        buf_printf(line, ":%s%s%s%s%s ", msg->nick, msg->user ? "!" : "",
                   msg->user ? msg->user : "", msg->host ? "@" : "", msg->host ? msg->host : "");
    buf_printf(line, "%s", msg->command);
    for (int i = 0; i < msg->nparams; i++)
        buf_printf(line, i + 1 == msg->nparams ? " :%s" : " %s", msg->params[i]);
    buf_append(line, "", 1);
}

void raw_line_came(struct network *n, const struct irc_msg *msg)
{
    size_t count;
    network_refresh(n);
    command_index_subscribers(n->index, EVENT_RAW, &count);
    if (!count)
        return;
    struct buf line = {0};
    write_line(&line, msg);
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

static bool is_forbidden(const char *line)
{
    static const char *const words[] = {"QUIT", "PASS", "USER", "CAP", "AUTHENTICATE", "SQUIT"};
    size_t len = strcspn(line, " ");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == len && !strncasecmp(words[i], line, len))
            return true;
    return false;
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
    if (!len || len > LINE_MAX_BYTES || memchr(line, '\n', len) || memchr(line, '\r', len) ||
        memchr(line, '\0', len) || *line == ' ' || *line == ':' || *line == '@')
        return refuse(n, module, "it is no line of IRC");
    if (is_forbidden(line))
        return refuse(n, module, "it would end or change the connection itself");
    if (conn_state(n->conn) != CONN_ONLINE)
        return refuse(n, module, "the network is not connected");
    if (conn_send_line(n->conn, CONN_NORMAL, line, len))
        return refuse(n, module, "the send queue is full");
    return 0;
}
