#ifndef SERVER_PATHS_H
#define SERVER_PATHS_H

/*
 * Where the parts of an installation are: relative to the running program, so that an installed
 * tree and a build tree work wherever they lie. Both return an absolute path, freed by the caller.
 */
char *path_modhost(void);

/* Makes a folder and those above it, with mode 0700. 0, or -1 and *error (freed by the caller). */
int path_make_folder(const char *path, char **error);

/* Holds STATE/seshetd.lock for the life of the process and writes the pid into it. 0; or -1 and
 * *error when another server has it. */
int path_lock_state(const char *state_dir, char **error);

#endif
