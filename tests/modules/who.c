/* Tells who caused an event, what is configured, and what becomes of the module itself. */
#include <seshet/module.h>

static void tell(seshet_ctx *ctx, const char *what, const char *capability)
{
    char account[SESHET_ACCOUNT_SIZE] = "nobody";
    int found = seshet_account(ctx, account, sizeof account);
    seshet_reply(ctx, "%s: %s %d, own %d, %s %d", what, account, found > 0 ? 1 : found,
                 seshet_has_capability(ctx, "who.admin"), capability,
                 seshet_has_capability(ctx, capability));
}

static void who(seshet_ctx *ctx, const seshet_event *ev)
{
    tell(ctx, "who", *ev->args ? ev->args : "trusted");
}

/* In an event that goes on until somebody says so. */
static void await(seshet_ctx *ctx, const seshet_event *ev)
{
    char go[8];
    seshet_say(ctx, "#seshet", "waiting");
    while (seshet_get(ctx, SESHET_HERE, "go", go, sizeof go) < 0)
        ;
    seshet_delete(ctx, SESHET_HERE, "go");
    tell(ctx, "await", ev->args);
}

static void on_time(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    tell(ctx, "later", "trusted");
}

static void later(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    seshet_later(ctx, 1, on_time, NULL);
}

/* A command that is a capability of its own. */
static void closed(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    seshet_reply(ctx, "open");
}

static void config(seshet_ctx *ctx, const seshet_event *ev)
{
    char value[16] = "";
    int result = seshet_config(ctx, ev->args, value, sizeof value);
    seshet_reply(ctx, "config %d \"%s\"", result, value);
}

static void joined(seshet_ctx *ctx, const seshet_event *ev)
{
    if (!ev->from_me)
        tell(ctx, "join", "trusted");
}

static void life(seshet_ctx *ctx, const char *what)
{
    char value[32] = "";
    seshet_config(ctx, "word", value, sizeof value);
    seshet_log(ctx, 1, "life %s %s %d %d", what, value, seshet_has_capability(ctx, "who.admin"),
               seshet_reply(ctx, "to nobody"));
}

static int load(seshet_ctx *ctx)
{
    life(ctx, "load");
    return 0;
}

static void unload(seshet_ctx *ctx)
{
    life(ctx, "unload");
}

static void installed(seshet_ctx *ctx)
{
    life(ctx, "installed");
}

static void enabled(seshet_ctx *ctx)
{
    life(ctx, "enabled");
}

static void disabled(seshet_ctx *ctx)
{
    life(ctx, "disabled");
}

static void removed(seshet_ctx *ctx)
{
    life(ctx, "removed");
}

static void config_changed(seshet_ctx *ctx)
{
    life(ctx, "config_changed");
}

SESHET_MODULE(.name = "who", .version = "1", .description = "Tells who it was.",
              .commands = SESHET_COMMANDS({"who", who}, {"await", await}, {"later", later},
                                          {"closed", closed}, {"config", config}),
              .events = SESHET_EVENTS({SESHET_JOIN, joined}), .load = load, .unload = unload,
              .capabilities = SESHET_CAPABILITIES("who.admin", "who.closed"),
              .installed = installed, .enabled = enabled, .disabled = disabled, .removed = removed,
              .config_changed = config_changed, )
