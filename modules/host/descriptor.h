#ifndef MODULES_HOST_DESCRIPTOR_H
#define MODULES_HOST_DESCRIPTOR_H

#include <seshet/module.h>
#include <stddef.h>

#include "modules/ipc/codec.h"

/*
 * Whether a module's descriptor keeps the rules of seshet/module.h; name is what its file is
 * called. Returns 0 and fills *out, whose strings are the module's own; or -1 and a sentence in
 * why.
 */
int descriptor_check(const seshet_module *d, const char *name, struct ipc_module *out, char *why,
                     size_t why_size);

#endif
