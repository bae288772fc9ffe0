#include "server/core/core.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "server/say.h"

void command_reply(const struct command_call *call, const char *fmt, ...)
{
    const struct irc_event *event = call->event;
    struct buf text = {0};
    va_list ap;
    if (!event->is_private)
        buf_printf(&text, "%s: ", event->nick);
    va_start(ap, fmt);
    char *body = xvasprintf(fmt, ap);
    va_end(ap);
    buf_printf(&text, "%s", body);
    free(body);
    struct say say = {.kind = SAY_PRIVMSG,
                      .target = event->reply_to,
                      .text = buf_data(&text),
                      .len = text.len,
                      .module = CORE_MODULE};
    say_text(call->network, &say);
    buf_free(&text);
}

void core_reply_buf(const struct command_call *call, struct buf *text)
{
    command_reply(call, "%.*s", (int)text->len, buf_data(text));
    buf_free(text);
}
