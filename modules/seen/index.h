#ifndef MODULES_SEEN_INDEX_H
#define MODULES_SEEN_INDEX_H

#include <seshet/module.h>

/*
 * Bounds how many nicks are remembered on a network: a ring in storage, of one key for each nick.
 *     #next     how many nicks have come so far; the next one's place follows from it
 *     #PLACE    the nick (folded) there, 0 <= PLACE < INDEX_MAX
 * No nick begins with '#'. Once the ring is full, a new nick takes the place of the one that was
 * seen longest ago among the next INDEX_LOOK: nearly the oldest, for a few questions to the
 * storage.
 *
 * Records without an index, as after somebody took its keys away, get their places with the
 * first nick that is new.
 */

enum { INDEX_MAX = 10000, INDEX_LOOK = 8, INDEX_NICK_SIZE = 129 };

/* Gives a nick its place, unless it has a record already. forgotten: whose record was deleted for
 * that; "" for nobody's. 0, or an error. */
int index_add(seshet_ctx *ctx, const char *nick, char forgotten[INDEX_NICK_SIZE]);

#endif
