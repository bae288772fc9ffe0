#ifndef SERVER_SPEC_SPEC_H
#define SERVER_SPEC_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The commands of an administrator: what they are called, what they take, what they do. One table
 * (table.c) for whoever offers them: the server looks here what arguments may be, seshetctl how to
 * read its words, how to help and what to complete. A word at a time is all that is needed, so a
 * command may come from a shell or as a line of text.
 */
enum command {
    COMMAND_STATUS,
    COMMAND_MODULE_LIST,
    COMMAND_MODULE_SHOW,
    COMMAND_MODULE_REGISTER,
    COMMAND_MODULE_UNREGISTER,
    COMMAND_MODULE_ENABLE,
    COMMAND_MODULE_DISABLE,
    COMMAND_MODULE_SET,
    COMMAND_MODULE_UNSET,
    COMMAND_MODULE_ADD,
    COMMAND_MODULE_REMOVE,
    COMMAND_MODULE_RELOAD,
    COMMAND_MODULE_WHY,
    COMMAND_MODULE_LOGS,
    COMMAND_MODULE_NEW,
    COMMAND_MODULE_BUILD,
    COMMAND_MODULE_TRY,
    COMMAND_NETWORK_LIST,
    COMMAND_NETWORK_SHOW,
    COMMAND_NETWORK_CONNECT,
    COMMAND_NETWORK_DISCONNECT,
    COMMAND_NETWORK_REHASH,
    COMMAND_NETWORK_CHANNELS,
    COMMAND_NETWORK_IGNORES,
    COMMAND_NETWORK_UNIGNORE,
    COMMAND_REGISTRY_SHOW,
    COMMAND_REGISTRY_CHECK,
    COMMAND_REGISTRY_EXPORT,
    COMMAND_REGISTRY_IMPORT,
    COMMAND_USER_LIST,
    COMMAND_USER_SHOW,
    COMMAND_USER_ADD,
    COMMAND_USER_DROP,
    COMMAND_USER_PASSWD,
    COMMAND_USER_SET,
    COMMAND_USER_HOSTMASK_ADD,
    COMMAND_USER_HOSTMASK_REMOVE,
    COMMAND_USER_SERVICES_ADD,
    COMMAND_USER_SERVICES_REMOVE,
    COMMAND_CAPABILITY_CHECK,
    COMMAND_CAPABILITY_LIST,
    COMMAND_CAPABILITY_ADD,
    COMMAND_CAPABILITY_REMOVE,
    COMMAND_POLICY_SHOW,
    COMMAND_POLICY_SET,
    COMMAND_POLICY_UNSET,
    COMMAND_GROUP_LIST,
    COMMAND_GROUP_SHOW,
    COMMAND_GROUP_ADD,
    COMMAND_GROUP_DROP,
    COMMAND_GROUP_MEMBER_ADD,
    COMMAND_GROUP_MEMBER_REMOVE,
    COMMAND_IMPORT_LIMNORIA, /* seshetctl's own: the server is sent a registry import */
    COMMAND_COUNT
};

enum param_kind {
    PARAM_WORD,     /* one word: a text */
    PARAM_WORDS,    /* one word or more, up to the end: an array of texts */
    PARAM_REST,     /* the same, joined by single spaces: one text */
    PARAM_DOCUMENT, /* one word, a file of JSON: the object in it, read by whoever has the file */
    PARAM_OPTION,   /* --name VALUE: a text; always optional */
    PARAM_FLAG,     /* --name: true */
    PARAM_INTERNAL  /* a text that programs send and nobody writes */
};

/* What a word may be completed to. */
enum complete {
    COMPLETE_NOTHING,
    COMPLETE_MODULE,
    COMPLETE_NETWORK,
    COMPLETE_FIELD,
    COMPLETE_LIST,
    COMPLETE_ITEM, /* of that list */
    COMPLETE_VALUE,
    COMPLETE_IGNORE,
    COMPLETE_EVENT,
    COMPLETE_PERMISSION,
    COMPLETE_FILE,
    COMPLETE_USER,
    COMPLETE_FLAG, /* of a user */
    COMPLETE_POLICY,
    COMPLETE_GROUP,
    COMPLETE_STYLE
};

struct command_param {
    const char *name;  /* in the arguments' object; an option's is also what follows "--" */
    const char *shown; /* "NAME"; NULL for flags */
    const char *help;  /* one line */
    enum param_kind kind;
    enum complete complete;
    bool optional; /* of those without "--" only the last ones are */
};

#define COMMAND_MAX_PARAMS 11
#define COMMAND_MAX_WORDS  1000 /* of one command */

struct command_spec {
    const char *name;
    const char *help;
    const struct command_param *params[COMMAND_MAX_PARAMS + 1]; /* ends with NULL */
    /* What a person on IRC needs to run it, on the network that "network" of the arguments names,
     * or else on all; NULL: it is not for IRC. The control socket asks for none. */
    const char *capability;
};

/* By enum command. */
extern const struct command_spec command_specs[COMMAND_COUNT];
/* Whether seshetctl does it by itself; the server does not know it. */
bool command_is_local(const struct command_spec *spec);

/* The command that the words begin with, and how many of them are its name. NULL and *error
 * (allocated) when there is none. */
const struct command_spec *command_find(char *const *words, size_t count, size_t *used,
                                        char **error);
/* The words after the name as the object of arguments (a new reference). NULL and *error
 * (allocated): one sentence, with the usage. A word "--" ends the options. */
json_t *command_parse(const struct command_spec *spec, char *const *words, size_t count,
                      char **error);
/* Whether an object, wherever it is from, is what the command takes. 0, or -1 and *error. */
int command_check(const struct command_spec *spec, json_t *args, char **error);

/* "module set NAME FIELD VALUE... [--network NET]"; the caller frees it. */
char *command_usage(const struct command_spec *spec);

/* For handlers whose arguments were checked: "" when it was not given. */
const char *command_text(const json_t *args, const char *name);
bool command_flag(const json_t *args, const char *name);

#endif
