#ifndef REGISTRY_ACCOUNT_OVERLAP_H
#define REGISTRY_ACCOUNT_OVERLAP_H

#include "registry/accounts.h"

/*
 * Whether some source could be two accounts: by a hostmask that overlaps another account's, or by a
 * services account that another one has. NULL: none but `name`. Names compare as where fewest
 * letters differ (rfc1459), so what is free here is free under each casemapping.
 */
const struct account *account_overlap_hostmask(const struct accounts *a, const char *name,
                                               const char *item);
const struct account *account_overlap_services(const struct accounts *a, const char *name,
                                               const char *item);

/* Whether there is a nick!user@host that both match. In at most as many steps as the product of
 * their lengths. */
bool mask_overlap(const char *a, const char *b);

#endif
