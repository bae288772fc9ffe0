#ifndef REGISTRY_ACCOUNT_MODEL_H
#define REGISTRY_ACCOUNT_MODEL_H

#include "registry/accounts.h"
#include "registry/model.h"

/*
 * The part of the model (model.h) that holds accounts, policies, channels, authorization profiles
 * and what is set of networks: what has been read from Redis, checked, key by key. For
 * registry/model.c and registry/load.c.
 */
struct account_model;

struct account_model *account_model_new(struct problems *problems);
void account_model_free(struct account_model *m); /* NULL is fine */

/* A hash (field, value...; count is even) or a set, of a kind that has a record. count = 0: it is
 * not there. */
void account_model_apply(struct account_model *m, const struct registry_key *key,
                         const struct model_bytes *items, size_t count);
/* The key has the wrong type. What was known of it stays, also that it was not there; where nothing
 * was ever known, it closes. */
void account_model_unreadable(struct account_model *m, const struct registry_key *key,
                              const char *why);

/* The sets of names, KEY_USERS and KEY_GROUPS, are read in steps, from begin to end; a name that
 * did not come in between is gone. Whom one names for the first time counts when all his keys have
 * been applied, also those that are not there; or after a reading of everything. */
void account_model_index_begin(struct account_model *m, enum key_kind kind);
void account_model_index_add(struct account_model *m, enum key_kind kind,
                             const struct model_bytes *names, size_t count);
void account_model_index_end(struct account_model *m, enum key_kind kind);
bool account_model_in_index(const struct account_model *m, enum key_kind kind, const char *name);

/* Around a reading of everything. In it, users and profiles may come before the sets that name
 * them. */
void account_model_begin_full(struct account_model *m);
void account_model_end_full(struct account_model *m);

bool account_model_changed(const struct account_model *m);
/* Shares what did not change with the last one. A new reference. */
struct accounts *account_model_commit(struct account_model *m, const struct accounts *last);

#endif
