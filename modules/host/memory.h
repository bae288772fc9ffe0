#ifndef MODULES_HOST_MEMORY_H
#define MODULES_HOST_MEMORY_H

struct ipc_cell;

/*
 * Whether a process ran out of memory cannot be seen from how it died: a module that did not look
 * at what malloc returned dies of a signal like any other. So malloc, calloc and realloc of the
 * whole process are taken over here, and each refusal is noted in the page that the server reads.
 * Only with the GNU C library, and without a sanitizer, which takes them over itself.
 */
void memory_note_refusals(struct ipc_cell *cell);

#endif
