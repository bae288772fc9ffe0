#include "server/auth/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/registry.h"
#include "server/admin/commands.h"
#include "server/auth/granted.h"
#include "server/auth/internal.h"
#include "server/say/say.h"
#include "server/supervise/supervisor.h"

#define AMBIGUOUS_MS 60000 /* until the same two are logged again */

int64_t auth_now(const struct auth *a)
{
    return clock_now(a->network->server->clock);
}

enum casemapping auth_casemapping(const struct auth *a)
{
    return irc_state_isupport(a->network->state)->casemapping;
}

const char *auth_fold(const struct auth *a, char dst[AUTH_MAX_NICK + 1], const char *nick)
{
    irc_fold_copy(auth_casemapping(a), dst, AUTH_MAX_NICK + 1, nick);
    return dst;
}

bool auth_same_account(const char *a, const char *b)
{
    return irc_equal(CASEMAPPING_ASCII, a, b);
}

void auth_tell(struct auth *a, const char *nick, const char *text)
{
    struct say say = {.kind = SAY_NOTICE,
                      .target = nick,
                      .text = text,
                      .len = strlen(text),
                      .module = CORE_MODULE};
    say_text(a->network, &say);
}

/* ---- Who --------------------------------------------------------------------------------------
 */

/* The snapshot is held, so that an address that was freed is never taken for what it was. */
static void refresh(struct auth *a)
{
    const struct snapshot *now = registry_snapshot(a->network->server->registry);
    enum casemapping casemapping = auth_casemapping(a);
    if (now != a->snapshot) {
        const struct accounts *accounts = snapshot_accounts(now);
        if (a->who && accounts != a->accounts) {
            who_free(a->who);
            a->who = NULL;
        }
        snapshot_ref(now);
        snapshot_unref(a->snapshot);
        a->snapshot = now;
        a->snapshots++;
        a->accounts = accounts;
    }
    if (a->who && casemapping == a->casemapping)
        return;
    who_free(a->who);
    a->casemapping = casemapping;
    a->who = who_new(a->accounts, a->network->key, casemapping);
}

const struct accounts *auth_accounts(struct auth *a)
{
    refresh(a);
    return a->accounts;
}

static struct who_match match(const struct auth *a, const struct auth_source *source,
                              const struct mask_source *mask)
{
    struct mask_source made;
    if (!a->accounts->nusers)
        return (struct who_match){0};
    if (!mask) {
        mask_source_init(&made, a->casemapping, source->nick, source->user, source->host,
                         source->services);
        mask = &made;
    }
    return who_match(a->who, mask, source->services);
}

struct who_match auth_match(struct auth *a, const struct auth_source *source)
{
    refresh(a);
    return match(a, source, NULL);
}

static void log_ambiguous(struct auth *a, const struct auth_source *source,
                          const struct who_match *m)
{
    char text[sizeof a->ambiguous.text];
    int64_t now_ms = auth_now(a);
    snprintf(text, sizeof text, "%.60s and %.60s", m->other->name, m->ambiguous->name);
    if (!strcmp(text, a->ambiguous.text) && now_ms - a->ambiguous.logged_ms < AMBIGUOUS_MS)
        return;
    str_copy(a->ambiguous.text, sizeof a->ambiguous.text, text);
    a->ambiguous.logged_ms = now_ms;
    log_warn("auth.ambiguous", LOG_NETWORK(a->network->key),
             "%s!%s@%s matches two accounts, %s, and so counts as nobody; take away a hostmask or "
             "services account of one",
             source->nick, source->user, source->host, text);
}

/* A secure account asks for a hostmask or services account of its own besides the session. */
static bool confirms(const struct who_match *m, const struct account *account)
{
    return m->account == account || m->other == account || m->ambiguous == account;
}

struct identity {
    const struct account *account;   /* who he is, or NULL */
    const struct account *logged_in; /* whose password he gave, or NULL */
    struct who_match match;          /* when that was asked */
};

/* Every event asks this: a text about it is for those who want one. */
static struct identity identify(struct auth *a, const struct auth_source *source,
                                const struct mask_source *mask)
{
    struct identity id = {0};
    refresh(a);
    const struct session *session = session_find(a, source);
    if (session)
        id.logged_in = id.account = session_account(session, a->accounts);
    if (id.logged_in && !id.logged_in->secure)
        return id;
    id.match = match(a, source, mask);
    if (id.logged_in)
        id.account = confirms(&id.match, id.logged_in) ? id.logged_in : NULL;
    else
        id.account = id.match.account;
    if (!id.logged_in && id.match.ambiguous)
        log_ambiguous(a, source, &id.match);
    return id;
}

