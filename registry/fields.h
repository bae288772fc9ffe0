#ifndef REGISTRY_FIELDS_H
#define REGISTRY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a module's definition may say: one row for each field and each list. The rows drive reading,
 * checking, merging and the help texts. A new field is one row and one member; a new list is one
 * row.
 */

/* X(NAME, member, type, flags, default, help) */
#define MODULE_FIELD_LIST(X)                                                                       \
    X(ENABLED, enabled, field_type_bool, 0, "no", "yes or no: whether the module runs at all")     \
    X(DESCRIPTION, description, field_type_text, 0, "", "one sentence, shown by help and list")    \
    X(USAGE, usage, field_type_text, 0, "", "how its commands are called")                         \
    X(CMD_PREFIX, cmd_prefix, field_type_char, 0, "", "one character before its commands")         \
    X(EVENT_TYPES, event_types, field_type_events, 0, "",                                          \
      "what the module handles; written by the server")                                            \
    X(GROUP, group, field_type_word, 0, "default", "modules of one group share a module host")     \
    X(INHERIT, inherit, field_type_lists, FIELD_OVERLAY_ONLY, "yes",                               \
      "yes, no, or the shared lists that still count on this network")

/* X(NAME, "name", what its items are, help) */
#define MODULE_LIST_LIST(X)                                                                        \
    X(ECHANNELS, "echannels", ITEM_CHANNEL, "channels the module is enabled in")                   \
    X(DCHANNELS, "dchannels", ITEM_CHANNEL, "channels it is disabled in; beats both e-lists")      \
    X(ENICKS, "enicks", ITEM_NICK, "enabled where one of these nicks is; $me is the bot")          \
    X(DNICKS, "dnicks", ITEM_NICK, "disabled where one of these nicks is; beats both e-lists")

enum module_field {
#define X(name, member, type, flags, initial, help) FIELD_##name,
    MODULE_FIELD_LIST(X)
#undef X
        FIELD_COUNT
};

enum module_list {
#define X(name, text, items, help) LIST_##name,
    MODULE_LIST_LIST(X)
#undef X
        LIST_COUNT
};

/* The values. Strings are owned by the struct and never NULL once it is initialized. */
struct module_fields {
    bool enabled;
    char *description;
    char *usage;
    char cmd_prefix;      /* '\0': the network's */
    uint32_t event_types; /* EVENT_BITs; 0: not known, so all */
    char *group;
    uint32_t inherit; /* bit for each enum module_list */
};

#define LIST_BIT(list) (UINT32_C(1) << (list))
#define LISTS_ALL      (LIST_BIT(LIST_COUNT) - 1)

/* Limits, in bytes or items. What is over them is refused and reported like any wrong value. */
#define FIELD_MAX_TEXT       2048
#define FIELD_MAX_WORD       64
#define FIELD_MAX_ITEM       256
#define FIELD_MAX_ITEMS      20000
#define REGISTRY_MAX_NAME    64 /* of a module, a network, a group */
#define REGISTRY_MAX_MODULES 4096
#define REGISTRY_WHY_SIZE    256 /* for the sentence that tells what is wrong */

struct field_type {
    size_t size;
    /* 0 and the value, or -1 and what is wrong; on failure the value is untouched. A value that is
     * replaced is cleared by the caller. */
    int (*parse)(const char *text, void *value, char *why, size_t why_size);
    void (*copy)(void *dst, const void *src); /* into a value that holds nothing */
    void (*clear)(void *value);
    bool (*equal)(const void *a, const void *b);
};
extern const struct field_type field_type_bool, field_type_text, field_type_char, field_type_word,
    field_type_events, field_type_lists;

#define FIELD_OVERLAY_ONLY 1u

struct field_row {
    const char *name; /* as in the hash */
    const struct field_type *type;
    size_t offset; /* in struct module_fields */
    unsigned flags;
    const char *initial; /* what a missing field counts as; "" is the type's own nothing */
    const char *help;
};
extern const struct field_row module_field_rows[FIELD_COUNT];

enum item_kind { ITEM_CHANNEL, ITEM_NICK };
struct list_row {
    const char *name;
    enum item_kind items;
    const char *help;
};
extern const struct list_row module_list_rows[LIST_COUNT];

/* The row's number, or -1. */
int module_field_find(const char *name);
int module_list_find(const char *name);
/* The field or list that was probably meant, or NULL. */
const char *module_field_nearest(const char *name);

/* Every field at its default. Free with module_fields_clear. */
void module_fields_init(struct module_fields *f);
void module_fields_clear(struct module_fields *f);
/* dst->field = src->field; both are initialized. */
void module_fields_copy_one(struct module_fields *dst, const struct module_fields *src,
                            enum module_field field);
bool module_fields_equal(const struct module_fields *a, const struct module_fields *b);
/* Parses text into the field. 0, or -1 and what is wrong; the field is then as before. */
int module_fields_parse(struct module_fields *f, enum module_field field, const char *text,
                        char *why, size_t why_size);

/* Letters, digits, '_' and '-', in a network's name '.' as well; at most REGISTRY_MAX_NAME. */
bool registry_name_valid(const char *name);
bool registry_network_valid(const char *name);

/*
 * An item of a list: "ITEM", or "NETWORK/ITEM" for one network. It is the latter when what stands
 * before the first '/' is a network's name, so "#a/b" is a channel. Sets *item to the item within
 * text, *network_len to the length of the network's name (0: all networks).
 */
void list_item_split(const char *text, const char **item, size_t *network_len);
/* 0, or -1 and what is wrong. */
int list_item_check(enum module_list list, const char *text, char *why, size_t why_size);

#define LIST_ITEM_ME "$me" /* the bot's own nickname on each network */

#endif
