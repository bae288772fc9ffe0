#ifndef REGISTRY_EDIT_SCRIPT_H
#define REGISTRY_EDIT_SCRIPT_H

/* The script that does edits in Redis, for edit.c; what it says of one that it refuses follows
 * EDIT_REFUSED. */
#define EDIT_REFUSED "REFUSED "
extern const char edit_script[];

#endif
