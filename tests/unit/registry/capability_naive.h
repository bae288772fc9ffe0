#ifndef TESTS_REGISTRY_CAPABILITY_NAIVE_H
#define TESTS_REGISTRY_CAPABILITY_NAIVE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The check once more, as slow and as near to the document's words as can be: names are texts, sets
 * are arrays of them, nothing is sorted, and ASCII is the casemapping.
 */
#define NAIVE_MAX 12

struct naive_set {
    size_t count;
    char items[NAIVE_MAX][64]; /* "A/#c,-x": comma form, lower case */
};

struct naive_world {
    bool known, ignored;
    struct naive_set own;
    /* 0: the bot's; 1 and 2: those of networks A and B */
    struct naive_set defaults[3], registered[3];
    int default_allow[3];     /* 1, 0, or -1: not said */
    struct naive_set channel; /* of #c on A */
    bool channel_allow;
    const char *declared; /* default-off by a module */
};

/* network "A" or "B"; channel "" or "#c"; name without sign. */
bool naive_has(const struct naive_world *w, const char *network, const char *channel, bool anti,
               const char *name);
bool naive_may_call(const struct naive_world *w, const char *network, const char *module,
                    const char *command, const char *channel);

#endif
