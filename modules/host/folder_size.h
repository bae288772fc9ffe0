#ifndef MODULES_HOST_FOLDER_SIZE_H
#define MODULES_HOST_FOLDER_SIZE_H

#include <stddef.h>
#include <stdint.h>

/* Most files and folders that a module may have in its folder, and how deep they may lie. */
#define FOLDER_ENTRIES_MAX 100000
#define FOLDER_DEPTH_MAX   32

/*
 * Whether a module's folder holds too much: more bytes on the disk than `most`, or more entries
 * than FOLDER_ENTRIES_MAX, or deeper ones than FOLDER_DEPTH_MAX; or whether its file system is
 * nearly full (less than 5 % and 256 MiB are free), whoever filled it. Its owner may write to it
 * meanwhile. Returns 0, also when there is no such folder, or -1 and why in one sentence.
 */
int folder_check(const char *path, uint64_t most, char *why, size_t why_size);

#endif
