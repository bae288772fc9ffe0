#ifndef SERVER_SUPERVISE_MODHOST_H
#define SERVER_SUPERVISE_MODHOST_H

#include "base/backoff.h"
#include "server/supervise/catalogue.h"
#include "server/supervise/generation.h"
#include "server/supervise/start_queue.h"

/*
 * The modules of one network and group, over all the processes that run them one after another.
 * At any time: at most one `current` generation that gets the events, at most one `next` that is
 * starting to take its place, and a few `old` ones that finish what they were given. Events that no
 * generation can take yet wait in `held`.
 *
 *   modhost_slots.c    its modules, and which version of each should run
 *   modhost.c          where an event goes, and what is said
 *   modhost_fault.c    faults, quarantine, and the status
 *   modhost_process.c  starting, swapping, crashing, ending
 *   modhost_late.c     a load that holds up the others
 *   modhost_apart.c    deaths that nobody can be blamed for
 */
#define MODHOST_EVENTS_MAX        16384
#define MODHOST_BYTES_MAX         (4U * 1024 * 1024)
#define MODHOST_MODULE_EVENTS_MAX (MODHOST_EVENTS_MAX / 2) /* for one module */
#define MODHOST_OLD_MAX           4
#define MODHOST_FRUITLESS         5 /* deaths without progress before an event is dropped */
#define MODHOST_BAD_STARTS        3 /* that may be nobody's fault, until the module is refused */
#define MODHOST_RESTART_MS        20 /* between restarts of a host that makes progress and dies again */
#define MODHOST_RETRY_MS          60000 /* a module that was refused here is tried again after this */
#define MODHOST_BACKOFF_MAX       10000
#define MODHOST_DEADLINE_MS       5000 /* of an event, unless modhost_set_deadline says otherwise */
/* While nothing runs and events wait for others, one load may take so long; looked at so often. */
#define MODHOST_LATE_MS    1000
#define MODHOST_LATE_LOOKS 4
/* Deaths that no event explains weigh so much each, less when the signal is one that comes from
 * outside; with so much in the window each module gets a process of its own. */
#define MODHOST_SUSPICIOUS   3
#define MODHOST_OUTSIDE      1
#define MODHOST_UNEXPLAINED  9
#define MODHOST_SUSPICION_MS 600000
/* A module stays loaded for so long after it was wanted: off and on again costs nothing. */
#define MODHOST_LINGER_MS 2000
#define MODHOST_END_MS    1500 /* for children to end when the server or a network goes away */

/* A module this host has to do with: it is wanted, loaded, or some of its events wait. */
struct modhost_slot {
    const struct module_decl *decl; /* NULL: the slot is free */
    bool wanted;
    int64_t unwanted_ms;         /* clock_now when it was last wanted no more; 0: never */
    size_t held;                 /* of its events, in `held` */
    uint64_t dropped;            /* since too many wait for it */
    struct module_version *good; /* the last that became ready here; a reference */
    uint32_t refused;            /* serial of the newest version that did not start here; 0: none */
    uint32_t refused_good;       /* the same when `good` did not start again */
    unsigned bad_starts;         /* that may be nobody's fault, in a row */
    int64_t refused_ms;
    bool late;           /* its load held up others: it is loaded when they run */
    int64_t deadline_ms; /* for each of its events */
    char *why;
};

/* What all hosts of a supervisor share. */
struct modhost_shared {
    struct generation_shared generations;
    struct start_queue starts;
    struct supervisor_limits limits;
    const struct supervisor_callbacks *callbacks;
    void *arg;
    bool stopping;
    void (*process_ready)(struct modhost *host);
    /* A process has ended; for a closed host also when there was none. */
    void (*process_ended)(struct modhost *host);
    /* Hosts of its network want something else now. */
    void (*unsettled)(struct modhost *host);
};

