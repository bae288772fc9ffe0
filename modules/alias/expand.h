#ifndef SESHET_MODULES_ALIAS_EXPAND_H
#define SESHET_MODULES_ALIAS_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Templates of aliases. In a template stand for what the caller says:
 *   $1 ... $9   that word            $2-   that word and all that follow
 *   $*          all words            $nick, $channel, $me   who calls, where, the bot
 *   $$          a dollar
 * Anything else stays as it is. What is put in is not looked through again.
 */

struct expand_values {
    const char *args;
    const char *nick;
    const char *channel;
    const char *me;
};

/* How many words a template needs: the highest of its $1 ... $9. */
int expand_words_needed(const char *text);

/* How many words there are. */
int expand_words(const char *args);

/* Whether the text begins with what a caller says: then the caller could let the bot say anything,
 * commands of other bots among it. */
bool expand_begins_with_args(const char *text);

/* Writes at most size - 1 bytes, not ending within a character of UTF-8. */
void expand(const char *text, const struct expand_values *values, char *dst, size_t size);

#endif
