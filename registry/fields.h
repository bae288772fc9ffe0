#ifndef REGISTRY_FIELDS_H
#define REGISTRY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rate.h"

struct buf;

/*
 * What a module's definition may say: one row for each field and each list. The rows drive reading,
 * checking, merging, showing, completion and the help texts. A new field is one row and one member;
 * a new list is one row.
 */

/* Limits, in bytes or items. What is over them is refused and reported like any wrong value. */
#define FIELD_MAX_TEXT       2048
#define FIELD_MAX_WORD       64
#define FIELD_MAX_ITEM       256
#define FIELD_MAX_ITEMS      20000
#define FIELD_MAX_RATES      256 /* for single commands */
#define CONFIG_MAX_ITEMS     256
#define CONFIG_MAX_KEY       32
#define REGISTRY_MAX_COMMAND 32
#define REGISTRY_MAX_NAME    64 /* of a module, a network, a group */
#define REGISTRY_MAX_MODULES 4096
#define REGISTRY_WHY_SIZE    256 /* for the sentence that tells what is wrong */

/* X(NAME, member, type, flags, default, help) */
#define MODULE_FIELD_LIST(X)                                                                       \
    X(NAME, name, field_type_text, FIELD_SERVER, "", "the module's name; its key says it")         \
    X(ENABLED, enabled, field_type_bool, 0, "no", "yes or no: whether the module runs at all")     \
    X(DESCRIPTION, description, field_type_text, 0, "", "one sentence, shown by help and list")    \
    X(USAGE, usage, field_type_text, 0, "", "how its commands are called")                         \
    X(CMD_PREFIX, cmd_prefix, field_type_char, 0, "",                                              \
      "one character before its commands, such as !")                                              \
    X(EVENT_TYPES, event_types, field_type_events, FIELD_SERVER, "",                               \
      "what the module handles; written by the server")                                            \
    X(GROUP, group, field_type_word, FIELD_OWNER, "default",                                       \
      "modules of one group share a module host")                                                  \
    X(PERMISSIONS, permissions, field_type_permissions, FIELD_OWNER, "",                           \
      "what its process may do besides: net, files, raw, exec")                                    \
    X(DEADLINE, deadline, field_type_deadline, FIELD_OWNER, "5s",                                  \
      "how long one event may take, such as 500ms or 1m; then its module host is ended")           \
    X(AUTH_GROUP, auth_group, field_type_optional_word, FIELD_GUARD, "",                           \
      "the authorization profile that its commands ask for")                                       \
    X(CAPABILITY, capability, field_type_capability, FIELD_GUARD, "",                              \
      "the capability that its commands ask for")                                                  \
    X(RATE_USER, rate_user, field_type_rate, FIELD_PER_COMMAND, "",                                \
      "how often one source may use it: N/duration, such as 5/1m")                                 \
    X(RATE_CHANNEL, rate_channel, field_type_rate, FIELD_PER_COMMAND, "",                          \
      "how often it may be used in one channel")                                                   \
    X(RATE_NETWORK, rate_network, field_type_rate, FIELD_PER_COMMAND, "",                          \
      "how often it may be used on the whole network")                                             \
    X(RATE_GROUP, rate_group, field_type_optional_word, 0, "",                                     \
      "modules of one rate_group count their uses together")                                       \
    X(CONFIG, config, field_type_config, FIELD_FREE_KEYS, "",                                      \
      "config.KEY: what the module itself is configured with; it says which keys it knows")        \
    X(INHERIT, inherit, field_type_lists, FIELD_OVERLAY_ONLY, "yes",                               \
      "yes, no, or the shared lists that still count on this network")

/* X(NAME, "name", what its items are, help); those of masks come last */
#define MODULE_LIST_LIST(X)                                                                        \
    X(ECHANNELS, "echannels", ITEM_CHANNEL, "channels the module is enabled in")                   \
    X(DCHANNELS, "dchannels", ITEM_CHANNEL, "channels it is disabled in; beats both e-lists")      \
    X(ENICKS, "enicks", ITEM_NICK, "enabled where one of these nicks is; $me is the bot")          \
    X(DNICKS, "dnicks", ITEM_NICK, "disabled where one of these nicks is; beats both e-lists")     \
    X(WHITELIST, "whitelist", ITEM_MASK,                                                           \
      "sources it works for whatever the channel and nick lists say")                              \
    X(BLACKLIST, "blacklist", ITEM_MASK, "sources it never works for")

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

/* A limit for one command: the field "rate_user.roll". */
struct command_rate {
    enum module_field field; /* FIELD_RATE_USER, FIELD_RATE_CHANNEL or FIELD_RATE_NETWORK */
    char command[REGISTRY_MAX_COMMAND + 1];
    struct rate rate;
};

