#ifndef SERVER_STAGE_FILE_H
#define SERVER_STAGE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "modules/ipc/codec.h"

/*
 * A module's file as it can be opened now. One that this process has opened before, by that name or
 * by another, would be given the old code and its variables: it is opened as a copy.
 */
struct stage_file {
    char name[IPC_NAME_MAX + 1]; /* without folder and .so */
    char path[PATH_MAX];
    bool copied;
};

/* 0; -1 and a sentence in why. */
int stage_file_prepare(struct stage_file *f, const char *file, char *why, size_t why_size);
/* After it was opened: the copy is removed. */
void stage_file_done(struct stage_file *f);

#endif