const struct account *auth_account(struct network *n, const struct auth_source *source)
{
    return identify(n->auth, source, NULL).account;
}

const struct account *auth_account_masked(struct network *n, const struct auth_source *source,
                                          const struct mask_source *mask)
{
    return identify(n->auth, source, mask).account;
}

const char *auth_account_how(struct network *n, const struct auth_source *source)
{
    struct auth *a = n->auth;
    struct identity id = identify(a, source, NULL);
    const struct who_match *m = &id.match;
    const char *by = m->by_services ? "services account" : "hostmask";
    if (id.logged_in && !id.account)
        snprintf(a->how, sizeof a->how,
                 "logged in as %s, which is secure and has no hostmask or services account that "
                 "matches",
                 id.logged_in->name);
    else if (id.logged_in)
        snprintf(a->how, sizeof a->how, "session");
    else if (m->ambiguous)
        snprintf(a->how, sizeof a->how, "matches both %s and %s, and so counts as nobody",
                 m->other->name, m->ambiguous->name);
    else if (id.account)
        snprintf(a->how, sizeof a->how, "%s %s", by, m->item);
    else if (m->needs_session)
        snprintf(a->how, sizeof a->how, "%s %s of %s, which is secure: it needs a login too", by,
                 m->item, m->other->name);
    else
        snprintf(a->how, sizeof a->how, "no session, hostmask or services account");
    return a->how;
}

/* ---- What it may do ---------------------------------------------------------------------------
 */

const struct account *auth_find(struct network *n, const char *account)
{
    return *account ? accounts_user(auth_accounts(n->auth), account) : NULL;
}

/* What a module declares begins with its own name. */
bool auth_is_declared(const void *server, const char *name)
{
    char module[REGISTRY_MAX_NAME + 1];
    size_t len = strcspn(name, ".");
    if (!name[len] || len >= sizeof module)
        return false;
    memcpy(module, name, len);
    module[len] = '\0';
    const struct module_decl *decl =
        supervisor_find(((const struct server *)server)->supervisor, module);
    for (size_t i = 0; decl && i < decl->ncapabilities; i++)
        if (!strcmp(decl->capabilities[i], name))
            return true;
    return false;
}

struct capability_query auth_query(struct network *n, const struct account *account)
{
    return (struct capability_query){.accounts = auth_accounts(n->auth),
                                     .network = n->key,
                                     .casemapping = n->auth->casemapping,
                                     .account = account,
                                     .privileged = auth_is_declared,
                                     .ctx = n->server};
}

bool auth_known_has(struct network *n, const struct account *account, const struct capability *c)
{
    struct capability_query query = auth_query(n, account);
    return capability_check(&query, c).allowed;
}

bool auth_account_has(struct network *n, const struct account *account, const char *capability)
{
    struct capability c;
    char why[REGISTRY_WHY_SIZE];
    return !capability_parse(&c, capability, why, sizeof why) && auth_known_has(n, account, &c);
}

bool auth_has(struct network *n, const struct auth_source *source, const char *capability)
{
    return auth_account_has(n, auth_account(n, source), capability);
}

struct capability_command_answer auth_may_call(struct network *n, const struct auth_source *source,
                                               const char *module, const char *command,
                                               const char *channel)
{
    return granted_may_call(n, auth_account(n, source), module, command, channel);
}

/* ---- What the network tells -------------------------------------------------------------------
 */

void auth_observe(struct network *n, const struct irc_event *event)
{
    struct auth *a = n->auth;
    session_observe(a, event);
    nickserv_observe(a, event);
    login_observe(a, event);
    pending_observe(a, event);
}

void auth_numeric(struct network *n, const struct irc_msg *msg)
{
    nickserv_numeric(n->auth, msg);
}

/* ---- Life -------------------------------------------------------------------------------------
 */

struct auth *auth_new(struct network *n)
{
    struct auth *a = xcalloc(1, sizeof *a);
    a->network = n;
    a->nickserv = nickserv_new(a);
    a->pendings = pendings_new(a);
    return a;
}

void auth_free(struct auth *a)
{
    if (!a)
        return;
    logins_end(a);
    sessions_end(a, "the network goes");
    pendings_free(a->pendings);
    nickserv_free(a->nickserv);
    refusals_free(a->refusals);
    granted_free(a->granted);
    who_free(a->who);
    snapshot_unref(a->snapshot);
    free(a);
}
