#include "registry/account_edit.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "registry/account_overlap.h"
#include "registry/accounts.h"
#include "registry/check.h"
#include "registry/edit_parts.h"
#include "registry/fields.h"

#define NO_ACCOUNT "there is no account of that name"

static size_t key_of(struct registry_edit *e, enum key_kind kind, const char *network,
                     const char *name, const char *type)
{
    struct registry_key key = {.kind = kind};
    str_copy(key.network, sizeof key.network, network);
    str_copy(key.name, sizeof key.name, name);
    return edit_key(e, &key, type);
}

static const char *key_name(enum key_kind kind, const char *name, char *dst, size_t size)
{
    struct registry_key key = {.kind = kind};
    str_copy(key.name, sizeof key.name, name);
    return key_write(&key, dst, size);
}

/* The name as it is stored. 0, or -1. */
static int fold_name(const char *name, char folded[ACCOUNT_MAX_NAME + 1], char *why,
                     size_t why_size)
{
    if (!account_name_valid(name)) {
        snprintf(why, why_size,
                 "\"%.80s\" is no name for an account: letters, digits and -[]\\`_^{}|, at most %d",
                 name, ACCOUNT_MAX_NAME);
        return -1;
    }
    account_name_fold(folded, ACCOUNT_MAX_NAME + 1, name);
    return 0;
}

/* Whether a scalar may have that value; the key's record says so. */
static int check_scalar(enum record_kind kind, const char *field, const char *value, char *why,
                        size_t why_size)
{
    const struct record_type *type = &record_types[kind];
    for (size_t i = 0; i < type->nfields; i++) {
        if (strcmp(type->fields[i].name, field) != 0)
            continue;
        if (!value)
            return 0;
        char wrong[REGISTRY_WHY_SIZE];
        struct record *record = record_new(kind);
        int rc = record_set(record, &type->fields[i], value, wrong, sizeof wrong);
        record_unref(record);
        if (rc)
            snprintf(why, why_size, "%s %.200s", field, wrong);
        return rc;
    }
    snprintf(why, why_size, "there is no \"%.60s\" to be set here", field);
    return -1;
}

static int write_scalar(struct registry_edit *e, size_t key, const char *field, const char *value)
{
    return edit_write(e, value ? "set" : "unset", key, field, value ? value : "");
}

/* ---- Accounts ---- */

/* The account must exist when the edit is done; unless this edit makes it. */
static void must_exist(struct registry_edit *e, const char *folded)
{
    char key[KEY_MAX];
    if (!edit_makes(e, key_name(KEY_USER, folded, key, sizeof key)))
        edit_write(e, "?in", key_of(e, KEY_USERS, "", "", "set"), folded, NO_ACCOUNT);
}

/* Begins an edit of an account. 0, or -1. */
static int begin_user(struct registry_edit *e, const char *name, char folded[ACCOUNT_MAX_NAME + 1],
                      char *why, size_t why_size)
{
    return edit_room(e, why, why_size) || fold_name(name, folded, why, why_size) ? -1 : 0;
}

int registry_edit_user_new(struct registry_edit *e, const char *name, const char *record, char *why,
                           size_t why_size)
{
    char folded[ACCOUNT_MAX_NAME + 1];
    char room[16];
    char key[KEY_MAX];
    if (begin_user(e, name, folded, why, why_size) ||
        check_scalar(RECORD_USER, "password", record, why, why_size))
        return -1;
    size_t users = key_of(e, KEY_USERS, "", "", "set");
    snprintf(room, sizeof room, "%d", ACCOUNT_MAX);
    edit_write(e, "?out", users, folded, "there is an account of that name already");
    edit_write(e, "?room", users, room, "there are as many accounts as there can be");
    /* What is left of an older one must not be the new one's. */
    for (enum key_kind kind = KEY_USER; kind <= KEY_USER_SERVICES; kind++)
        edit_write(e, "drop", key_of(e, kind, "", folded, "any"), "", "");
    edit_made(e, key_name(KEY_USER, folded, key, sizeof key));
    if (*record)
        edit_write(e, "set", key_of(e, KEY_USER, "", folded, "any"), "password", record);
    return edit_write(e, "add", users, folded, "");
}

