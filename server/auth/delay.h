#ifndef SERVER_AUTH_DELAY_H
#define SERVER_AUTH_DELAY_H

#include <stddef.h>
#include <stdint.h>

/*
 * What wrong passwords cost: after each one in a row the next try must wait twice as long, a second
 * at first. Counted under any key (a source, an account); what was right, or long ago, is
 * forgotten. Pure but for its memory: the caller says what time it is.
 */
struct delays;

#define DELAY_FIRST_MS  1000
#define DELAY_MOST_MS   300000  /* five minutes */
#define DELAY_FORGET_MS 3600000 /* without a wrong one */
#define DELAY_MAX       10000   /* keys; then the one that may try soonest makes room */

struct delays *delays_new(void);
void delays_free(struct delays *d); /* NULL is fine */
/* Milliseconds until the key may try; 0: now. */
int64_t delays_wait(const struct delays *d, const char *key, int64_t now_ms);
/* The wait that a wrong password costs. */
int64_t delays_wrong(struct delays *d, const char *key, int64_t now_ms);
void delays_right(struct delays *d, const char *key);
size_t delays_count(const struct delays *d);

#endif
