#include "server/say/raw_text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_BYTES = 510 }; /* RFC 1459 2.3, without CR LF */

void raw_line_write(struct buf *line, const struct irc_msg *msg)
{
    if (msg->nick)
        buf_printf(line, ":%s%s%s%s%s ", msg->nick, msg->user ? "!" : "",
                   msg->user ? msg->user : "", msg->host ? "@" : "", msg->host ? msg->host : "");
    buf_printf(line, "%s", msg->command);
    for (int i = 0; i < msg->nparams; i++)
        buf_printf(line, i + 1 == msg->nparams ? " :%s" : " %s", msg->params[i]);
    buf_append(line, "", 1);
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

const char *raw_line_refused(const char *line, size_t len)
{
    if (!len || len > LINE_MAX_BYTES || memchr(line, '\n', len) || memchr(line, '\r', len) ||
        memchr(line, '\0', len) || *line == ' ' || *line == ':' || *line == '@')
        return "it is no line of IRC";
    return is_forbidden(line) ? "it would end or change the connection itself" : NULL;
}
