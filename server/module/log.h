#ifndef SERVER_MODULE_LOG_H
#define SERVER_MODULE_LOG_H

#include <jansson.h>

#include "base/log.h"

/*
 * The last lines that modules have logged, for "module logs": so many of each module, of all
 * networks together, and so many bytes of a line. What is older is forgotten.
 */
#define MODULE_LOG_LINES   100
#define MODULE_LOG_BYTES   400
#define MODULE_LOG_MODULES 256 /* those that were quiet longest are forgotten */

struct module_log;

/* From now on it takes what is logged about modules (log_tap). There may be one. */
struct module_log *module_log_new(void);
void module_log_free(struct module_log *log); /* NULL is fine */

/* event: the log's word ("module.log"). wall_ms: milliseconds since 1970. */
void module_log_add(struct module_log *log, struct log_tag tag, enum log_level level,
                    const char *event, const char *text, int64_t wall_ms);
/*
 * {"lines": [{"number", "at_ms", "network", "level", "event", "text"}], "last": number}: those of
 * the module with a number above `after`, oldest first; network "": of all. Numbers rise by one
 * over all modules. A new reference.
 */
json_t *module_log_lines(const struct module_log *log, const char *module, const char *network,
                         uint64_t after);

#endif
