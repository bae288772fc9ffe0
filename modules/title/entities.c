#include "modules/title/entities.h"

#include <stdlib.h>
#include <string.h>

#include "modules/title/charset.h"

/* https://html.spec.whatwg.org/entities.json: those that titles have. */
static const struct {
    const char *name;
    unsigned short character;
} names[] = {
    {"amp", '&'},       {"lt", '<'},        {"gt", '>'},        {"quot", '"'},
    {"apos", '\''},     {"nbsp", ' '},      {"iexcl", 0xa1},    {"cent", 0xa2},
    {"pound", 0xa3},    {"curren", 0xa4},   {"yen", 0xa5},      {"sect", 0xa7},
    {"copy", 0xa9},     {"laquo", 0xab},    {"shy", 0xad},      {"reg", 0xae},
    {"deg", 0xb0},      {"plusmn", 0xb1},   {"sup2", 0xb2},     {"sup3", 0xb3},
    {"micro", 0xb5},    {"para", 0xb6},     {"middot", 0xb7},   {"raquo", 0xbb},
    {"frac12", 0xbd},   {"iquest", 0xbf},   {"Agrave", 0xc0},   {"Aacute", 0xc1},
    {"Acirc", 0xc2},    {"Atilde", 0xc3},   {"Auml", 0xc4},     {"Aring", 0xc5},
    {"AElig", 0xc6},    {"Ccedil", 0xc7},   {"Egrave", 0xc8},   {"Eacute", 0xc9},
    {"Ecirc", 0xca},    {"Euml", 0xcb},     {"Igrave", 0xcc},   {"Iacute", 0xcd},
    {"Icirc", 0xce},    {"Iuml", 0xcf},     {"Ntilde", 0xd1},   {"Ograve", 0xd2},
    {"Oacute", 0xd3},   {"Ocirc", 0xd4},    {"Otilde", 0xd5},   {"Ouml", 0xd6},
    {"times", 0xd7},    {"Oslash", 0xd8},   {"Ugrave", 0xd9},   {"Uacute", 0xda},
    {"Ucirc", 0xdb},    {"Uuml", 0xdc},     {"Yacute", 0xdd},   {"szlig", 0xdf},
    {"agrave", 0xe0},   {"aacute", 0xe1},   {"acirc", 0xe2},    {"atilde", 0xe3},
    {"auml", 0xe4},     {"aring", 0xe5},    {"aelig", 0xe6},    {"ccedil", 0xe7},
    {"egrave", 0xe8},   {"eacute", 0xe9},   {"ecirc", 0xea},    {"euml", 0xeb},
    {"igrave", 0xec},   {"iacute", 0xed},   {"icirc", 0xee},    {"iuml", 0xef},
    {"ntilde", 0xf1},   {"ograve", 0xf2},   {"oacute", 0xf3},   {"ocirc", 0xf4},
    {"otilde", 0xf5},   {"ouml", 0xf6},     {"divide", 0xf7},   {"oslash", 0xf8},
    {"ugrave", 0xf9},   {"uacute", 0xfa},   {"ucirc", 0xfb},    {"uuml", 0xfc},
    {"yacute", 0xfd},   {"yuml", 0xff},     {"OElig", 0x152},   {"oelig", 0x153},
    {"Scaron", 0x160},  {"scaron", 0x161},  {"ndash", 0x2013},  {"mdash", 0x2014},
    {"lsquo", 0x2018},  {"rsquo", 0x2019},  {"sbquo", 0x201a},  {"ldquo", 0x201c},
    {"rdquo", 0x201d},  {"bdquo", 0x201e},  {"bull", 0x2022},   {"hellip", 0x2026},
    {"lsaquo", 0x2039}, {"rsaquo", 0x203a}, {"euro", 0x20ac},   {"trade", 0x2122},
    {"larr", 0x2190},   {"rarr", 0x2192},   {"infin", 0x221e},  {"ensp", ' '},
    {"emsp", ' '},      {"thinsp", ' '},    {"hearts", 0x2665},
};

static unsigned long number_at(const char *s, size_t *len)
{
    int base = s[2] == 'x' || s[2] == 'X' ? 16 : 10;
    const char *digits = s + (base == 16 ? 3 : 2);
    size_t n = strspn(digits, base == 16 ? "0123456789abcdefABCDEF" : "0123456789");
    if (!n)
        return 0;
    *len = (size_t)(digits - s) + n + (digits[n] == ';');
    unsigned long value = strtoul(digits, NULL, base); /* the largest when it does not fit */
    return value >= 0x80 && value < 0xa0 ? charset_windows_1252((unsigned char)value)
           : value                       ? value
                                         : 0xfffd;
}

unsigned long entity_at(const char *s, size_t *len)
{
    if (s[1] == '#')
        return number_at(s, len);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i].name);
        if (strncmp(s + 1, names[i].name, n) == 0 && s[n + 1] == ';') {
            *len = n + 2;
            return names[i].character;
        }
    }
    return 0;
}
