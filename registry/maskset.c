#include "registry/maskset.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xmalloc.h"
#include "registry/globset.h"

struct maskset {
    size_t count;
    char **masks;
    struct globset *hostmasks;
    struct globset *accounts;
};

/* ---- Sources ---- */

static size_t append(enum casemapping casemapping, char *dst, size_t len, const char *part)
{
    return len + irc_fold_copy(casemapping, dst + len, MASK_MAX_PART + 1, part ? part : "");
}

void mask_source_init(struct mask_source *source, enum casemapping casemapping, const char *nick,
                      const char *user, const char *host, const char *account)
{
    size_t len = append(casemapping, source->text, 0, nick);
    source->text[len++] = '!';
    len = append(casemapping, source->text, len, user);
    source->text[len++] = '@';
    source->len = append(casemapping, source->text, len, host);
    source->casemapping = casemapping;
    source->account_len = append(casemapping, source->account, 0, account);
}

/* ---- Masks as text ---- */

/* Their word is folded like the rest, so that what was checked is also found. */
static const char *account_glob(const char *mask)
{
    size_t len = strlen(MASK_ACCOUNT);
    return strncasecmp(mask, MASK_ACCOUNT, len) ? NULL : mask + len;
}

/* The first of that byte at or behind s that no '\' takes as it is. */
static const char *find_plain(const char *s, char c)
{
    for (; *s; s++) {
        if (*s == c)
            return s;
        if (*s == '\\' && s[1])
            s++;
    }
    return NULL;
}

static void suggest(const char *mask, char *why, size_t why_size)
{
    const char *before = "";
    const char *after = "";
    if (strchr(mask, '!'))
        after = "@*";
    else if (strchr(mask, '@'))
        before = "*!";
    else if (strpbrk(mask, ".:/"))
        before = "*!*@";
    else
        after = "!*@*";
    snprintf(why, why_size, "a mask is nick!user@host or account:NAME; did you mean %s%.100s%s?",
             before, mask, after);
}

int mask_check(const char *mask, char *why, size_t why_size)
{
    if (!*mask || strlen(mask) > GLOB_MAX) {
        snprintf(why, why_size, "a mask must be 1 to %d bytes long", GLOB_MAX);
        return -1;
    }
    for (const char *s = mask; *s; s++) {
        if (*s == ' ' || iscntrl((unsigned char)*s)) {
            snprintf(why, why_size, "a mask holds no space and no control character");
            return -1;
        }
    }
    const char *account = account_glob(mask);
    if (account && *account)
        return 0;
    if (account) {
        snprintf(why, why_size, "account: must be followed by a name, or by * for any account");
        return -1;
    }
    const char *bang = find_plain(mask, '!');
    const char *at = bang ? find_plain(bang + 1, '@') : NULL;
    if (!bang || !at) {
        suggest(mask, why, why_size);
        return -1;
    }
    if (bang == mask || at == bang + 1 || !at[1]) {
        snprintf(why, why_size,
                 "a mask has something before !, between ! and @, and after @: "
                 "write * for what may be anything");
        return -1;
    }
    return 0;
}

static bool is_special(char c)
{
    return c == '*' || c == '?' || c == '\\';
}

static void write_escaped(char *dst, size_t size, const char *before, const char *text,
                          const char *after)
{
    char escaped[2 * MASK_MAX_PART + 1];
    size_t room = GLOB_MAX - strlen(before) - strlen(after);
    size_t len = strnlen(text, MASK_MAX_PART);
    size_t specials = 0;
    size_t at = 0;
    for (size_t i = 0; i < len; i++)
        specials += is_special(text[i]);
    bool escape = len + specials <= room;
    bool cut = len > room;
    for (size_t i = 0; i < (cut ? room - 1 : len); i++) {
        bool unfit = text[i] == ' ' || iscntrl((unsigned char)text[i]);
        if (is_special(text[i]) && escape)
            escaped[at++] = '\\';
        escaped[at++] = unfit || (is_special(text[i]) && !escape) ? '?' : text[i];
    }
    if (cut)
        escaped[at++] = '*';
    escaped[at] = '\0';
    snprintf(dst, size, "%s%s%s", before, escaped, after);
}

const char *mask_write(char *dst, size_t size, const char *nick, const char *host,
                       const char *account)
{
    if (account && *account)
        write_escaped(dst, size, MASK_ACCOUNT, account, "");
    else if (host && *host)
        write_escaped(dst, size, "*!*@", host, "");
    else
        write_escaped(dst, size, "", nick ? nick : "", "!*@*");
    return dst;
}

/* ---- The set ---- */

struct maskset *maskset_new(enum casemapping casemapping, const char *const *masks, size_t count)
{
    struct maskset *set = xcalloc(1, sizeof *set);
    struct glob_item *hostmasks = xcalloc(count + 1, sizeof *hostmasks);
    struct glob_item *accounts = xcalloc(count + 1, sizeof *accounts);
    size_t nhostmasks = 0;
    size_t naccounts = 0;
    set->masks = xcalloc(count + 1, sizeof *set->masks);
    set->count = count;
    for (size_t i = 0; i < count; i++) {
        set->masks[i] = xstrdup(masks[i]);
        const char *account = account_glob(masks[i]);
        if (account)
            accounts[naccounts++] = (struct glob_item){account, i};
        else
            hostmasks[nhostmasks++] = (struct glob_item){masks[i], i};
    }
    if (nhostmasks)
        set->hostmasks = globset_new(casemapping, hostmasks, nhostmasks);
    if (naccounts)
        set->accounts = globset_new(casemapping, accounts, naccounts);
    free(hostmasks);
    free(accounts);
    return set;
}

void maskset_free(struct maskset *set)
{
    if (!set)
        return;
    globset_free(set->hostmasks);
    globset_free(set->accounts);
    for (size_t i = 0; i < set->count; i++)
        free(set->masks[i]);
    free(set->masks);
    free(set);
}

size_t maskset_bytes(const struct maskset *set)
{
    size_t bytes = sizeof *set + set->count * sizeof *set->masks;
    for (size_t i = 0; i < set->count; i++)
        bytes += strlen(set->masks[i]) + 1;
    if (set->hostmasks)
        bytes += globset_bytes(set->hostmasks);
    if (set->accounts)
        bytes += globset_bytes(set->accounts);
    return bytes;
}

long maskset_find(const struct maskset *set, const struct mask_source *source,
                  bool (*accept)(const void *arg, size_t number), const void *arg)
{
    size_t best = SIZE_MAX;
    if (!set)
        return -1;
    if (set->accounts && source->account_len)
        best = globset_find(set->accounts, source->account, source->account_len, best, accept, arg);
    if (set->hostmasks)
        best = globset_find(set->hostmasks, source->text, source->len, best, accept, arg);
    return best == SIZE_MAX ? -1 : (long)best;
}

const char *maskset_match(const struct maskset *set, const struct mask_source *source)
{
    long found = maskset_find(set, source, NULL, NULL);
    return found < 0 ? NULL : set->masks[found];
}
