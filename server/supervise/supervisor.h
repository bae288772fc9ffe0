#ifndef SERVER_SUPERVISE_SUPERVISOR_H
#define SERVER_SUPERVISE_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/defer.h"
#include "base/log.h"
#include "modules/ipc/codec.h"
#include "server/supervise/fault.h"
#include "server/supervise/module_decl.h"

struct event_base;

/*
 * The supervisor knows which modules there are (the catalogue) and runs them: one child process
 * (seshet-modhost) for each network and group, started at the first event for it; one for each
 * module of a group while nobody can tell which of them ends it. It hides from its user that
 * children crash, are restarted and are replaced: an event that was accepted is given to its module
 * exactly once, or dropped with a fault that is told. It knows nothing of IRC, the registry, or who
 * may do what.
 *
 * Everything runs on the loop of `env->base`; no call blocks but supervisor_free. Callbacks may
 * call any function here but supervisor_free. SIGPIPE is ignored from supervisor_new on.
 */
struct supervisor;
struct modhost;
struct ask_ticket;

struct supervisor_env {
    struct event_base *base;
    const struct clock *clock;
    struct defer_queue *defer; /* must be run at the end of each turn of the loop */
};

/* What may be changed while it runs. */
struct supervisor_limits {
    struct rate quarantine; /* so many faults of a module on a network quarantine it there; no
                               limit: never */
    int64_t idle_ms;    /* a process that had no event for so long ends until the next; 0: never */
    uint64_t data_most; /* bytes in the folder of a module; for processes that start from now on */
};

/* Copied. */
struct supervisor_config {
    const char *modhost_path; /* the executable seshet-modhost */
    const char *user_dir;     /* NULL: none. Its modules hide those of the same name below */
    const char *system_dir;   /* NULL: none */
    const char *state_dir; /* private copies go to STATE/module-copies, which is emptied at start;
                              modules with the permission files have STATE/module-data/NET/NAME */
    bool sandboxed;        /* module hosts give up what modules have no permission for */
    uint64_t memory;       /* most bytes that the modules of one host may take */
    struct supervisor_limits limits;
};

/* Where a word of a module comes from. */
struct modhost_origin {
    const char *network;              /* its key */
    void *user;                       /* what supervisor_set_network was given; NULL before */
    const struct module_decl *module; /* NULL: the module host itself (on_log, on_fault only) */
    uint64_t event; /* the number modhost_send gave; 0: in no event (while it was loaded) */
    /* on_ask only: whose event it is in, as modhost_send was told. In a timer's event: of the event
     * in which it was set. */
    bool has_source;
    const char *known;
    struct generation *said_by; /* on_say only: for modhost_said */
};

/* What the supervisor's user notes of what an event has said: all zero when the event begins. */
struct said_note {
    unsigned lines;
    uint64_t rest;
};

/*
 * Strings are valid during the call. What one event says is bounded to 64 texts and 64 KiB, and
 * its lines for the log to 256 at once and 50 a second; the excess is cut and counted in the log.
 * All members but `on_fault`, `on_quarantine` and `on_module_error` must be set.
 */
struct supervisor_callbacks {
    /* Modules appeared, went, or have a new version; also once after the start, when every module
     * found then was examined or a second has passed. Read them with supervisor_module. */
    void (*on_modules)(void *arg);
    /* A module file that could not be loaded; the last good version, if there is one, goes on. */
    void (*on_module_error)(void *arg, const char *name, const char *text);
    /* say->target and say->text (at most IPC_TEXT_MAX) are as the module host wrote them: not
     * checked. */
    void (*on_say)(void *arg, const struct modhost_origin *from, const struct ipc_say *say);
    /* Answer with supervisor_answer, now or later, exactly once. The numbers in `ask` are the
     * module host's own: of the module only `from` counts. */
    void (*on_ask)(void *arg, const struct modhost_origin *from, const struct ipc_ask *ask,
                   struct ask_ticket *ticket);
    /* seshet_log; at most 8 KiB. */
    void (*on_log)(void *arg, const struct modhost_origin *from, enum log_level level,
                   const char *text);
    /* A module crashed or could not be started on a network. It was logged already. */
    void (*on_fault)(void *arg, const struct modhost_origin *from, const struct fault *fault);
    /* A module had one fault too many: it gets no event on the network any more, until there is
     * another version of it or supervisor_lift. Not logged. */
    void (*on_quarantine)(void *arg, const struct modhost_origin *from, const char *why);
};

/* Examines the module folders (in child processes; on_modules tells when it is done). Returns NULL
 * and *error (creator: the supervisor; free() it) when STATE/module-copies cannot be made. A module
 * folder that is missing is no error: it is looked for again. */
