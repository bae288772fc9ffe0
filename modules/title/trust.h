#ifndef SESHET_MODULES_TITLE_TRUST_H
#define SESHET_MODULES_TITLE_TRUST_H

#include <curl/curl.h>
#include <stddef.h>

/* Whose certificates count: those of the system's CAs, and of more in a file. */

/* The file (PEM) is read now; "" for none. 0; -1: why says what is wrong, and only the system's
 * count. */
int trust_file(const char *path, char *why, size_t why_size);

/* For one request. */
void trust_apply(CURL *curl);

#endif
