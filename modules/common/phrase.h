#ifndef SESHET_MODULES_COMMON_PHRASE_H
#define SESHET_MODULES_COMMON_PHRASE_H

/* What people wrote, and what they read, in several bundled modules. */

#include <seshet/module.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes of the text to keep: at most max, and no half of a UTF-8 character. */
size_t phrase_cut(const char *text, size_t max);
/* Copies as much of the text as fits, by the same rule. */
void phrase_copy(char *dst, size_t size, const char *text);
/* Copies without formatting, line breaks, spaces around, and more than one space within. */
void phrase_clean(char *dst, size_t size, const char *text);
/* The first word of text goes into word ("" when there is none, or it does not fit). Returns what
 * follows it, without spaces before it. */
const char *phrase_word(const char *text, char *word, size_t size);
/* Reads a whole number without sign, and moves *text behind it and the space that has to follow. 0,
 * or -1. */
int phrase_number(const char **text, int64_t *number);
/* Whether text begins with the word (ASCII case aside), and ends or goes on with a space there.
 * Returns what follows, or NULL. */
const char *phrase_after(const char *text, const char *word);
/* "1 minute", "3 hours": the largest unit alone; "a moment" below a second. */
void phrase_duration(char *dst, size_t size, int64_t ms);
/* The nick of somebody in the channel with an invisible sign in it, so that a list does not call
 * them; anything else as it is. size is at least 4 larger than the text. */
void phrase_quiet(seshet_ctx *ctx, const char *channel, char *dst, size_t size, const char *nick);
/* Evenly spread below limit (1 ...). -1: the system gives no random numbers. */
long phrase_random(long limit);

#endif
