#include "modules/title/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "modules/common/text.h"

enum { NAME_SIZE = 41, META_MAX = 2048 };

unsigned long charset_windows_1252(unsigned char byte)
{
    static const unsigned short high[32] = {
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};
    return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
}

/* The name behind "charset=", within len bytes; false when there is none. A name is nothing but
 * letters and digits, so that it carries no options of iconv. */
static bool find_name(const char *text, size_t len, char name[NAME_SIZE])
{
    const char key[] = "charset";
    for (size_t i = 0; i + sizeof key < len; i++) {
        if (strncasecmp(text + i, key, sizeof key - 1) != 0)
            continue;
        size_t at = i + sizeof key - 1;
        while (at < len && strchr(" \t\r\n=\"'", text[at]) && text[at])
            at++;
        size_t n = 0;
        while (at + n < len && n < NAME_SIZE - 1 && text[at + n] &&
               strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:",
                      text[at + n]))
            n++;
        if (!n)
            continue;
        memcpy(name, text + at, n);
        name[n] = 0;
        return true;
    }
    return false;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (text_same(name, *names))
            return true;
    return false;
}

static char *from_windows_1252(const char *body, size_t len)
{
    char *text = malloc(len * 3 + 1);
    size_t n = 0;
    if (!text)
        return NULL;
    for (size_t i = 0; i < len; i++)
        n += text_put_utf8(charset_windows_1252((unsigned char)body[i]), text + n);
    text[n] = 0;
    return text;
}

static char *convert(const char *body, size_t len, const char *name)
{
    iconv_t cd = iconv_open("UTF-8", name);
    if ((intptr_t)cd == -1)
        return NULL;
    size_t size = len * 3 + 16;
    char *text = malloc(size);
    char *in;
    memcpy(&in, &body, sizeof in); /* iconv does not write to it, whatever its type says */
    char *out = text;
    size_t left = text ? size - 4 : 0;
    while (text && len && iconv(cd, &in, &len, &out, &left) == (size_t)-1 && errno == EILSEQ &&
           left > 4) {
        size_t n = text_put_utf8(0xfffd, out);
        out += n;
        left -= n;
        in++;
        len--;
    }
    if (text)
        *out = 0;
    iconv_close(cd);
    return text;
}

char *charset_to_utf8(const char *body, size_t len, const char *content_type)
{
    static const char *const latin[] = {"iso-8859-1", "iso8859-1",    "latin1", "us-ascii",
                                        "ascii",      "windows-1252", "cp1252", NULL};
    char name[NAME_SIZE] = "";
    if (len >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0) {
        body += 3;
        len -= 3;
        snprintf(name, sizeof name, "utf-8");
    } else if (len >= 2 && (memcmp(body, "\xff\xfe", 2) == 0 || memcmp(body, "\xfe\xff", 2) == 0)) {
        snprintf(name, sizeof name, "utf-16");
    } else if (!find_name(content_type, strlen(content_type), name) &&
               !find_name(body, len < META_MAX ? len : META_MAX, name)) {
        size_t valid = len;
        /* The last character may be cut. */
        for (int i = 0; i < 3 && valid && body[valid - 1] & 0x80 && !text_is_utf8(body, valid); i++)
            valid--;
        snprintf(name, sizeof name, text_is_utf8(body, valid) ? "utf-8" : "windows-1252");
    }
    if (is_one_of(name, latin))
        return from_windows_1252(body, len);
    return convert(body, len, name);
}
