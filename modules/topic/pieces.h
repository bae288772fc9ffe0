#ifndef SESHET_MODULES_TOPIC_PIECES_H
#define SESHET_MODULES_TOPIC_PIECES_H

#include <stddef.h>

/* A topic as the pieces between its separators. */

enum {
    TOPIC_SIZE = 512,
    TOPIC_MAX = 390, /* bytes of a topic: what most networks take (RPL_ISUPPORT TOPICLEN) */
    PIECES_MAX = 32,
    SEPARATOR_SIZE = 9
};

struct pieces {
    size_t count;
    char text[PIECES_MAX][TOPIC_SIZE];
};

/* Cuts a topic at " SEPARATOR "; what is beyond the last piece stays in it. */
void pieces_cut(struct pieces *pieces, const char *topic, const char *separator);

/* 0; -1 when it is longer than TOPIC_MAX. */
int pieces_join(const struct pieces *pieces, const char *separator, char topic[TOPIC_SIZE]);

/* Puts text before the piece `at` (0: the first; count: at the end). 0; -1 when there are too many,
 * or it is too long. */
int pieces_insert(struct pieces *pieces, size_t at, const char *text);

void pieces_remove(struct pieces *pieces, size_t at);

/* Orders them as `numbers` says: "3 1 2", each piece once. 0, or -1. */
int pieces_reorder(struct pieces *pieces, const char *numbers);

#endif
