#ifndef SERVER_CTL_LIMNORIA_NAMES_H
#define SERVER_CTL_LIMNORIA_NAMES_H

#include <jansson.h>
#include <stdbool.h>

/* Limnoria's masks and capabilities as ours. `why` has REGISTRY_WHY_SIZE bytes. */

/* There a backslash is a backslash. 0, or -1 and what is wrong. dst: LIMNORIA_MASK_SIZE bytes. */
#define LIMNORIA_MASK_SIZE 513
int limnoria_mask(char *dst, const char *mask, char *why);

/* Puts a capability into a set of them; its opposite goes. channel: the set is a channel's own, for
 * names without one. 0, or -1 and what is wrong. */
int limnoria_capability(json_t *set, const char *network, bool channel, const char *text,
                        char *why);

#endif
