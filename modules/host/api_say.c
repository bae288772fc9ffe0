#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xmalloc.h"
#include "modules/host/context.h"
#include "modules/ipc/codec.h"

/* Most texts are short: only a long one is worth memory of its own. */
struct text {
    char small[1024];
    char *large;
    size_t head; /* bytes before what the module says */
};

/* As vsnprintf. Most modules say what they have put together themselves: "%s" needs no printf. */
__attribute__((format(printf, 3, 0))) static int put_text(char *dst, size_t room,
                                                          const char *format, va_list args)
{
    if (strcmp(format, "%s") != 0)
        return vsnprintf(dst, room, format, args);
    const char *text = va_arg(args, const char *);
    size_t len = text ? strlen(text) : 0;
    if (len > IPC_TEXT_MAX)
        return IPC_TEXT_MAX + 1;
    if (len < room)
        memcpy(dst, text ? text : "", len + 1);
    return (int)len;
}

/* "first: "; nothing for NULL. A nick is never so long that it is cut. */
static size_t put_head(char *dst, size_t size, const char *first)
{
    static const char colon[] = ": ";
    if (!first)
        return 0;
    size_t len = strnlen(first, size - sizeof colon);
    memcpy(dst, first, len);
    memcpy(dst + len, colon, sizeof colon);
    return len + strlen(colon);
}

/* "first: text", or the text alone when first is NULL. Gives the text, or NULL when it is over
 * IPC_TEXT_MAX or the format is broken. */
__attribute__((format(printf, 3, 0))) static const char *
text_format(struct text *t, const char *first, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    t->large = NULL;
    size_t head = put_head(t->small, sizeof t->small, first);
    t->head = head;
    size_t room = sizeof t->small - head;
    const char *text = NULL;
    int len = put_text(t->small + head, room, format, args);
    if (len >= 0 && (size_t)len < room) {
        text = t->small;
    } else if (len >= 0 && (size_t)len <= IPC_TEXT_MAX - head) {
        t->large = xmalloc(head + (size_t)len + 1);
        memcpy(t->large, t->small, head);
        put_text(t->large + head, (size_t)len + 1, format, again);
        text = t->large;
    }
    va_end(again);
    return text;
}

/* Where a text goes, and as what. */
struct way {
    enum ipc_say_kind kind;
    bool answer;
    const char *target;
    const char *first; /* before the text, with a colon; or NULL */
};

static int send_text(seshet_ctx *ctx, const struct way *way, const char *text)
{
    struct wire *wire = &ctx->host->wire;
    struct ipc_say say = {
        .event = ctx->event->number,
        .module = ctx->module->index,
        .kind = way->kind,
        .answer = way->answer,
        .target = way->target,
        .text = text,
    };
    if (ipc_put_say(&wire->out, &say))
        return SESHET_ESIZE;
    return wire_flush_much(wire) ? SESHET_ESERVER : 0;
}

__attribute__((format(printf, 3, 0))) static int say(seshet_ctx *ctx, const struct way *way,
                                                     const char *format, va_list args)
{
    struct text t;
    const char *text = text_format(&t, way->first, format, args);
    int result = SESHET_ESIZE;
    if (text)
        result = text[t.head] ? send_text(ctx, way, text) : SESHET_EINVAL;
    free(t.large);
    return result;
}

/* No automatic answer to a notice ever leaves (RFC 1459 4.4.2), so that bots cannot start each
 * other. Outside of events nothing may be said at all. */
static bool may_answer(const seshet_ctx *ctx)
{
    return ctx->event && ctx->event->type != SESHET_NOTICE;
}

/* Whom the event's doer is called by now. */
static const char *event_nick(const seshet_event *ev)
{
    return ev->type == SESHET_NICK ? ev->target : ev->nick;
}

static int to_place(seshet_ctx *ctx, enum ipc_say_kind kind, bool named, const char *format,
                    va_list args) __attribute__((format(printf, 4, 0)));

