#ifndef SERVER_FIRST_VALUES_H
#define SERVER_FIRST_VALUES_H

#include "conf/conf.h"
#include "server/network.h"

/*
 * First values for modules, from a network's file: written to the network's overlay where the
 * registry has nothing in their place and was never given them before (registry/edit.h). What was
 * written is logged.
 */

/* Whether the registry knows the field or list and takes its value i: what is wrong with it, which
 * the caller frees, or NULL (conf_judge.first). */
char *first_values_judge(const struct conf_first *first, size_t i);
/* Writes what is missing. Does nothing while the registry is not synced: call it again then. */
void first_values_give(const struct network *n);

#endif
