/* All strings of a message lie in the line it was parsed from; CTCP and wrapping of its text hold
 * what they promise. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/proto/ctcp.h"
#include "net/proto/hostmask.h"
#include "net/proto/message.h"
#include "net/proto/wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const char *s, const char *line, size_t size)
{
    if (s && (s < line || s + strlen(s) > line + size))
        abort();
}

static void check_wrap(const char *text, size_t max)
{
    size_t len = strlen(text);
    while (len) {
        const char *next = NULL;
        size_t n = wrap_next(text, len, max, &next);
        if (!n || (n > max && n > 4) || next < text + n || next > text + n + 1)
            abort();
        len -= (size_t)(next - text);
        text = next;
    }
}

static void check_message(const struct irc_msg *msg, const char *line, size_t size)
{
    check_inside(msg->nick, line, size);
    check_inside(msg->user, line, size);
    check_inside(msg->host, line, size);
    check_inside(msg->command, line, size);
    if (msg->nparams > IRC_MAX_PARAMS || msg->ntags > IRC_MAX_TAGS || msg->numeric > 999)
        abort();
    for (int i = 0; i < msg->nparams; i++)
        check_inside(msg->params[i], line, size);
    for (int i = 0; i < msg->ntags; i++) {
        check_inside(msg->tags[i].key, line, size);
        check_inside(msg->tags[i].value, line, size);
    }
    irc_server_time(msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct irc_msg msg;
    if (memchr(data, '\0', size) || memchr(data, '\r', size) || memchr(data, '\n', size))
        return 0;
    char *line = xmalloc(size + 1);
    memcpy(line, data, size);
    line[size] = '\0';
    if (irc_parse(&msg, line) == 0) {
        const char *command;
        const char *args;
        check_message(&msg, line, size);
        glob_match(CASEMAPPING_RFC1459, irc_param(&msg, 0), irc_param(&msg, 1));
        check_wrap(irc_param(&msg, 1), strlen(irc_param(&msg, 0)));
        char *text = xstrdup(irc_param(&msg, 1));
        ctcp_parse(text, &command, &args);
        free(text);
    }
    free(line);
    return 0;
}
