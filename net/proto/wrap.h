#ifndef NET_PROTO_WRAP_H
#define NET_PROTO_WRAP_H

#include <stddef.h>

/*
 * The next piece of a long text that fits into max bytes: ends at a space if there is one in the
 * last half, else between two UTF-8 characters; so that the next one begins with no punctuation, if
 * that can be: texts of strangers must give no commands to other bots ("!op"). Sets *next to where
 * the rest begins (after the space that was cut at), or to the end. Returns the piece's length. A
 * piece is at least one character long.
 */
size_t wrap_next(const char *text, size_t len, size_t max, const char **next);

/* Removes CR, LF and NUL bytes from s[0..len) in place (each becomes a space); returns len. For
 * every text that goes out. */
size_t wrap_clean(char *s, size_t len);

#endif
