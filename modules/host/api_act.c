#include <seshet/module.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "modules/host/context.h"
#include "modules/ipc/codec.h"

/* Lines of IRC, for modules with the permission. The server checks it, too. */

enum { LINE_MAX_BYTES = 510 }; /* RFC 1459 2.3, without CR LF */

/* Once: the module itself knows only that it is not allowed. */
static void tell_missing(seshet_ctx *ctx)
{
    bool *told = &ctx->host->modules[ctx->module->index].told_missing;
    if (!*told)
        seshet_log(ctx, 2,
                   "it may not act on the network: that needs the permission raw (seshetctl "
                   "module set %s permissions raw)",
                   seshet_module_name(ctx));
    *told = true;
}

static int send_line(seshet_ctx *ctx, const char *line, size_t len)
{
    struct wire *wire = &ctx->host->wire;
    bool permitted = ctx->host->permissions & PERMISSION_RAW;
    if (!permitted)
        tell_missing(ctx);
    if (!permitted || !ctx->event)
        return SESHET_EREFUSED;
    if (!len || line[strcspn(line, "\r\n")])
        return SESHET_EINVAL;
    struct ipc_say say = {.event = ctx->event->number,
                          .module = ctx->module->index,
                          .kind = IPC_SAY_RAW,
                          .target = "raw",
                          .text = line};
    if (ipc_put_say(&wire->out, &say))
        return SESHET_ESIZE;
    return wire_flush_much(wire) ? SESHET_ESERVER : 0;
}

int seshet_raw(seshet_ctx *ctx, const char *format, ...)
{
    char line[LINE_MAX_BYTES + 1];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0)
        return SESHET_EINVAL;
    return (size_t)len >= sizeof line ? SESHET_ESIZE : send_line(ctx, line, (size_t)len);
}

/* One parameter that is not the last: RFC 1459 2.3.1 "middle". */
static int is_middle(const char *text)
{
    return text[0] && text[0] != ':' && !text[strcspn(text, " \r\n")];
}

int seshet_set_mode(seshet_ctx *ctx, const char *channel, const char *modes, const char *args)
{
    if (!is_middle(channel) || !is_middle(modes))
        return SESHET_EINVAL;
    return seshet_raw(ctx, "MODE %s %s%s%s", channel, modes, *args ? " " : "", args);
}

int seshet_set_topic(seshet_ctx *ctx, const char *channel, const char *topic)
{
    return is_middle(channel) ? seshet_raw(ctx, "TOPIC %s :%s", channel, topic) : SESHET_EINVAL;
}

int seshet_kick(seshet_ctx *ctx, const char *channel, const char *nick, const char *reason)
{
    if (!is_middle(channel) || !is_middle(nick))
        return SESHET_EINVAL;
    return seshet_raw(ctx, "KICK %s %s :%s", channel, nick, reason);
}
