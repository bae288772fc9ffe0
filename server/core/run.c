#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "server/auth/refuse.h"
#include "server/core/core.h"
#include "server/core/run.h"
#include "server/route/address.h"

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

/* Behind all words of the name, or NULL. */
static const char *skip_words(const char *text, const char *name)
{
    while (text && *name) {
        size_t len = strcspn(name, " ");
        text = skip_word(text, name, len);
        name += len + (name[len] == ' ');
    }
    return text;
}

const char *core_command_match(const struct core_command *command, const char *text)
{
    return skip_words(text, command->name);
}

/* The same of a command's first word and what follows it. */
static const char *match_call(const struct core_command *command, const char *word,
                              const char *args)
{
    const char *name = command->name;
    if (*name != *word) /* most are left here, for each message that is looked at */
        return NULL;
    size_t len = strcspn(name, " ");
    if (strncmp(name, word, len) != 0 || word[len])
        return NULL;
    return skip_words(args, name + len + (name[len] == ' '));
}

static bool begins_with(const char *name, const char *word)
{
    size_t len = strlen(word);
    return !strncmp(name, word, len) && (!name[len] || name[len] == ' ');
}

/* None of the group's commands is for the source. */
static void deny_group(const struct command_call *call, const struct core_command *group,
                       const char *word)
{
    char needed[CORE_WORD_SIZE + 4];
    struct core_command whole = *group;
    struct command_call named = *call;
    const char *channel = call->event->channel;
    whole.name = word;
    named.command = &whole;
    if (!core_open(call, group) || !*group->capability) {
        core_tell_closed(&named);
    } else if (*group->capability != '#') {
        core_deny(&named, group->capability);
    } else {
        channel = channel ? channel : "#";
        snprintf(needed, sizeof needed, "%s%sop", channel, strchr(channel, '.') ? "," : ".");
        core_deny(&named, needed);
    }
}

/* The words lead to no command, but to a group of them: those that the source may use are told. */
static void tell_group(const struct command_call *call, const char *word)
{
    struct buf text = {0};
    const struct core_command *first = NULL;
    size_t told = 0;
    buf_printf(&text, "After \"%.40s\" comes one of:", word);
    for (const struct core_command *c = core_commands; c->name; c++) {
        if (!begins_with(c->name, word))
            continue;
        first = first ? first : c;
        if (core_may(call, c))
            buf_printf(&text, "%s%s", told++ ? ", " : " ", c->name + strlen(word) + 1);
    }
    if (!told || !first) {
        buf_free(&text);
        if (first)
            deny_group(call, first, word);
        return;
    }
    buf_printf(&text, ". %chelp %.40s tells more.", call->network->view->default_prefix, word);
    core_reply_buf(call, &text);
}

/* The command that the words name, and where its arguments begin; or NULL. */
static const struct core_command *find(const char *word, const char *said, const char **args)
{
    said += strspn(said, " ");
    for (const struct core_command *c = core_commands; c->name; c++) {
        *args = match_call(c, word, said);
        if (*args)
            return c;
    }
    return NULL;
}

const struct core_command *core_command_find(const char *word, const char *args)
{
    return find(bare(word), args, &args);
}

void core_tell_closed(const struct command_call *call)
{
    char text[200];
    snprintf(text, sizeof text, "%c%s is closed to you%s.", call->network->view->default_prefix,
             call->command->name, call->event->is_private ? "" : " here");
    auth_refuse_text(call->network, call->event, call->command->name, text);
}

/* A command about a channel: which one, and may the source do that there? */
static void run_in_channel(const struct command_call *call)
{
    char channel[CORE_WORD_SIZE];
    char needed[CORE_WORD_SIZE + 4];
    struct command_call named = *call;
    named.channel = core_channel(call, &named.args, channel);
    if (!named.channel)
        return;
    if (core_has_op(call, channel)) {
        call->command->run(&named);
        return;
    }
    snprintf(needed, sizeof needed, "%s%sop", channel, strchr(channel, '.') ? "," : ".");
    core_deny(call, needed);
}

/* The command is not closed to the source: has it what the command needs? */
static void run_open(const struct command_call *call)
{
    const char *capability = call->command->capability;
    if (*capability == '#')
        run_in_channel(call);
    else if (call->command->scoped && !core_has_anywhere(call, capability))
        core_deny(call, capability);
    else if (!*capability || call->command->scoped ||
             core_need(call, call->network->key, capability))
        call->command->run(call);
}

void core_command_run(const struct command_call *call, const char *word)
{
    struct command_call named = *call;
    named.command = find(bare(word), call->args, &named.args);
    if (!named.command)
        tell_group(call, bare(word));
    else if (core_open(call, named.command))
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