/* Somebody else must have owner, if this account has it: asks about those who have it now. */
static int keep_owner(struct registry_edit *e, const struct edit_late *late,
                      const struct snapshot *s, char *why, size_t why_size)
{
    const struct accounts *a = snapshot_accounts(s);
    const struct account *const *users = accounts_users(a);
    const struct capability owner = {.name = "owner"};
    char others[1024] = "";
    size_t len = 0;
    (void)why;
    (void)why_size;
    for (size_t i = 0; i < a->nusers && len < sizeof others - 24; i++) {
        char key[KEY_MAX];
        /* Who is ignored cannot give it to anybody. */
        if (!strcmp(users[i]->name, late->name) || users[i]->ignored || !users[i]->capabilities ||
            capability_set_says(users[i]->capabilities, "", CASEMAPPING_ASCII, &owner, NULL) <= 0 ||
            edit_makes(e, key_name(KEY_USER_CAPABILITIES, users[i]->name, key, sizeof key)))
            continue;
        len += (size_t)snprintf(others + len, sizeof others - len, "%zu ",
                                key_of(e, KEY_USER_CAPABILITIES, "", users[i]->name, "set") + 1);
    }
    return edit_write(e, "?owner", key_of(e, KEY_USER_CAPABILITIES, "", late->name, "set"), others,
                      "that is the last owner: give owner to somebody else first");
}

/* An edit that takes owner away from several must not count one of them for the other: they are
 * marked. */
static void loses_owner(struct registry_edit *e, const char *folded)
{
    char key[KEY_MAX];
    edit_made(e, key_name(KEY_USER_CAPABILITIES, folded, key, sizeof key));
    edit_later(e, keep_owner, folded, "");
}

int registry_edit_user_drop(struct registry_edit *e, const char *name, char *why, size_t why_size)
{
    char folded[ACCOUNT_MAX_NAME + 1];
    if (begin_user(e, name, folded, why, why_size))
        return -1;
    size_t users = key_of(e, KEY_USERS, "", "", "set");
    must_exist(e, folded);
    loses_owner(e, folded);
    edit_write(e, "remove", users, folded, "");
    for (enum key_kind kind = KEY_USER; kind <= KEY_USER_SERVICES; kind++)
        edit_write(e, "drop", key_of(e, kind, "", folded, "any"), "", "");
    return edit_write(e, "leave", key_of(e, KEY_GROUPS, "", "", "set"), folded, "");
}

int registry_edit_user_password(struct registry_edit *e, const char *name, const char *old,
                                const char *record, char *why, size_t why_size)
{
    char folded[ACCOUNT_MAX_NAME + 1];
    if (begin_user(e, name, folded, why, why_size) ||
        check_scalar(RECORD_USER, "password", record, why, why_size))
        return -1;
    size_t hash = key_of(e, KEY_USER, "", folded, "hash");
    must_exist(e, folded);
    if (old)
        edit_write(e, "?same", hash, "password", old);
    return edit_write(e, "set", hash, "password", record);
}

int registry_edit_user_flag(struct registry_edit *e, const char *name, const char *flag, bool on,
                            char *why, size_t why_size)
{
    char folded[ACCOUNT_MAX_NAME + 1];
    if (begin_user(e, name, folded, why, why_size))
        return -1;
    if (strcmp(flag, "secure") != 0 && strcmp(flag, "ignored") != 0) {
        snprintf(why, why_size, "an account is secure or ignored, not \"%.60s\"", flag);
        return -1;
    }
    must_exist(e, folded);
    if (on && !strcmp(flag, "ignored"))
        loses_owner(e, folded);
    return edit_write(e, "set", key_of(e, KEY_USER, "", folded, "hash"), flag, on ? "yes" : "no");
}

/* ---- Hostmasks and services accounts ---- */

static int no_overlap(struct registry_edit *e, const struct edit_late *late,
                      const struct snapshot *s, char *why, size_t why_size)
{
    const struct account *other =
        account_overlap_hostmask(snapshot_accounts(s), late->name, late->text);
    (void)e;
    if (!other)
        return 0;
    snprintf(why, why_size,
             "\"%.100s\" overlaps a hostmask of another account: make it narrower, or remove the "
             "other one first",
             late->text);
    return -1;
}

