#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <libconfig.h>

#include "conf/conf.h"

/*
 * A configuration file as a table of keys. Reading, defaults, errors, comparing, freeing and
 * wiping all go by the table, so that a key is written down once.
 */
enum conf_kind {
    CONF_GROUP,   /* { ... }; its keys follow with its path before theirs */
    CONF_GROUPS,  /* ( { ... }, ... ): array of structs and its count */
    CONF_STRINGS, /* ( "a", "b" ) or [ "a", "b" ]: char ** and its count */
    CONF_STRING,  /* char *, NULL when not given and without default; empty only if that is "" */
    CONF_PATH,    /* char *, made absolute */
    CONF_FILE,    /* the same; must be readable when the file is loaded, and has a conf_stamp */
    CONF_SECRET,  /* the same; its content is loaded into a second char * */
    CONF_BOOL,
    CONF_INT,
    CONF_FIRST, /* modules = { NAME = { ... }; }: array of struct conf_first and its count */
    CONF_WORD,  /* one of `words`; an enum whose first value is `min` */
};

struct conf_key {
    const char *path;         /* "registry.uri"; "servers.port" in a list */
    const char *help;         /* one line for people */
    size_t offset;            /* of the value, in the file's struct or in the list's element */
    size_t second;            /* of the count, the loaded secret, or the stamp */
    size_t size;              /* CONF_GROUPS: of one element */
    const char *const *words; /* CONF_WORD; ends with NULL */
    const char *fallback;     /* the default as text; NULL: none, or computed afterwards */
    const char *shorthand;    /* CONF_GROUPS: the key that an item may be instead of a group */
    /* NULL when the text is good, else what it must be ("must be ..."). For CONF_STRINGS it is
     * asked for each item. */
    const char *(*check)(const char *text);
    int min; /* of the number, or the count of items */
    int max; /* likewise; or the length in bytes */
    enum conf_kind kind;
    bool required;
    bool hidden; /* the value may be a secret: never shown, wiped */
};

struct conf_schema {
    const struct conf_key *keys;
    size_t count;
};

/* Where the values come from, for errors and for relative paths. */
struct conf_source {
    const char *file;
    const char *dir; /* absolute; relative paths begin here */
    struct conf_errors *errors;
};

/* Fills the zeroed struct `base` with the tree's values and the defaults. Pure. */
void conf_schema_read(const struct conf_schema *schema, const config_t *tree, void *base,
                      const struct conf_source *source);
/* Loads what CONF_SECRET names and checks that what CONF_FILE names can be read. Touches the disk.
 */
void conf_schema_load(const struct conf_schema *schema, const config_t *tree, void *base,
                      const struct conf_source *source);
/* Frees everything that `base` points to; secrets are overwritten first. */
void conf_schema_free(const struct conf_schema *schema, void *base);
bool conf_schema_equal(const struct conf_schema *schema, const void *a, const void *b);

/* The key `name` directly below `prefix`, or NULL. */
const struct conf_key *conf_schema_child(const struct conf_schema *schema, const char *prefix,
                                         const char *name);
/* The path of the CONF_GROUPS key whose elements hold this key, or "" for the file's struct. */
const char *conf_schema_owner(const struct conf_schema *schema, const struct conf_key *key);

static inline void *conf_field(const void *base, size_t offset)
{
    return (char *)base + offset;
}

/* The line of the setting at a libconfig path ("servers.[0].host"), or 0. */
unsigned conf_line(const config_t *tree, const char *path);

/* `path` itself when absolute, else below dir, or above it when it begins with "../"; dir is
 * absolute and without links. The caller frees it. */
char *conf_absolute(const char *dir, const char *path);

#endif
