#include "modules/common/may.h"

#include <string.h>

bool may_operate(seshet_ctx *ctx, const char *channel, const char *nick)
{
    char modes[32];
    /* Letters of PREFIX (modern.ircdocs.horse): owner, protected, operator. */
    return seshet_member_modes(ctx, channel, nick, modes, sizeof modes) > 0 &&
           strpbrk(modes, "qao");
}

bool may_change(seshet_ctx *ctx, const seshet_event *ev)
{
    if (ev->is_private || !ev->channel[0]) {
        seshet_reply(ctx, "Say that in the channel it is for.");
        return false;
    }
    if (may_operate(ctx, ev->channel, ev->nick))
        return true;
    seshet_reply(ctx, "Only operators of %s may do that.", ev->channel);
    return false;
}
