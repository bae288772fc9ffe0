#ifndef SERVER_SUPERVISE_FAULT_H
#define SERVER_SUPERVISE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rate.h"

/*
 * What went wrong with the modules of one network: for each module how often, what it was last, and
 * whether it is quarantined because it happened too often.
 *
 * X(NAME, "name", whether it counts against the module). A number is not told to anybody.
 */
#define FAULT_KIND_LIST(X)                                                                         \
    X(SIGNAL, "signal", true)      /* the process was ended by one */                              \
    X(EXIT, "exit", true)          /* it ended by itself */                                        \
    X(DEADLINE, "deadline", true)  /* it took too long, and was killed */                          \
    X(MEMORY, "memory", true)      /* it got no more memory */                                     \
    X(RUBBISH, "rubbish", true)    /* it sent what no module host sends */                         \
    X(CLOSED, "closed", true)      /* it closed a pipe to the server */                            \
    X(LOAD, "load", true)          /* it cannot be loaded here */                                  \
    X(ROLLBACK, "rollback", false) /* nor can a new version; the one before goes on */             \
    X(START, "start", false)       /* no process could be started: not the module's doing */

enum fault_kind {
#define X(name, text, counts) FAULT_##name,
    FAULT_KIND_LIST(X)
#undef X
        FAULT_KINDS
};

const char *fault_kind_name(enum fault_kind kind);

#define FAULT_DOING_SIZE  64
#define FAULT_REASON_SIZE 320

struct fault {
    enum fault_kind kind;
    uint64_t event;                 /* which was dropped; 0: in none */
    char doing[FAULT_DOING_SIZE];   /* "command roll", "event join", "timer", "load"; "": nothing */
    char reason[FAULT_REASON_SIZE]; /* one sentence */
    int64_t at_ms;                  /* clock_wall */
};

/* Sets `reason`, cut at its size. */
void fault_explain(struct fault *fault, const char *reason);

/* A module's faults on one network. */
struct fault_record {
    char *module;
    uint32_t count; /* since the network is known */
    struct fault last;
    char *quarantine; /* why it is quarantined; NULL: it is not */
    int64_t since_ms; /* clock_wall; of the quarantine */
    uint32_t serial;  /* of the version that was quarantined */
    int64_t *times;   /* clock_now of the last faults that count, a ring of `nring` */
    size_t nring;     /* as many as may happen within the window */
    size_t ntimes;    /* rises; the newest is at (ntimes - 1) % nring */
    struct fault_record *next;
};

/* Zero-initialized is empty. */
struct fault_book {
    struct fault_record *first; /* by name */
    size_t quarantined;
};

/* NULL: none happened. */
struct fault_record *fault_book_find(const struct fault_book *book, const char *module);
/* Writes it down. Returns true when the module is quarantined from now on: `limit.count` faults
 * have happened within `limit.window_ms` (no limit: never). */
bool fault_book_add(struct fault_book *book, const char *module, const struct fault *fault,
                    uint32_t serial, struct rate limit, int64_t now);
/* Why the module is quarantined; NULL: it is not. */
const char *fault_book_quarantined(const struct fault_book *book, const char *module);
/* What has happened counts no more; a quarantine stays. */
void fault_book_forgive(struct fault_book *book, const char *module);
/* Ends a quarantine, and what has happened counts no more. False when there was none. */
bool fault_book_lift(struct fault_book *book, struct fault_record *record);
void fault_book_free(struct fault_book *book);

#endif
