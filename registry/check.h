#ifndef REGISTRY_CHECK_H
#define REGISTRY_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/fields.h"

/*
 * Whether a single edit would be accepted, by the rules that loading applies: for whoever is about
 * to write one, or looks over what stands in Redis. Each returns 0, or -1 with one sentence on what
 * is wrong and what would be right (REGISTRY_WHY_SIZE).
 */

/* field: "enabled", "rate_user.roll"; overlay: of one network. A field that only the server writes
 * is refused. */
int registry_check_field(const char *module, const char *field, const char *value, bool overlay,
                         char *why, size_t why_size);
/* Whether the field may be taken away; it need not be set. */
int registry_check_unset(const char *field, bool overlay, char *why, size_t why_size);
/* list: "echannels". */
int registry_check_item(const char *list, const char *item, char *why, size_t why_size);
/* Of an ignores hash: mask and expiry ("0", or seconds since 1970). */
int registry_check_ignore(const char *mask, const char *expires, char *why, size_t why_size);

#endif
