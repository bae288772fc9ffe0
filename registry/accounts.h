#ifndef REGISTRY_ACCOUNTS_H
#define REGISTRY_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/capability.h"
#include "registry/maskset.h"
#include "registry/record.h"
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
 *   network:NET (hash)   network:NET:channels (set)
 * CHAN is folded under the network's casemapping; ':' and '%' in it are written %3A and %25.
 *
 * What cannot be read opens nothing: a wrong scalar counts as it did before, and where nothing was
 * known before, as the word that keeps people out. Wrong items of sets do not count.
 */
#define ACCOUNT_MAX_NAME  REGISTRY_MAX_NAME
#define ACCOUNT_MAX       100000 /* users */
#define ACCOUNT_MAX_MASKS 100    /* hostmasks, and services accounts, of one user */
#define ACCOUNT_SHARDS    64

struct account {
    struct record head;
    char name[ACCOUNT_MAX_NAME + 1];     /* lower case (ASCII); found in any case */
    char *password;                      /* the record (password.h); "": no login by password */
    bool secure;                         /* a hostmask is not enough: needs one AND a session */
    bool ignored;                        /* also when too little of the account can be read */
    struct capability_set *capabilities; /* NULL: none */
    struct item_list *hostmasks;         /* "glob", or "NET/glob" */
    struct item_list *services;          /* "NET/account" */
    bool said_ignored;                   /* what stands in Redis */
};

enum policy_registration { REGISTRATION_OPEN, REGISTRATION_CLOSED };

/* Of the bot (network ""), or what a network says instead. */
struct policy {
    struct record head;
    char network[REGISTRY_MAX_NAME + 1];
    bool has_default_allow, default_allow;   /* yes */
    bool has_default_ignore, default_ignore; /* no */
    bool has_registration;
    enum policy_registration registration; /* open */
    struct capability_set *capabilities;   /* the default set; NULL: none */
    struct capability_set *registered;     /* of registered users; NULL: none */
    bool said_default_allow;               /* what stands in Redis */
};

struct channel_record {
    struct record head;
    char network[REGISTRY_MAX_NAME + 1];
    char channel[CHANNEL_MAX_NAME + 1];  /* folded */
    bool default_allow;                  /* yes */
    bool lobotomized;                    /* no */
    struct capability_set *capabilities; /* without the channel's name; NULL: none */
    struct ignore_list *ignores;         /* NULL: nobody */
    bool said_default_allow;             /* what stands in Redis */
};

enum auth_style { AUTH_NICKSERV, AUTH_USER, AUTH_NICK, AUTH_PASSWORD };

struct auth_group {
    struct record head;
    char name[REGISTRY_MAX_NAME + 1];
    enum auth_style style;
    char *password; /* record; of AUTH_PASSWORD; "": nobody gets in */
    char *description;
    struct item_list *members; /* AUTH_NICKSERV: services accounts, "account" or "NET/account";
                                  otherwise accounts of ours */
};

/* What was set of a network while it runs. */
struct network_record {
    struct record head;
    char network[REGISTRY_MAX_NAME + 1];
    char *nick;                 /* "": as the network's file says */
    struct item_list *channels; /* joined at run time; NULL: none */
};

struct account_shard;
struct accounts {
    unsigned refs;
    size_t nusers;
    struct account **sorted; /* of accounts_users; NULL until asked */
    struct policy *policy;   /* never NULL */
    size_t npolicies;
    struct policy **policies; /* of networks, sorted */
    size_t nchannels;
    struct channel_record **channels; /* sorted by network, channel */
    size_t ngroups;
    struct auth_group **groups; /* sorted by name */
    size_t nnetworks;
    struct network_record **networks;             /* sorted */
    struct account_shard *shards[ACCOUNT_SHARDS]; /* NULL: nobody */
};

/* Nobody, and every policy at its default. */
struct accounts *accounts_new(void);
struct accounts *accounts_ref(const struct accounts *a);
void accounts_unref(const struct accounts *a); /* NULL is fine */

/* Of a snapshot; never NULL. */
const struct accounts *snapshot_accounts(const struct snapshot *s);

/* All of them (a->nusers), sorted by name: for lists, not for looking up. Valid as long as a. */
const struct account *const *accounts_users(const struct accounts *a);
/* NULL when there is none. */
const struct account *accounts_user(const struct accounts *a, const char *name);
const struct policy *accounts_policy(const struct accounts *a, const char *network);
const struct channel_record *accounts_channel(const struct accounts *a, const char *network,
                                              const char *folded_channel);
const struct auth_group *accounts_group(const struct accounts *a, const char *name);
const struct network_record *accounts_network(const struct accounts *a, const char *network);
/* The network's word, or else the bot's, or else the default. */
bool accounts_default_ignore(const struct accounts *a, const char *network);
enum policy_registration accounts_registration(const struct accounts *a, const char *network);

/*
 * Whom a source is, by hostmask and services account, on one network under its casemapping. Costs
 * as much as a few matches of a maskset, however many accounts there are. Making one is cheap:
 * what is searched is shared by all, and built on first use. Made anew when the accounts or the
 * casemapping changed.
 */
struct who;
struct who_match {
    const struct account *account;   /* NULL: nobody, or two */
    const struct account *ambiguous; /* not NULL: the other one that matches; counts as nobody */
    const struct account *other;     /* then: the first one */
    const char *item;                /* the hostmask or services account that matched */
    bool by_services;
    bool needs_session; /* the account is `secure`: not he until he has a session, too; then account
                           is NULL, and `other` is the account */
};
struct who *who_new(const struct accounts *a, const char *network, enum casemapping casemapping);
void who_free(struct who *w); /* NULL is fine */
/* The source was folded under the same casemapping. services_account: NULL or "": none. */
struct who_match who_match(const struct who *w, const struct mask_source *source,
                           const char *services_account);

/* Letters, digits and the other characters of nicknames (-[]\`_^{}|), at most ACCOUNT_MAX_NAME. */
bool account_name_valid(const char *name);
/* In lower case, as it is stored. Returns dst. */
const char *account_name_fold(char *dst, size_t size, const char *name);

/* 0, or -1 and what is wrong: of a user's hostmask ("glob" or "NET/glob", with three fixed
 * characters), of a services account ("NET/account"), of a profile's member. */
int account_hostmask_check(const char *text, char *why, size_t why_size);
int account_services_check(const char *text, char *why, size_t why_size);
int auth_member_check(const char *text, char *why, size_t why_size);
const char *auth_style_name(enum auth_style style);

/* CHAN within a key: folded, with ':' and '%' escaped; "" when it is too long. Returns dst. */
const char *channel_key_write(char *dst, size_t size, enum casemapping casemapping,
                              const char *channel);
/* The folded channel of a CHAN. 0, or -1 when it is none. */
int channel_key_read(char *dst, size_t size, const char *chan);

#endif
