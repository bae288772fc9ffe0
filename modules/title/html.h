#ifndef SESHET_MODULES_TITLE_HTML_H
#define SESHET_MODULES_TITLE_HTML_H

#include <stddef.h>

enum { HTML_TITLE_MAX = 300 }; /* bytes */
enum { HTML_TITLE_SIZE = HTML_TITLE_MAX + 4 };

/* The title of a page in UTF-8, as one line: entities are characters, white space is one space,
 * nothing steers a terminal or turns the direction of writing, and nothing in it is a URL. A long
 * one ends with "…". 0; -1 when there is none. */
int html_title(const char *page, char title[HTML_TITLE_SIZE]);

#endif
