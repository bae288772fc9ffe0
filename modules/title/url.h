#ifndef SESHET_MODULES_TITLE_URL_H
#define SESHET_MODULES_TITLE_URL_H

#include <stddef.h>

enum { URL_SIZE = 512, URL_HOST_SIZE = 256 };

/* Finds the first http or https URL in what somebody said, without the punctuation behind it. 0, or
 * -1 when there is none that fits. */
int url_find(const char *text, char url[URL_SIZE]);

#endif
