#ifndef SERVER_FIRST_VALUES_H
#define SERVER_FIRST_VALUES_H

#include "conf/conf.h"
#include "server/network.h"

/*
 * First values for modules, from a network's file: written to the network's overlay where the
 * registry has nothing in their place and was never given them before (registry/edit.h). What was
 * written is logged.
 */

/* Whether the registry knows these fields and lists and takes the values: adds what is wrong to the
 * file's errors, and then takes its network away. */
void first_values_check(struct conf_network_file *file);
/* Writes what is missing. Does nothing while the registry is not synced: call it again then. */
void first_values_give(const struct network *n);

#endif