static int no_twin(struct registry_edit *e, const struct edit_late *late, const struct snapshot *s,
                   char *why, size_t why_size)
{
    const struct account *other =
        account_overlap_services(snapshot_accounts(s), late->name, late->text);
    (void)e;
    if (!other)
        return 0;
    snprintf(why, why_size, "another account has the services account \"%.100s\"", late->text);
    return -1;
}

static int edit_mask(struct registry_edit *e, const char *name, enum key_kind kind,
                     const char *item, bool add, edit_late_fn *late, char *why, size_t why_size)
{
    char folded[ACCOUNT_MAX_NAME + 1];
    char room[16];
    if (begin_user(e, name, folded, why, why_size))
        return -1;
    size_t set = key_of(e, kind, "", folded, "set");
    must_exist(e, folded);
    if (!add)
        return edit_write(e, "remove", set, item, "");
    snprintf(room, sizeof room, "%d", ACCOUNT_MAX_MASKS);
    edit_write(e, "?room", set, room, "the account has as many as it may have");
    edit_later(e, late, folded, item);
    return edit_write(e, "add", set, item, "");
}

int registry_edit_hostmask(struct registry_edit *e, const char *name, const char *mask, bool add,
                           char *why, size_t why_size)
{
    if (add && account_hostmask_check(mask, why, why_size))
        return -1;
    return edit_mask(e, name, KEY_USER_HOSTMASKS, mask, add, no_overlap, why, why_size);
}

int registry_edit_services(struct registry_edit *e, const char *name, const char *services,
                           bool add, char *why, size_t why_size)
{
    if (add && account_services_check(services, why, why_size))
        return -1;
    return edit_mask(e, name, KEY_USER_SERVICES, services, add, no_twin, why, why_size);
}

/* ---- Capabilities ---- */

/* The set, or -1. */
static int capability_set_key(struct registry_edit *e, const struct capability_place *place,
                              size_t *key, char *why, size_t why_size)
{
    char folded[ACCOUNT_MAX_NAME + 1];
    char chan[CHANNEL_MAX_NAME + 1];
    if (place->holder != HOLDER_USER && edit_check_network(place->network, why, why_size))
        return -1;
    switch (place->holder) {
    case HOLDER_USER:
        if (fold_name(place->name, folded, why, why_size))
            return -1;
        must_exist(e, folded);
        *key = key_of(e, KEY_USER_CAPABILITIES, "", folded, "set");
        return 0;
    case HOLDER_DEFAULT:
        *key = key_of(e, KEY_POLICY_CAPABILITIES, place->network, "", "set");
        return 0;
    case HOLDER_REGISTERED:
        *key = key_of(e, KEY_POLICY_REGISTERED, place->network, "", "set");
        return 0;
    case HOLDER_CHANNEL:
        break;
    }
    if (!*channel_key_write(chan, sizeof chan, CASEMAPPING_ASCII, place->channel) ||
        list_item_check(LIST_ECHANNELS, place->channel, why, why_size) || !*place->network) {
        snprintf(why, why_size, "name the network and the channel");
        return -1;
    }
    *key = key_of(e, KEY_CHANNEL_CAPABILITIES, place->network, chan, "set");
    return 0;
}

static int check_place_of(const struct capability_place *place, const struct capability *c,
                          bool add, char *why, size_t why_size)
{
    if (place->holder == HOLDER_USER || !add)
        return 0;
    if (place->holder == HOLDER_CHANNEL && (c->network[0] || c->channel[0])) {
        snprintf(why, why_size, "in a channel's set, capabilities are named without the channel");
        return -1;
    }
    if (c->anti || !capability_privileged(c->name))
        return 0;
    snprintf(why, why_size, "nobody has %.64s by default: it is given to an account by name only",
             c->name);
    return -1;
}

