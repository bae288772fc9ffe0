#ifndef SESHET_MODULES_TITLE_CHARSET_H
#define SESHET_MODULES_TITLE_CHARSET_H

#include <stddef.h>

/* A page as UTF-8, whatever it is written in: a byte order mark, the Content-Type or its own <meta>
 * say so; otherwise it is UTF-8 or windows-1252 (as browsers take it). What cannot be read becomes
 * U+FFFD. Returns a new string, which may be cut; or NULL when the charset is not known. */
char *charset_to_utf8(const char *body, size_t len, const char *content_type);

/* The character that windows-1252 has at 0x80 ... 0x9f. */
unsigned long charset_windows_1252(unsigned char byte);

#endif
