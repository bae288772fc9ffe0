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

bool may_manage_or_tell(seshet_ctx *ctx, const seshet_event *ev, const char *channel,
                        const char *what)
{
    const char *name = seshet_module_name(ctx);
    if (may_manage(ctx, ev, channel))
        return true;
    seshet_reply(ctx,
                 "Only operators of %s, and who has the capability %s.manage, may %s. An "
                 "owner gives it with: capability add ACCOUNT %s.manage",
                 channel, name, what, name);
    return false;
}

bool may_change(seshet_ctx *ctx, const seshet_event *ev)
{
    if (!ev->is_private && ev->channel[0])
        return may_manage_or_tell(ctx, ev, ev->channel, "do that");
    seshet_reply(ctx, "Say that in the channel it is for.");
    return false;
}

bool may_use(seshet_ctx *ctx, const char *permission)
{
    char all[64];
    const char *at = all;
    size_t len = strlen(permission);
    if (seshet_field(ctx, "permissions", all, sizeof all) < 0)
        return true;
    while (*at) {
        size_t word = strcspn(at, ", ");
        if (word == len && strncmp(at, permission, len) == 0)
            return true;
        at += word;
        at += strspn(at, ", ");
    }
    return false;
}

bool may_use_or_tell(seshet_ctx *ctx, const char *permission, const char *what)
{
    if (may_use(ctx, permission))
        return true;
    seshet_reply(ctx,
                 "I may not %s: I lack the permission %s. An owner gives it with: module set %s "
                 "permissions %s",
                 what, permission, seshet_module_name(ctx), permission);
    return false;
}
