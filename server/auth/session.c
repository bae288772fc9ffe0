/* Who has said a right password, and how long that counts. */

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "server/auth/internal.h"

#define MAX_SESSIONS 10000 /* of one network */
#define MAX_GROUPS   16    /* profiles whose password one source has said */

struct session_group {
    char name[REGISTRY_MAX_NAME + 1];
    char *record; /* the profile's password then */
};

struct session {
    UT_hash_handle hh;
    char *nick; /* folded: the key */
    char *user;
    char *host;
    char *services;                     /* its services account, once that is known; or NULL */
    char account[ACCOUNT_MAX_NAME + 1]; /* "": none */
    char *record;                       /* the account's password then; NULL without an account */
    char *next_record;                  /* what it is to become; or NULL */
    int64_t begun_ms;
    bool seen; /* shares a channel with us, or did */
    size_t ngroups;
    struct session_group groups[MAX_GROUPS];
};

static struct session *find(const struct auth *a, const char *nick)
{
    char folded[AUTH_MAX_NICK + 1];
    struct session *s = NULL;
    auth_fold(a, folded, nick);
    HASH_FIND_STR(a->sessions, folded, s);
    return s;
}

static bool is_shared(const struct auth *a, const char *nick)
{
    return irc_user_find(a->network->state, nick) != NULL;
}

static void forget_account(struct session *s)
{
    free(s->record);
    free(s->next_record);
    s->record = s->next_record = NULL;
    *s->account = '\0';
}

static void end(struct auth *a, struct session *s, const char *why)
{
    log_info("auth.logout", LOG_NETWORK(a->network->key), "%s (%s): %s", s->nick,
             *s->account ? s->account : "a profile's password", why);
    HASH_DEL(a->sessions, s);
    for (size_t i = 0; i < s->ngroups; i++)
        free(s->groups[i].record);
    forget_account(s);
    free(s->nick);
    free(s->user);
    free(s->host);
    free(s->services);
    free(s);
}

void sessions_end(struct auth *a, const char *why)
{
    struct session *s;
    struct session *next;
    HASH_ITER(hh, a->sessions, s, next)
    {
        end(a, s, why);
    }
}

/* ---- Asking -----------------------------------------------------------------------------------
 */

static bool is_over(const struct auth *a, const struct session *s)
{
    if (s->seen || is_shared(a, s->nick))
        return !is_shared(a, s->nick);
    return auth_now(a) - s->begun_ms > AUTH_UNSEEN_MS;
}

static bool same_address(const struct session *s, const char *user, const char *host)
{
    return !strcmp(s->user, user) && !strcmp(s->host, host);
}

const struct session *session_find(const struct auth *a, const struct auth_source *source)
{
    const struct session *s = a->sessions ? find(a, source->nick) : NULL;
    if (!s || !same_address(s, source->user, source->host) || is_over(a, s))
        return NULL;
    if (s->services && source->services && !auth_same_account(s->services, source->services))
        return NULL;
    return s;
}

/* A password that was changed, and an account that was made anew, end what the old one began. */
const struct account *session_account(const struct session *s, const struct accounts *accounts)
{
    const struct account *account = *s->account ? accounts_user(accounts, s->account) : NULL;
    if (!account)
        return NULL;
    bool same = !strcmp(account->password, s->record) ||
                (s->next_record && !strcmp(account->password, s->next_record));
    return same ? account : NULL;
}

bool session_has_group(const struct session *s, const struct auth_group *group)
{
    for (size_t i = 0; i < s->ngroups; i++)
        if (!strcmp(s->groups[i].name, group->name))
            return !strcmp(s->groups[i].record, group->password);
    return false;
}

/* ---- Beginning --------------------------------------------------------------------------------
 */

static void make_room(struct auth *a)
{
    struct session *s;
    struct session *next;
    if (HASH_COUNT(a->sessions) < MAX_SESSIONS)
        return;
    HASH_ITER(hh, a->sessions, s, next)
    {
        if (is_over(a, s))
            end(a, s, "its time is over");
    }
    if (HASH_COUNT(a->sessions) >= MAX_SESSIONS)
        end(a, a->sessions, "too many are logged in");
}

/* The source's session, maybe a new one. */
static struct session *open_session(struct auth *a, const struct auth_source *source)
{
    char folded[AUTH_MAX_NICK + 1];
    struct session *s = find(a, source->nick);
    if (s && !session_find(a, source)) {
        end(a, s, "somebody else has the nick");
        s = NULL;
    }
    if (!s) {
        make_room(a);
        s = xcalloc(1, sizeof *s);
        s->nick = xstrdup(auth_fold(a, folded, source->nick));
        s->user = xstrdup(source->user);
        s->host = xstrdup(source->host);
        HASH_ADD_KEYPTR(hh, a->sessions, s->nick, strlen(s->nick), s);
    }
    if (source->services && !s->services)
        s->services = xstrdup(source->services);
    s->begun_ms = auth_now(a);
    s->seen = is_shared(a, s->nick);
    return s;
}

