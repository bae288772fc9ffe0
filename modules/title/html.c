#include "modules/title/html.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "modules/common/text.h"
#include "modules/title/entities.h"

static bool is_tag(const char *s, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(s, name, len) == 0 && (!s[len] || strchr(" \t\r\n\f/>", s[len]));
}

/* Behind the end of the tag that begins at s. A > in quotes is none. */
static const char *after_tag(const char *s)
{
    char quote = 0;
    for (; *s; s++) {
        if (quote)
            quote = *s == quote ? 0 : quote;
        else if (*s == '"' || *s == '\'')
            quote = *s;
        else if (*s == '>')
            return s + 1;
    }
    return s;
}

/* At the text `what`, without regard to case; at the end of s when it is not there. */
static const char *skip_to(const char *s, const char *what)
{
    const char *found = strcasestr(s, what);
    return found ? found : s + strlen(s);
}

/* The text of the first title; NULL when there is none. */
static const char *find_title(const char *s)
{
    while ((s = strchr(s, '<'))) {
        if (strncmp(s, "<!--", 4) == 0)
            s = skip_to(s + 4, "-->");
        else if (is_tag(s, "<title"))
            return after_tag(s);
        else if (is_tag(s, "<script"))
            s = skip_to(s, "</script");
        else if (is_tag(s, "<style"))
            s = skip_to(s, "</style");
        else if (isalpha((unsigned char)s[1])) {
            s = after_tag(s);
            continue;
        }
        if (*s)
            s++;
    }
    return NULL;
}

/* Control characters, and those that turn the direction, hide or break lines. */
static bool is_unwanted(unsigned long c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

static bool is_space(unsigned long c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x3000;
}

/* The character at s, and how long it is there. What is not UTF-8 is U+FFFD. */
static unsigned long character_at(const char *s, size_t *len)
{
    unsigned char c = (unsigned char)*s;
    *len = 1;
    if (c == '&') {
        unsigned long entity = entity_at(s, len);
        return entity ? entity : c;
    }
    if (c < 0x80)
        return c;
    size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (strnlen(s, n) < n || !text_is_utf8(s, n))
        return 0xfffd;
    unsigned long value = c & (0x7fU >> n);
    for (size_t i = 1; i < n; i++)
        value = value << 6 | ((unsigned char)s[i] & 0x3f);
    *len = n;
    return value;
}

/* Other bots would fetch them in their turn, and answer each other for ever. */
static void break_urls(char *title)
{
    for (char *at; (at = strstr(title, "://"));) /* one may come of what is left */
        memmove(at, at + 2, strlen(at + 2) + 1);
}

int html_title(const char *page, char title[HTML_TITLE_SIZE])
{
    const char *s = find_title(page);
    size_t used = 0;
    bool space = false;
    if (!s)
        return -1;
    while (*s && strncasecmp(s, "</title", 7) != 0 && used <= HTML_TITLE_MAX - 4) {
        size_t len;
        unsigned long c = character_at(s, &len);
        s += len;
        if (is_space(c)) {
            space = used > 0;
        } else if (!is_unwanted(c)) {
            if (space)
                title[used++] = ' ';
            space = false;
            used += text_put_utf8(c, title + used);
        }
    }
    title[used] = 0;
    if (!used)
        return -1;
    break_urls(title);
    if (*s && strncasecmp(s, "</title", 7) != 0)
        memcpy(title + strlen(title), "\xe2\x80\xa6", 4);
    return 0;
}