/* A network as its hosts see it. */
struct modhost_network {
    char *key;
    char *own_nick;
    char *casemapping;
    void *user;
    struct fault_book *faults; /* of its modules, in whatever host they are */
    struct modhost *hosts;     /* those that are not closed */
};

struct modhost {
    struct modhost *next; /* in its network's list, or the supervisor's list of closed ones */
    struct modhost_shared *shared;
    struct modhost_network *network; /* NULL: closed */
    char *name;                      /* the network's key */
    char *group;
    uint32_t permissions; /* PERMISSION_ bits */
    char *alone; /* with PERMISSION_FILES, and of a part: the one module it is for; else NULL */
    bool part;   /* one module of a host that is apart */
    bool apart;  /* its modules run in parts: it starts nothing itself */
    uint32_t apart_serial;  /* of the newest version when it began */
    unsigned unexplained;   /* deaths, weighed */
    int64_t unexplained_ms; /* clock_now; the first of them */
    struct modhost_slot *slots;
    size_t nslots;
    uint16_t *slot_of; /* by module_decl.id; slot + 1, 0: none */
    size_t nslot_of;
    struct generation *current;
    struct generation *starting;
    struct generation *old[MODHOST_OLD_MAX];
    size_t nold;
    int *index_of; /* by slot: the module's index in `current`; -1: not loaded */
    size_t nindex_of;
    struct buf held; /* EVENT frames; `module` is the slot */
    size_t nheld;
    uint64_t last_number;
    struct backoff backoff;
    struct event *retry;
    struct event *look;  /* at the load a start is in, */
    int looked;          /* which module's it was the last time, */
    unsigned looks;      /* and how often in a row; */
    bool starts_without; /* and that start is given up for one without it */
    struct start_turn turn;
    uint64_t careful_until; /* see generation_be_careful; 0: no need */
    unsigned fruitless;
    uint32_t started; /* generations */
    uint64_t handled; /* by generations that have ended */
    uint64_t dropped;
    uint32_t faults;
    uint32_t restarts;
    bool ending;           /* one of its processes, just now: no slot is freed meanwhile */
    bool wakes;            /* the last process had timers when it died: the next one, which sets
                              them again, is started without an event */
    bool crowded;          /* told that it has too many modules */
    bool unsettled;        /* events wait for a module that was quarantined just now */
    uint64_t rest_number;  /* the last event, when it was looked at for the last time */
    int64_t rest_since_ms; /* since when nothing has happened */
    uint64_t dropped_full; /* in a row, because too many wait */
};

struct modhost *modhost_new(struct modhost_shared *shared, struct modhost_network *network,
                            const struct modhost_kind *kind);
bool modhost_is_of(const struct modhost *host, const struct modhost_kind *kind);
/* Only without processes, or with `wait_ms` for each to be killed. */
void modhost_free(struct modhost *host, int wait_ms);
/* No callback from now on; its processes end. When there is none, `process_ended` is called at
 * once. */
void modhost_close(struct modhost *host);
bool modhost_has_process(const struct modhost *host);
/* SIGKILL to all of them; they are still to be reaped. */
void modhost_kill(struct modhost *host);
/* Lets the processes end; the rest of its events is dropped when they cannot be handled in time. */
void modhost_stop(struct modhost *host);
/* Nothing is wanted until modhost_want says so again. */
void modhost_want_nothing(struct modhost *host);
/* Loads what is wanted, and unloads what has not been wanted for a while, after the events it has.
 * True: some modules linger, and it must be called again. */
bool modhost_want_settled(struct modhost *host);
/* Nothing is wanted, nothing runs and nothing waits: it can be closed. */
bool modhost_is_over(const struct modhost *host);
/* Frees all slots, for the end. */
void modhost_forget_modules(struct modhost *host);
/* Own nick or casemapping. */
void modhost_network_changed(struct modhost *host);
/* Ends a process that has had no event for that long; the next one starts another. To be called
 * now and then. */
