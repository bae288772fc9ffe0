#ifndef REGISTRY_GLOB_H
#define REGISTRY_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "net/proto/casemap.h"

/*
 * A glob made ready for matching: folded, escapes resolved, and the wildcards written as bytes that
 * no IRC line can hold. For registry/globset.c.
 */
#define GLOB_STAR '\r'
#define GLOB_ANY  '\n'

/* dst has room for strlen(glob) bytes; returns how many were written. Stars in a row become one. */
size_t glob_compile(enum casemapping casemapping, const char *glob, char *dst);
/* Linear in len, whatever the glob looks like: a run between two stars is looked for byte by byte
 * when it is short, and with one bit for each of its bytes when it is long. */
bool glob_matches(const char *glob, size_t glob_len, const char *text, size_t len);

#endif
