#ifndef SESHET_MODULES_COMMON_TEXT_H
#define SESHET_MODULES_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Texts of the bundled modules. Nothing here is needed to write a module. */

/* Copies the next word of *rest to dst and moves *rest to the word after it. 0; -1 when there is
 * none, or it does not fit: then nothing has moved. */
int text_word(const char **rest, char *dst, size_t size);

/* Cuts text to at most max bytes, not within a character of UTF-8. Returns its length. */
size_t text_cut(char *text, size_t max);

/* Takes control characters out of text, and the formatting of IRC with them. Returns its length. */
size_t text_clean(char *text);

/* Whether text is well-formed UTF-8 (RFC 3629 4). */
bool text_is_utf8(const char *text, size_t len);

/* Writes a character as UTF-8, without NUL; what is no character becomes U+FFFD. Returns its
 * length. */
size_t text_put_utf8(unsigned long character, char dst[4]);

/* Whether text is like mask: * stands for any bytes, ? for one. Both folded by the caller. */
bool text_like(const char *mask, const char *text);

/* Without ASCII case. */
bool text_same(const char *a, const char *b);

#endif
