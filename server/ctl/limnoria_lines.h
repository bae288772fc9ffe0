#ifndef SERVER_CTL_LIMNORIA_LINES_H
#define SERVER_CTL_LIMNORIA_LINES_H

#include <stdbool.h>

#include "server/ctl/limnoria.h"

/* One reading of all files; for the files limnoria*.c. */
struct limnoria {
    struct limnoria_result *result;
    const char *network;
    enum casemapping casemapping;
    const json_t *known; /* users that are here already; may be NULL */
    bool merge;          /* who has the name of one of them is that person */
    int64_t now_s;
    /* Where it reads. */
    const struct limnoria_file *file;
    size_t at;
    int number; /* of the line, from 1 */
    char line[LIMNORIA_MAX_LINE + 1];
    /* Of the line: its first word in lower case, and the rest without white space around it. */
    const char *key;
    const char *value;
};

/* The next line that holds something. Those that cannot be read are noted and passed over. */
bool limnoria_next(struct limnoria *l);

/* About the present line, or another one of the same file. */
void limnoria_note(struct limnoria *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void limnoria_note_at(struct limnoria *l, int number, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void limnoria_count(struct limnoria *l, const char *what, size_t more);

/* "True" or "False" of the present line; anything else is noted and changes nothing. */
void limnoria_bool(struct limnoria *l, bool *value);

/* The parts of a reading: one file each. */
void limnoria_users(struct limnoria *l);    /* limnoria_users.c */
void limnoria_channels(struct limnoria *l); /* limnoria_channels.c */
void limnoria_ignores(struct limnoria *l);

#endif