struct supervisor *supervisor_new(const struct supervisor_env *env,
                                  const struct supervisor_config *config,
                                  const struct supervisor_callbacks *callbacks, void *arg,
                                  char **error);
/* Asks every child to end after what it has; no event is taken and nothing is started from now on.
 * Children that are not gone after 1.5 s are killed. `done` (may be NULL) is called once when the
 * last has ended, from the loop. */
void supervisor_stop(struct supervisor *sup, void (*done)(void *arg), void *arg);
/* Kills what is left, waits for it (at most 1 s), frees everything; then run the defer queue,
 * before the loop is freed. Tickets stay valid. */
void supervisor_free(struct supervisor *sup);

/* ---- The catalogue -------------------------------------------------------------------------- */

/* NULL when there was never a module of that name. */
const struct module_decl *supervisor_find(const struct supervisor *sup, const char *name);
/* For i from 0 while it is not NULL, in no particular order; also those that are gone or that could
 * never be loaded (`present` false). */
const struct module_decl *supervisor_module(const struct supervisor *sup, size_t i);
/* Looks at the folders again, as at a change, and loads that module anew though its file looks as
 * before (name NULL: only what has changed). `done` is called once, from the loop or from
 * supervisor_stop, when what was found is in service or refused: see supervisor_find. */
void supervisor_reload(struct supervisor *sup, const char *name, void (*done)(void *arg),
                       void *arg);
/* Has the versions of the catalogue loaded now where a process runs, or where one could not be
 * loaded before (name NULL: of all modules). `done` is called once, from the loop or from
 * supervisor_stop, when each host runs them or has refused them; at the latest after
 * SUPERVISOR_LOAD_MS: see supervisor_each_host. */
#define SUPERVISOR_LOAD_MS 12000 /* a load that hangs is ended before */
void supervisor_load(struct supervisor *sup, const char *name, void (*done)(void *arg), void *arg);

/* ---- Networks and module hosts --------------------------------------------------------------- */

struct network_facts {
    const char *own_nick;
    const char *casemapping; /* RPL_ISUPPORT CASEMAPPING: "rfc1459", "ascii", ... */
    void *user;              /* handed back in modhost_origin */
};

/* Makes the network known, or tells its module hosts what changed. Copied; cheap when nothing
 * changed. */
void supervisor_set_network(struct supervisor *sup, const char *network,
                            const struct network_facts *facts);
/* Ends its module hosts after what they have (at most 1.5 s later they are killed). What they still
 * say is thrown away; no callback names the network any more. Handles are invalid from now on. */
void supervisor_drop_network(struct supervisor *sup, const char *network);

/* Which of a network's module hosts a module is in: modules of one group share one, if they have
 * the same permissions. With PERMISSION_FILES a module is alone: its folder is nobody else's. */
struct modhost_kind {
    const char *group;
    uint32_t permissions; /* PERMISSION_ bits */
    const char *module;
};

/* The module host of a network and kind, made when there is none; starts no process yet. The
 * network must be known (NULL otherwise). The handle is valid until supervisor_drop_network or
 * supervisor_free, as long as a module is wanted there (modhost_want, modhost_send); without one
 * only until the loop runs. */
struct modhost *supervisor_host(struct supervisor *sup, const char *network,
                                const struct modhost_kind *kind);

/* What a module gets; strings are never NULL unless said. The meaning of the fields is that of
 * seshet_event in seshet/module.h. */
struct supervisor_event {
    int type;    /* enum event_type */
    int command; /* COMMAND: index into the declaration's commands; else -1 */
    bool is_private;
    bool from_me;
    const char *nick;
    const char *user;
    const char *host;
    const char *account; /* NULL when none is known */
    const char *channel;
    const char *target;
    const char *text;
    const char *command_name; /* its name, in any case; CTCP: the CTCP command; else "" */
    const char *args;
    const char *reply_to; /* where an answer goes: a channel, "@#chan", a nick, or "" */
    int64_t time_ms;
    const char *known;     /* the bot's account of the source; "": unknown */
    uint32_t capabilities; /* bit of each that the module declares and the source has */
};

/*
 * Queues an event for a module and starts what must be started for it. Events of one host are
 * handled one after another, in this order (a swap of generations may let a few overlap). Returns
 * the event's number, or 0 when it was dropped: the module is not present or was refused by this
 * host, the queue is full (16,384 events or 4 MiB; logged and counted), the event is over 64 KiB,
 * or the supervisor stops.
 */
uint64_t modhost_send(struct modhost *host, const struct module_decl *module,
                      const struct supervisor_event *event);
/* The same for an event of the module's life (IPC_EVENT_ENABLED and so on), which nobody caused;
 * nothing happens when it has no handler for it. It is taken also when the module is not wanted or
 * its file is gone. only_running: it is for a process that runs, or is starting; otherwise one is
 * started. */
