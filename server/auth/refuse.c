#include "server/auth/refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/auth/address.h"
#include "server/auth/internal.h"
#include "server/route/flood_guard.h"

#define SLOTS       512
#define ONCE_MS     600000 /* a refusal is not told again for so long */
#define HOW_MS      60000  /* nor how to be authorized */
#define IDENTIFY_MS 2000
#define TEXT_SIZE   500

/* What was told lately, by hash: one that falls on another's slot is told again a little early. */
struct refusals {
    struct {
        uint64_t what;
        int64_t until_ms;
    } told[SLOTS];
};

void refusals_free(struct refusals *r)
{
    free(r);
}

/* FNV-1a */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static bool told_before(struct auth *a, const char *nick, const char *command, const char *reason,
                        int64_t for_ms)
{
    char folded[AUTH_MAX_NICK + 1];
    int64_t now_ms = auth_now(a);
    uint64_t what = hash_text(UINT64_C(0xcbf29ce484222325), auth_fold(a, folded, nick));
    what = hash_text(hash_text(what, command), reason);
    size_t slot = what % SLOTS;
    if (!a->refusals)
        a->refusals = xcalloc(1, sizeof *a->refusals);
    if (a->refusals->told[slot].what == what && a->refusals->told[slot].until_ms > now_ms)
        return true;
    a->refusals->told[slot].what = what;
    a->refusals->told[slot].until_ms = now_ms + for_ms;
    return false;
}

static void tell_once(struct auth *a, const struct irc_event *event, const char *command,
                      const char *text, int64_t for_ms)
{
    if (told_before(a, event->nick, command, text, for_ms))
        return;
    if (flood_guard_use(a->network, event))
        auth_tell(a, event->nick, text);
}

void auth_refuse_text(struct network *n, const struct irc_event *event, const char *command,
                      const char *text)
{
    tell_once(n->auth, event, command, text, ONCE_MS);
}

bool auth_lets_identify(struct network *n, const struct auth_source *source)
{
    char address[AUTH_ADDRESS_SIZE];
    return !told_before(n->auth, auth_address(address, source->host), "identify", "", IDENTIFY_MS);
}

/* ---- Authorization ----------------------------------------------------------------------------
 */

static void write_how(char *text, struct auth *a, const struct irc_event *event,
                      const struct auth_group *group, const char *command)
{
    const char *me = irc_state_nick(a->network->state);
    const char *nickserv = a->network->conf->services.nickserv;
    const char *then = "then your command runs, if that is within a minute";
    const struct auth_source source = auth_source_of(event);
    const char *services = event->account;
    switch (group->style) {
    case AUTH_NICKSERV:
        if (!services)
            nickserv_known(a, &source, &services);
        if (services)
            snprintf(text, TEXT_SIZE,
                     "%s is for members of %s, and your services account %.60s is none of them.",
                     command, group->name, services);
        else
            snprintf(text, TEXT_SIZE,
                     "%s is for members of %s: identify to %s (/msg %s IDENTIFY ...), %s.", command,
                     group->name, nickserv, nickserv, then);
        break;
    case AUTH_USER:
        snprintf(text, TEXT_SIZE,
                 "%s is for members of %s: say in private, /msg %s auth USER PASSWORD, %s.",
                 command, group->name, me, then);
        break;
    case AUTH_NICK:
        snprintf(text, TEXT_SIZE,
                 "%s is for members of %s: say in private, /msg %s auth PASSWORD (your nickname is "
                 "the name), %s.",
                 command, group->name, me, then);
        break;
    case AUTH_PASSWORD:
        snprintf(text, TEXT_SIZE,
                 "%s asks for the password of %s: say in private, /msg %s auth PASSWORD, %s.",
                 command, group->name, me, then);
        break;
    }
}

static void refuse_group(struct auth *a, const struct irc_event *event, const char *command,
                         const char *name)
{
    char text[TEXT_SIZE];
    const char *why = NULL;
    const struct auth_source source = auth_source_of(event);
    const struct auth_group *group = accounts_group(auth_accounts(a), name);
    if (!group) {
        snprintf(text, sizeof text,
                 "%s asks for the authorization profile %s, which does not exist. Ask an "
                 "administrator.",
                 command, name);
        tell_once(a, event, command, text, ONCE_MS);
        return;
    }
    if (!pending_add(a, event, name))
        return;
    bool asking = auth_group_verdict(a->network, &source, name) == AUTH_ASKING;
    if (asking && !flood_guard_use(a->network, event))
        return;
    if (asking && nickserv_ask(a, &source, &why))
        return; /* its answer brings us back here, or lets the command run */
    write_how(text, a, event, group, command);
    tell_once(a, event, command, why ? why : text, HOW_MS);
}

void auth_refuse(struct network *n, const struct irc_event *event, const char *module,
                 const char *command, const struct decision *decision)
{
    char text[TEXT_SIZE];
    char name[200];
    const char *item = decision->item ? decision->item : "";
    snprintf(name, sizeof name, "%s.%s", module, command);
    if (decision->reason == DECIDE_AUTH_GROUP) {
        refuse_group(n->auth, event, name, item);
        return;
    }
    if (decision->reason == DECIDE_ANTICAPABILITY)
        snprintf(text, sizeof text, "You may not use %s here: %s forbids it.", name, item);
    else
        snprintf(text, sizeof text, "%s asks for the capability %s, which you do not have.", name,
                 item);
    auth_refuse_text(n, event, name, text);
}
