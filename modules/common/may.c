#include "modules/common/may.h"

#include <stdio.h>
#include <string.h>

bool may_operate(seshet_ctx *ctx, const char *channel, const char *nick)
{
    char modes[32];
    /* Letters of PREFIX (modern.ircdocs.horse): owner, protected, operator. */
    return seshet_member_modes(ctx, channel, nick, modes, sizeof modes) > 0 &&
           strpbrk(modes, "qao");
}

bool may_manage(seshet_ctx *ctx, const seshet_event *ev, const char *channel)
{
    char capability[400];
    snprintf(capability, sizeof capability, "%s.manage", seshet_module_name(ctx));
    if (seshet_has_capability(ctx, capability) > 0 || may_operate(ctx, channel, ev->nick))
        return true;
    /* A comma, as the channel's name may have a dot. */
    snprintf(capability, sizeof capability, "%s,%s.manage", channel, seshet_module_name(ctx));
    return seshet_has_capability(ctx, capability) > 0;
}

bool may_change(seshet_ctx *ctx, const seshet_event *ev)
{
    if (ev->is_private || !ev->channel[0]) {
        seshet_reply(ctx, "Say that in the channel it is for.");
        return false;
    }
    if (may_manage(ctx, ev, ev->channel))
        return true;
    seshet_reply(ctx, "Only operators of %s may do that.", ev->channel);
    return false;
}
