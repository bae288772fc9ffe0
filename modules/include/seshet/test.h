#ifndef SESHET_TEST_H
#define SESHET_TEST_H

/*
 * Tests of modules: a network in memory, in the test's own process. No server, no Redis, no IRC; a
 * test takes milliseconds.
 *
 *     char why[SESHET_TEST_WHY_SIZE];
 *     seshet_test *t = seshet_test_open("./dice.so", why, sizeof why);
 *     if (!t)
 *         fprintf(stderr, "%s\n", why);
 *     seshet_test_join(t, "alice", "#chan");
 *     seshet_test_say(t, "alice", "#chan", "!roll 1d1");
 *     assert(strcmp(seshet_test_heard(t), "PRIVMSG #chan :alice: 1") == 0);
 *     assert(!seshet_test_heard(t));
 *     seshet_test_close(t);
 *
 *     cc test.c $(pkg-config --cflags --libs seshet-test)
 *
 * What a module calls does the same as in a server, with the same checks, errors and limits of what
 * is said: it is the same code, and `more` gives the rest of a long answer. Different is what a
 * server keeps to itself: rate limits and the registry's rules on who may call what do not hold
 * here, and there is no deadline and no sandbox: a crash of the module is one of the test.
 *
 * At the beginning the network is called "test" and the bot "bot"; the casemapping is rfc1459; the
 * bot is connected and in no channel; nothing is stored; the module has no permission, and "!"
 * calls its commands.
 *
 * Texts are bytes, end with NUL and hold no CR or LF. They are copied. NULL is allowed only where
 * it is said. One thread may use a seshet_test; several may exist beside each other.
 */

#include <seshet/module.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct seshet_test seshet_test;

#define SESHET_TEST_WHY_SIZE 512

/* ---- The module ----------------------------------------------------------------------------- */

/* A network without a module: what `load` is to find there can be put there first. */
seshet_test *seshet_test_new(void);
/* Loads the module from a file called NAME.so: checks it, and calls its `load`, `installed` and
 * `enabled`. Once for each seshet_test. 0; -1 when it is refused, and then why has the sentence
 * that a server would log. */
int seshet_test_load(seshet_test *t, const char *file, char *why, size_t why_size);
/* Both at once; NULL when the module was refused. */
seshet_test *seshet_test_open(const char *file, char *why, size_t why_size);
/* As the server does with a new file: the file as it is now is loaded, with fresh static variables;
 * then the old module's `unload` is called. Storage, session, users and channels stay; timers are
 * gone. 0; -1: it was refused, and the old one goes on. (Inline static variables of C++ keep their
 * values, unless the module is compiled with -fno-gnu-unique.) */
int seshet_test_reload(seshet_test *t, char *why, size_t why_size);
/* As after a crash: without `unload`. 0; -1: it was refused, and no module is loaded any more. */
int seshet_test_restart(seshet_test *t, char *why, size_t why_size);
/* Somebody switches the module off (0), which calls `disabled` and `unload`; or on again (1):
 * `load` and `enabled`. The same as the field "enabled". 0; -1 when it was refused, and the log
 * says why.
 */
int seshet_test_enable(seshet_test *t, int on);
/* Its file goes away: calls `removed` and `unload`. -1 when no module is loaded. */
int seshet_test_remove(seshet_test *t);
/* Calls `unload`, and frees all. The module's code stays in the process, as nobody knows whether
 * it has left a thread behind. NULL is fine. */
void seshet_test_close(seshet_test *t);

/* ---- What comes of it ----------------------------------------------------------------------- */

/* The next line that the module has sent to the network, oldest first; NULL when there is none. It
 * is as it would leave the server: split under the network's limit, without CR LF. It is recorded
 * and nothing more: a topic that the module sets changes when the test says so, too.
 *     PRIVMSG #chan :alice: 1            seshet_reply in a channel
 *     PRIVMSG alice :1                   in private
 *     PRIVMSG #chan :\001ACTION waves\001    seshet_action
 *     NOTICE alice :hello                seshet_notice
 *     MODE #chan +o alice                seshet_set_mode; others alike
 * Valid until the next call of this. */
const char *seshet_test_heard(seshet_test *t);
/* The next line that was logged: "info: text"; debug, info, warning or error. What the server says
 * about the module ("warning: nothing said to ...") is among them. NULL when there is none. Valid
 * until the next call of this. */
const char *seshet_test_logged(seshet_test *t);
/* Forgets what was not taken of both. */
void seshet_test_skip(seshet_test *t);

/* ---- Events ---------------------------------------------------------------------------------
 * Each returns how many of the module's handlers were called, or -1 when an argument makes no line
 * of IRC. A nick that is not known yet gets the user name and host "NICK" and "NICK.test". */

