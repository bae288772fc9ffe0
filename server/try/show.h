#ifndef SERVER_TRY_SHOW_H
#define SERVER_TRY_SHOW_H

#include <seshet/test.h>
#include <stdbool.h>

#include "server/try/script.h"

/* What was said goes to the standard output, what was logged to standard error; each at once. */
struct show {
    bool colour;
    bool human; /* a person reads it */
};

/* What the module has said and logged since. */
void show_what_came(const struct show *show, seshet_test *t);
/* For a person: the module did not hear of it. */
void show_nothing(const struct show *show);
/* What is about to happen; with the channel where there are several. */
void show_input(const struct show *show, const struct script *script, const char *line);

#endif
