#ifndef REGISTRY_RECORD_H
#define REGISTRY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/keys.h"

/*
 * What accounts, policies, channels, profiles and networks have in common: a hash of a few scalars
 * and up to three more keys beside it. Rows drive reading, comparing and freeing. A new scalar is
 * one row and one member. Records are immutable once they stand in a snapshot, and counted by
 * reference.
 */
struct field_type;

enum record_kind { RECORD_USER, RECORD_POLICY, RECORD_CHANNEL, RECORD_GROUP, RECORD_NETWORK };
#define RECORD_KINDS     (RECORD_NETWORK + 1)
#define RECORD_MAX_PARTS 4

/* The first member of each. */
struct record {
    unsigned refs;
    enum record_kind kind;
    uint32_t set;        /* bit for each scalar that stands in Redis, and is right */
    uint32_t closed;     /* bit for each scalar that is wrong, and counts as closed */
    uint32_t unreadable; /* bit for each part that has never been readable */
};

struct record_field {
    const char *name; /* in the hash */
    const struct field_type *type;
    size_t offset;
    const char *initial; /* what a missing one counts as */
    const char *closed;  /* what a wrong one counts as when nothing is known; NULL: as initial */
    const char *closed_says;
    bool forgotten; /* a wrong one does not count as it did before, but as closed */
    bool secret;    /* never told */
};

enum part_type { PART_HASH, PART_CAPABILITIES, PART_ITEMS, PART_IGNORES };
struct record_part {
    enum key_kind key;
    const char *name; /* behind the hash's key, and in problems */
    enum part_type type;
    size_t offset;                                              /* of a pointer; PART_HASH: none */
    size_t most;                                                /* items */
    int (*check)(const char *item, char *why, size_t why_size); /* PART_ITEMS */
};

struct record_type {
    size_t size;
    const struct record_field *fields;
    size_t nfields;
    struct record_part parts[RECORD_MAX_PARTS]; /* the hash first */
    size_t nparts;
    /* Sets what follows from what was read; may be NULL. */
    void (*settle)(struct record *r);
};
extern const struct record_type record_types[RECORD_KINDS];

/* The kind of record a key is a part of, and which part. false: it is none. */
bool record_of_key(enum key_kind key, enum record_kind *kind, size_t *part);

/* All at default, unnamed. */
struct record *record_new(enum record_kind kind);
/* A copy that is to be changed: shares what it points to. */
struct record *record_clone(const struct record *r);
struct record *record_ref(struct record *r);
void record_unref(struct record *r); /* NULL is fine */
bool record_equal(const struct record *a, const struct record *b);
/* Nothing stands in Redis. */
bool record_empty(const struct record *r);

void *record_value(const struct record *r, const struct record_field *field);
/* Replaces the scalar by what the text says. 0, or -1 with why. */
int record_set(struct record *r, const struct record_field *field, const char *text, char *why,
               size_t why_size);
void **record_part_value(const struct record *r, size_t part);
/* Takes over a new value; the old one is given up. */
void record_put_part(struct record *r, size_t part, void *value);

#endif
