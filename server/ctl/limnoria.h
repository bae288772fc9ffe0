#ifndef SERVER_CTL_LIMNORIA_H
#define SERVER_CTL_LIMNORIA_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "net/proto/casemap.h"

/*
 * What Limnoria (and Supybot before it) knows of its users, channels and ignores, as a document for
 * "registry import". Its files, as its src/ircdb.py writes them: a line is a word and a value;
 * "user 1" and "channel #c" begin an entry, indented lines follow.
 *
 * What a mask or a channel says holds on the one network that is named; a capability that names no
 * channel holds everywhere, as there; but owner, admin and the like on that network only.
 * Limnoria's own defaults are left out where they are ours. Pure: nothing is opened, nothing is
 * hashed.
 */
#define LIMNORIA_MAX_BYTES ((size_t)16 << 20) /* of one file */
#define LIMNORIA_MAX_LINE  1000
#define LIMNORIA_MAX_NOTES 2000 /* what is over it is counted */

struct limnoria_file {
    const char *name; /* as notes show it */
    const char *text; /* NULL: there is no such file */
    size_t len;
};

struct limnoria_result {
    json_t *document; /* see server/admin/export.c */
    /* What could not come along, and what is not as it was: { file, line, text }. */
    json_t *notes;
    json_t *counts; /* users, owners, capabilities, hostmasks, services, channels, ignores, expired,
                       notes */
};

/* Channels are folded under the network's casemapping. known: the users that are here already, as
 * in a document, or NULL: what they are known by is nobody else's. merge: a user with the name of
 * one of them is that person, and adds to what he has, but for password and flags; otherwise he
 * stays behind. now_s: what has expired by then stays behind. The caller calls
 * limnoria_result_free. */
void limnoria_read(struct limnoria_result *result, const char *network,
                   enum casemapping casemapping, const json_t *known, bool merge,
                   const struct limnoria_file *users, const struct limnoria_file *channels,
                   const struct limnoria_file *ignores, int64_t now_s);
void limnoria_result_free(struct limnoria_result *result);

#endif
