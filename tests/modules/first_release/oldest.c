/* Built with the header of the first release, and loaded by the server of today: it needs every
 * function there was, and uses every part of the descriptor. */
#include <seshet/module.h>

typedef void (*function)(void);

/* Volatile: so that each has to be found when the file is opened. */
static const volatile function functions[] = {
    (function)seshet_strerror,      (function)seshet_reply,
    (function)seshet_vreply,        (function)seshet_answer,
    (function)seshet_reply_private, (function)seshet_action,
    (function)seshet_say,           (function)seshet_notice,
    (function)seshet_log,           (function)seshet_network,
    (function)seshet_own_nick,      (function)seshet_module_name,
    (function)seshet_casecmp,       (function)seshet_fold,
    (function)seshet_member_modes,  (function)seshet_members,
    (function)seshet_topic,         (function)seshet_field,
    (function)seshet_config,        (function)seshet_has_capability,
    (function)seshet_account,       (function)seshet_get,
    (function)seshet_set,           (function)seshet_delete,
    (function)seshet_increment,     (function)seshet_keys,
    (function)seshet_later,         (function)seshet_every,
    (function)seshet_cancel,        (function)seshet_now,
    (function)seshet_raw,           (function)seshet_set_mode,
    (function)seshet_set_topic,     (function)seshet_kick,
    (function)seshet_strip};

static void old(seshet_ctx *ctx, const seshet_event *ev)
{
    size_t found = 0;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        found += functions[i] != 0;
    char account[SESHET_ACCOUNT_SIZE] = "nobody";
    seshet_account(ctx, account, sizeof account);
    seshet_reply(ctx, "%zu functions; %s %s %d: %s", found, ev->nick, account,
                 seshet_has_capability(ctx, "oldest.word"), ev->args);
}

static int each(seshet_ctx *ctx, const seshet_member *member, void *arg)
{
    (void)arg;
    seshet_say(ctx, member->nick, "you have \"%s\"", member->modes);
    return 0;
}

static void topic(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_members(ctx, ev->channel, each, 0);
}

static int load(seshet_ctx *ctx)
{
    seshet_log(ctx, 1, "load");
    return 0;
}

static void unload(seshet_ctx *ctx)
{
    seshet_log(ctx, 1, "unload");
}

static void installed(seshet_ctx *ctx)
{
    seshet_log(ctx, 1, "installed");
}

static void enabled(seshet_ctx *ctx)
{
    seshet_log(ctx, 1, "enabled");
}

static void disabled(seshet_ctx *ctx)
{
    seshet_log(ctx, 1, "disabled");
}

static void removed(seshet_ctx *ctx)
{
    seshet_log(ctx, 1, "removed");
}

static void config_changed(seshet_ctx *ctx)
{
    seshet_log(ctx, 1, "config_changed");
}

SESHET_MODULE(.name = "oldest", .version = "1", .description = "Of the first release.",
              .commands = SESHET_COMMANDS({"old", old, .usage = "TEXT", .help = "Says it."}),
              .events = SESHET_EVENTS({SESHET_TOPIC, topic}), .load = load, .unload = unload,
              .capabilities = SESHET_CAPABILITIES("oldest.word"), .installed = installed,
              .enabled = enabled, .disabled = disabled, .removed = removed,
              .config_changed = config_changed, )
