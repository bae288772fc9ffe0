#ifndef SERVER_SUPERVISE_SCAN_H
#define SERVER_SUPERVISE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Lists the module files of two folders. A disk can hang, so the listing runs in a thread of its
 * own; only the first one, before the loop runs, is done in place.
 */
#define SCAN_NAME_MAX  64   /* bytes of a name that is listed at all */
#define SCAN_FILES_MAX 1024 /* more are left out, and counted */

struct scan_file {
    char name[SCAN_NAME_MAX + 1]; /* without ".so" */
    int folder;                   /* 0 or 1: the first folder that has the name */
    dev_t dev;
    ino_t ino;
    off_t size;
    int64_t mtime_ns;
};

struct scan_list {
    struct scan_file *files;
    size_t count;
    size_t left_out;
    bool complete; /* false: a folder could not be read, what is missing may be there */
    char error[256];
};

/* Folders may be NULL or missing: they are empty then. */
void scan_folders(const char *const folders[2], struct scan_list *list);
void scan_list_free(struct scan_list *list);

struct scanner;

/* Returns NULL when there is no descriptor for it. The folders' names must outlive it. */
struct scanner *scanner_new(const char *const folders[2]);
/* Becomes readable when a listing is finished. */
int scanner_fd(const struct scanner *s);
bool scanner_busy(const struct scanner *s);
/* Not while it is busy. */
void scanner_start(struct scanner *s);
/* After scanner_fd became readable; the caller frees the list. */
void scanner_collect(struct scanner *s, struct scan_list *list);
/* Waits for a listing that still runs. */
void scanner_free(struct scanner *s);

#endif