int registry_edit_capability(struct registry_edit *e, const struct capability_place *place,
                             const char *capability, bool add, char *why, size_t why_size)
{
    struct capability c;
    char text[CAPABILITY_MAX + 2];
    char room[16];
    size_t key;
    if (edit_room(e, why, why_size) || capability_parse(&c, capability, why, why_size) ||
        check_place_of(place, &c, add, why, why_size) ||
        capability_set_key(e, place, &key, why, why_size))
        return -1;
    bool owner = !strcmp(c.name, "owner") && !c.network[0] && !c.channel[0];
    if (place->holder == HOLDER_USER && owner && add == c.anti) {
        char folded[ACCOUNT_MAX_NAME + 1];
        loses_owner(e, account_name_fold(folded, sizeof folded, place->name));
    }
    capability_write(&c, text, sizeof text);
    if (!add)
        return edit_write(e, "unsay", key, text, casemapping_name(place->casemapping));
    snprintf(room, sizeof room, "%d", CAPABILITY_MAX_SET);
    edit_write(e, "?room", key, room, "the set holds as many capabilities as it may");
    struct capability opposite = c;
    char other[CAPABILITY_MAX + 2];
    opposite.anti = !c.anti;
    edit_write(e, "unsay", key, capability_write(&opposite, other, sizeof other),
               casemapping_name(place->casemapping));
    return edit_write(e, "add", key, text, "");
}

/* ---- Policies and channels ---- */

int registry_edit_policy(struct registry_edit *e, const char *network, const char *field,
                         const char *value, char *why, size_t why_size)
{
    if (edit_room(e, why, why_size) || edit_check_network(network, why, why_size) ||
        check_scalar(RECORD_POLICY, field, value, why, why_size))
        return -1;
    return write_scalar(e, key_of(e, KEY_POLICY, network, "", "hash"), field, value);
}

/* CHAN of the channel. 0, or -1. */
static int begin_channel(struct registry_edit *e, const char *network, const char *channel,
                         char chan[CHANNEL_MAX_NAME + 1], char *why, size_t why_size)
{
    if (edit_room(e, why, why_size) || edit_check_network(network, why, why_size) ||
        list_item_check(LIST_ECHANNELS, channel, why, why_size))
        return -1;
    if (*network && *channel_key_write(chan, CHANNEL_MAX_NAME + 1, CASEMAPPING_ASCII, channel))
        return 0;
    snprintf(why, why_size, "name a network, and a channel of at most %d bytes", CHANNEL_MAX_NAME);
    return -1;
}

int registry_edit_channel(struct registry_edit *e, const char *network, const char *channel,
                          const char *field, const char *value, char *why, size_t why_size)
{
    char chan[CHANNEL_MAX_NAME + 1];
    if (begin_channel(e, network, channel, chan, why, why_size) ||
        check_scalar(RECORD_CHANNEL, field, value, why, why_size))
        return -1;
    return write_scalar(e, key_of(e, KEY_CHANNEL, network, chan, "hash"), field, value);
}

int registry_edit_channel_ignore(struct registry_edit *e, const char *network, const char *channel,
                                 const char *mask, int64_t expires_s, bool add, char *why,
                                 size_t why_size)
{
    char chan[CHANNEL_MAX_NAME + 1];
    char expires[24];
    snprintf(expires, sizeof expires, "%lld", (long long)expires_s);
    if (begin_channel(e, network, channel, chan, why, why_size) ||
        (add && registry_check_ignore(mask, expires, why, why_size)))
        return -1;
    size_t key = key_of(e, KEY_CHANNEL_IGNORES, network, chan, "hash");
    return write_scalar(e, key, mask, add ? expires : NULL);
}

int registry_edit_channel_expire(struct registry_edit *e, const char *network, const char *channel,
                                 const char *mask, int64_t expires_s, char *why, size_t why_size)
{
    char chan[CHANNEL_MAX_NAME + 1];
    char expires[24];
    snprintf(expires, sizeof expires, "%lld", (long long)expires_s);
    if (begin_channel(e, network, channel, chan, why, why_size))
        return -1;
    return edit_write(e, "expire", key_of(e, KEY_CHANNEL_IGNORES, network, chan, "hash"), mask,
                      expires);
}

int registry_edit_network_channel(struct registry_edit *e, const char *network, const char *channel,
                                  bool add, char *why, size_t why_size)
{
    char chan[CHANNEL_MAX_NAME + 1];
    if (begin_channel(e, network, channel, chan, why, why_size))
        return -1;
    return edit_write(e, add ? "add" : "remove",
                      key_of(e, KEY_NETWORK_CHANNELS, network, "", "set"), channel, "");
}

