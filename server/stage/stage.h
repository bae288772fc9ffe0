#ifndef SERVER_STAGE_STAGE_H
#define SERVER_STAGE_STAGE_H

#include <seshet/test.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "modules/host/host.h"
#include "net/state/state.h"
#include "registry/capability.h"
#include "registry/fields.h"
#include "server/module/session.h"
#include "server/say/answer.h"

/*
 * A network in memory (seshet/test.h). The host is the real one, and gets real frames; the state
 * of the network is the real one, and gets lines of IRC. What lies between is here.
 */

/* Whose storage it is: there is but one module, and it has some before it is loaded. */
#define STAGE_OWNER "module"

/* Texts in the order they came. */
struct record {
    char **lines;
    size_t first;
    size_t count; /* first to count are not taken */
    char *taken;
};

struct stage_timer {
    struct stage_timer *next; /* the next one to be due */
    int64_t number;
    int64_t due_ms;
    int64_t every_ms; /* 0: once */
    /* Who caused the event in which it was set. */
    char *nick;
    char *known;
    struct stage_rights *rights;
};

/* A loaded module: what a process is for the server. */
struct generation {
    struct host host; /* the first: its wire leads here */
    struct ipc_cell cell;
    struct seshet_test *test;
    char *name;
    char *commands[IPC_COMMANDS_MAX];
    uint16_t ncommands;
    char *capabilities[IPC_CAPABILITIES_MAX];
    uint16_t ncapabilities;
    uint32_t events; /* bits of those it handles */
    char why[SESHET_TEST_WHY_SIZE];
    struct stage_timer *timers;
    size_t ntimers;
    int64_t last_timer;
    uint64_t last_event;
    const struct ipc_event *running; /* NULL: none */
    unsigned says;                   /* of it */
    size_t say_bytes;
    unsigned cut;
    struct answer_tally tally[2]; /* of what it answered in a place, and to the source alone */
    struct stage_rights *rights;  /* of who caused it */
};

struct seshet_test {
    struct irc_state *state;
    struct more *more;
    bool connected;
    char *network;
    char *casemapping;
    char *file;
    struct generation *generation; /* NULL: none is loaded */
    struct module_fields fields;
    struct module_sessions *session;
    struct module_sessions *storage; /* here; and shared, under no network's name */
    bool storage_away;
    bool installed; /* it was told so, once */
    struct stage_user *users;
    struct record heard;
    struct record logged;
    int64_t now_ms;
    int called; /* handlers, by the line that is applied */
};

/* ---- record.c ---- */

void record_add(struct record *r, const char *text);
const char *record_take(struct record *r);
void record_clear(struct record *r);
/* level: as seshet_log. */
void stage_log(struct seshet_test *t, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- generation.c ---- */

/* NULL, and why: it was refused. */
struct generation *generation_load(struct seshet_test *t, const char *file, char *why,
                                   size_t why_size);
/* unload: as when the server ends it in peace. NULL is fine. */
void generation_end(struct generation *g, bool unload);
/* rights: of who caused it; NULL: none. */
void generation_send(struct generation *g, struct ipc_event *event, struct stage_rights *rights);
/* An event of its life (IPC_EVENT_ENABLED and so on), if it handles that. */
void generation_send_life(struct generation *g, unsigned type);
/* Tells what changes while it runs: the bot's nick, the casemapping. */
void generation_tell_network(struct generation *g);
/* A frame from the host. */
void generation_hear(struct generation *g, const struct frame *f);
/* The server's own command `more`. */
void stage_more(struct seshet_test *t, const struct irc_event *event);

/* ---- clock.c ---- */

/* IPC_TIMER, IPC_CANCEL. */
int32_t timers_ask(struct generation *g, const struct ipc_ask *ask, int64_t *number);
void timers_forget(struct generation *g);

/* ---- route.c ---- */

/* irc_event_fn: to the module, if it wants it. */
void route_event(void *arg, const struct irc_event *event);

/* ---- lines.c ---- */

/* The network sends a line: the module sees it, and what comes of it. Returns the handlers called;
 * -1: it is no line. */
int stage_line(struct seshet_test *t, const char *line);

/* What calls those of the server. */
#define STAGE_PREFIX '!'
/* What calls the module's commands: its field cmd_prefix, or "!". */
char stage_prefix(const struct seshet_test *t);
/* The same from a user, with tags. "what": all behind the source. */
int stage_user_line(struct seshet_test *t, const char *nick, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The network greets the bot. */
void stage_connect(struct seshet_test *t);

/* A channel or other single parameter; a nick; an account; a text for the end of a line. */
bool is_word(const char *text);
bool is_nick(const char *text);
bool is_account(const char *text);
bool is_text(const char *text);

/* ---- rights.c ---- */

/* The capabilities of somebody. Timers go on looking at them when who set them has gone. */
struct stage_rights *rights_new(void);
struct stage_rights *rights_ref(struct stage_rights *r); /* NULL is fine */
void rights_unref(struct stage_rights *r);               /* NULL is fine */
void rights_give(struct stage_rights *r, enum casemapping map, const struct capability *c, bool on);
/* NULL: nobody's. */
bool rights_has(const struct stage_rights *r, enum casemapping map, const struct capability *c);
/* One bit for each of them that is there. */
uint32_t rights_bits(const struct stage_rights *r, enum casemapping map, char *const *capabilities,
                     size_t count);

/* ---- users.c ---- */

struct stage_user {
    struct stage_user *next;
    char *nick;
    char *user;
    char *host;
    char *account; /* NULL: none */
    char *known;   /* the bot's account, or "" */
    struct stage_rights *rights;
};

/* Made when it is not there. */
struct stage_user *stage_user_find(struct seshet_test *t, const char *nick);
/* NULL: it is not there. */
const struct stage_user *stage_user_get(struct seshet_test *t, const char *nick);
void stage_user_rename(struct seshet_test *t, const char *nick, const char *new_nick);
void stage_user_remove(struct seshet_test *t, const char *nick);
void stage_users_free(struct seshet_test *t);

#endif