void session_log_in(struct auth *a, const struct auth_source *source, const char *account,
                    const char *record, const char *next_record)
{
    struct session *s = open_session(a, source);
    forget_account(s);
    str_copy(s->account, sizeof s->account, account);
    s->record = xstrdup(record);
    s->next_record = xstrdup_null(next_record);
    log_info("auth.login", LOG_NETWORK(a->network->key), "%s!%s@%s is %s%s", source->nick,
             source->user, source->host, account,
             s->seen ? "" : ", for a minute: he shares no channel with the bot");
}

void session_add_group(struct auth *a, const struct auth_source *source,
                       const struct auth_group *group)
{
    struct session *s = open_session(a, source);
    size_t i = 0;
    while (i < s->ngroups && strcmp(s->groups[i].name, group->name) != 0)
        i++;
    if (i == MAX_GROUPS)
        i = 0;
    if (i < s->ngroups)
        free(s->groups[i].record);
    else
        s->ngroups++;
    str_copy(s->groups[i].name, sizeof s->groups[i].name, group->name);
    s->groups[i].record = xstrdup(group->password);
    log_info("auth.login", LOG_NETWORK(a->network->key), "%s!%s@%s has said the password of %s",
             source->nick, source->user, source->host, group->name);
}

void auth_session_keep(struct network *n, const char *nick, const char *record)
{
    struct session *s = find(n->auth, nick);
    if (!s || !s->record)
        return;
    free(s->next_record);
    s->next_record = xstrdup(record);
}

bool auth_session_end(struct network *n, const char *nick)
{
    struct session *s = find(n->auth, nick);
    if (!s)
        return false;
    end(n->auth, s, "logged out");
    return true;
}

/* ---- Following the network --------------------------------------------------------------------
 */

/* He leaves a channel; with his last one we lose sight of him. */
static void on_leave(struct auth *a, const char *nick, const char *why)
{
    const struct channel *one[1];
    struct session *s = find(a, nick);
    const struct irc_user *user = irc_user_find(a->network->state, nick);
    if (s && user && irc_user_channels(user, one, 1) <= 1)
        end(a, s, why);
}

/* We leave: all whom we see in no other channel are lost. */
static void on_own_leave(struct auth *a, const struct channel *channel)
{
    struct session *s;
    struct session *next;
    HASH_ITER(hh, a->sessions, s, next)
    {
        if (irc_channel_has(channel, s->nick))
            on_leave(a, s->nick, "the bot left the last channel they shared");
    }
}

static void on_nick(struct auth *a, const struct irc_event *event)
{
    char folded[AUTH_MAX_NICK + 1];
    struct session *s = find(a, event->nick);
    struct session *other = find(a, event->target);
    if (other && other != s)
        end(a, other, "somebody else took the nick");
    if (!s)
        return;
    HASH_DEL(a->sessions, s);
    free(s->nick);
    s->nick = xstrdup(auth_fold(a, folded, event->target));
    HASH_ADD_KEYPTR(hh, a->sessions, s->nick, strlen(s->nick), s);
}

/* What any event tells of its source. */
static void check_source(struct auth *a, const struct irc_event *event)
{
    struct session *s = *event->nick ? find(a, event->nick) : NULL;
    if (!s)
        return;
    bool has_address = *event->user && *event->host;
    if (has_address && !same_address(s, event->user, event->host)) {
        end(a, s, "the address is another one");
        return;
    }
    s->seen |= is_shared(a, s->nick);
    if (is_over(a, s)) {
        end(a, s, "its time is over");
        return;
    }
    if (*s->account && !session_account(s, auth_accounts(a))) {
        end(a, s, "the account's password was changed, or the account dropped");
        return;
    }
    if (!event->account_known)
        return;
    if (s->services && (!event->account || !auth_same_account(s->services, event->account)))
        end(a, s, "the services account is another one");
    else if (event->account && !s->services)
        s->services = xstrdup(event->account);
}

void session_observe(struct auth *a, const struct irc_event *event)
{
    if (!a->sessions)
        return;
    const struct channel *channel = event->nplaces ? event->places[0] : NULL;
    if (!event->from_server && !event->from_me)
        check_source(a, event);
    switch (event->type) {
    case EVENT_DISCONNECTED:
        sessions_end(a, "the bot was disconnected");
        break;
    case EVENT_QUIT: {
        struct session *s = find(a, event->nick);
        if (event->from_me)
            sessions_end(a, "the bot quit");
        else if (s)
            end(a, s, "quit");
        break;
    }
    case EVENT_PART:
        if (event->from_me)
            on_own_leave(a, channel);
        else
            on_leave(a, event->nick, "left the last channel shared with the bot");
        break;
    case EVENT_KICK:
        if (irc_state_is_me(a->network->state, event->target))
            on_own_leave(a, channel);
        else
            on_leave(a, event->target, "was kicked from the last channel shared with the bot");
        break;
    case EVENT_NICK:
        on_nick(a, event);
        break;
    default:
        break;
    }
}
