#ifndef MODULES_HOST_PROBE_H
#define MODULES_HOST_PROBE_H

/*
 * Copies the module file `source` to `copy` (a new name in a folder of the server's own), opens
 * the copy, and writes one frame on IPC_FD_OUT: MODULE, or FAILED; then the caller removes the
 * copy, which the sandbox does not let this process do. Returns the process's exit status, 0 or 1.
 * The module is named by the file: NAME.so.
 */
int probe_run(const char *source, const char *copy);

#endif
