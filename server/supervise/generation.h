#ifndef SERVER_SUPERVISE_GENERATION_H
#define SERVER_SUPERVISE_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/defer.h"
#include "base/token_bucket.h"
#include "server/supervise/child.h"
#include "server/supervise/fault.h"
#include "server/supervise/outbox.h"
#include "server/supervise/supervisor.h"
#include "server/supervise/version.h"

struct event;
struct event_base;
struct generation;
struct ask_ticket;

/*
 * One module host process, from its start to its end: the handshake, the events it is given, what
 * it says, and whom to blame when it dies. Whether it is restarted or replaced is its owner's
 * business (modhost.h).
 */
enum generation_state {
    GENERATION_STARTING, /* until READY */
    GENERATION_READY,
    GENERATION_STOPPING, /* finishes what it was given, then ends */
    GENERATION_DEAD
};

/* What it has loaded; an index into these is what frames call a module. */
struct generation_module {
    const char *name; /* outlives the generation */
    struct module_version *version;
    size_t slot;      /* the owner's number for it */
    unsigned waiting; /* events that are not acknowledged */
};

#define GENERATION_READY_DEADLINE_MS 10000
#define GENERATION_STOP_DEADLINE_MS  2000 /* after its last event, for unloading */
#define GENERATION_LOGS_MAX          256  /* lines for the log at once, */
#define GENERATION_LOG_INTERVAL_MS   20   /* and then one in this time */

/* How it ended. */
struct generation_end {
    bool peaceful; /* as it was asked to, with all unloaded and nothing left to do */
    bool was_ready;
    int module;         /* index of the module to blame; -1: none */
    struct fault fault; /* fault.event: the event it was in */
    bool timers;        /* it had some, or was in one's call */
    bool unclear;       /* it was in one of several events, and nobody can tell which */
    bool outside;       /* killed by a signal that people and kernels send: no module's doing */
    uint64_t heard;     /* another one, of which a part was heard but not its end; 0: none */
};

/* A timer that is due, and the source of the event in which it was set. */
struct timer_due {
    uint16_t module;
    int64_t number;
    const char *nick;  /* "": none */
    const char *known; /* the bot's account of it; "": unknown */
};

/* What the owner is told; each call is made from the loop. `ended` is the last one: the outbox
 * still holds the events that were not acknowledged, and the generation frees itself after it. */
struct generation_ops {
    void (*ready)(struct generation *g);
    void (*ended)(struct generation *g, const struct generation_end *end);
    void (*said)(struct generation *g, const struct ipc_say *say);
    /* An event is done that said more than it may: g->cut texts were thrown away. */
    void (*cut)(struct generation *g, uint64_t event);
    void (*asked)(struct generation *g, const struct ipc_ask *ask, struct ask_ticket *ticket);
    void (*logged)(struct generation *g, const struct ipc_log *log);
    /* The number of the event, or 0: there is no room for it now. */
    uint64_t (*timer)(struct generation *g, const struct timer_due *due);
    /* Lines of the log that were thrown away, because there were too many. */
    void (*log_cut)(struct generation *g, unsigned lines);
    /* Within what time an event of that module must be over, in milliseconds. */
    int64_t (*deadline)(const struct generation *g, size_t module);
};

/* What all generations of a supervisor have in common. */
struct generation_shared {
    struct event_base *base;
    const struct clock *clock;
    struct defer_queue *defer;
    char *modhost_path;
    char *data_dir;     /* the folders of modules with PERMISSION_FILES: NETWORK/MODULE below it */
    uint64_t data_most; /* bytes in each of them */
    bool sandboxed;
    uint64_t memory; /* most bytes that the modules of one process may take */
    const struct generation_ops *ops;
    struct event *flush; /* writes what was queued during this turn of the loop */
    struct generation *unflushed;
    size_t alive; /* processes */
};

void generation_shared_init(struct generation_shared *shared);
void generation_shared_free(struct generation_shared *shared);

struct generation_timer;

/* processor_watch.c: the last look */
struct processor_use {
    int64_t at_ms; /* clock_now; 0: there was none */
    int64_t used_ms;
    uint64_t handled;
    unsigned strikes;
};

