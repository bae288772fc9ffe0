#ifndef REGISTRY_DOTTED_H
#define REGISTRY_DOTTED_H

#include "registry/fields.h"

/*
 * Fields with a dot: "rate_user.roll", the limit of one command, and "config.max_bytes", what
 * somebody has configured for the module itself. What stands after the first dot is the key here.
 */
struct dotted_field {
    enum module_field field;
    const char *key;                                          /* lives as long as the fields */
    char name[FIELD_MAX_WORD + 1 + REGISTRY_MAX_COMMAND + 1]; /* "rate_user.roll" */
};

size_t dotted_count(const struct module_fields *f);
struct dotted_field dotted_at(const struct module_fields *f, size_t i);
/* Its value as it would stand in Redis, allocated; NULL when it is not set. */
char *dotted_text(const struct module_fields *f, enum module_field field, const char *key);
/* 0, or -1 and what is wrong; then it is as before. key: of module_field_parse_name. */
int dotted_parse(struct module_fields *f, enum module_field field, const char *key,
                 const char *text, char *why, size_t why_size);
/* into's field.key = from's, when from has one; whether it has. */
bool dotted_copy(struct module_fields *into, const struct module_fields *from,
                 enum module_field field, const char *key);
/* All of from's, over those that into has. */
void dotted_merge(struct module_fields *into, const struct module_fields *from);

/* What is configured, or NULL. */
const char *config_find(const struct config *config, const char *key);
/* 1 to CONFIG_MAX_KEY of a-z 0-9 . _ - */
bool config_key_valid(const char *key);

#endif
