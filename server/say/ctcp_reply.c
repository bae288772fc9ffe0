#include "server/say/ctcp_reply.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "server/admin/commands.h"
#include "server/route/flood_guard.h"
#include "server/say/say.h"

static int write_answer(char *dst, size_t size, const struct irc_event *event, int64_t wall_ms)
{
    if (!strcmp(event->ctcp, "PING"))
        return snprintf(dst, size, "\001PING %.100s\001", event->text);
    if (!strcmp(event->ctcp, "VERSION"))
        return snprintf(dst, size, "\001VERSION seshet %s\001", SESHET_VERSION);
    if (!strcmp(event->ctcp, "CLIENTINFO"))
        return snprintf(dst, size, "\001CLIENTINFO ACTION CLIENTINFO PING TIME VERSION\001");
    if (!strcmp(event->ctcp, "TIME")) {
        char text[64];
        struct tm tm;
        time_t seconds = (time_t)(wall_ms / 1000);
        gmtime_r(&seconds, &tm);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
        return snprintf(dst, size, "\001TIME %s\001", text);
    }
    return 0;
}

void ctcp_reply(struct network *n, const struct irc_event *event)
{
    char text[160];
    if (event->from_me || event->from_server || !event->is_private)
        return;
    int len = write_answer(text, sizeof text, event, clock_wall(n->server->clock));
    if (len <= 0 || (size_t)len >= sizeof text)
        return;
    if (!flood_guard_use(n, event))
        return;
    struct say say = {.kind = SAY_NOTICE,
                      .target = event->nick,
                      .text = text,
                      .len = (size_t)len,
                      .module = CORE_MODULE};
    say_text(n, &say);
}
