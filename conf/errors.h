#ifndef CONF_ERRORS_H
#define CONF_ERRORS_H

#include "conf/conf.h"

/* Adds one; over CONF_MAX_ERRORS it is only counted. The text is one line. */
void conf_errors_add(struct conf_errors *errors, const char *file, unsigned line, const char *fmt,
                     ...) __attribute__((format(printf, 4, 5)));
void conf_errors_warn(struct conf_errors *errors, const char *file, unsigned line, const char *fmt,
                      ...) __attribute__((format(printf, 4, 5)));
/* Orders those from `first` on by line, so that a person reads them from top to bottom. */
void conf_errors_sort(struct conf_errors *errors, size_t first);

/* A value in double quotes as an error may show it: control bytes escaped, cut when long. The
 * caller frees it. */
char *conf_quote(const char *value);

#endif
