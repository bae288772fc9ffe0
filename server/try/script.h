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
    const char *nick;
    const char *channel;
    bool in_private;
};

/* 0, or -1 and what is wrong in why. */
int script_run(const struct script *s, const char *line, char *why, size_t why_size);
/* To the standard output. */
void script_help(void);

#endif