/* What somebody has configured for the module: the field "config.max_bytes". */
struct config_item {
    char key[CONFIG_MAX_KEY + 1];
    char *value;
};
struct config {
    size_t count;
    struct config_item *items; /* sorted by key */
};

/* The values. Strings are owned by the struct and never NULL once it is initialized. */
struct module_fields {
    char *name; /* "" unless Redis says it; the key and the view have it in any case */
    bool enabled;
    char *description;
    char *usage;
    char cmd_prefix;      /* '\0': the network's */
    uint32_t event_types; /* EVENT_BITs; 0: not known, so all */
    char *group;
    uint32_t permissions; /* PERMISSION_ bits (base/permission.h) */
    int64_t deadline;     /* ms; DEADLINE_MIN_MS to DEADLINE_MAX_MS */
    char *auth_group;     /* "": none */
    char *capability;     /* "": none; ASCII lower case */
    struct rate rate_user;
    struct rate rate_channel;
    struct rate rate_network;
    char *rate_group; /* "": the module by itself */
    struct config config;
    uint32_t inherit;                   /* bit for each enum module_list */
    struct command_rate *command_rates; /* sorted by field and command */
    size_t ncommand_rates;
};

#define LIST_FIRST_OF_MASKS LIST_WHITELIST
#define LIST_BIT(list)      (UINT32_C(1) << (list))
#define LISTS_ALL           (LIST_BIT(LIST_COUNT) - 1)

struct field_type {
    size_t size;
    /* 0 and the value, or -1 and what is wrong; on failure the value is untouched. A value that is
     * replaced is cleared by the caller. */
    int (*parse)(const char *text, void *value, char *why, size_t why_size);
    void (*copy)(void *dst, const void *src); /* into a value that holds nothing */
    void (*clear)(void *value);
    bool (*equal)(const void *a, const void *b);
    void (*write)(const void *value, struct buf *out); /* as parse would read it */
    const char *expects;                               /* "yes or no": for help texts */
};
extern const struct field_type field_type_bool, field_type_text, field_type_char, field_type_word,
    field_type_optional_word, field_type_capability, field_type_rate, field_type_deadline,
    field_type_events, field_type_lists, field_type_permissions, field_type_config;

#define FIELD_OVERLAY_ONLY 1u /* belongs into an overlay */
#define FIELD_SERVER       2u /* written by the server, not by people */
#define FIELD_PER_COMMAND  4u /* FIELD.COMMAND is a field too */
#define FIELD_GUARD        8u /* keeps people out: what cannot be read counts as FIELD_NOBODY */

#define FIELD_FREE_KEYS 16u /* only FIELD.KEY is a field, with any key */
#define FIELD_OWNER     32u /* on IRC for owners only: it says what the module's process may do */

#define FIELD_NOBODY "?" /* asked for by a guard, and had by nobody */

struct field_row {
    const char *name; /* as in the hash */
    const struct field_type *type;
    size_t offset; /* in struct module_fields */
    unsigned flags;
    const char *initial; /* what a missing field counts as; "" is the type's own nothing */
    const char *help;
};
extern const struct field_row module_field_rows[FIELD_COUNT];

enum item_kind { ITEM_CHANNEL, ITEM_NICK, ITEM_MASK };
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

/* Reads a field's name as it stands in a hash: "enabled", "rate_user.roll", "config.key". *command:
 * what follows the dot, within name, or NULL (see registry/dotted.h). 0, or -1 and what is wrong,
 * with the name that was probably meant. */
int module_field_parse_name(const char *name, enum module_field *field, const char **command,
                            char *why, size_t why_size);

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

/* Makes a guard ask for what nobody has. */
void module_fields_close(struct module_fields *f, enum module_field field);
/* Its value, as it would stand in Redis. */
void module_fields_write(const struct module_fields *f, enum module_field field, struct buf *out);

/* The limit of one command, or NULL when none is set. */
const struct command_rate *module_fields_rate(const struct module_fields *f,
                                              enum module_field field, const char *command);
void module_fields_set_rate(struct module_fields *f, const struct command_rate *rate);
/* As module_fields_parse, for one command. */
int module_fields_parse_rate(struct module_fields *f, enum module_field field, const char *command,
                             const char *text, char *why, size_t why_size);

/* Letters, digits, '_' and '-', in a network's name '.' as well; at most REGISTRY_MAX_NAME. */
bool registry_name_valid(const char *name);
/* As the names of network files are (conf/parse.h). */
bool registry_network_valid(const char *name);
#define REGISTRY_NETWORK_SAYS                                                                      \
    "small letters, digits, '_', '-' and '.', as its file is named without \".conf\""

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
