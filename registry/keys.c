#include "registry/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "registry/accounts.h"

/*
 * Keys of accounts: "ROOT", "ROOT:NAME" or "network:NET:ROOT:NAME", then a part behind it.
 */
static const struct account_key {
    const char *root; /* "": the network itself */
    const char *part; /* "": none */
    enum key_kind kind;
    bool named;
    bool without_network;
    bool within_network;
} account_keys[] = {
    {"users", "", KEY_USERS, false, true, false},
    {"user", "", KEY_USER, true, true, false},
    {"user", "capabilities", KEY_USER_CAPABILITIES, true, true, false},
    {"user", "hostmasks", KEY_USER_HOSTMASKS, true, true, false},
    {"user", "services", KEY_USER_SERVICES, true, true, false},
    {"policy", "", KEY_POLICY, false, true, true},
    {"policy", "capabilities", KEY_POLICY_CAPABILITIES, false, true, true},
    {"policy", "registered", KEY_POLICY_REGISTERED, false, true, true},
    {"channel", "", KEY_CHANNEL, true, false, true},
    {"channel", "capabilities", KEY_CHANNEL_CAPABILITIES, true, false, true},
    {"channel", "ignores", KEY_CHANNEL_IGNORES, true, false, true},
    {"auth_groups", "", KEY_GROUPS, false, true, false},
    {"auth_group", "", KEY_GROUP, true, true, false},
    {"auth_group", "members", KEY_GROUP_MEMBERS, true, true, false},
    {"", "", KEY_NETWORK, false, false, true},
    {"channels", "", KEY_NETWORK_CHANNELS, false, false, true},
};
_Static_assert(sizeof account_keys / sizeof *account_keys ==
                   KEY_LAST_OF_ACCOUNTS - KEY_FIRST_OF_ACCOUNTS + 1,
               "one row for each kind");

/* Takes a name up to the next ':' or the end. false when it is none. */
static bool take_name(const char **s, char *name, bool (*valid)(const char *name))
{
    size_t len = strcspn(*s, ":");
    if (len > REGISTRY_MAX_NAME)
        return false;
    memcpy(name, *s, len);
    name[len] = '\0';
    *s += len;
    return valid(name);
}

static bool skip(const char **s, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*s, word, len) != 0)
        return false;
    *s += len;
    return true;
}

/* What follows "module:". */
static enum key_kind parse_module(const char *s, struct registry_key *key)
{
    if (!take_name(&s, key->module, registry_name_valid))
        return KEY_OTHER;
    if (!*s)
        return KEY_HASH;
    s++;
    if (!str_copy(key->list_name, sizeof key->list_name, s))
        return KEY_OTHER;
    int list = module_list_find(s);
    if (list < 0)
        return KEY_UNKNOWN_LIST;
    key->list = (enum module_list)list;
    return KEY_LIST;
}

static bool account_key_name_valid(const struct account_key *row, const char *name)
{
    char folded[ACCOUNT_MAX_NAME + 1];
    if (row->within_network)
        return *name;
    if (!strcmp(row->root, "user"))
        return account_name_valid(name) &&
               !strcmp(name, account_name_fold(folded, sizeof folded, name));
    return registry_name_valid(name);
}

/* Whether the row is what stands there; then its name is in key. */
static bool fits(const struct account_key *row, const char *s, struct registry_key *key)
{
    if (!skip(&s, row->root))
        return false;
    if (row->named) {
        size_t len = *s == ':' ? strcspn(s + 1, ":") : 0;
        if (!len || len >= sizeof key->name)
            return false;
        memcpy(key->name, s + 1, len);
        key->name[len] = '\0';
        s += 1 + len;
    }
    if (*row->part && (!skip(&s, ":") || !skip(&s, row->part)))
        return false;
    return !*s && (!row->named || account_key_name_valid(row, key->name));
}

/* What follows "network:NET:", or the whole key. */
static enum key_kind parse_account(const char *s, struct registry_key *key)
{
    for (size_t i = 0; i < sizeof account_keys / sizeof *account_keys; i++) {
        const struct account_key *row = &account_keys[i];
        if ((key->network[0] ? row->within_network : row->without_network) && fits(row, s, key))
            return row->kind;
    }
    key->name[0] = '\0';
    return KEY_OTHER;
}

static enum key_kind parse_in_network(const char *s, struct registry_key *key)
{
    if (!strcmp(s, ":ignores"))
        return KEY_IGNORES;
    if (skip(&s, ":module:"))
        return parse_module(s, key);
    return *s != ':' || s[1] ? parse_account(*s ? s + 1 : s, key) : KEY_OTHER;
}

struct registry_key key_parse(const char *text)
{
    struct registry_key key = {0};
    const char *s = text;
    if (!strcmp(s, "meta"))
        key.kind = KEY_META;
    else if (!strcmp(s, "modules"))
        key.kind = KEY_MODULES;
    else if (!strcmp(s, "ignores"))
        key.kind = KEY_IGNORES;
    else if (skip(&s, "module:"))
        key.kind = parse_module(s, &key);
    else if (skip(&s, "network:") && take_name(&s, key.network, registry_network_valid))
        key.kind = parse_in_network(s, &key);
    else if (!key.network[0])
        key.kind = parse_account(s, &key);
    return key;
}

static void write_account(const struct registry_key *key, char *dst, size_t size)
{
    const struct account_key *row = &account_keys[key->kind - KEY_FIRST_OF_ACCOUNTS];
    const char *net = key->network[0] ? "network:" : "";
    const char *after_net = key->network[0] && *row->root ? ":" : "";
    snprintf(dst, size, "%s%s%s%s%s%s%s%s", net, key->network, after_net, row->root,
             row->named ? ":" : "", row->named ? key->name : "", *row->part ? ":" : "", row->part);
}

const char *key_write(const struct registry_key *key, char *dst, size_t size)
{
    if (key_of_accounts(key->kind)) {
        write_account(key, dst, size);
        return dst;
    }
    switch (key->kind) {
    case KEY_META:
        str_copy(dst, size, "meta");
        break;
    case KEY_MODULES:
        str_copy(dst, size, "modules");
        break;
    case KEY_IGNORES:
        snprintf(dst, size, "%s%s%signores", key->network[0] ? "network:" : "", key->network,
                 key->network[0] ? ":" : "");
        break;
    case KEY_OTHER:
        str_copy(dst, size, "");
        break;
    case KEY_HASH:
    case KEY_LIST:
    case KEY_UNKNOWN_LIST:
        snprintf(dst, size, "%s%s%smodule:%s%s%s", key->network[0] ? "network:" : "", key->network,
                 key->network[0] ? ":" : "", key->module, key->list_name[0] ? ":" : "",
                 key->list_name);
        break;
    default:
        break;
    }
    return dst;
}

bool key_is_hash(enum key_kind kind)
{
    switch (kind) {
    case KEY_META:
    case KEY_HASH:
    case KEY_IGNORES:
    case KEY_USER:
    case KEY_POLICY:
    case KEY_CHANNEL:
    case KEY_CHANNEL_IGNORES:
    case KEY_GROUP:
    case KEY_NETWORK:
        return true;
    default:
        return false;
    }
}
