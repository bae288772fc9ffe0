/* Passwords: checked on worker threads, paid for with delays, and followed by a session. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/account_edit.h"
#include "registry/password.h"
#include "server/auth/address.h"
#include "server/auth/delay.h"
#include "server/auth/desk.h"
#include "server/auth/internal.h"
#include "server/auth/target.h"
#include "server/worker.h"

#define MAX_LOGINS     48 /* under way, of all networks: about two seconds of work */
#define MAX_OF_ACCOUNT 4  /* guesses at one account at the same time */
#define KEY_SIZE       700
#define TEXT_SIZE      400

struct login {
    struct auth *auth; /* NULL: its network has gone */
    struct auth_desk *desk;
    bool gone;  /* the source has */
    char *nick; /* as he writes it now */
    char *user;
    char *host;
    char *services; /* or NULL */
    char *password;
    struct login_target target;
    /* What the thread found. */
    bool right;
    char new_record[PASSWORD_RECORD_MAX + 1]; /* "" or what replaces an old one */
    auth_login_fn *done;
    void *arg;
    struct login *prev;
    struct login *next;
};

static void free_login(struct login *l)
{
    login_target_clear(&l->target);
    str_free_secret(l->password);
    free(l->nick);
    free(l->user);
    free(l->host);
    free(l->services);
    free(l);
}

/* ---- What wrong ones cost ---------------------------------------------------------------------
 */

/* A source is its address: another nick costs nothing. */
static const char *source_key(char dst[KEY_SIZE], const struct auth *a, const char *host)
{
    char address[AUTH_ADDRESS_SIZE];
    snprintf(dst, KEY_SIZE, "source %s %s", a->network->key, auth_address(address, host));
    return dst;
}

static const char *target_key(char dst[KEY_SIZE], const struct login_target *target)
{
    char name[ACCOUNT_MAX_NAME + 1];
    irc_fold_copy(CASEMAPPING_ASCII, name, sizeof name, target->name);
    snprintf(dst, KEY_SIZE, "%s %s", target->is_group ? "profile" : "account", name);
    return dst;
}

/* Whoever has one of the account's hostmasks is not kept out by what others guess. */
static bool is_known(struct auth *a, const struct auth_source *source,
                     const struct login_target *target)
{
    struct who_match match = auth_match(a, source);
    const struct account *account = match.account ? match.account : match.other;
    return !target->is_group && account && auth_same_account(account->name, target->name);
}

/* How long until the next password counts, or 0. */
static int64_t wait_of(struct auth *a, const struct auth_source *source, const struct login *l)
{
    char key[KEY_SIZE];
    const struct delays *delays = l->desk->delays;
    int64_t now_ms = auth_now(a);
    int64_t ms = delays_wait(delays, source_key(key, a, source->host), now_ms);
    if (ms || is_known(a, source, &l->target))
        return ms;
    return delays_wait(delays, target_key(key, &l->target), now_ms);
}

/* ---- Checking ---------------------------------------------------------------------------------
 */

/* On a thread. */
static void work(void *arg)
{
    struct login *l = arg;
    enum password_verdict verdict = password_verify(l->password, l->target.record);
    l->right = verdict != PASSWORD_WRONG;
    if (verdict == PASSWORD_RIGHT_REHASH && password_hash(l->password, l->new_record))
        *l->new_record = '\0';
    str_free_secret(l->password);
    l->password = NULL;
}

static void on_replaced(void *arg, const struct edit_answer *answer)
{
    char *name = arg;
    if (answer->result != REGISTRY_OK)
        log_warn("auth.unreplaced", LOG_NOBODY,
                 "the old password record of %s could not be replaced, which is tried again at the "
                 "next login: %s",
                 name, answer->text);
    else
        log_info("auth.replaced", LOG_NOBODY, "the old password record of %s is scrypt now", name);
    free(name);
}

static void replace_record(struct auth *a, const struct account *account, const char *record)
{
    char why[REGISTRY_WHY_SIZE];
    struct registry_edit *edit = registry_edit_new();
    if (registry_edit_user_password(edit, account->name, account->password, record, why,
                                    sizeof why)) {
        log_warn("auth.unreplaced", LOG_NOBODY, "%s: %s", account->name, why);
        registry_edit_free(edit);
        return;
    }
    registry_edit_commit(edit, a->network->server->registry, on_replaced, xstrdup(account->name));
}

