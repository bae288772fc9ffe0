#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "registry/accounts.h"

/* What accounts, their hostmasks and services accounts, members and channels may be called. */

#define LEAST_FIXED 3 /* characters of a hostmask that are no wildcards */

bool account_name_valid(const char *name)
{
    size_t len = strlen(name);
    if (!len || len > ACCOUNT_MAX_NAME)
        return false;
    for (const char *s = name; *s; s++)
        if (!isascii((unsigned char)*s) ||
            (!isalnum((unsigned char)*s) && !strchr("-[]\\`_^{}|", *s)))
            return false;
    return true;
}

const char *account_name_fold(char *dst, size_t size, const char *name)
{
    irc_fold_copy(CASEMAPPING_ASCII, dst, size, name);
    return dst;
}

/* '!' and '@' stand in every mask, and say nothing. */
static size_t count_fixed(const char *mask)
{
    size_t fixed = 0;
    for (; *mask; mask++) {
        if (*mask == '\\' && mask[1])
            mask++;
        else if (strchr("*?!@", *mask))
            continue;
        fixed++;
    }
    return fixed;
}

int account_hostmask_check(const char *text, char *why, size_t why_size)
{
    const char *mask;
    size_t network_len;
    list_item_split(text, &mask, &network_len);
    if (mask_check(mask, why, why_size))
        return -1;
    if (!strncasecmp(mask, MASK_ACCOUNT, strlen(MASK_ACCOUNT))) {
        snprintf(why, why_size,
                 "\"%.80s\" is no hostmask: give the account to services, as NETWORK/ACCOUNT",
                 mask);
        return -1;
    }
    if (count_fixed(mask) >= LEAST_FIXED)
        return 0;
    snprintf(why, why_size,
             "\"%.80s\" would match nearly everybody: a hostmask has at least %d characters that "
             "are no wildcards",
             mask, LEAST_FIXED);
    return -1;
}

static bool is_word(const char *text, size_t most)
{
    size_t len = strlen(text);
    for (const char *s = text; *s; s++)
        if (*s == ' ' || iscntrl((unsigned char)*s))
            return false;
    return len && len <= most;
}

int account_services_check(const char *text, char *why, size_t why_size)
{
    const char *account;
    size_t network_len;
    list_item_split(text, &account, &network_len);
    if (network_len && is_word(account, MASK_MAX_PART))
        return 0;
    snprintf(why, why_size,
             "\"%.80s\" must be NETWORK/ACCOUNT: an account with services is good on its own "
             "network only",
             text);
    return -1;
}

int auth_member_check(const char *text, char *why, size_t why_size)
{
    if (is_word(text, REGISTRY_MAX_NAME + 1 + MASK_MAX_PART))
        return 0;
    snprintf(why, why_size,
             "a member is an account's name, or for the style nickserv ACCOUNT or NETWORK/ACCOUNT");
    return -1;
}

/* ---- Channels ---- */

const char *channel_key_write(char *dst, size_t size, enum casemapping casemapping,
                              const char *channel)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t len = 0;
    for (const char *s = channel; *s; s++) {
        char c = irc_fold_char(casemapping, *s);
        bool escaped = c == ':' || c == '%';
        if (len + (escaped ? 3 : 1) >= size || len >= CHANNEL_MAX_NAME) {
            len = 0;
            break;
        }
        dst[len++] = escaped ? '%' : c;
        if (escaped) {
            dst[len++] = hex[(unsigned char)c >> 4];
            dst[len++] = hex[c & 15];
        }
    }
    dst[len] = '\0';
    return dst;
}

int channel_key_read(char *dst, size_t size, const char *chan)
{
    size_t len = 0;
    if (!strchr("#&+!", *chan) || !*chan || strlen(chan) >= size)
        return -1;
    for (const char *s = chan; *s; s++) {
        char c = *s;
        if (c == '%' && (!strncmp(s, "%3A", 3) || !strncmp(s, "%25", 3))) {
            c = s[1] == '3' ? ':' : '%';
            s += 2;
        } else if (c == '%' || c == ' ' || c == ',' || iscntrl((unsigned char)c) ||
                   irc_fold_char(CASEMAPPING_ASCII, c) != c) {
            return -1;
        }
        dst[len++] = c;
    }
    dst[len] = '\0';
    return 0;
}
