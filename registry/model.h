#ifndef REGISTRY_MODEL_H
#define REGISTRY_MODEL_H

#include "registry/keys.h"
#include "registry/problems.h"
#include "registry/snapshot.h"

/*
 * What has been read from Redis, checked, key by key: the mutable side of the snapshot. It knows no
 * Redis; whoever reads a key applies the answer here. A wrong value keeps the last good one and
 * becomes a problem (problems.h).
 */
struct model;
struct account_model;

struct model_bytes {
    const char *data;
    size_t len;
};

struct model *model_new(problems_fn *tell, void *arg);
void model_free(struct model *m); /* NULL is fine */

/* The set of modules. Names that cannot be modules are left out and reported. */
void model_apply_index(struct model *m, const struct model_bytes *names, size_t count);
const struct item_list *model_index(const struct model *m); /* NULL: no modules */
bool model_in_index(const struct model *m, const char *module);

/* A hash: field, value, field, value...; count is even. count = 0: the key is not there. */
void model_apply_hash(struct model *m, const struct registry_key *key,
                      const struct model_bytes *pairs, size_t count);
void model_apply_list(struct model *m, const struct registry_key *key,
                      const struct model_bytes *items, size_t count);
/* An ignores hash: mask, expiry, mask, expiry...; count is even. */
void model_apply_ignores(struct model *m, const struct registry_key *key,
                         const struct model_bytes *pairs, size_t count);
/* A key that looks like a list of a module, but no such list exists. */
void model_apply_unknown_list(struct model *m, const struct registry_key *key, bool there);
/* The key cannot be read (it has the wrong type): what was known of it stays. why: a sentence. */
void model_apply_unreadable(struct model *m, const struct registry_key *key, const char *why);

/* The part that holds accounts (account_model.h). */
struct account_model *model_accounts(const struct model *m);

/* Around a reading of everything: what was not applied in between is gone from Redis. */
void model_begin_full(struct model *m);
void model_end_full(struct model *m);

/* A snapshot of what stands now, sharing what did not change. Returns a new reference to `last`
 * itself when nothing changed. */
struct snapshot *model_commit(struct model *m, const struct snapshot *last);

void model_tell_problems(struct model *m); /* all of them, again */
void model_each_problem(const struct model *m, problems_each_fn *fn, void *arg);

#endif
