#ifndef BASE_DIRWATCH_H
#define BASE_DIRWATCH_H

#include <stdbool.h>

/*
 * Tells which files of one folder change, by inotify(7). A change is complete when a file was
 * closed after writing or renamed into place, or a symbolic link was made; before that only that
 * somebody writes is told. The folder need not exist: its parent is watched too, so that its
 * coming, going, and the swap of a symbolic link that leads to it are noticed.
 */
struct dirwatch;

enum dirwatch_kind {
    DIRWATCH_CHANGED, /* a file is new or has new contents; a name that begins with ".." (Kubernetes
                         swaps "..data") stands for the whole folder */
    DIRWATCH_WHOLE,   /* the same, of a file that nobody has to wait for: it was renamed into place,
                         or is a link. Not told of names that begin with ".." */
    DIRWATCH_WRITING, /* somebody writes to a plain file; it is not closed yet. Told now and then */
    DIRWATCH_REMOVED,
    DIRWATCH_OVERFLOW, /* some changes were not told: read the whole folder again; name is "" */
    DIRWATCH_GONE /* the folder itself came, went or was replaced: close, open again, and read the
                     whole folder; name is ""; nothing more is told */
};

/* rights: a change of owner or mode counts as new contents, too: what could not be read may be
 * readable now. Returns NULL and *error (free() it) when neither the folder nor its parent can be
 * watched. Two path look-ups: a moment of disk work. */
struct dirwatch *dirwatch_open(const char *dir, bool rights, char **error);
/* Becomes readable when there is something to tell; non-blocking, close-on-exec. */
int dirwatch_fd(const struct dirwatch *w);
/* Tells what there is, at most a few hundred changes a call. `fn` must not close the watch. */
void dirwatch_read(struct dirwatch *w,
                   void (*fn)(void *arg, enum dirwatch_kind kind, const char *name), void *arg);
/* NULL is fine. */
void dirwatch_close(struct dirwatch *w);

#endif
