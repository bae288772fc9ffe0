#include "modules/title/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static size_t scheme_length(const char *s)
{
    return strncasecmp(s, "http://", 7) == 0 ? 7 : strncasecmp(s, "https://", 8) == 0 ? 8 : 0;
}

static size_t count(const char *s, size_t len, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += s[i] == c;
    return n;
}

/* A bracket that is closed but not opened in the URL belongs to the sentence. */
static size_t without_punctuation(const char *s, size_t len)
{
    while (len) {
        char c = s[len - 1];
        char opens = c == ')' ? '(' : c == ']' ? '[' : 0;
        if (opens ? count(s, len, opens) >= count(s, len, c) : !strchr(".,;:!?'", c))
            break;
        len--;
    }
    return len;
}

int url_find(const char *text, char url[URL_SIZE])
{
    for (const char *s = text; *s; s++) {
        size_t scheme = scheme_length(s);
        if (!scheme || (s > text && isalnum((unsigned char)s[-1])))
            continue;
        size_t len = scheme;
        while ((unsigned char)s[len] > ' ' && s[len] != 0x7f && !strchr("<>\"`{}|\\^", s[len]))
            len++;
        len = without_punctuation(s, len);
        if (len <= scheme || len >= URL_SIZE)
            continue;
        memcpy(url, s, len);
        url[len] = 0;
        return 0;
    }
    return -1;
}
