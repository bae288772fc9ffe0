#include "modules/common/place.h"

#include <string.h>

#include "modules/common/phrase.h"

int place_find(seshet_ctx *ctx, const seshet_event *ev, const char **args, char channel[PLACE_SIZE])
{
    char name[PLACE_SIZE];
    char modes[32];
    if (!ev->is_private && ev->channel[0]) {
        if (seshet_fold(ctx, channel, PLACE_SIZE, ev->channel) >= 0)
            return 0;
        seshet_reply(ctx, "This channel's name is too long for me.");
        return -1;
    }
    const char *rest = phrase_word(*args, name, sizeof name);
    if (!name[0] || !strchr("#&+!", name[0])) {
        seshet_reply(ctx, "Of which channel? In private, put it first: %s #channel ...",
                     ev->command[0] ? ev->command : "call");
        return -1;
    }
    if (seshet_member_modes(ctx, name, ev->nick, modes, sizeof modes) < 0) {
        seshet_reply(ctx, "I do not see you in %s.", name);
        return -1;
    }
    seshet_fold(ctx, channel, PLACE_SIZE, name);
    *args = rest;
    return 0;
}

void place_storage_failed(seshet_ctx *ctx, const char *verb, int error)
{
    seshet_reply(ctx, "I cannot %s now: %s. Please try again later.", verb, seshet_strerror(error));
}
