#ifndef SESHET_MODULES_TITLE_FETCH_H
#define SESHET_MODULES_TITLE_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "modules/title/url.h"

enum {
    FETCH_BODY_MAX = 65536, /* bytes of a page that are read */
    FETCH_HEADERS_MAX = 32768,
    FETCH_REDIRECTS_MAX = 4,
    FETCH_MS = 3000, /* for all of it; an event's deadline is 5 s */
    FETCH_WHY_SIZE = 160
};

struct page {
    char host[URL_HOST_SIZE]; /* where it came from in the end */
    char type[128];           /* Content-Type; "" when it is not told */
    bool is_text;             /* it may have a title; otherwise the body is not read */
    size_t len;
    char body[FETCH_BODY_MAX + 1]; /* ends with NUL; it may hold others */
};

/* Once, before anything else. 0, or -1. */
int fetch_init(void);

/* Gets the beginning of a page. 0; -1: why says what went wrong, as in "I cannot read that: ...".
 */
int fetch(const char *url, struct page *page, char why[FETCH_WHY_SIZE]);

#endif
