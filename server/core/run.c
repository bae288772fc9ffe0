#include <stdio.h>
#include <string.h>

#include "server/address.h"
#include "server/core/core.h"

/* Behind the word, or NULL when the text begins with another one. */
static const char *skip_word(const char *text, const char *word, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (irc_fold_char(CASEMAPPING_ASCII, text[i]) != word[i])
            return NULL;
    text += len;
    if (*text && *text != ' ')
        return NULL;
    return text + strspn(text, " ");
}

const char *core_command_match(const struct core_command *command, const char *text)
{
    const char *name = command->name;
    while (text && *name) {
        size_t len = strcspn(name, " ");
        text = skip_word(text, name, len);
        name += len + (name[len] == ' ');
    }
    return text;
}

static bool begins_with(const char *name, const char *word)
{
    size_t len = strlen(word);
    return !strncmp(name, word, len) && (!name[len] || name[len] == ' ');
}

/* The words lead to no command, but to a group of them. */
static void tell_group(const struct command_call *call, const char *word)
{
    struct buf text = {0};
    buf_printf(&text, "After \"%.40s\" comes one of:", word);
    for (const struct core_command *c = core_commands; c->name; c++)
        if (begins_with(c->name, word))
            buf_printf(&text, "%s%s", buf_data(&text)[text.len - 1] == ':' ? " " : ", ",
                       c->name + strlen(word) + 1);
    buf_printf(&text, ". %chelp %.40s tells more.", call->network->view->default_prefix, word);
    core_reply_buf(call, &text);
}

void core_command_run(const struct command_call *call, const char *word)
{
    const char *dot = strchr(word, '.');
    const char *name = dot ? dot + 1 : word;
    char said[ADDRESS_MAX_WORD + LINE_MAX_REST + 2];
    snprintf(said, sizeof said, "%s %s", name, call->args);
    for (const struct core_command *c = core_commands; c->name; c++) {
        const char *args = core_command_match(c, said);
        if (!args)
            continue;
        struct command_call named = *call;
        named.command = c;
        named.args = args;
        c->run(&named);
        return;
    }
    tell_group(call, name);
}