static struct auth_source source_of(const struct login *l)
{
    return (struct auth_source){l->nick, l->user, l->host, l->services};
}

/* A right password: the session, or what stands in its way. The account, or NULL. */
static const struct account *begin_session(struct login *l, char *text)
{
    struct auth *a = l->auth;
    struct auth_source source = source_of(l);
    const char *next = *l->new_record ? l->new_record : NULL;
    const struct account *account = accounts_user(auth_accounts(a), l->target.name);
    if (!account || strcmp(account->password, l->target.record) != 0) {
        snprintf(text, TEXT_SIZE, "The account was changed just now. Say it again.");
        return NULL;
    }
    if (next)
        replace_record(a, account, next);
    session_log_in(a, &source, account->name, account->password, next);
    if (account->secure && auth_account(a->network, &source) != account) {
        auth_session_end(a->network, l->nick);
        snprintf(text, TEXT_SIZE,
                 "%s is a secure account: besides the password it asks for one of its hostmasks "
                 "or services accounts, and none of them is yours here.",
                 account->name);
        return NULL;
    }
    if (irc_user_find(a->network->state, l->nick))
        snprintf(text, TEXT_SIZE, "You are logged in as %s.", account->name);
    else
        snprintf(text, TEXT_SIZE,
                 "You are logged in as %s for one minute: we share no channel, so I cannot see "
                 "when you go.",
                 account->name);
    return account;
}

static void join_group(struct login *l, char *text)
{
    struct auth *a = l->auth;
    struct auth_source source = source_of(l);
    const struct auth_group *group = accounts_group(auth_accounts(a), l->target.name);
    if (!group || strcmp(group->password, l->target.record) != 0) {
        snprintf(text, TEXT_SIZE, "The profile was changed just now. Say it again.");
        return;
    }
    session_add_group(a, &source, group);
    snprintf(text, TEXT_SIZE, "You are authorized for %s.", group->name);
}

static void charge(struct login *l, char *text)
{
    struct auth *a = l->auth;
    char key[KEY_SIZE];
    char wait[32];
    int64_t now_ms = auth_now(a);
    int64_t most = delays_wrong(l->desk->delays, source_key(key, a, l->host), now_ms);
    delays_wrong(l->desk->delays, target_key(key, &l->target), now_ms);
    /* A name that does not exist may be a password that was said in its place. */
    log_warn("auth.wrong", LOG_NETWORK(a->network->key), "%s!%s@%s gave a wrong password for %s",
             l->nick, l->user, l->host, *l->target.record ? l->target.name : "nobody");
    snprintf(text, TEXT_SIZE, "Wrong name or password. You can try again in %s.",
             str_duration(wait, sizeof wait, most));
}

static void forgive(struct login *l)
{
    char key[KEY_SIZE];
    delays_right(l->desk->delays, source_key(key, l->auth, l->host));
    delays_right(l->desk->delays, target_key(key, &l->target));
}

static void tell(const struct login *l, const char *account, const char *text)
{
    if (l->done)
        l->done(l->arg, account, text);
    else if (l->auth && !l->gone)
        auth_tell(l->auth, l->nick, text);
}

static void finish(struct login *l)
{
    char text[TEXT_SIZE] = "You were gone before the password was checked. Say it again.";
    const struct account *account = NULL;
    DL_DELETE(l->auth->logins, l);
    if (!l->right) {
        charge(l, text);
    } else {
        forgive(l);
        if (!l->gone && l->target.is_group)
            join_group(l, text);
        else if (!l->gone)
            account = begin_session(l, text);
        if (!l->gone) {
            struct auth_source source = source_of(l);
            pending_run(l->auth, &source);
        }
    }
    tell(l, account ? account->name : NULL, text);
}

static void on_worked(void *arg)
{
    struct login *l = arg;
    l->desk->logins--;
    if (l->auth)
        finish(l);
    free_login(l);
}

/* ---- Beginning --------------------------------------------------------------------------------
 */