/* target: a channel; "@#chan" for its operators; or the bot's nick, for a private message. */
int seshet_test_say(seshet_test *t, const char *nick, const char *target, const char *text);
int seshet_test_action(seshet_test *t, const char *nick, const char *target, const char *text);
int seshet_test_notice(seshet_test *t, const char *nick, const char *target, const char *text);
/* args may be "". */
int seshet_test_ctcp(seshet_test *t, const char *nick, const char *target, const char *command,
                     const char *args);
/* Into a channel where the bot is not yet, the bot goes first. */
int seshet_test_join(seshet_test *t, const char *nick, const char *channel);
int seshet_test_part(seshet_test *t, const char *nick, const char *channel, const char *reason);
int seshet_test_quit(seshet_test *t, const char *nick, const char *reason);
int seshet_test_kick(seshet_test *t, const char *nick, const char *channel, const char *target,
                     const char *reason);
int seshet_test_nick(seshet_test *t, const char *nick, const char *new_nick);
/* modes: "+o"; args: "alice", or "". A member's modes are given this way, too. */
int seshet_test_mode(seshet_test *t, const char *nick, const char *channel, const char *modes,
                     const char *args);
int seshet_test_topic(seshet_test *t, const char *nick, const char *channel, const char *topic);
/* Unlike a server's, which tells of an invitation of the bot only modules with that channel in
 * their list echannels: there are no lists here, and the module is on everywhere. */
int seshet_test_invite(seshet_test *t, const char *nick, const char *target, const char *channel);
/* Logs in to services; account NULL: out. An account that is set by seshet_test_user makes no
 * event. */
int seshet_test_account(seshet_test *t, const char *nick, const char *account);
/* The bot loses the network and all its channels; and comes back. What is said meanwhile is lost,
 * and logged. */
int seshet_test_disconnected(seshet_test *t, const char *why);
int seshet_test_connected(seshet_test *t);
/* One line as the network would send it: ":alice!a@host PRIVMSG #chan :hello". */
int seshet_test_raw(seshet_test *t, const char *line);

/* ---- What the module finds ------------------------------------------------------------------
 * 0; -1 when an argument is not allowed. */

int seshet_test_network(seshet_test *t, const char *name);
int seshet_test_own_nick(seshet_test *t, const char *nick);
/* The bot's nick, into dst. Returns its length, or SESHET_ESIZE. */
int seshet_test_bot(const seshet_test *t, char *dst, size_t size);
/* "rfc1459", "ascii", "rfc1459-strict" (RPL_ISUPPORT CASEMAPPING). */
int seshet_test_casemapping(seshet_test *t, const char *name);
/* Who a nick is, from now on. user and host NULL: as they are; account NULL: none. */
int seshet_test_user(seshet_test *t, const char *nick, const char *user, const char *host,
                     const char *account);
/* Whom the bot knows a nick as, from now on: an account of its own (seshet_account), of at most 64
 * bytes. NULL: unknown, as everybody is at first. Services' accounts are another thing. */
int seshet_test_known(seshet_test *t, const char *nick, const char *account);
/* Gives a nick a capability (1), or takes it away (0): "karma.admin", "#chan.op", "-x". Nobody has
 * any at first; "owner" has all, and "#chan.op" all of that channel. It stays with who takes
 * another nick, and goes with who quits. */
int seshet_test_grant(seshet_test *t, const char *nick, const char *capability, int on);
/* A field of the module's definition in the registry: "cmd_prefix", "rate_user"; "config.KEY" for
 * seshet_config. When it is another value than before, `config_changed` is called. */
int seshet_test_field(seshet_test *t, const char *name, const char *value);
/* Permissions, as the registry writes them: "raw"; "net,files"; "" for none. Only "raw" has an
 * effect here. */
int seshet_test_permit(seshet_test *t, const char *permissions);

/* Puts a value into the module's storage; NULL takes it away. */
int seshet_test_store(seshet_test *t, seshet_scope scope, const char *key, const char *value);
/* NULL when it is not there. Valid until the next change. */
const char *seshet_test_stored(seshet_test *t, seshet_scope scope, const char *key);
/* Redis is away (1), or there again (0): SESHET_HERE and SESHET_SHARED fail with SESHET_ESTORAGE,
 * for the module; not for the two above. */
void seshet_test_storage_away(seshet_test *t, int away);

/* ---- Time -----------------------------------------------------------------------------------
 * It stands still until it is moved. It begins at 2026-01-01 00:00:00 UTC. seshet_now and the
 * time_ms of events follow it; time() of the C library does not. */

/* Moves it forward, and calls the timers that become due, in their order, each at its own time.
 * Returns how many were called; -1 for a negative number. */
int seshet_test_forward(seshet_test *t, int64_t ms);
/* Milliseconds since 1970. */
int64_t seshet_test_now(const seshet_test *t);

#ifdef __cplusplus
}
#endif

#endif
