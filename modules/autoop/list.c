#include "modules/autoop/list.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "modules/common/text.h"

#define ACCOUNT "account:"

enum { VALUE_SIZE = LIST_ENTRIES_MAX * (LIST_WHO_SIZE + 4) };

static void read_line(struct list *list, const char *line, size_t len)
{
    if (list->count == LIST_ENTRIES_MAX || len < 3 || len - 2 >= LIST_WHO_SIZE || line[1] != ' ' ||
        (line[0] != 'o' && line[0] != 'v'))
        return;
    struct list_entry *entry = &list->entries[list->count++];
    entry->mode = line[0];
    memcpy(entry->who, line + 2, len - 2);
    entry->who[len - 2] = 0;
}

int list_read(seshet_ctx *ctx, const char *channel, struct list *list)
{
    char key[LIST_KEY_SIZE];
    char value[VALUE_SIZE];
    list->count = 0;
    int result = seshet_fold(ctx, key, sizeof key, channel);
    if (result >= 0)
        result = seshet_get(ctx, SESHET_HERE, key, value, sizeof value);
    if (result < 0)
        return result == SESHET_ENOTFOUND ? 0 : result;
    for (const char *line = value; *line;) {
        size_t len = strcspn(line, "\n");
        read_line(list, line, len);
        line += len + (line[len] == '\n');
    }
    return 0;
}

int list_write(seshet_ctx *ctx, const char *channel, const struct list *list)
{
    char key[LIST_KEY_SIZE];
    char value[VALUE_SIZE];
    size_t len = 0;
    int result = seshet_fold(ctx, key, sizeof key, channel);
    if (result < 0)
        return result;
    for (size_t i = 0; i < list->count; i++)
        len += (size_t)snprintf(value + len, sizeof value - len, "%c %s\n", list->entries[i].mode,
                                list->entries[i].who);
    result = len ? seshet_set(ctx, SESHET_HERE, key, value) : seshet_delete(ctx, SESHET_HERE, key);
    return result < 0 ? result : 0;
}

struct list_entry *list_find(struct list *list, const char *who)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->entries[i].who, who) == 0)
            return &list->entries[i];
    return NULL;
}

/* A nick is anybody's to take, and "*" anybody's host: a mask has to say something of the host. */
static const char *check_mask(const char *mask)
{
    const char *bang = strchr(mask, '!');
    const char *at = bang ? strchr(bang, '@') : NULL;
    if (!at || bang == mask || at == bang + 1)
        return "A mask looks like nick!user@host, with * and ?.";
    if (strspn(at + 1, "*?.:/") == strlen(at + 1))
        return "That mask is anybody's: tell me something of the host.";
    return NULL;
}

struct looked_for {
    const char *nick;
    char *who;
    const char *wrong;
};

static int on_member(seshet_ctx *ctx, const seshet_member *member, void *arg)
{
    struct looked_for *l = arg;
    if (seshet_casecmp(ctx, member->nick, l->nick) != 0)
        return 0;
    int len = -1;
    l->wrong = NULL;
    if (member->account)
        len = snprintf(l->who, LIST_WHO_SIZE, ACCOUNT "%s", member->account);
    else if (member->host[0])
        len = snprintf(l->who, LIST_WHO_SIZE, "*!*@%s", member->host);
    else
        l->wrong = "I do not know their host yet; give me a mask, nick!user@host.";
    if (len >= LIST_WHO_SIZE)
        l->wrong = "That is too long.";
    return 1;
}

const char *list_normalize(seshet_ctx *ctx, const char *channel, const char *text,
                           char who[LIST_WHO_SIZE])
{
    char raw[LIST_WHO_SIZE];
    if (strlen(text) >= sizeof raw)
        return "That is too long.";
    snprintf(raw, sizeof raw, "%s", text);
    if (!strpbrk(raw, "!@*?") && strncasecmp(raw, ACCOUNT, strlen(ACCOUNT)) != 0) {
        struct looked_for l = {text, raw,
                               "Nobody of that nick is here; give me a mask, nick!user@host, or "
                               "account:NAME."};
        seshet_members(ctx, channel, on_member, &l);
        if (l.wrong)
            return l.wrong;
    }
    if (seshet_fold(ctx, who, LIST_WHO_SIZE, raw) < 0)
        return "That is too long.";
    if (strncmp(who, ACCOUNT, strlen(ACCOUNT)) == 0)
        return who[strlen(ACCOUNT)] && !strpbrk(who, "*?")
                   ? NULL
                   : "Tell me the whole name of the account: account:NAME.";
    return check_mask(who);
}

char list_mode_for(seshet_ctx *ctx, const struct list *list, const char *nick, const char *user,
                   const char *host, const char *account)
{
    char raw[512];
    char full[512];
    char named[LIST_WHO_SIZE] = "";
    char mode = 0;
    /* An unknown host is nobody's. */
    snprintf(raw, sizeof raw, "%s!%s@%s", nick, user, host);
    if (seshet_fold(ctx, full, sizeof full, raw) < 0)
        return 0;
    if (account && strlen(account) < sizeof raw - sizeof ACCOUNT) {
        snprintf(raw, sizeof raw, ACCOUNT "%s", account);
        if (seshet_fold(ctx, named, sizeof named, raw) < 0)
            named[0] = 0;
    }
    for (size_t i = 0; i < list->count && mode != 'o'; i++) {
        const struct list_entry *entry = &list->entries[i];
        bool is_account = strncmp(entry->who, ACCOUNT, strlen(ACCOUNT)) == 0;
        if (is_account ? strcmp(entry->who, named) == 0 : host[0] && text_like(entry->who, full))
            mode = entry->mode;
    }
    return mode;
}
