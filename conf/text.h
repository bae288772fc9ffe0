#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <libconfig.h>

#include "conf/conf.h"

/*
 * The text of a configuration file as libconfig's tree. Beyond libconfig's own syntax it refuses
 * what would surprise: @include (it reads any file, and errors would name the wrong one), the
 * escape \x00 (it cuts the string in silence) and numbers that libconfig would wrap around.
 */

/* Reads a regular file of at most CONF_MAX_FILE bytes. NULL after an error; else *len is set, a NUL
 * follows, and the caller frees it. */
char *conf_text_read(const char *path, size_t *len, struct conf_errors *errors);

/* Pure. `text` is followed by a NUL. 0, then the caller calls conf_text_free; -1 after an error. */
int conf_text_parse(config_t *tree, const char *text, size_t len, const char *file,
                    struct conf_errors *errors);
/* Overwrites every string in the tree (one may be a key or a password), then destroys it. */
void conf_text_free(config_t *tree);

#endif
