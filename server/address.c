#include "server/address.h"

#include <string.h>

static const char *skip_spaces(const char *s)
{
    return s + strspn(s, " ");
}

/* Behind "nick:" or "nick,", or NULL when the text does not begin so. */
static const char *skip_own_nick(const char *text, const char *nick, enum casemapping map)
{
    size_t len = strlen(nick);
    if (!len)
        return NULL;
    for (size_t i = 0; i < len; i++)
        if (!text[i] || irc_fold_char(map, text[i]) != irc_fold_char(map, nick[i]))
            return NULL;
    return text[len] == ':' || text[len] == ',' ? text + len + 1 : NULL;
}

bool address_parse(struct address *a, const char *text, bool is_private, const char *own_nick,
                   enum casemapping map)
{
    text = skip_spaces(text);
    const char *behind = skip_own_nick(text, own_nick, map);
    a->direct = is_private || behind;
    if (behind)
        text = skip_spaces(behind);
    size_t len = strcspn(text, " ");
    if (!len || len >= sizeof a->word)
        return false;
    memcpy(a->word, text, len);
    a->word[len] = '\0';
    irc_fold(CASEMAPPING_ASCII, a->word);
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
