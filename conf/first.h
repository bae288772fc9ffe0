#ifndef CONF_FIRST_H
#define CONF_FIRST_H

#include "conf/schema.h"

/* The first values of modules in a network file: groups whose names and values are the registry's
 * business. Here only their shape is checked. */
void conf_first_read(const config_setting_t *setting, const struct conf_key *key, void *base,
                     const struct conf_source *source);
void conf_first_free(struct conf_first *items, size_t count);
/* The lines they stand in do not count. */
bool conf_first_equal(const struct conf_first *a, const struct conf_first *b, size_t count);

#endif
