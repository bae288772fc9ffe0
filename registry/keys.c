#include "registry/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

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
        key.kind = !strcmp(s, ":ignores") ? KEY_IGNORES
                   : skip(&s, ":module:") ? parse_module(s, &key)
                                          : KEY_OTHER;
    return key;
}

const char *key_write(const struct registry_key *key, char *dst, size_t size)
{
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
    }
    return dst;
}
