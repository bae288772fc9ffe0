#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include "conf/conf.h"
#include "conf/schema.h"

/*
 * From the text of a file to its struct. With CONF_TEXT_ONLY nothing but the text counts, and the
 * secrets stay NULL: that much is pure. With CONF_WITH_FILES the files it names are read too.
 */
enum conf_depth { CONF_TEXT_ONLY, CONF_WITH_FILES };

/* What the defaults of the main file depend on, and who judges it. */
struct conf_surroundings {
    const char *dir;                /* absolute; of the main file */
    const char *program_dir;        /* absolute; of the running program */
    const char *state_dir;          /* absolute; NULL when nothing says where */
    const struct conf_judge *judge; /* asked with CONF_WITH_FILES; NULL */
};

extern const struct conf_schema conf_main_schema;
extern const struct conf_schema conf_network_schema;

/* `text` is followed by a NUL. NULL when there is any error. `file` is what errors name. */
struct conf_main *conf_main_parse(const char *text, size_t len, const char *file,
                                  const struct conf_surroundings *around, enum conf_depth depth,
                                  struct conf_errors *errors);
/* `file` is used as the network's path and `dir` (absolute) is its folder; the key is set by the
 * caller. judge: as above. */
struct conf_network *conf_network_parse(const char *text, size_t len, const char *file,
                                        const char *dir, enum conf_depth depth,
                                        const struct conf_judge *judge, struct conf_errors *errors);

/* Whether a network may have this key. */
bool conf_network_key_valid(const char *key);

/* The absolute path of the folder that holds `path`; the caller frees it. */
char *conf_dir_of(const char *path);

#endif
