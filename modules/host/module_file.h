#ifndef MODULES_HOST_MODULE_FILE_H
#define MODULES_HOST_MODULE_FILE_H

#include <seshet/module.h>
#include <stddef.h>

#include "modules/ipc/codec.h"

/*
 * Opens a module's private copy: a file that nobody writes to any more. Its headers and ABI are
 * checked first, then it is mapped, which runs its constructors, then its descriptor is checked.
 * It is never closed: the end of the process does that. `name` is what the descriptor must say.
 * Returns the descriptor and fills *out; or NULL and a sentence in why.
 */
const seshet_module *module_file_open(const char *path, const char *name, struct ipc_module *out,
                                      char *why, size_t why_size);

#endif
