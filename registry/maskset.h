#ifndef REGISTRY_MASKSET_H
#define REGISTRY_MASKSET_H

#include <stdbool.h>
#include <stddef.h>

#include "net/proto/casemap.h"

/*
 * Many masks against one source, at the price of few. A mask is
 *   nick!user@host     a glob over the whole of it: '*' any run, '?' one byte, '\' takes the next
 *                      byte as it is
 *   account:NAME       a glob over the services account; never matches who has none
 * Both sides are folded under the casemapping. An unknown user or host is empty, and is matched
 * only by what matches nothing at all.
 *
 * The cost of a match grows with the length of the source, not with the number of masks: masks are
 * found by their whole text, their host, or the four bytes of them (fewer where there are not so
 * many in a row) that fewest others have. Those without two fixed bytes in a row, such as *!*@*,
 * are looked at one by one, after a test of one word each. No mask takes more than linear time,
 * whatever it looks like.
 */
struct maskset;

#define MASK_ACCOUNT  "account:"
#define MASK_MAX_PART 255 /* bytes of a nick, user, host or account; what is over it is cut */

/* A source, folded once for any number of sets. */
struct mask_source {
    enum casemapping casemapping;
    size_t len;
    char text[3 * MASK_MAX_PART + 3]; /* nick!user@host */
    size_t account_len;               /* 0: none */
    char account[MASK_MAX_PART + 1];
};

/* Any of the texts may be NULL or "" for unknown. */
void mask_source_init(struct mask_source *source, enum casemapping casemapping, const char *nick,
                      const char *user, const char *host, const char *account);

/* 0, or -1 and what would be right in why. */
int mask_check(const char *mask, char *why, size_t why_size);
/* The mask that means this source and no other nick of it: "account:NAME", or "*!*@host", or
 * "nick!*@*", the first that is known, with \ before what would be a wildcard. What would be no
 * mask then, since it is too long or holds a control character, is made one with ? and, at the end,
 * *, which stand for more than this source. dst holds GLOB_MAX + 1 bytes or more. Returns dst. */
const char *mask_write(char *dst, size_t size, const char *nick, const char *host,
                       const char *account);

/* Copies the masks (each of which mask_check accepts). Never NULL. */
struct maskset *maskset_new(enum casemapping casemapping, const char *const *masks, size_t count);
void maskset_free(struct maskset *set);          /* NULL is fine */
size_t maskset_bytes(const struct maskset *set); /* memory it holds */

/* The first of the masks, in the order given, that matches, or NULL: that mask as it was written.
 * The source was folded under the set's casemapping. set NULL: no masks. */
const char *maskset_match(const struct maskset *set, const struct mask_source *source);
/* The same, leaving out masks that accept(arg, number) refuses: its number, or -1. */
long maskset_find(const struct maskset *set, const struct mask_source *source,
                  bool (*accept)(const void *arg, size_t number), const void *arg);

#endif
