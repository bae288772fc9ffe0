#ifndef NET_PROTO_HOSTMASK_H
#define NET_PROTO_HOSTMASK_H

#include <stdbool.h>
#include <stddef.h>

#include "net/proto/casemap.h"

/* '*' any run, '?' one byte, '\' takes the next byte as it is. Linear in the length of the text for
 * each '*', never exponential. Folds both under the casemapping. */
bool glob_match(enum casemapping map, const char *pattern, const char *text);

/* "nick!user@host" into dst; missing parts are "*". Returns dst. */
const char *hostmask_write(char *dst, size_t size, const char *nick, const char *user,
                           const char *host);

#endif
