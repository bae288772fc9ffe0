#ifndef REGISTRY_KEYS_H
#define REGISTRY_KEYS_H

#include "registry/fields.h"

/*
 * Which keys hold definitions, after the prefix ("seshet:" unless configured):
 *   meta   modules   module:NAME   module:NAME:LIST
 *   network:NET:module:NAME   network:NET:module:NAME:LIST
 *   ignores   network:NET:ignores
 *   users   user:NAME   user:NAME:capabilities|hostmasks|services
 *   policy   policy:capabilities|registered, and the same after network:NET:
 *   network:NET:channel:CHAN   network:NET:channel:CHAN:capabilities|ignores
 *   auth_groups   auth_group:NAME   auth_group:NAME:members
 *   network:NET   network:NET:channels
 * Besides, written by servers: status:..., storage:... and network:NET:installed (storage.h),
 * network:NET:first, and presence:ID, a key that
 * each server writes every few seconds to hear its own invalidation.
 */
enum key_kind {
    KEY_OTHER, /* nothing that is read */
    KEY_META,
    KEY_MODULES,
    KEY_HASH,         /* a module's or an overlay's scalars */
    KEY_LIST,         /* one of its lists */
    KEY_IGNORES,      /* who is ignored, on one network or (network "") on all */
    KEY_UNKNOWN_LIST, /* looks like a list, but there is none of that name */
    /* Of accounts (accounts.h), in the order of their rows in keys.c. */
    KEY_USERS,
    KEY_USER,
    KEY_USER_CAPABILITIES,
    KEY_USER_HOSTMASKS,
    KEY_USER_SERVICES,
    KEY_POLICY, /* with or without a network, as the next two */
    KEY_POLICY_CAPABILITIES,
    KEY_POLICY_REGISTERED,
    KEY_CHANNEL,
    KEY_CHANNEL_CAPABILITIES,
    KEY_CHANNEL_IGNORES,
    KEY_GROUPS,
    KEY_GROUP,
    KEY_GROUP_MEMBERS,
    KEY_NETWORK,
    KEY_NETWORK_CHANNELS
};
#define KEY_FIRST_OF_ACCOUNTS KEY_USERS
#define KEY_LAST_OF_ACCOUNTS  KEY_NETWORK_CHANNELS

#define CHANNEL_MAX_NAME 200 /* bytes of a channel's name that a key can be for, also escaped */

struct registry_key {
    enum key_kind kind;
    enum module_list list;
    char network[REGISTRY_MAX_NAME + 1]; /* "": the shared definition */
    char module[REGISTRY_MAX_NAME + 1];
    char list_name[REGISTRY_MAX_NAME + 1]; /* KEY_LIST and KEY_UNKNOWN_LIST; "" otherwise */
    char name[CHANNEL_MAX_NAME + 1];       /* the user, the profile, or CHAN as it is written */
};

/* Longest key that is read, without the prefix. */
#define KEY_MAX        (CHANNEL_MAX_NAME + 2 * (REGISTRY_MAX_NAME + 1) + 32)
#define KEY_MAX_PREFIX 64

static inline bool key_of_accounts(enum key_kind kind)
{
    return kind >= KEY_FIRST_OF_ACCOUNTS && kind <= KEY_LAST_OF_ACCOUNTS;
}

/* Whether a hash is to stand there. */
bool key_is_hash(enum key_kind kind);

/* key: after the prefix. */
struct registry_key key_parse(const char *key);
/* Writes it, without the prefix. Returns dst, of at least KEY_MAX bytes. */
const char *key_write(const struct registry_key *key, char *dst, size_t size);

#endif
