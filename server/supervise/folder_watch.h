#ifndef SERVER_SUPERVISE_FOLDER_WATCH_H
#define SERVER_SUPERVISE_FOLDER_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "server/supervise/scan.h"

/* Without a write for so long, who has the file open has forgotten it. */
#define FOLDER_WATCH_WRITING_MS 10000
#define FOLDER_WATCH_WRITERS    16 /* files at once; the oldest makes room */

struct dirwatch;
struct event;
struct event_base;

/* A file that somebody writes to, as a linker does. */
struct folder_writing {
    char name[SCAN_NAME_MAX + 1]; /* without ".so"; "": none */
    int64_t written_ms;           /* last */
};

/* A module folder, watched by the loop. Zero-initialized with `path` NULL is no folder. */
struct folder_watch {
    struct event_base *base;
    const struct clock *clock;
    const char *path; /* NULL: no such folder; outlives the watch */
    /* name: the module whose file may have changed, `len` bytes; NULL: anything may have. whole:
     * nobody writes to the file any more. */
    void (*changed)(void *arg, const char *name, size_t len, bool whole);
    void *arg;
    struct dirwatch *watch;
    struct event *event;
    bool reopen; /* the folder itself went away, or became another one */
    struct folder_writing writing[FOLDER_WATCH_WRITERS];
};

/* Begins to watch, or begins anew when the folder was replaced; else nothing. What cannot be
 * watched is logged: it is to be tried again. */
void folder_watch_open(struct folder_watch *w);
void folder_watch_close(struct folder_watch *w);
/* Takes in what has happened in the folder until now, without waiting for the loop. */
void folder_watch_read(struct folder_watch *w);
/* How many milliseconds the module's file is to be left to who writes it; 0: it is not written to.
 * What is closed, or renamed into place, is done at once. */
int64_t folder_watch_writing(const struct folder_watch *w, const char *name);

#endif
