#include "conf/check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/prefix.h"
#include "base/rate.h"
#include "base/str.h"
#include "base/utf8.h"

#define LETTERS           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS            "0123456789"
#define SPECIAL           "[]\\`_^{|}"
#define FINGERPRINT_BYTES 32
#define RATE_WHY_SIZE     256

/* Whether all bytes are in `allowed`, or, with utf8, belong to characters beyond ASCII. */
static bool only(const char *text, const char *allowed, bool utf8)
{
    for (const char *c = text; *c; c++)
        if (!strchr(allowed, *c) && !(utf8 && (unsigned char)*c >= 0x80))
            return false;
    return !utf8 || utf8_valid(text, strlen(text));
}

static bool begins(const char *text, const char *start)
{
    return !strncmp(text, start, strlen(start));
}

const char *conf_check_uri(const char *text)
{
    static const char *const schemes[] = {"redis://", "rediss://", "unix:///"};
    bool good = !strcmp(text, "embedded");
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        good = good || (begins(text, schemes[i]) && text[strlen(schemes[i])]);
    if (!good)
        return "must be \"embedded\", redis://[user:password@]host[:port][/db], rediss://... or "
               "unix:///path[?db=0]";
    return strchr(text, ' ') ? "must not hold a space" : NULL;
}

const char *conf_check_prefix(const char *text)
{
    if (text[strlen(text) - 1] != ':')
        return "must end with a colon";
    return strpbrk(text, " *?[]\\\"") ? "must not hold spaces, quotes or any of *?[]\\" : NULL;
}

const char *conf_check_env(const char *text)
{
    return only(text, LETTERS DIGITS "_", false) && !isdigit((unsigned char)*text)
               ? NULL
               : "must be the name of an environment variable";
}

const char *conf_check_host(const char *text)
{
    static const char wanted[] =
        "must be a host name or an IP address, without port, brackets or scheme";
    struct in6_addr address;
    char plain[64];
    if (!strchr(text, ':'))
        return only(text, LETTERS DIGITS ".-_", false) && !strchr(".-", *text) ? NULL : wanted;
    /* A zone ("fe80::1%eth0") is the system's business. */
    if (!str_copy(plain, sizeof plain, text) || strspn(text, "0123456789abcdefABCDEF:.") == 0)
        return wanted;
    char *zone = strchr(plain, '%');
    if (zone && !only(zone + 1, LETTERS DIGITS ".-_", false))
        return wanted;
    if (zone)
        *zone = '\0';
    return inet_pton(AF_INET6, plain, &address) == 1 ? NULL : wanted;
}

const char *conf_check_fingerprint(const char *text)
{
    size_t digits = 0;
    for (const char *c = text; *c; c++) {
        if (*c == ':' && digits % 2 == 0 && digits && c[1] && c[1] != ':')
            continue;
        if (!isxdigit((unsigned char)*c))
            digits = 2 * FINGERPRINT_BYTES; /* too many, whatever follows */
        digits++;
    }
    return digits == 2 * FINGERPRINT_BYTES
               ? NULL
               : "must be the certificate's SHA-256 fingerprint: 64 hexadecimal digits, with or "
                 "without colons";
}

const char *conf_check_nick(const char *text)
{
    bool good = only(text, LETTERS DIGITS SPECIAL "-", true) && !isdigit((unsigned char)*text) &&
                *text != '-';
    return good ? NULL
                : "must be a nickname: letters, digits and -[]\\`_^{|}, not beginning with a digit "
                  "or -";
}

const char *conf_check_username(const char *text)
{
    return strpbrk(text, " @!:") ? "must not hold a space or any of @ ! :" : NULL;
}

const char *conf_check_realname(const char *text)
{
    return utf8_valid(text, strlen(text)) ? NULL : "must be UTF-8";
}

const char *conf_check_channel(const char *text)
{
    if (!strchr("#&+!", *text))
        return "must begin with # (or &, + or !)";
    if (!text[1])
        return "must have a name after its first character";
    return strpbrk(text, " ,") ? "must not hold a space or a comma" : NULL;
}

const char *conf_check_channel_key(const char *text)
{
    if (*text == ':')
        return "must not begin with a colon";
    return strpbrk(text, " ,") ? "must not hold a space or a comma" : NULL;
}

const char *conf_check_command_prefix(const char *text)
{
    return prefix_check(text);
}

const char *conf_check_user_modes(const char *text)
{
    return only(text, LETTERS "+-", false) && strpbrk(text, LETTERS)
               ? NULL
               : "must be modes such as +B or +ix-w";
}

const char *conf_check_duration(const char *text)
{
    char why[RATE_WHY_SIZE];
    int64_t ms;
    return duration_parse(text, &ms, why, sizeof why)
               ? "must be a duration such as 90s, 10m, 2h or 1d, of at most 31 days"
               : NULL;
}

const char *conf_check_idle(const char *text)
{
    return !strcmp(text, "0") || !conf_check_duration(text)
               ? NULL
               : "must be a duration such as 90s, 10m, 2h or 1d, or 0 for never";
}

const char *conf_check_rate(const char *text)
{
    char why[RATE_WHY_SIZE];
    struct rate rate;
    if (rate_parse(text, &rate, why, sizeof why))
        return "must be N/DURATION, such as 30/1m, or 0 for no limit";
    return rate_limits(rate) && !rate.count ? "must allow at least one use" : NULL;
}
