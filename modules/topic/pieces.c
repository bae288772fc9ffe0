#include "modules/topic/pieces.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/common/text.h"

static void take(struct pieces *pieces, const char *text, size_t len)
{
    while (len && *text == ' ') {
        text++;
        len--;
    }
    while (len && text[len - 1] == ' ')
        len--;
    if (!len || len >= TOPIC_SIZE)
        return;
    char *piece = pieces->text[pieces->count++];
    memcpy(piece, text, len);
    piece[len] = 0;
}

void pieces_cut(struct pieces *pieces, const char *topic, const char *separator)
{
    char between[SEPARATOR_SIZE + 2];
    snprintf(between, sizeof between, " %s ", separator);
    pieces->count = 0;
    for (const char *end; pieces->count < PIECES_MAX - 1 && (end = strstr(topic, between));
         topic = end + strlen(between))
        take(pieces, topic, (size_t)(end - topic));
    take(pieces, topic, strlen(topic));
}

int pieces_join(const struct pieces *pieces, const char *separator, char topic[TOPIC_SIZE])
{
    size_t len = 0;
    topic[0] = 0;
    for (size_t i = 0; i < pieces->count; i++) {
        int n = i ? snprintf(topic + len, TOPIC_SIZE - len, " %s %s", separator, pieces->text[i])
                  : snprintf(topic, TOPIC_SIZE, "%s", pieces->text[0]);
        len += (size_t)n;
        if (len > TOPIC_MAX)
            return -1;
    }
    return 0;
}

int pieces_insert(struct pieces *pieces, size_t at, const char *text)
{
    if (pieces->count == PIECES_MAX || strlen(text) >= TOPIC_SIZE)
        return -1;
    memmove(pieces->text[at + 1], pieces->text[at], (pieces->count - at) * TOPIC_SIZE);
    snprintf(pieces->text[at], TOPIC_SIZE, "%s", text);
    pieces->count++;
    return 0;
}

void pieces_remove(struct pieces *pieces, size_t at)
{
    pieces->count--;
    memmove(pieces->text[at], pieces->text[at + 1], (pieces->count - at) * TOPIC_SIZE);
}

int pieces_reorder(struct pieces *pieces, const char *numbers)
{
    struct pieces old = *pieces;
    bool used[PIECES_MAX] = {false};
    char word[8];
    size_t n = 0;
    for (; n < old.count && text_word(&numbers, word, sizeof word) == 0; n++) {
        char *end;
        unsigned long from = strtoul(word, &end, 10);
        if (*end || word[0] == '-' || !from || from > old.count || used[from - 1])
            break;
        used[from - 1] = true;
        memcpy(pieces->text[n], old.text[from - 1], TOPIC_SIZE);
    }
    if (n == old.count && !*numbers)
        return 0;
    *pieces = old;
    return -1;
}
