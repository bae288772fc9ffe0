/*
 * time: what time it is in a zone, or where somebody lives.
 *
 * Storage, on each network: the zone's name under the nick as the network folds it.
 */
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/common/text.h"
#include "modules/time/zones.h"

enum { NICK_SIZE = 129 };

static void tell(seshet_ctx *ctx, const char *name, const char *whose)
{
    struct tm tm;
    char date[64];
    char shortname[16];
    long offset;
    if (zones_time(name, (time_t)(seshet_now(ctx) / 1000), &tm, &offset, shortname,
                   sizeof shortname) ||
        !strftime(date, sizeof date, "%H:%M on %A, %-d %B %Y", &tm)) {
        seshet_reply(ctx, "I cannot tell the time in %s.", name);
        return;
    }
    if (strncmp(name, "UTC", 3) == 0)
        seshet_reply(ctx, "%s%s (%s)", whose, date, name);
    else
        seshet_reply(ctx, "%s%s in %s (%s%sUTC%c%02ld:%02ld)", whose, date, name, shortname,
                     shortname[0] ? ", " : "", offset < 0 ? '-' : '+', labs(offset) / 3600,
                     labs(offset) / 60 % 60);
}

/* The zone of a nick: 0 or more, or an error of the storage. */
static int zone_of(seshet_ctx *ctx, const char *nick, char name[ZONE_NAME_SIZE])
{
    char key[NICK_SIZE];
    char stored[ZONE_NAME_SIZE];
    int len = seshet_fold(ctx, key, sizeof key, nick);
    if (len <= 0)
        return SESHET_ENOTFOUND;
    len = seshet_get(ctx, SESHET_HERE, key, stored, sizeof stored);
    if (len < 0)
        return len == SESHET_ESIZE ? SESHET_ENOTFOUND : len;
    /* Others can write into the storage as well: only names from the list are used. */
    return zones_find(stored, name) == ZONE_EXACT ? len : SESHET_ENOTFOUND;
}

static void set(seshet_ctx *ctx, const seshet_event *ev, const char *text)
{
    char key[NICK_SIZE];
    char name[ZONE_NAME_SIZE];
    int result;
    if (!*text) {
        seshet_reply(ctx, "Which zone do you live in? %s set Europe/Berlin", ev->command);
        return;
    }
    if (seshet_fold(ctx, key, sizeof key, ev->nick) < 0)
        result = SESHET_ESIZE;
    else if (text_same(text, "none"))
        result = seshet_delete(ctx, SESHET_HERE, key);
    else if (!zones_find(text, name)) {
        seshet_reply(ctx, "I know no such zone; try Europe/Berlin, Tokyo or UTC+2.");
        return;
    } else {
        result = seshet_set(ctx, SESHET_HERE, key, name);
        if (result >= 0) {
            tell(ctx, name, "Noted. It is ");
            return;
        }
    }
    if (result < 0)
        seshet_reply(ctx, "I cannot write that down now: %s.", seshet_strerror(result));
    else
        seshet_reply(ctx, result ? "I have forgotten your zone." : "I knew no zone of yours.");
}

static void own(seshet_ctx *ctx, const seshet_event *ev)
{
    char name[ZONE_NAME_SIZE];
    int result = zone_of(ctx, ev->nick, name);
    if (result >= 0)
        tell(ctx, name, "");
    else if (result == SESHET_ENOTFOUND)
        tell(ctx, "UTC", "");
    else
        seshet_reply(ctx, "I cannot look up your zone now: %s.", seshet_strerror(result));
}

static void look_up(seshet_ctx *ctx, const char *text)
{
    char name[ZONE_NAME_SIZE];
    char of_nick[ZONE_NAME_SIZE];
    char whose[NICK_SIZE + 16];
    enum zone_match match = zones_find(text, name);
    if (match != ZONE_EXACT) {
        /* Somebody may be called like a city: who says where they live is meant. */
        int result = zone_of(ctx, text, of_nick);
        if (result >= 0) {
            snprintf(whose, sizeof whose, "For %s it is ", text);
            tell(ctx, of_nick, whose);
            return;
        }
        if (match == ZONE_NONE && result != SESHET_ENOTFOUND) {
            seshet_reply(ctx, "I cannot look that up now: %s.", seshet_strerror(result));
            return;
        }
    }
    if (match == ZONE_NONE)
        seshet_reply(ctx, "I know no zone and nobody's zone of that name; "
                          "try Europe/Berlin, Tokyo or UTC+2.");
    else
        tell(ctx, name, "");
}

static void time_command(seshet_ctx *ctx, const seshet_event *ev)
{
    char first[8];
    const char *rest = ev->args;
    if (!*ev->args)
        own(ctx, ev);
    else if (text_word(&rest, first, sizeof first) == 0 && text_same(first, "set"))
        set(ctx, ev, rest);
    else
        look_up(ctx, ev->args);
}

/* clang-format off */
SESHET_MODULE(
    .name = "time", .version = "1.0",
    .description = "Tells the time in a zone, or where somebody lives.",
    .commands = SESHET_COMMANDS(
        { "time", time_command, .usage = "[ZONE | NICK | set ZONE | set none]",
          .help = "Tell the time in ZONE (Europe/Berlin, Tokyo, UTC+2), in the zone of NICK, or in "
                  "your own; set writes down yours." }),
)
