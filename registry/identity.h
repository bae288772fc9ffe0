#ifndef REGISTRY_IDENTITY_H
#define REGISTRY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Which registry stands in Redis, by what seshet:meta says of it:
 *
 *   schema    see migrate.h
 *   id        a random word, written once by the server that finds none
 *   accepted  the id of a registry that is lost; written by a person, who says so that what stands
 *             here now may take its place
 *
 * A server that loses its registry must not take for a decision what another server, which knows
 * nothing of it, has begun anew in its place. Servers write an id with the first thing they write:
 * what has none was put there by a person.
 */
#define IDENTITY_SIZE   64
#define IDENTITY_ID_LEN 16 /* of those that servers make */

struct identity {
    char known[IDENTITY_SIZE]; /* of the registry that the snapshot is from; "": none yet */
    /* As they were read; "": not there. */
    char schema[IDENTITY_SIZE];
    char id[IDENTITY_SIZE];
    char accepted[IDENTITY_SIZE];
};

enum identity_verdict {
    IDENTITY_SAME,        /* to be followed, whatever stands in it */
    IDENTITY_LOST,        /* nothing is left */
    IDENTITY_OTHER,       /* begun anew by a server that did not know of the modules */
    IDENTITY_LOST_MODULES /* the set of modules is gone, and the rest is there */
};

/* Before seshet:meta is read. */
void identity_begin(struct identity *identity);
/* One field of seshet:meta. */
void identity_read(struct identity *identity, const char *field, const char *value);

/* modules: whether any stand in Redis now. before: how many the snapshot has. That the last one is
 * taken out when it was the only one is a decision; that several go at once is none. */
enum identity_verdict identity_judge(const struct identity *identity, bool modules, size_t before);
/* What was read is the registry from now on. */
void identity_follow(struct identity *identity);

/* What seshet:meta is to have as id: the one it has, the one that was known, or a new one. */
void identity_choose(const struct identity *identity, char id[IDENTITY_SIZE]);
/* Whether `accepted` has done its work, and would hide the next loss. */
bool identity_accepted_is_done(const struct identity *identity, bool modules);

#endif
