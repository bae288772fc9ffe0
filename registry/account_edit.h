#ifndef REGISTRY_ACCOUNT_EDIT_H
#define REGISTRY_ACCOUNT_EDIT_H

#include "registry/edit.h"

/*
 * Edits of accounts, policies, channels and authorization profiles: writes of a registry_edit
 * (edit.h), all or none. What must hold whoever else writes at the same moment (the account exists
 * or does not yet; somebody with owner remains; a password is the one that was checked; a set never
 * holds both signs) is checked by Redis in the same transaction: then the commit's answer is
 * REGISTRY_DENIED with a sentence, and nothing was written. Whether a hostmask or services account
 * overlaps somebody else's is looked up in the snapshot at the commit; should two servers add such
 * masks in the same moment, whom both match counts as nobody.
 *
 * Each returns 0, or -1 with what is wrong in why (REGISTRY_WHY_SIZE), and then nothing was added.
 * One of them may add several writes: of the answer only `nchanged` is of use.
 */

/* A new account; record: password.h, or "" for none. */
int registry_edit_user_new(struct registry_edit *e, const char *name, const char *record, char *why,
                           size_t why_size);
/* With all its sets, and out of all profiles' members. Refused for the last owner. */
int registry_edit_user_drop(struct registry_edit *e, const char *name, char *why, size_t why_size);
/* old: NULL, or the record that must still stand there. */
int registry_edit_user_password(struct registry_edit *e, const char *name, const char *old,
                                const char *record, char *why, size_t why_size);
/* flag: "secure" or "ignored"; the last owner cannot be ignored. */
int registry_edit_user_flag(struct registry_edit *e, const char *name, const char *flag, bool on,
                            char *why, size_t why_size);
/* mask: "glob" or "NET/glob"; at least three fixed characters. */
int registry_edit_hostmask(struct registry_edit *e, const char *name, const char *mask, bool add,
                           char *why, size_t why_size);
/* services: "NET/account"; one account has it at most. */
int registry_edit_services(struct registry_edit *e, const char *name, const char *services,
                           bool add, char *why, size_t why_size);

/* Whose capabilities. */
enum capability_holder {
    HOLDER_USER,       /* name: the account */
    HOLDER_DEFAULT,    /* the bot's default set; network "": the bot's, else that network's */
    HOLDER_REGISTERED, /* the set for registered users; network likewise */
    HOLDER_CHANNEL     /* network and channel (folded) */
};
struct capability_place {
    enum capability_holder holder;
    const char *name;
    const char *network;
    const char *channel;
    /* How channels in names compare: of the network that they are on. */
    enum casemapping casemapping;
};
/* Adding one sign takes the other away. Privileged names cannot be added to default sets.
 * Removing `owner` from the last owner is refused. */
int registry_edit_capability(struct registry_edit *e, const struct capability_place *place,
                             const char *capability, bool add, char *why, size_t why_size);
/* field: default_allow, default_ignore, registration (of the bot or a network); value as in Redis,
 * or NULL to take it away. */
int registry_edit_policy(struct registry_edit *e, const char *network, const char *field,
                         const char *value, char *why, size_t why_size);
/* field: default_allow, lobotomized. channel: folded. */
int registry_edit_channel(struct registry_edit *e, const char *network, const char *channel,
                          const char *field, const char *value, char *why, size_t why_size);
int registry_edit_channel_ignore(struct registry_edit *e, const char *network, const char *channel,
                                 const char *mask, int64_t expires_s, bool add, char *why,
                                 size_t why_size);
/* Takes a channel's ignore away if it still ends at that second. */
int registry_edit_channel_expire(struct registry_edit *e, const char *network, const char *channel,
                                 const char *mask, int64_t expires_s, char *why, size_t why_size);
/* style: "nickserv", "user", "nick", "password"; record: of "password", else "". */
int registry_edit_group_new(struct registry_edit *e, const char *group, const char *style,
                            const char *record, const char *description, char *why,
                            size_t why_size);
/* field: style, password, description; value NULL: taken away. */
int registry_edit_group_set(struct registry_edit *e, const char *group, const char *field,
                            const char *value, char *why, size_t why_size);
int registry_edit_group_drop(struct registry_edit *e, const char *group, char *why,
                             size_t why_size);
int registry_edit_group_member(struct registry_edit *e, const char *group, const char *member,
                               bool add, char *why, size_t why_size);
/* Channels joined at run time (network:NET:channels), and what is set of a network while it runs
 * (network:NET: nick). value NULL: taken away. */
int registry_edit_network_channel(struct registry_edit *e, const char *network, const char *channel,
                                  bool add, char *why, size_t why_size);
int registry_edit_network_set(struct registry_edit *e, const char *network, const char *field,
                              const char *value, char *why, size_t why_size);

#endif
