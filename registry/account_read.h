#ifndef REGISTRY_ACCOUNT_READ_H
#define REGISTRY_ACCOUNT_READ_H

#include "registry/model.h"
#include "registry/record.h"

/* What the model of accounts makes of single keys. For registry/account_model.c. */

struct account_teller {
    /* what: a field's name, or "" for a whole set; text: a sentence without secrets. */
    void (*tell)(void *arg, const char *what, const char *text);
    void *arg;
};

/* Reads a hash or a set into a part of the record, a clone of `last`. */
void account_read_part(struct record *record, const struct record *last, size_t part,
                       const struct model_bytes *items, size_t count,
                       const struct account_teller *teller);
/* Nothing is known of the hash: every scalar is closed. */
void account_read_nothing(struct record *record);

#endif
