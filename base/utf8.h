#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Length in bytes of the character at s (1 to 4), within len bytes; 1 for a byte that begins no
 * valid character (RFC 3629: no surrogates, nothing over U+10FFFF, no overlong forms). 0 when len
 * is 0.
 */
size_t utf8_char(const char *s, size_t len);
bool utf8_valid(const char *s, size_t len);
/* The largest n <= max such that s[0..n) ends between two characters. len is the length of s. */
size_t utf8_cut(const char *s, size_t len, size_t max);

#endif
