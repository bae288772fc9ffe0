#ifndef SERVER_TRY_SCRIPT_H
#define SERVER_TRY_SCRIPT_H

#include <seshet/test.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What is to happen, as text:
 *     TEXT                    is said, in the channel or to the bot
 *     <NICK> TEXT             the same, by somebody else
 *     #CHANNEL <NICK> TEXT    in another channel; also without <NICK>
 *     /COMMAND ...            something else happens, also behind these; script_help lists them
 */
#define SCRIPT_CHANNEL_SIZE 256

struct script {
    seshet_test *test;
    char nick[128];      /* changes with a /nick of his */
    const char *channel; /* where things happen that name none */
    bool in_private;
    char **channels; /* those that somebody has joined */
    size_t nchannels;
};

/* channel is the caller's, and somebody is in it. */
void script_begin(struct script *s, seshet_test *test, const char *nick, const char *channel,
                  bool in_private);
void script_free(struct script *s);

/* Who does it, and where; "" when the line does not say. Returns what follows. */
const char *script_address(const char *line, char *channel, size_t channel_size, char *nick,
                           size_t nick_size);
/* How many handlers and timers of the module were called, or -1 and what is wrong in why. */
int script_run(struct script *s, const char *line, char *why, size_t why_size);
/* To the standard output. */
void script_help(void);

#endif
