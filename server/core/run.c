#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "server/address.h"
#include "server/auth/refuse.h"
#include "server/core/core.h"
#include "server/core/run.h"

/* Without "core." before it. */
static const char *bare(const char *word)
{
    const char *dot = strchr(word, '.');
    return dot ? dot + 1 : word;
}

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

const struct core_command *core_command_find(const char *word, const char *args)
{
    char said[ADDRESS_MAX_WORD + LINE_MAX_REST + 2];
    snprintf(said, sizeof said, "%s %s", bare(word), args);
    for (const struct core_command *c = core_commands; c->name; c++)
        if (core_command_match(c, said))
            return c;
    return NULL;
}

void core_tell_closed(const struct command_call *call)
{
    char text[200];
    snprintf(text, sizeof text, "%c%s is closed to you%s.", call->network->view->default_prefix,
             call->command->name, call->event->is_private ? "" : " here");
    auth_refuse_text(call->network, call->event, call->command->name, text);
}

/* The command may be called: with what it needs, which depends on the channel that is meant. */
static void run_open(struct command_call *call)
{
    const char *capability = call->command->capability;
    char channel[CORE_WORD_SIZE];
    char needed[CORE_WORD_SIZE + 4];
    if (*capability != '#') {
        if (!*capability || call->command->scoped ||
            core_need(call, call->network->key, capability))
            call->command->run(call);
        return;
    }
    call->channel = core_channel(call, &call->args, channel);
    if (!call->channel)
        return;
    if (core_has_op(call, channel)) {
        call->command->run(call);
        return;
    }
    snprintf(needed, sizeof needed, "%s%sop", channel, strchr(channel, '.') ? "," : ".");
    core_deny(call, needed);
}

void core_command_run(const struct command_call *call, const char *word)
{
    struct command_call named = *call;
    char said[ADDRESS_MAX_WORD + LINE_MAX_REST + 2];
    named.command = core_command_find(word, call->args);
    if (!named.command) {
        tell_group(call, bare(word));
        return;
    }
    snprintf(said, sizeof said, "%s %s", bare(word), call->args);
    named.args = core_command_match(named.command, said);
    if (core_open(call, named.command))
        run_open(&named);
    else
        core_tell_closed(&named);
}

/* ---- Words ------------------------------------------------------------------------------------
 */

const char *core_word(const char *text, char dst[CORE_WORD_SIZE])
{
    size_t len = strcspn(text, " ");
    size_t kept = len < CORE_WORD_SIZE ? len : CORE_WORD_SIZE - 1;
    memcpy(dst, text, kept);
    dst[kept] = '\0';
    text += len;
    return text + strspn(text, " ");
}

const char *core_channel(const struct command_call *call, const char **args,
                         char dst[CORE_WORD_SIZE])
{
    const struct isupport *is = irc_state_isupport(call->network->state);
    const char *rest = core_word(*args, dst);
    if (isupport_is_channel(is, dst) && !strchr(dst, ',')) {
        *args = rest;
        return dst;
    }
    if (call->event->channel && !call->event->is_private) {
        str_copy(dst, CORE_WORD_SIZE, call->event->channel);
        return dst;
    }
    core_reply_usage(call);
    return NULL;
}

void core_reply_usage(const struct command_call *call)
{
    const struct core_command *c = call->command;
    command_reply(call, "Usage: %c%s%s%s", call->network->view->default_prefix, c->name,
                  *c->usage ? " " : "", c->usage);
}
