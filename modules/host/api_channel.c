#include <seshet/module.h>
#include <string.h>

#include "modules/host/ask.h"

/* What is known of channels, and of the module's own definition and configuration. */

static int ask_text(seshet_ctx *ctx, struct ipc_ask question, char *text, size_t size)
{
    struct ipc_answer answer;
    int status = ask_server(ctx, &question, &answer);
    return status < 0 ? status : ask_copy(&answer, text, size);
}

int seshet_member_modes(seshet_ctx *ctx, const char *channel, const char *nick, char *modes,
                        size_t size)
{
    struct ipc_ask question = {.op = IPC_MEMBER_MODES, .key = channel, .value = nick};
    return ask_text(ctx, question, modes, size);
}

int seshet_topic(seshet_ctx *ctx, const char *channel, char *topic, size_t size)
{
    return ask_text(ctx, (struct ipc_ask){.op = IPC_TOPIC, .key = channel}, topic, size);
}

int seshet_field(seshet_ctx *ctx, const char *name, char *value, size_t size)
{
    return ask_text(ctx, (struct ipc_ask){.op = IPC_FIELD, .key = name}, value, size);
}

int seshet_config(seshet_ctx *ctx, const char *key, char *value, size_t size)
{
    return ask_text(ctx, (struct ipc_ask){.op = IPC_CONFIG, .key = key}, value, size);
}

/* ---- Members ---------------------------------------------------------------------------------
 */

struct listing {
    seshet_member_fn each;
    void *arg;
};

/* The text up to the next tab, which becomes its end. */
static char *next_part(char **at)
{
    char *part = *at;
    size_t len = strcspn(part, "\t");
    *at = part + len + (part[len] == '\t');
    part[len] = '\0';
    return part;
}

static int one_member(seshet_ctx *ctx, char *line, void *arg)
{
    const struct listing *listing = arg;
    seshet_member member = {.size = sizeof member};
    member.nick = next_part(&line);
    member.user = next_part(&line);
    member.host = next_part(&line);
    const char *account = next_part(&line);
    member.account = *account ? account : NULL;
    member.modes = next_part(&line);
    return listing->each(ctx, &member, listing->arg);
}

int seshet_members(seshet_ctx *ctx, const char *channel, seshet_member_fn each, void *arg)
{
    struct listing listing = {.each = each, .arg = arg};
    struct ipc_ask question = {.op = IPC_MEMBERS, .key = channel};
    return ask_pages(ctx, &question, one_member, &listing);
}