struct generation {
    struct generation_shared *shared;
    void *owner;
    enum generation_state state;
    uint32_t number; /* of this modhost */
    struct child child;
    struct outbox out;
    struct buf in;                     /* the begin of a frame whose rest has not come */
    struct generation_module *modules; /* by index */
    size_t nmodules;
    size_t opened; /* modules that came through their constructors, */
    size_t loaded; /* and those that came through their load; both in order */
    struct event *readable;
    struct event *writable;
    struct event *ended;
    struct event *deadline;
    struct ask_ticket *ticket; /* the question that waits for its answer */
    uint64_t answered;         /* where the last answer ends in out.control */
    struct generation_timer *timers;
    unsigned ntimers;
    int64_t last_timer;
    struct generation *next_unflushed;
    bool unflushed;
    bool greeted; /* HOST_HELLO came */
    bool touched; /* the oldest event has said or asked something */
    bool stop_sent;
    bool stopped;      /* all were unloaded */
    bool end_of_file;  /* one of its pipes is closed */
    bool rubbish;      /* it sent some */
    bool end_lost;     /* it is late, and in no event: its oldest one has lost its end */
    int failed_module; /* named by FAILED, or in at the deadline; -1: none */
    unsigned says;     /* of the oldest event */
    size_t say_bytes;
    struct said_note notes[2];
    unsigned cut;
    uint64_t handled;
    int64_t ready_ms;       /* clock_now; 0: not yet */
    int64_t ready_wall;     /* clock_wall */
    uint64_t careful_until; /* events up to this number are given one by one */
    char *death;            /* why it was killed by the server; NULL: it was not */
    enum fault_kind death_kind;
    struct processor_use processor;
    struct token_bucket logs;
    unsigned logs_cut; /* lines, not told yet */
    /* generation_watch.c */
    struct event *watch;
    bool watching; /* `watch` is pending */
    int64_t watch_interval;
    int64_t watched_ms;        /* the last look: when it was, */
    uint64_t watched_event;    /* which event was the oldest, */
    uint64_t watched_question; /* and what waited for an answer */
    int64_t stuck_ms;          /* for how long that event has been the oldest */
    char lateness[128]; /* why it is killed, while what it said still counts; "": it is not */
};

struct generation_spec {
    void *owner;
    uint32_t number;
    const char *network;
    const char *group;
    uint32_t permissions; /* PERMISSION_ bits */
    const char *alone;    /* whose folder it gets; NULL: none */
    const char *own_nick;
    const char *casemapping;
    const struct generation_module *modules; /* references to the versions are taken */
    size_t nmodules;                         /* at most IPC_MODULES_MAX */
};

/* Starts a process and says what it is to load. NULL and *error (free() it) when it cannot. */
struct generation *generation_new(struct generation_shared *shared,
                                  const struct generation_spec *spec, char **error);

/* Queues an event; it is written at the end of this turn of the loop. -1: over its limit. */
int generation_send(struct generation *g, const struct ipc_event *event);
/* Events up to that number are given one by one, so that it is clear which one kills it. */
void generation_be_careful(struct generation *g, uint64_t until);
/* Tells what changed. */
void generation_set_network(struct generation *g, const char *own_nick, const char *casemapping);
/* Lets it end in peace after the events it has; within_ms: killed after that; 0: killed only
 * GENERATION_STOP_DEADLINE_MS after its last event. */
void generation_stop(struct generation *g, int64_t within_ms);
/* SIGKILL; `ended` follows. */
void generation_kill(struct generation *g, enum fault_kind kind, const char *reason);
/* For the end of the supervisor: kills it, waits at most wait_ms, frees it; nobody is told. */
void generation_destroy(struct generation *g, int wait_ms);

/* Between its own files: a frame stream's bytes, and writing soon. */
void generation_input(struct generation *g, const char *data, size_t len);
void generation_flush_soon(struct generation *g);
bool generation_listens(const struct generation *g);
/* Sees to it that the process is looked at, as long as it has events. */
void generation_watch(struct generation *g);
/* A libevent callback; fd and what are not used. */
void generation_on_watch(int fd, short what, void *generation);

#endif
