#ifndef SESHET_MODULES_TITLE_ENTITIES_H
#define SESHET_MODULES_TITLE_ENTITIES_H

#include <stddef.h>

/* The character that the entity at s ("&auml;", "&#228;", "&#xe4;") stands for, and its length in
 * *len; 0 when it is none that is known. */
unsigned long entity_at(const char *s, size_t *len);

#endif
