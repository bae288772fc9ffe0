#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies what fits, always ends with NUL when size > 0. Returns false when something was cut. */
bool str_copy(char *dst, size_t size, const char *src);

/* Whether any byte is below the space: NUL, CR, LF, CTCP's \001, formatting. */
bool str_has_control(const char *s, size_t len);

/* "yes no true false on off 1 0" without regard to case. Returns 0 and sets *value, or -1. */
int str_parse_bool(const char *s, bool *value);

/* A whole decimal number within [min, max], nothing else around it. 0, or -1. */
int str_parse_int(const char *s, int64_t min, int64_t max, int64_t *value);

/* Number of single-character insertions, deletions, changes and swaps between a and b, ignoring
 * ASCII case; stops counting over `most` and returns most + 1 then. */
unsigned str_distance(const char *a, const char *b, unsigned most);

/* The entry of names[0..count) that a person probably meant by s, or NULL when none is near. */
const char *str_nearest(const char *s, const char *const *names, size_t count);

/* Writes a duration as a person says it: "3d 4h", "5m 2s", "0s". Returns dst. */
const char *str_duration(char *dst, size_t size, int64_t ms);

/* Overwrites a secret in a way the compiler keeps, then frees it. NULL is fine. */
void str_free_secret(char *s);

#endif
