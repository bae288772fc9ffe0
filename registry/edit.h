#ifndef REGISTRY_EDIT_H
#define REGISTRY_EDIT_H

#include "registry/registry.h"

/*
 * Edits of the registry: checked by the rules that loading applies, gathered, and written at once,
 * all or none. REGISTRY_OK means that Redis has them, and the snapshot too if it can be read; while
 * Redis is away they are refused, and nothing is kept to be written later.
 */
struct registry_edit;

#define EDIT_MAX_WRITES 20000

/* A definition: shared, or what one network overlays. */
struct edit_place {
    const char *network; /* "": shared */
    const char *module;
};

struct registry_edit *registry_edit_new(void);
void registry_edit_free(struct registry_edit *e); /* one that is not committed; NULL is fine */

/*
 * Each adds one write. 0, or -1 with what is wrong in why (REGISTRY_WHY_SIZE), and then nothing was
 * added. field: also "rate_user.roll".
 */
int registry_edit_set(struct registry_edit *e, struct edit_place place, const char *field,
                      const char *value, char *why, size_t why_size);
int registry_edit_unset(struct registry_edit *e, struct edit_place place, const char *field,
                        char *why, size_t why_size);
int registry_edit_add(struct registry_edit *e, struct edit_place place, const char *list,
                      const char *item, char *why, size_t why_size);
/* Also an item that could not be added, to be rid of it. */
int registry_edit_remove(struct registry_edit *e, struct edit_place place, const char *list,
                         const char *item, char *why, size_t why_size);
/* network "": on all networks. */
int registry_edit_ignore(struct registry_edit *e, const char *network, const char *mask,
                         int64_t expires_s, char *why, size_t why_size);
int registry_edit_unignore(struct registry_edit *e, const char *network, const char *mask,
                           char *why, size_t why_size);
/* Takes an ignore away if it still ends at that second. */
int registry_edit_expire(struct registry_edit *e, const char *network, const char *mask,
                         int64_t expires_s, char *why, size_t why_size);
/* Takes the whole definition away, fields and lists, whatever stands in Redis, but for what only
 * servers write; writes that are added after it count. */
int registry_edit_clear(struct registry_edit *e, struct edit_place place, char *why,
                        size_t why_size);
/* The whole definition, with what only servers write. */
int registry_edit_purge(struct registry_edit *e, struct edit_place place, char *why,
                        size_t why_size);
/* What a module has stored. key: "storage:module:NAME" or "storage:network:NET:module:NAME". */
int registry_edit_store(struct registry_edit *e, const char *key, const char *field,
                        const char *value, char *why, size_t why_size);
/* Puts the module into the set of modules, and nothing else. */
int registry_edit_enlist(struct registry_edit *e, const char *module, char *why, size_t why_size);
/* Takes it out again; its definition stays. When no module is left, that is marked as meant
 * (identity.h). */
int registry_edit_delist(struct registry_edit *e, const char *module, char *why, size_t why_size);
/*
 * A first value: written if the registry has none for this field or list, and has never been given
 * this one before, so that what an operator took away stays away. What was given is remembered in
 * the set network:NET:first. name: a field (one value) or a list.
 */
int registry_edit_first(struct registry_edit *e, struct edit_place place, const char *name,
                        const char *const *values, size_t count, char *why, size_t why_size);

size_t registry_edit_count(const struct registry_edit *e); /* writes so far */

struct edit_answer {
    enum registry_result result;
    const char *text; /* for GONE and DENIED, a sentence; otherwise "" */
    /* REGISTRY_OK: for each write, in order, whether it changed anything. */
    const bool *changed;
    size_t count;
    size_t nchanged;
};
/* Runs exactly once, from the event loop; the answer is valid during the call. */
typedef void registry_edit_fn(void *arg, const struct edit_answer *answer);

/* Takes over the edit. What changed anything is answered when it is in the snapshot, or two
 * seconds after it was written, when Redis is slow. */
void registry_edit_commit(struct registry_edit *e, struct registry *r, registry_edit_fn *done,
                          void *arg);
/* The same, but nothing is written: REGISTRY_OK means that a commit would not have been refused. */
void registry_edit_try(struct registry_edit *e, struct registry *r, registry_edit_fn *done,
                       void *arg);

#endif
