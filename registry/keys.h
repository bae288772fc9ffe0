#ifndef REGISTRY_KEYS_H
#define REGISTRY_KEYS_H

#include "registry/fields.h"

/*
 * Which keys hold definitions, after the prefix ("seshet:" unless configured):
 *   meta   modules   module:NAME   module:NAME:LIST
 *   network:NET:module:NAME   network:NET:module:NAME:LIST
 *   ignores   network:NET:ignores
 * Besides, written by servers: status:..., storage:... (storage.h), and presence:ID, a key that
 * each server writes every few seconds to hear its own invalidation.
 */
enum key_kind {
    KEY_OTHER, /* nothing that is read */
    KEY_META,
    KEY_MODULES,
    KEY_HASH,        /* a module's or an overlay's scalars */
    KEY_LIST,        /* one of its lists */
    KEY_IGNORES,     /* who is ignored, on one network or (network "") on all */
    KEY_UNKNOWN_LIST /* looks like a list, but there is none of that name */
};

struct registry_key {
    enum key_kind kind;
    enum module_list list;
    char network[REGISTRY_MAX_NAME + 1]; /* "": the shared definition */
    char module[REGISTRY_MAX_NAME + 1];
    char list_name[REGISTRY_MAX_NAME + 1]; /* KEY_LIST and KEY_UNKNOWN_LIST; "" otherwise */
};

/* Longest key that is read, without the prefix. */
#define KEY_MAX        (3 * (REGISTRY_MAX_NAME + 1) + 32)
#define KEY_MAX_PREFIX 64

/* key: after the prefix. */
struct registry_key key_parse(const char *key);
/* Writes it, without the prefix. Returns dst, of at least KEY_MAX bytes. */
const char *key_write(const struct registry_key *key, char *dst, size_t size);

#endif
