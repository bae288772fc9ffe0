#include <seshet/module.h>
#include <string.h>
#include <strings.h>

#include "server/route/address.h"
#include "server/stage/stage.h"

/* What server/route/router.c does, for one module that may answer everywhere. */

static void send_event(struct seshet_test *t, const struct irc_event *event, struct ipc_event *out)
{
    /* Servers and the bot itself are nobody. */
    bool is_person = *event->nick && !event->from_me && !event->from_server;
    const struct stage_user *user = is_person ? stage_user_get(t, event->nick) : NULL;
    struct stage_rights *rights = user ? user->rights : NULL;
    out->is_private = event->is_private;
    out->from_me = event->from_me;
    out->nick = event->nick;
    out->user = event->user;
    out->host = event->host;
    out->account = event->account;
    out->channel = event->channel ? event->channel : "";
    out->target = event->target ? event->target : "";
    out->text = event->type == EVENT_CTCP ? "" : event->text;
    out->reply_to = event->reply_to;
    out->time_ms = event->time_ms;
    out->known = user ? user->known : "";
    out->declared = 1;
    out->capabilities = rights_bits(rights, irc_state_isupport(t->state)->casemapping,
                                    t->generation->capabilities, t->generation->ncapabilities);
    generation_send(t->generation, out, rights);
    t->called++;
}

/* The command of that name, "roll" or "dice.roll"; -1. */
static int find_command(const struct generation *g, const char *word)
{
    size_t len = strlen(g->name);
    if (strncasecmp(word, g->name, len) == 0 && word[len] == '.')
        word += len + 1;
    for (int i = 0; i < g->ncommands; i++)
        if (strcasecmp(g->commands[i], word) == 0)
            return i;
    return -1;
}

/* The one command of the server that what a module says leads to. */
static bool route_own(struct seshet_test *t, const struct irc_event *event,
                      const struct address *address)
{
    const char *word = address->word;
    if (*word == STAGE_PREFIX)
        word++;
    else if (!address->direct)
        return false;
    if (strcmp(word, "more") != 0 && strcmp(word, "core.more") != 0)
        return false;
    stage_more(t, event);
    return true;
}

/* Whether a command was called. */
static bool route_command(struct seshet_test *t, const struct irc_event *event)
{
    struct address address;
    char prefix = stage_prefix(t);
    if (!address_parse(&address, event->text, event->is_private, irc_state_nick(t->state),
                       irc_state_isupport(t->state)->casemapping))
        return false;
    int command = address.direct ? find_command(t->generation, address.word) : -1;
    if (command < 0 && address.word[0] == prefix && address.word[1])
        command = find_command(t->generation, address.word + 1);
    if (command < 0)
        return route_own(t, event, &address);
    struct ipc_event out = {
        .type = SESHET_COMMAND, .command_index = (uint16_t)command, .args = address.args};
    send_event(t, event, &out);
    return true;
}

void route_event(void *arg, const struct irc_event *event)
{
    struct seshet_test *t = arg;
    answer_observe(t->more, t->state, event);
    if (!t->generation)
        return;
    bool may_call =
        event->type == EVENT_MESSAGE && *event->nick && !event->from_me && !event->from_server;
    if (may_call && route_command(t, event))
        return;
    if (!(t->generation->events & EVENT_BIT(event->type)))
        return;
    if (event->type == EVENT_RAW && !(t->fields.permissions & PERMISSION_RAW))
        return;
    struct ipc_event out = {.type = (uint8_t)event->type,
                            .command_index = IPC_SUBSCRIPTION,
                            .command = event->ctcp ? event->ctcp : "",
                            .args = event->ctcp ? event->text : ""};
    send_event(t, event, &out);
}
