#ifndef REGISTRY_ACCOUNTS_H
#define REGISTRY_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/capability.h"
#include "registry/maskset.h"
#include "registry/snapshot.h"

/*
 * Who is known to the bot, what is allowed by default, and the authorization profiles, at one
 * moment: a part of the snapshot, immutable and counted by reference. Keys, after the prefix:
 *   users (set)   user:NAME (hash)   user:NAME:capabilities|hostmasks|services (sets)
 *   policy (hash)   policy:capabilities|registered (sets)
 *   network:NET:policy (hash)   network:NET:policy:capabilities|registered (sets)
 *   network:NET:channel:CHAN (hash)   network:NET:channel:CHAN:capabilities (set)
 *   network:NET:channel:CHAN:ignores (hash)
 *   auth_groups (set)   auth_group:NAME (hash)   auth_group:NAME:members (set)
 * CHAN is folded under the network's casemapping; ':' and '%' in it are written %3A and %25.
 */
#define ACCOUNT_MAX_NAME REGISTRY_MAX_NAME
#define ACCOUNT_MAX      100000 /* users */

struct account {
    unsigned refs;
    char name[ACCOUNT_MAX_NAME + 1]; /* as it was registered; found in any case (ASCII) */
    char *password;                  /* the record (password.h); "": no login by password */
    bool secure;                     /* a hostmask is not enough: needs one AND a session */
    bool ignored;
    struct capability_set *capabilities; /* NULL: none */
    struct item_list *hostmasks;         /* "glob", or "NET/glob" */
    struct item_list *services;          /* "NET/account" */
};

enum policy_registration { REGISTRATION_OPEN, REGISTRATION_CLOSED };

/* Of the bot (network ""), or what a network says instead. */
struct policy {
    unsigned refs;
    char network[REGISTRY_MAX_NAME + 1];
    bool has_default_allow, default_allow; /* yes */
    bool has_default_ignore, default_ignore; /* no */
    bool has_registration;
    enum policy_registration registration; /* open */
    struct capability_set *capabilities; /* the default set; NULL: none */
    struct capability_set *registered;   /* of registered users; NULL: none */
};

struct channel_record {
    unsigned refs;
    char network[REGISTRY_MAX_NAME + 1];
    char *channel; /* folded */
    bool default_allow; /* yes */
    bool lobotomized;   /* no */
    struct capability_set *capabilities; /* without the channel's name; NULL: none */
    struct ignore_list *ignores;         /* NULL: nobody */
};

enum auth_style { AUTH_NICKSERV, AUTH_USER, AUTH_NICK, AUTH_PASSWORD };

struct auth_group {
    unsigned refs;
    char name[REGISTRY_MAX_NAME + 1];
    enum auth_style style;
    char *password;    /* record; of AUTH_PASSWORD; "": nobody gets in */
    char *description;
    struct item_list *members; /* AUTH_NICKSERV: services accounts, "account" or "NET/account";
                                  otherwise accounts of ours */
};

struct accounts {
    unsigned refs;
    size_t nusers;
    struct account **users; /* sorted by folded name */
    struct policy *policy;  /* never NULL */
    size_t npolicies;
    struct policy **policies; /* of networks, sorted */
    size_t nchannels;
    struct channel_record **channels; /* sorted by network, channel */
    size_t ngroups;
    struct auth_group **groups; /* sorted by name */
};

/* NULL when there is none. */
const struct account *accounts_user(const struct accounts *a, const char *name);
const struct policy *accounts_policy(const struct accounts *a, const char *network);
const struct channel_record *accounts_channel(const struct accounts *a, const char *network,
                                              const char *folded_channel);
const struct auth_group *accounts_group(const struct accounts *a, const char *name);
/* The network's word, or else the bot's, or else the default. */
bool accounts_default_ignore(const struct accounts *a, const char *network);
enum policy_registration accounts_registration(const struct accounts *a, const char *network);

/*
 * Whom a source is, by hostmask and services account, on one network under its casemapping. Costs
 * as much as one match of a maskset, however many accounts there are. Made anew when the accounts
 * or the casemapping changed.
 */
struct who;
struct who_match {
    const struct account *account;   /* NULL: nobody, or two */
    const struct account *ambiguous; /* not NULL: the other one that matches; counts as nobody */
    const struct account *other;     /* then: the first one */
    const char *item;                /* the hostmask or services account that matched */
    bool by_services;
    bool needs_session; /* the account is `secure`, and only a hostmask matched: not he until he
                           has a session; then account is NULL, and `other` is the account */
};
struct who *who_new(const struct accounts *a, const char *network, enum casemapping casemapping);
void who_free(struct who *w); /* NULL is fine */
struct who_match who_match(const struct who *w, const struct mask_source *source,
                           const char *services_account);

/* CHAN within a key: folded, with ':' and '%' escaped. Returns dst. */
const char *channel_key_write(char *dst, size_t size, enum casemapping casemapping,
                              const char *channel);

#endif
