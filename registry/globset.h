#ifndef REGISTRY_GLOBSET_H
#define REGISTRY_GLOBSET_H

#include <stdbool.h>
#include <stddef.h>

#include "net/proto/casemap.h"

/*
 * Many globs against one text; what maskset.h is made of. '*' any run, '?' one byte, '\' takes the
 * next byte as it is. Whether a glob is looked at is decided by a piece of it that the text must
 * have: the whole text, what follows its last '@', or two to four bytes in a row.
 */
struct globset;

#define GLOB_MAX      256 /* bytes of a glob */
#define GLOB_MAX_TEXT 800

struct glob_item {
    const char *glob;
    size_t number; /* what it is known by */
};

struct globset *globset_new(enum casemapping casemapping, const struct glob_item *items,
                            size_t count);
void globset_free(struct globset *set); /* NULL is fine */
size_t globset_bytes(const struct globset *set);

/* The lowest number below `below` that matches the folded text and is accepted (accept may be
 * NULL), or else `below`. len: at most GLOB_MAX_TEXT. */
size_t globset_find(const struct globset *set, const char *text, size_t len, size_t below,
                    bool (*accept)(const void *arg, size_t number), const void *arg);

#endif
