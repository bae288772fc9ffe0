#ifndef SERVER_CTL_COMMAND_H
#define SERVER_CTL_COMMAND_H

#include <jansson.h>

#include "server/ctl/table.h"

/* A command of seshetctl has one of the two: the server is asked under the same name and `show`
 * prints its result, or `print` needs no server. */
struct ctl_command {
    const char *name; /* "module list"; a table ends with NULL */
    const char *help; /* one line */
    void (*show)(const struct screen *screen, const json_t *result);
    void (*print)(const struct screen *screen);
};

/* One table for each group of commands. */
extern const struct ctl_command ctl_status_commands[];
extern const struct ctl_command ctl_module_commands[];
extern const struct ctl_command ctl_help_commands[];

/* All groups; ends with NULL. */
extern const struct ctl_command *const ctl_groups[];

void ctl_usage(void);

/* Members of an object, however the answer looks: "", 0, and false when missing or null. */
const char *ctl_text(const json_t *object, const char *key);
int64_t ctl_number(const json_t *object, const char *key);
bool ctl_bool(const json_t *object, const char *key);
/* The texts of an array, joined by commas; the caller frees it. */
char *ctl_join(const json_t *array);

#endif
