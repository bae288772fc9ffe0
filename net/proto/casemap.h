#ifndef NET_PROTO_CASEMAP_H
#define NET_PROTO_CASEMAP_H

#include <stdbool.h>
#include <stddef.h>

/* RPL_ISUPPORT CASEMAPPING. rfc1459: {}|~ are the lower case of []\^; rfc1459-strict: without ~^.
 */
enum casemapping { CASEMAPPING_RFC1459, CASEMAPPING_RFC1459_STRICT, CASEMAPPING_ASCII };

/* Unknown names (such as rfc7613) count as ascii: only ASCII letters are folded. */
enum casemapping casemapping_parse(const char *name);
const char *casemapping_name(enum casemapping map);

char irc_fold_char(enum casemapping map, char c);
void irc_fold(enum casemapping map, char *s); /* in place */
/* Copies and folds; cuts what does not fit; always ends with NUL. Returns the length copied. */
size_t irc_fold_copy(enum casemapping map, char *dst, size_t size, const char *src);
int irc_casecmp(enum casemapping map, const char *a, const char *b);
bool irc_equal(enum casemapping map, const char *a, const char *b);

#endif