static int to_place(seshet_ctx *ctx, enum ipc_say_kind kind, bool named, const char *format,
                    va_list args)
{
    if (!may_answer(ctx))
        return SESHET_EREFUSED;
    const char *nick = event_nick(ctx->event);
    if (!ctx->reply_to[0])
        return SESHET_EINVAL;
    bool among_others = strcmp(ctx->reply_to, nick) != 0;
    struct way way = {.kind = kind,
                      .answer = true,
                      .target = ctx->reply_to,
                      .first = named && among_others ? nick : NULL};
    return say(ctx, &way, format, args);
}

int seshet_vreply(seshet_ctx *ctx, const char *format, va_list args)
{
    return to_place(ctx, IPC_SAY_PRIVMSG, true, format, args);
}

int seshet_reply(seshet_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = to_place(ctx, IPC_SAY_PRIVMSG, true, format, args);
    va_end(args);
    return result;
}

int seshet_answer(seshet_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = to_place(ctx, IPC_SAY_PRIVMSG, false, format, args);
    va_end(args);
    return result;
}

int seshet_action(seshet_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = to_place(ctx, IPC_SAY_ACTION, false, format, args);
    va_end(args);
    return result;
}

int seshet_reply_private(seshet_ctx *ctx, const char *format, ...)
{
    if (!may_answer(ctx))
        return SESHET_EREFUSED;
    const char *nick = event_nick(ctx->event);
    if (!nick[0])
        return SESHET_EINVAL;
    struct way way = {.kind = IPC_SAY_PRIVMSG, .answer = true, .target = nick};
    va_list args;
    va_start(args, format);
    int result = say(ctx, &way, format, args);
    va_end(args);
    return result;
}

/* One word, as IRC's parameters are; a comma would make several targets of it. */
static bool is_target(const char *target)
{
    return target[0] && target[0] != ':' && !target[strcspn(target, " ,\r\n")];
}

static int check_target(const seshet_ctx *ctx, const char *target)
{
    if (!ctx->event)
        return SESHET_EREFUSED;
    if (!is_target(target))
        return SESHET_EINVAL;
    const seshet_event *ev = ctx->event;
    enum casemapping map = ctx->host->casemapping;
    if (ev->type == SESHET_NOTICE &&
        (irc_equal(map, target, ev->nick) || irc_equal(map, target, ev->channel) ||
         irc_equal(map, target, ctx->reply_to)))
        return SESHET_EREFUSED;
    return 0;
}

int seshet_say(seshet_ctx *ctx, const char *target, const char *format, ...)
{
    int result = check_target(ctx, target);
    if (result)
        return result;
    struct way way = {.kind = IPC_SAY_PRIVMSG, .target = target};
    va_list args;
    va_start(args, format);
    result = say(ctx, &way, format, args);
    va_end(args);
    return result;
}

int seshet_notice(seshet_ctx *ctx, const char *target, const char *format, ...)
{
    int result = check_target(ctx, target);
    if (result)
        return result;
    struct way way = {.kind = IPC_SAY_NOTICE, .target = target};
    va_list args;
    va_start(args, format);
    result = say(ctx, &way, format, args);
    va_end(args);
    return result;
}

void seshet_log(seshet_ctx *ctx, int level, const char *format, ...)
{
    char text[IPC_LOG_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0)
        return;
    if ((size_t)len >= sizeof text)
        text[utf8_cut(text, sizeof text - 1, sizeof text - 1)] = 0;
    if (!ctx->event) {
        free(ctx->host->last_log);
        ctx->host->last_log = xstrdup(text);
    }
    struct wire *wire = &ctx->host->wire;
    ipc_put_log(&wire->out, &(struct ipc_log){
                                .module = ctx->module->index,
                                .level = (uint8_t)(level < 0   ? 0
                                                   : level > 3 ? 3
                                                               : level),
                                .text = text,
                            });
    wire_flush_much(wire);
}
