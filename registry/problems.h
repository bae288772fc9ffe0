#ifndef REGISTRY_PROBLEMS_H
#define REGISTRY_PROBLEMS_H

#include <stddef.h>

/*
 * What is wrong in the registry now. Each reading of a Redis key replaces what was known to be
 * wrong in that key; only changes are told.
 */

#define PROBLEMS_MAX 2000 /* more are dropped: somebody writes rubbish by program */

/* status: the hash under seshet:status: that shows it ("module:karma"); field: in it; text: NULL
 * when it is mended. */
typedef void problems_fn(void *arg, const char *status, const char *field, const char *text);

struct problem_key;
struct problems {
    struct problem_key *keys;
    size_t count;
    problems_fn *tell;
    void *arg;
};

void problems_init(struct problems *p, problems_fn *tell, void *arg);
void problems_clear(struct problems *p); /* tells nothing */

/* Between begin and end of one key, add what is wrong in it. key NULL: around a reading of all
 * keys. */
void problems_begin(struct problems *p, const char *key);
void problems_add(struct problems *p, const char *key, const char *status, const char *field,
                  const char *text);
void problems_end(struct problems *p, const char *key);

/* What is wrong now, in no order; fn changes nothing. key: the Redis key, without the prefix. */
typedef void problems_each_fn(void *arg, const char *key, const char *status, const char *field,
                              const char *text);
void problems_each(const struct problems *p, problems_each_fn *fn, void *arg);

/* Tells all again: the status hashes were emptied. */
void problems_tell_all(struct problems *p);

#endif