/* NULL, or why not now. */
static const char *refuse(struct auth *a, const struct auth_source *source, const struct login *l,
                          char *text)
{
    char wait[32];
    int64_t ms = wait_of(a, source, l);
    unsigned of_account = 0;
    bool busy = l->desk->logins >= MAX_LOGINS;
    for (const struct login *other = a->logins; other; other = other->next) {
        busy |= !strcmp(other->host, source->host) && !strcmp(other->user, source->user);
        of_account += other->target.is_group == l->target.is_group &&
                      auth_same_account(other->target.name, l->target.name);
    }
    if (ms) {
        snprintf(text, TEXT_SIZE,
                 "Too many wrong passwords: I look at the next one in %s, and not before.",
                 str_duration(wait, sizeof wait, ms + 999));
        return text;
    }
    if (busy || of_account >= MAX_OF_ACCOUNT)
        return "I am still looking at other passwords. Try again in a few seconds.";
    return NULL;
}

void auth_login(struct network *n, const struct auth_source *source, const char *name,
                const char *password, auth_login_fn *done, void *arg)
{
    struct auth *a = n->auth;
    char text[TEXT_SIZE];
    struct login *l = xcalloc(1, sizeof *l);
    *l = (struct login){.auth = a,
                        .desk = n->server->desk,
                        .nick = xstrdup(source->nick),
                        .user = xstrdup(source->user),
                        .host = xstrdup(source->host),
                        .services = xstrdup_null(source->services),
                        .done = done,
                        .arg = arg};
    const char *why = login_target_find(&l->target, auth_accounts(a), source->nick,
                                        pending_group(a, source->nick), name, text, sizeof text)
                          ? text
                          : refuse(a, source, l, text);
    if (!why && strlen(password) > PASSWORD_MAX)
        why = "That is too long to be a password.";
    if (!why) {
        l->password = xstrdup(password);
        if (worker_submit(n->server->workers, work, on_worked, l))
            why = "I am busy. Try again in a few seconds.";
    }
    if (why) {
        tell(l, NULL, why);
        free_login(l);
        return;
    }
    l->desk->logins++;
    DL_APPEND(a->logins, l);
}

/* ---- Following the network --------------------------------------------------------------------
 */

void login_observe(struct auth *a, const struct irc_event *event)
{
    for (struct login *l = a->logins; l; l = l->next) {
        bool his = *event->nick && irc_equal(auth_casemapping(a), event->nick, l->nick);
        bool moved = *event->user && *event->host &&
                     (strcmp(event->user, l->user) != 0 || strcmp(event->host, l->host) != 0);
        if (event->type == EVENT_DISCONNECTED || (his && (moved || event->type == EVENT_QUIT))) {
            l->gone = true;
        } else if (his && event->type == EVENT_NICK && !l->gone) {
            free(l->nick);
            l->nick = xstrdup(event->target);
        }
    }
}

void logins_end(struct auth *a)
{
    struct login *l;
    struct login *next;
    DL_FOREACH_SAFE(a->logins, l, next)
    {
        DL_DELETE(a->logins, l);
        l->gone = true;
        tell(l, NULL, "The network is being left.");
        l->auth = NULL;
        l->done = NULL;
    }
}

/* ---- New passwords ----------------------------------------------------------------------------
 */

/* More wait for nothing: whoever registers must not keep others from logging in. */
enum { MAX_HASHES = 8 };

struct hashing {
    struct auth_desk *desk;
    char *password;
    char record[PASSWORD_RECORD_MAX + 1];
    auth_hash_fn *done;
    void *arg;
};

static void hash(void *arg)
{
    struct hashing *h = arg;
    if (password_hash(h->password, h->record))
        *h->record = '\0';
}

static void free_hashing(struct hashing *h)
{
    str_free_secret(h->password);
    free(h);
}

static void on_hashed(void *arg)
{
    struct hashing *h = arg;
    h->desk->hashes--;
    if (*h->record)
        h->done(h->arg, h->record, "");
    else
        h->done(h->arg, NULL,
                "The password could not be hashed: the system refuses memory or "
                "random bytes. Try again later.");
    free_hashing(h);
}

void auth_hash(struct server *server, const char *password, auth_hash_fn *done, void *arg)
{
    char why[REGISTRY_WHY_SIZE];
    if (password_acceptable(password, why, sizeof why)) {
        done(arg, NULL, why);
        return;
    }
    struct hashing *h = xcalloc(1, sizeof *h);
    *h = (struct hashing){
        .desk = server->desk, .password = xstrdup(password), .done = done, .arg = arg};
    if (server->desk->hashes < MAX_HASHES && !worker_submit(server->workers, hash, on_hashed, h)) {
        server->desk->hashes++;
        return;
    }
    free_hashing(h);
    done(arg, NULL, "I am busy. Try again in a few seconds.");
}