int registry_edit_network_set(struct registry_edit *e, const char *network, const char *field,
                              const char *value, char *why, size_t why_size)
{
    if (edit_room(e, why, why_size) || edit_check_network(network, why, why_size) ||
        check_scalar(RECORD_NETWORK, field, value, why, why_size))
        return -1;
    if (!*network) {
        snprintf(why, why_size, "name the network");
        return -1;
    }
    return write_scalar(e, key_of(e, KEY_NETWORK, network, "", "hash"), field, value);
}

/* ---- Authorization profiles ---- */

static int begin_group(struct registry_edit *e, const char *group, char *why, size_t why_size)
{
    if (edit_room(e, why, why_size))
        return -1;
    if (registry_name_valid(group))
        return 0;
    snprintf(why, why_size,
             "\"%.80s\" is no name for a profile: letters, digits, '-' and '_', at most %d", group,
             REGISTRY_MAX_NAME);
    return -1;
}

static void group_must_exist(struct registry_edit *e, const char *group)
{
    char key[KEY_MAX];
    if (!edit_makes(e, key_name(KEY_GROUP, group, key, sizeof key)))
        edit_write(e, "?in", key_of(e, KEY_GROUPS, "", "", "set"), group,
                   "there is no profile of that name");
}

int registry_edit_group_new(struct registry_edit *e, const char *group, const char *style,
                            const char *record, const char *description, char *why, size_t why_size)
{
    char key[KEY_MAX];
    if (begin_group(e, group, why, why_size) ||
        check_scalar(RECORD_GROUP, "style", style, why, why_size) ||
        check_scalar(RECORD_GROUP, "password", record, why, why_size) ||
        check_scalar(RECORD_GROUP, "description", description, why, why_size))
        return -1;
    size_t groups = key_of(e, KEY_GROUPS, "", "", "set");
    size_t hash = key_of(e, KEY_GROUP, "", group, "any");
    edit_write(e, "?out", groups, group, "there is a profile of that name already");
    edit_write(e, "drop", hash, "", "");
    edit_write(e, "drop", key_of(e, KEY_GROUP_MEMBERS, "", group, "any"), "", "");
    edit_made(e, key_name(KEY_GROUP, group, key, sizeof key));
    edit_write(e, "add", groups, group, "");
    if (*record)
        edit_write(e, "set", hash, "password", record);
    if (*description)
        edit_write(e, "set", hash, "description", description);
    return edit_write(e, "set", hash, "style", style);
}

int registry_edit_group_set(struct registry_edit *e, const char *group, const char *field,
                            const char *value, char *why, size_t why_size)
{
    if (begin_group(e, group, why, why_size) ||
        check_scalar(RECORD_GROUP, field, value, why, why_size))
        return -1;
    group_must_exist(e, group);
    return write_scalar(e, key_of(e, KEY_GROUP, "", group, "hash"), field, value);
}

int registry_edit_group_drop(struct registry_edit *e, const char *group, char *why, size_t why_size)
{
    if (begin_group(e, group, why, why_size))
        return -1;
    group_must_exist(e, group);
    edit_write(e, "remove", key_of(e, KEY_GROUPS, "", "", "set"), group, "");
    edit_write(e, "drop", key_of(e, KEY_GROUP, "", group, "any"), "", "");
    return edit_write(e, "drop", key_of(e, KEY_GROUP_MEMBERS, "", group, "any"), "", "");
}

int registry_edit_group_member(struct registry_edit *e, const char *group, const char *member,
                               bool add, char *why, size_t why_size)
{
    char key[KEY_MAX];
    char number[24];
    if (begin_group(e, group, why, why_size) || auth_member_check(member, why, why_size))
        return -1;
    size_t set = key_of(e, KEY_GROUP_MEMBERS, "", group, "set");
    group_must_exist(e, group);
    if (!add)
        return edit_write(e, "unsay", set, member, "");
    size_t hash = key_of(e, KEY_GROUP, "", group, "hash");
    if (!edit_makes(e, key_name(KEY_GROUP, group, key, sizeof key))) {
        snprintf(number, sizeof number, "%zu", key_of(e, KEY_USERS, "", "", "set") + 1);
        edit_write(e, "?member", hash, member, number);
    }
    snprintf(number, sizeof number, "%zu", hash + 1);
    return edit_write(e, "addmember", set, member, number);
}