void modhost_send_life(struct modhost *host, const struct module_decl *module, uint8_t type,
                       bool only_running);
/* In on_say: the event in which it is said, as modhost_send was given it (of a timer's, only `nick`
 * is that of the event in which it was set), and what was noted of it: said to a place, and to the
 * source alone. Valid during the call. */
void modhost_said(const struct modhost_origin *from, struct ipc_event *event,
                  struct said_note **notes);
/* A module that will (or will not) get events here: the next process that is started has it, so
 * that its first event needs no new one. modhost_send implies true. Does nothing by itself, and
 * nothing for a module that is not present. */
void modhost_want(struct modhost *host, const struct module_decl *module, bool wanted);
/* Within what time an event of that module must be over; then its process is killed, and the event
 * is dropped as in a crash. For a module that is wanted. */
void modhost_set_deadline(struct modhost *host, const struct module_decl *module,
                          int64_t deadline_ms);
/* Why the module is quarantined on the host's network: modhost_send would drop its events. NULL: it
 * is not. Valid until the loop runs. */
const char *modhost_quarantined(const struct modhost *host, const struct module_decl *module);
/* Why the host goes on without any version of the module: modhost_send would drop its events. NULL:
 * it does not, or it is time to try again. Valid until the loop runs. */
const char *modhost_refused(const struct modhost *host, const struct module_decl *module);
/*
 * What the modules of a network want, said anew. supervisor_want_begin: nothing is wanted there
 * until modhost_want says so; who knows only what has changed leaves it out. supervisor_want_end,
 * always: some 2 seconds later a process that runs is replaced by one with what is wanted, after
 * the events it has; a host without a wanted module ends, and its handle with it. Starts no first
 * process.
 */
void supervisor_want_begin(struct supervisor *sup, const char *network);
void supervisor_want_end(struct supervisor *sup, const char *network);

/*
 * status: 0 or more for success (delete: 1 when it was there), or a SESHET_E... number of
 * seshet/module.h. value: what get found, else NULL; one over IPC_VALUE_MAX becomes SESHET_ESIZE.
 * number: increment's result. Frees the ticket; harmless when the module host, or the supervisor,
 * is gone.
 */
void supervisor_answer(struct ask_ticket *ticket, int32_t status, const char *value,
                       int64_t number);

/* ---- Faults ---------------------------------------------------------------------------------- */

void supervisor_set_limits(struct supervisor *sup, const struct supervisor_limits *limits);
/* Ends the quarantine of a module on a network (NULL: on all). Returns on how many it was. */
unsigned supervisor_lift(struct supervisor *sup, const char *network, const char *module);
/* As modhost_quarantined, by names. */
const char *supervisor_quarantined(const struct supervisor *sup, const char *network,
                                   const char *module);
/* Why the newest version of a module is not loaded on a network, where it was tried; an older one
 * may go on. NULL: nothing like that. */
const char *supervisor_refused(const struct supervisor *sup, const char *network,
                               const struct module_decl *module);
/* One call for each module that had a fault on a network; by name within a network. */
void supervisor_each_fault(const struct supervisor *sup,
                           void (*fn)(void *arg, const char *network,
                                      const struct fault_record *record),
                           void *arg);

/* ---- Status ---------------------------------------------------------------------------------- */

enum modhost_state {
    MODHOST_IDLE,     /* no process; none is needed */
    MODHOST_STARTING, /* the first process is not ready */
    MODHOST_READY,
    MODHOST_SWAPPING, /* one is ready, its successor is starting */
    MODHOST_BACKOFF   /* waits before the next try */
};

struct modhost_module_status {
    const struct module_decl *module;
    uint32_t version;    /* module_decl.serial of what runs here; 0: not loaded */
    const char *refused; /* why this host goes on without the newest version; NULL: it does not */
    bool pending;        /* another version is about to be loaded */
};

struct modhost_status {
    const char *network;
    const char *group;
    uint32_t permissions; /* PERMISSION_ bits */
    enum modhost_state state;
    int pid;             /* 0: none */
    uint32_t generation; /* processes started so far */
    size_t queued;       /* events not acknowledged */
    size_t queued_bytes;
    uint64_t handled;
    uint64_t dropped;   /* by faults and full queues */
    uint32_t faults;    /* events or loads that ended a process */
    uint32_t restarts;  /* after a fault */
    int64_t started_ms; /* clock_wall when the process became ready; 0: none */
    size_t nmodules;
    const struct modhost_module_status *modules;
};

const char *modhost_state_name(enum modhost_state state);
/* One call for each module host; the struct is valid during the call. Of a group whose modules have
 * a process each, one call for each of them as well. */
void supervisor_each_host(const struct supervisor *sup,
                          void (*fn)(void *arg, const struct modhost_status *status), void *arg);

#endif
