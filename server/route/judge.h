#ifndef SERVER_ROUTE_JUDGE_H
#define SERVER_ROUTE_JUDGE_H

#include <sys/stat.h>

#include "conf/conf.h"

/*
 * What the configuration names and only the registry and the connections can judge: the registry's
 * URI, certificates and first values of modules. For one reading of all files, in any thread.
 */
struct judge {
    struct conf_judge conf; /* what conf's functions take */
    char *good_ca;          /* the last file found good: many networks name the same */
    struct stat good_stat;
};

/* Stays where it is until judge_clear. */
void judge_init(struct judge *judge);
void judge_clear(struct judge *judge);

#endif
