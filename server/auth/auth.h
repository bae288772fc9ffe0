#ifndef SERVER_AUTH_AUTH_H
#define SERVER_AUTH_AUTH_H

#include "net/proto/message.h"
#include "net/state/event.h"
#include "registry/accounts.h"
#include "server/network.h"

/*
 * Who a source is, and what it may do: sessions, hostmasks and services accounts of one network
 * (struct auth, one for each), and the capability system over them. Passwords are checked on worker
 * threads; everything here runs on the loop.
 */
struct auth;      /* of one network */
struct auth_desk; /* of the server: delays after wrong passwords, logins under way */

struct auth_source {
    const char *nick, *user, *host;
    const char *services; /* services account, or NULL */
};
static inline struct auth_source auth_source_of(const struct irc_event *event)
{
    return (struct auth_source){event->nick, event->user, event->host, event->account};
}

/* The account of the source here and now; NULL: unknown. Valid until the next snapshot. Two that
 * match count as nobody, and are logged. */
const struct account *auth_account(struct network *n, const struct auth_source *source);
/* Why: how it is known ("session", "hostmask X", "services account X"), or why not; static or valid
 * until the next call. */
const char *auth_account_how(struct network *n, const struct auth_source *source);

/* The account of that name; NULL: "", or there is none. Valid until the next snapshot. */
const struct account *auth_find(struct network *n, const char *account);

/* Whether a module declares the name (as in struct capability): nobody has it by default. server:
 * struct server. */
bool auth_is_declared(const void *server, const char *capability);

struct capability_query auth_query(struct network *n, const struct account *account);
/* Of an account that is known already. */
bool auth_known_has(struct network *n, const struct account *account, const struct capability *c);
/* capability: in any accepted form; "#chan.x" too. Wrong names are had by nobody. */
bool auth_account_has(struct network *n, const struct account *account, const char *capability);
/* The same of whoever the source is. */
bool auth_has(struct network *n, const struct auth_source *source, const char *capability);
struct capability_command_answer auth_may_call(struct network *n, const struct auth_source *source,
                                               const char *module, const char *command,
                                               const char *channel /* NULL: private */);

/* Whether the profile lets the source in, as far as is known now. AUTH_ASKING: its services account
 * is not known, and NickServ can tell. Pure: nobody is asked here. */
enum auth_verdict { AUTH_YES, AUTH_NO, AUTH_ASKING };
enum auth_verdict auth_group_verdict(struct network *n, const struct auth_source *source,
                                     const char *group);

/* A session: who gave the right password (auth_login), until he quits, leaves the last channel he
 * shares with us, gets another address or services account, logs out, or the account's password
 * changes. Who shares no channel cannot be watched: his lasts a minute.
 * The account's password record is about to become this by the person's own hand: his session goes
 * on, while all others of the account end. Before the edit is committed. */
void auth_session_keep(struct network *n, const char *nick, const char *record);
bool auth_session_end(struct network *n, const char *nick); /* false: there was none */

/* What the network tells. The event, before it is routed: ends sessions, follows nick changes. */
void auth_observe(struct network *n, const struct irc_event *event);
/* A NOTICE of NickServ that answers what was asked; true: it is nobody else's business. */
bool auth_nickserv_notice(struct network *n, const struct irc_event *event);
/* Numerics about NickServ, and the end of the connection. */
void auth_numeric(struct network *n, const struct irc_msg *msg);

/*
 * A password said in private, checked off the loop, with the growing delays, against one account or
 * profile (target.h; name NULL or "": none was said). When it is right the session has begun, and
 * the command that waited for it has run, before done is called. The source is followed through
 * nick changes; gone, it gets no session. An old record is replaced.
 * done runs once, from the loop, maybe at once; text: what to tell the person, whatever came out
 * (right, wrong, too many tries: wait N s, no such profile); account: the name that is right, or
 * NULL. done NULL: the person is told by a notice. The password is copied, and wiped.
 */
typedef void auth_login_fn(void *arg, const char *account, const char *text);
void auth_login(struct network *n, const struct auth_source *source, const char *name,
                const char *password, auth_login_fn *done, void *arg);
/* Hashes a new password off the loop: record NULL when it failed (text says why). */
typedef void auth_hash_fn(void *arg, const char *record, const char *text);
void auth_hash(struct server *server, const char *password, auth_hash_fn *done, void *arg);

/* Whether one more account may be made from that host, and on its network, as flood.register_* of
 * the main file say. 0, or -1 and in why when it may again. */
int auth_may_register(struct network *n, const char *host, char *why, size_t why_size);
/* One is being made. */
void auth_registers(struct network *n, const char *host);

struct auth *auth_new(struct network *n);
void auth_free(struct auth *a); /* NULL is fine; every login's done runs before */
struct auth_desk *auth_desk_new(struct server *server);
void auth_desk_free(struct auth_desk *desk);

#endif
