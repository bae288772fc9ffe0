#ifndef SERVER_ROUTE_ADDRESS_H
#define SERVER_ROUTE_ADDRESS_H

#include <stdbool.h>

#include "net/proto/casemap.h"
#include "net/proto/line.h"

#define ADDRESS_MAX_WORD 80 /* module name, dot, command name, with room to spare */

/*
 * Is a text meant for the bot, and what is its first word? A bot is addressed by PREFIXcommand, by
 * "nick: command" or "nick, command", or in private with or without prefix. Which prefix counts is
 * the module's business (cmd_prefix), so that the word is given as it stands.
 */
struct address {
    bool direct;                  /* by nick or in private: the command needs no prefix */
    char word[ADDRESS_MAX_WORD];  /* the first word, ASCII lower case, with its prefix if it has one
                                   */
    char args[LINE_MAX_REST + 1]; /* behind the word, without spaces around it */
};

/* False when the text is empty or its first word is too long to be a command. */
bool address_parse(struct address *a, const char *text, bool is_private, const char *own_nick,
                   enum casemapping map);

#endif
