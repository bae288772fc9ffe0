#ifndef TESTS_REGISTRY_VIEWS_H
#define TESTS_REGISTRY_VIEWS_H

#include "registry/model.h"
#include "registry/view.h"

/* Views out of texts, as Redis would give them. */
struct views {
    struct model *model;
    struct snapshot *snapshot;
};

/* tell NULL: a problem fails the test. */
struct views *views_new(problems_fn *tell, void *arg);
void views_free(struct views *v);
/* key: after the prefix; words: divided by '|', fields and values in turn for a hash. */
void views_put(struct views *v, const char *key, const char *words);
/* Commits; true when something changed. */
bool views_commit(struct views *v);
/* Of what was put so far. */
struct registry_view *views_make(struct views *v, const char *network,
                                 enum casemapping casemapping);

/* Numbers that are the same in every run. */
struct views_random {
    uint64_t state;
};
uint32_t views_random(struct views_random *r, uint32_t below);

#endif
