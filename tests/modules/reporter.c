/* Tells what it sees, in the log and in the channel #reports, and tries to answer notices. */
#include <seshet/module.h>
#include <stdio.h>

static void report(seshet_ctx *ctx, const seshet_event *ev)
{
    char line[2048];
    /* What it says itself must not make it say more. */
    if (ev->from_me && ev->type <= SESHET_NOTICE)
        return;
    snprintf(line, sizeof line,
             "type=%d private=%d me=%d nick=%s user=%s host=%s account=%s channel=%s target=%s "
             "command=%s args=%s text=%s",
             (int)ev->type, ev->is_private, ev->from_me, ev->nick, ev->user, ev->host,
             ev->account ? ev->account : "-", ev->channel, ev->target, ev->command, ev->args,
             ev->text);
    seshet_log(ctx, 1, "%s", line);
    seshet_say(ctx, "#reports", "%s", line);
    if (ev->type == SESHET_NOTICE)
        seshet_log(ctx, 1, "reply to a notice: %s",
                   seshet_strerror(seshet_reply(ctx, "I have read it")));
}

/* clang-format off */
SESHET_MODULE(
    .name = "reporter",
    .commands = SESHET_COMMANDS(
        { "report", report }),
    .events = SESHET_EVENTS(
        { SESHET_MESSAGE, report }, { SESHET_ACTION, report }, { SESHET_NOTICE, report },
        { SESHET_JOIN, report }, { SESHET_PART, report }, { SESHET_QUIT, report },
        { SESHET_KICK, report }, { SESHET_NICK, report }, { SESHET_MODE, report },
        { SESHET_TOPIC, report }, { SESHET_INVITE, report }, { SESHET_CTCP, report },
        { SESHET_ACCOUNT, report }, { SESHET_CONNECTED, report }, { SESHET_DISCONNECTED, report }),
)
