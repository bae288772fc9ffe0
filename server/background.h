#ifndef SERVER_BACKGROUND_H
#define SERVER_BACKGROUND_H

/* Going to the background: the process that was started waits until the server is ready, so that
 * its exit status tells whether it is. */
struct background {
    int pipe_fd; /* to the waiting process; -1: nobody waits */
};

/* Forks; returns in the child only, with standard error in STATE/seshetd.log. The parent ends with
 * status 0 once background_ready was called, or 1 when the child ended before. Call before any
 * thread is started. -1 and *error (freed by the caller) when it cannot be done. */
int background_enter(struct background *b, const char *state_dir, char **error);
void background_ready(struct background *b);

#endif
