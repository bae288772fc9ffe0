#ifndef REGISTRY_MODEL_READ_H
#define REGISTRY_MODEL_READ_H

#include "registry/model.h"

/* What the model makes of single values. For registry/model.c. */

/* Whether it is a string as C has them. */
bool model_bytes_text(const struct model_bytes *b);

/*
 * Reads one field and its value into def. 0, or -1 and what is wrong, in a sentence that also says
 * what counts until it is mended: the value in `old`, or else the default (of a guard: nobody).
 */
int model_read_field(const struct registry_key *key, struct module_def *def,
                     const struct module_def *old, const struct model_bytes *pair, char *text,
                     size_t text_size);

/*
 * Reads an ignores hash (mask, expiry, mask, expiry...). A wrong expiry keeps the one that `last`
 * has for its mask; wrong masks do not count. NULL for nobody. why: what is wrong, or "".
 */
struct ignore_list *model_read_ignores(const struct model_bytes *pairs, size_t count,
                                       const struct ignore_list *last, char *why, size_t why_size);

#endif
