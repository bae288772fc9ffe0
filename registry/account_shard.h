#ifndef REGISTRY_ACCOUNT_SHARD_H
#define REGISTRY_ACCOUNT_SHARD_H

#include "registry/accounts.h"

/*
 * The users whose names fall to one number: so that an edit makes a part of 100,000 users anew,
 * and not all of them. Immutable, counted by reference. For registry/ alone.
 */
struct account_mask {
    const char *item;     /* as it stands in the account */
    uint32_t user;        /* its number in the shard */
    uint16_t network_len; /* 0: all networks */
};

struct account_service {
    char *name; /* "NET/account", the account folded */
    const char *item;
    uint32_t user;
};

/* What is searched for a source. */
struct account_index {
    struct maskset *masks; /* numbered as in `of` */
    struct account_mask *of;
    size_t nservices;
    struct account_service *services; /* sorted by name */
};

struct account_shard {
    unsigned refs;
    size_t count;
    struct account **users;                             /* sorted by name */
    struct account_index *index[SNAPSHOT_CASEMAPPINGS]; /* built on first use */
};

/* name: folded. */
unsigned account_shard_of(const char *name);
/* Takes the array, and a reference to each; sorts it. NULL for no users. */
struct account_shard *account_shard_new(struct account **users, size_t count);
struct account_shard *account_shard_ref(struct account_shard *s); /* NULL is fine */
void account_shard_unref(struct account_shard *s);                /* NULL is fine */
const struct account *account_shard_find(const struct account_shard *s, const char *name);
const struct account_index *account_shard_index(struct account_shard *s,
                                                enum casemapping casemapping);

#endif
