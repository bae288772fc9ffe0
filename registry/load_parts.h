#ifndef REGISTRY_LOAD_PARTS_H
#define REGISTRY_LOAD_PARTS_H

#include <hiredis/hiredis.h>
#include <uthash.h>

#include "registry/identity.h"
#include "registry/load.h"

/* What load.c and load_accounts.c have between them; for these two alone. */

#define MAX_CURSOR 24

enum loader_state {
    LOADER_IDLE, /* no link */
    LOADER_FULL, /* reading everything */
    LOADER_LIVE, /* following changes */
    LOADER_REFUSED,
    LOADER_EMPTIED
};

/* One key that must be read. */
struct reading {
    char key[KEY_MAX]; /* without the prefix */
    struct registry_key parsed;
    struct loader *loader;
    unsigned epoch;
    uint64_t number; /* of all that were ever queued, in order */
    bool in_flight;
    bool again;              /* changed while in flight */
    bool part_full;          /* the reading of everything waits for it */
    char cursor[MAX_CURSOR]; /* of a set that is read in steps; "": from the start */
    struct reading *prev;
    struct reading *next; /* in the queue */
    UT_hash_handle hh;
};

/* A reading that is no single key: SCAN. */
struct scan {
    struct loader *loader;
    unsigned epoch;
};

struct loader {
    struct link *link;
    struct model *model;
    const struct clock *clock;
    char *prefix;
    struct loader_callbacks callbacks;
    enum loader_state state;
    unsigned epoch; /* answers of an older one are stale */
    struct reading *readings;
    struct reading *queue;
    size_t in_flight;
    size_t full_left;        /* answers that the reading of everything waits for */
    char cursor[MAX_CURSOR]; /* where the listing of all keys goes on; "": nowhere */
    size_t modules_before;   /* of the snapshot, when the reading of everything began */
    struct identity identity;
    bool index_read;          /* since loader_full */
    uint64_t queued;          /* readings so far */
    uint64_t answered;        /* the number of the last one that was */
    uint64_t barrier;         /* commit when this one was answered; 0: when all were */
    int64_t batch_started_ms; /* -1: nothing was read since the last commit */
};

/* Puts a key among those to be read. part_full: the reading of everything waits for it. */
void loader_want(struct loader *l, const struct registry_key *key, bool part_full);
/* Redis does not give what was asked for: the link is made again. */
void loader_give_up(struct loader *l, const char *what, const redisReply *reply);
bool loader_wrong_type(const redisReply *reply);
/* The elements of an answer; to be freed. They point into it. */
struct model_bytes *loader_bytes_of(const redisReply *reply);

/* Sets of names that may hold so many that they are read in steps (SSCAN). */
bool loader_in_steps(enum key_kind kind);
/* Applies one step of such a reading. 0, or -1 when everything under way was forgotten. *more: it
 * goes on at r->cursor. */
int loader_apply_step(struct loader *l, struct reading *r, const redisReply *reply, bool *more);
/* The same for any other key of accounts. */
int loader_apply_account(struct loader *l, const struct registry_key *key, const redisReply *reply);

#endif
