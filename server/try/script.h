#ifndef SERVER_TRY_SCRIPT_H
#define SERVER_TRY_SCRIPT_H

#include <seshet/test.h>
#include <stdbool.h>

/*
 * What is to happen, as text:
 *     TEXT          is said, in the channel or to the bot
 *     <NICK> TEXT   the same, by somebody else
 *     /COMMAND ...  something else happens; script_help lists them
 */
struct script {
    seshet_test *test;
    char nick[128]; /* changes with a /nick of his */
    const char *channel;
    bool in_private;
};

/* How many handlers and timers of the module were called, or -1 and what is wrong in why. */
int script_run(struct script *s, const char *line, char *why, size_t why_size);
/* To the standard output. */
void script_help(void);

#endif
