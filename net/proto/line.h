#ifndef NET_PROTO_LINE_H
#define NET_PROTO_LINE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Line splitter: bytes in any portions become lines (RFC 1459 2.3: CR LF; a lone LF or CR ends a
 * line too, empty lines vanish). A line holds at most 512 bytes with its end, and before them 8191
 * bytes of tags from '@' to the space after them (IRCv3 message-tags, "Size limit"). Of a longer
 * one the first bytes are kept, the rest up to its end is dropped, and `cut` counts it. NUL bytes
 * are left out and counted in `nuls`.
 */
#define LINE_MAX_TAGS 8191 /* with '@' and the space */
#define LINE_MAX_REST 510  /* without CR LF */

struct line_splitter {
    char *held; /* an unfinished line; NULL between lines, so that idle networks hold no memory */
    size_t held_len;
    size_t held_cap;
    size_t tags_len; /* of the held line, 0 until its tags have ended */
    uint64_t cut;
    uint64_t nuls;
    unsigned dropping : 1;
};

/* `line` ends with NUL and may be written to; it is valid during the call. Return non-zero to stop:
 * feed returns that value, and what was not yet split is dropped. */
typedef int (*line_fn)(void *arg, char *line, size_t len);

int line_feed(struct line_splitter *s, const char *data, size_t len, line_fn fn, void *arg);
void line_free(struct line_splitter *s);

#endif
