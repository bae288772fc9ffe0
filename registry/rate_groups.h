#ifndef REGISTRY_RATE_GROUPS_H
#define REGISTRY_RATE_GROUPS_H

#include "registry/fields.h"

struct module_view;

/*
 * What the rate_groups of one network count. A member's use counts for the limits of all members,
 * also when it has none itself; so a group has, for each kind of limit and each command, the
 * greatest number and the longest time that any member asks about. Only what is in here is counted:
 * a group without limits costs nothing.
 */
struct rate_groups;

/* The modules must outlive it. NULL: no group has a limit. */
struct rate_groups *rate_groups_new(const struct module_view *const *modules, size_t count);
void rate_groups_free(struct rate_groups *groups); /* NULL is fine */

/* field: FIELD_RATE_USER, _CHANNEL or _NETWORK; command: "" for limits of whole modules. NULL: no
 * member has such a limit. */
const struct rate *rate_groups_find(const struct rate_groups *groups, const char *group,
                                    enum module_field field, const char *command);

#endif
