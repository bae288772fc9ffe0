#include "server/route/address.h"

#include <string.h>

static const char *skip_spaces(const char *s)
{
    while (*s == ' ')
        s++;
    return s;
}

/* Behind "nick:" or "nick,", or NULL when the text does not begin so. */
static const char *skip_own_nick(const char *text, const char *nick, enum casemapping map)
{
    if (!*nick)
        return NULL;
    for (; *nick; nick++, text++)
        if (irc_fold_char(map, *text) != irc_fold_char(map, *nick))
            return NULL;
    return *text == ':' || *text == ',' ? text + 1 : NULL;
}

bool address_parse(struct address *a, const char *text, bool is_private, const char *own_nick,
                   enum casemapping map)
{
    text = skip_spaces(text);
    const char *behind = skip_own_nick(text, own_nick, map);
    a->direct = is_private || behind;
    if (behind)
        text = skip_spaces(behind);
    size_t len = 0;
    for (; text[len] && text[len] != ' '; len++) {
        if (len >= sizeof a->word - 1)
            return false;
        a->word[len] = irc_fold_char(CASEMAPPING_ASCII, text[len]);
    }
    a->word[len] = '\0';
    if (!len)
        return false;
    const char *args = skip_spaces(text + len);
    size_t args_len = strlen(args);
    while (args_len && args[args_len - 1] == ' ')
        args_len--;
    if (args_len >= sizeof a->args)
        args_len = sizeof a->args - 1;
    memcpy(a->args, args, args_len);
    a->args[args_len] = '\0';
    return true;
}
