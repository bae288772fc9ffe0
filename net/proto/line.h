#ifndef NET_PROTO_LINE_H
#define NET_PROTO_LINE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Line splitter: bytes in any portions become lines (RFC 1459 2.3: CR LF; a lone LF or CR ends a
 * line too, empty lines vanish). A line holds at most 512 bytes with its end, and before them 8191
 * bytes of tags from '@' to the space after them (IRCv3 message-tags, "Size limit"). The two limits
 * are independent: what is over one is dropped, the other part stays whole, and `cut` counts the
 * line. Tags are cut before the tag that does not fit, so that no value is ever half of itself.
 * NUL bytes are left out and counted in `nuls`.
 */
#define LINE_MAX_TAGS 8191 /* with '@' and the space */
#define LINE_MAX_REST 510  /* without CR LF */

enum line_part { LINE_START, LINE_TAGS, LINE_REST };

/* Zero-initialized is empty. */
struct line_splitter {
    char *held; /* an unfinished line; NULL between lines, so that idle networks hold no memory */
    size_t held_cap;
    /* The line being taken in: */
    size_t len;
    size_t tags_len; /* 0 until its tags have ended */
    enum line_part part;
    unsigned over_tags : 1; /* something of the tags was dropped */
    unsigned over_rest : 1;
    uint64_t cut;
    uint64_t nuls;
};

/* `line` ends with NUL and may be written to; it is valid during the call. Return non-zero to stop:
 * feed returns that value, and what was not yet split is dropped. */
typedef int (*line_fn)(void *arg, char *line, size_t len);

/* Lines that lie in data as a whole are cut in place, without copy or allocation: data is changed.
 */
int line_feed(struct line_splitter *s, char *data, size_t len, line_fn fn, void *arg);
/* Forgets an unfinished line; the counters stay. */
void line_free(struct line_splitter *s);

#endif