void modhost_rest(struct modhost *host, int64_t idle_ms);
/* The catalogue has other versions, or a quarantine was lifted. */
void modhost_modules_changed(struct modhost *host);
/* The same for somebody who waits for it: a module (NULL: any) that was refused is loaded without
 * an event. */
void modhost_load_now(struct modhost *host, const struct module_decl *module);
/* Whether another version of the module (NULL: of any) is about to be loaded. */
bool modhost_is_pending(const struct modhost *host, const struct module_decl *module);
/* Why the newest version of the module is not loaded; NULL: it was not refused. */
const char *modhost_why_refused(const struct modhost *host, const struct module_decl *module);
void modhost_fill_status(const struct modhost *host, struct modhost_status *status,
                         struct modhost_module_status *modules);

/* ---- Between its own files --------------------------------------------------------------------
 */

/* Frees the slots of modules that it has nothing to do with any more. */
void modhost_tidy(struct modhost *host);
/* Once it is time to try again. */
void modhost_forget_old_refusal(const struct modhost *host, struct modhost_slot *slot);
/* The version that should run; NULL: none. */
struct module_version *modhost_desired(const struct modhost *host, const struct modhost_slot *slot);
/* The version the current generation has loaded; NULL: none. */
const struct module_version *modhost_running(const struct modhost *host, size_t slot);
/* Gives the held events to the current generation, keeps those that a coming one can take, drops
 * the others. */
void modhost_settle(struct modhost *host);
/* Starts a generation when what runs is not what should run. */
void modhost_update(struct modhost *host);
/* Takes a generation's events back into `held`: those of which nothing was written, or, when it has
 * ended, all but those that it ended in. */
void modhost_take_back(struct modhost *host, struct generation *g,
                       const struct generation_end *end);
void modhost_drop_oldest(struct modhost *host, enum fault_kind kind, const char *reason);
void modhost_set_current(struct modhost *host, struct generation *g);
/* NULL: it has none. */
struct modhost_slot *modhost_find_slot(const struct modhost *host, const struct module_decl *decl);
/* NULL: it has too many. */
struct modhost_slot *modhost_make_slot(struct modhost *host, const struct module_decl *decl);
/* Events not acknowledged. */
size_t modhost_count_events(const struct modhost *host, size_t *bytes);
/* Tells a fault, and quarantines the module (NULL: none is to blame) when it is one too many.
 * fault->event: was dropped. */
void modhost_fault(struct modhost *host, const struct module_decl *module,
                   const struct fault *fault);
/* The same, of one that is made here. */
void modhost_fault_now(struct modhost *host, const struct module_decl *module, enum fault_kind kind,
                       uint64_t event, const char *reason);
/* A start has begun: the one module that holds it up is left out of it. */
void modhost_look(struct modhost *host);
/* A libevent callback; fd and what are not used. */
void modhost_on_look(int fd, short what, void *host);
/* The host that runs the module: this one, or when it is apart the part for it. */
struct modhost *modhost_place(struct modhost *host, const struct module_decl *module);
/* The same, but NULL when there is no part yet. */
const struct modhost *modhost_find_place(const struct modhost *host,
                                         const struct module_decl *module);
/* Deaths that nobody explains have happened: whom a process with several modules names may be
 * innocent. */
bool modhost_is_suspicious(const struct modhost *host);
/* Weighs the death of a process, before it is told. */
void modhost_weigh_death(struct modhost *host, const struct generation *g,
                         const struct generation_end *end);
/* Gives each module a process of its own when there were too many such deaths; when it is so, their
 * parts get what came back. */
void modhost_part(struct modhost *host);
/* The modules of a part's host share a process again. */
void modhost_join(struct modhost *part);
/* The same of a host, when one of them has another version. */
void modhost_join_changed(struct modhost *host);
void modhost_on_ready(struct generation *g);
void modhost_on_ended(struct generation *g, const struct generation_end *end);
extern const struct generation_ops modhost_generation_ops;

#endif
