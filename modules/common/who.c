#include "modules/common/who.h"

#include <stdio.h>
#include <string.h>

void who_write(seshet_ctx *ctx, const seshet_event *ev, char who[WHO_SIZE])
{
    if (seshet_account(ctx, who, WHO_SIZE) > 0)
        return;
    bool fits = ev->account && strlen(ev->account) < WHO_SIZE - 1;
    snprintf(who, WHO_SIZE, "*%s", fits ? ev->account : "");
}

bool who_is(seshet_ctx *ctx, const seshet_event *ev, const char *who, const char *nick)
{
    char account[SESHET_ACCOUNT_SIZE];
    if (strcmp(who, "*") == 0)
        return seshet_casecmp(ctx, nick, ev->nick) == 0;
    if (who[0] == '*')
        return ev->account && seshet_casecmp(ctx, who + 1, ev->account) == 0;
    return seshet_account(ctx, account, sizeof account) > 0 && strcmp(who, account) == 0;
}
