#ifndef SERVER_LIFE_H
#define SERVER_LIFE_H

#include "server/network.h"

/*
 * Tells modules what becomes of them on a network: that they are switched on or off, that they are
 * gone, that their definition is another one (seshet/module.h: enabled and so on). Only modules
 * that handle any of that are remembered here.
 */
struct life;

/* The view is new, or the modules that exist are other ones: the index was made anew. */
void life_begin(struct network *n);
/* One module's view became another one; NULL: there was, or is, none. */
void life_change(struct network *n, const struct module_view *old, const struct module_view *now);
/* Some files may have gone: before their processes are replaced. */
void life_files_gone(struct network *n);
void life_free(struct life *life); /* NULL is fine */

#endif
