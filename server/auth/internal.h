#ifndef SERVER_AUTH_INTERNAL_H
#define SERVER_AUTH_INTERNAL_H

/* What the files of this folder share. Nobody else includes it. */

#include <uthash.h>

#include "registry/accounts.h"
#include "server/auth/auth.h"

#define AUTH_UNSEEN_MS 60000 /* how long who shares no channel with us stays logged in */
/* How long NickServ's answer counts for such a one: he may be another by the next message. */
#define AUTH_UNSEEN_KNOWN_MS 15000
#define AUTH_MAX_NICK        255

struct session;
struct pendings;
struct refusals;
struct nickserv;
struct login;

/* Of one network. Each part belongs to the file of its name. */
struct auth {
    struct network *network;
    /* What `who` was made from. */
    const struct snapshot *snapshot;
    uint64_t snapshots; /* how many there were so far */
    const struct accounts *accounts;
    enum casemapping casemapping;
    struct who *who;
    struct session *sessions; /* by folded nick */
    struct pendings *pendings;
    struct nickserv *nickserv;
    struct login *logins;      /* utlist: under way */
    struct refusals *refusals; /* NULL: nothing was refused yet */
    struct granted *granted;   /* NULL: nothing was asked yet */
    struct {
        char text[256]; /* the last pair that was logged */
        int64_t logged_ms;
    } ambiguous;
    char how[400];
};

/* ---- auth.c ---- */

int64_t auth_now(const struct auth *a);
enum casemapping auth_casemapping(const struct auth *a);
/* The accounts of now. */
const struct accounts *auth_accounts(struct auth *a);
const char *auth_fold(const struct auth *a, char dst[AUTH_MAX_NICK + 1], const char *nick);
/* Whom the source is by hostmask and services account. */
struct who_match auth_match(struct auth *a, const struct auth_source *source);
/* As auth_account; the same source, folded. */
const struct account *auth_account_masked(struct network *n, const struct auth_source *source,
                                          const struct mask_source *mask);
/* A line to one person. */
void auth_tell(struct auth *a, const char *nick, const char *text);
/* Whether two names of accounts are one. */
bool auth_same_account(const char *a, const char *b);

/* ---- session.c ---- */

/* Of the source as it is now, or NULL. Nothing is changed: the source may be made up. */
const struct session *session_find(const struct auth *a, const struct auth_source *source);
/* NULL: he gave only a profile's password, or the account is not what it was. */
const struct account *session_account(const struct session *s, const struct accounts *accounts);
bool session_has_group(const struct session *s, const struct auth_group *group);
/* next_record: what the account's record is about to become, or NULL. */
void session_log_in(struct auth *a, const struct auth_source *source, const char *account,
                    const char *record, const char *next_record);
void session_add_group(struct auth *a, const struct auth_source *source,
                       const struct auth_group *group);
void session_observe(struct auth *a, const struct irc_event *event);
void sessions_end(struct auth *a, const char *why);

/* ---- nickserv.c ---- */

struct nickserv *nickserv_new(struct auth *a);
void nickserv_free(struct nickserv *ns);
/* What NickServ said of the source a moment ago, into *account (NULL: not identified). False: that
 * is not known, and *account stays. */
bool nickserv_known(const struct auth *a, const struct auth_source *source, const char **account);
/* Asks, unless that was done a moment ago. False: it cannot be asked, and why. */
bool nickserv_ask(struct auth *a, const struct auth_source *source, const char **why);
void nickserv_observe(struct auth *a, const struct irc_event *event);
void nickserv_numeric(struct auth *a, const struct irc_msg *msg);
/* Where no answer came; called now and then while somebody waits. */
void nickserv_sweep(struct auth *a);

/* ---- pending.c: commands that wait for their source to be authorized ---- */

struct pendings *pendings_new(struct auth *a);
void pendings_free(struct pendings *p);
/* The latest of a source counts. False: it has waited its minute. */
bool pending_add(struct auth *a, const struct irc_event *event, const char *group);
/* The profile that the source's command waits for, or NULL. */
const char *pending_group(const struct auth *a, const char *nick);
/* Something became known of that source: its command is tried again, if it is still the same. */
void pending_run(struct auth *a, const struct auth_source *source);
/* NickServ has answered about somebody whom we do not see: his command does not run, since the nick
 * may have another holder by now. He is told to say it again. */
void pending_say_again(struct auth *a, const char *nick, bool identified);
void pending_observe(struct auth *a, const struct irc_event *event);

/* ---- login.c ---- */

void login_observe(struct auth *a, const struct irc_event *event);
void logins_end(struct auth *a);

/* ---- refuse.c ---- */

void refusals_free(struct refusals *r); /* NULL is fine */

#endif
