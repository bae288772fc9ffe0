#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/ctl/command.h"
#include "server/ctl/value.h"

/* Capabilities: the check, the sets, the policies. */

/* ---- The check --------------------------------------------------------------------------------
 */

static const struct column step_columns[] = {
    {.title = "STEP"},
    {.title = "ASKED"},
    {.title = "ANSWER"},
    {.title = "ITEM"},
    {.title = "WHY", .rank = 1, .least = 16},
};

/* For people: the answer first, in a sentence. */
static void put_answer(const struct screen *screen, const json_t *result)
{
    const bool allowed = ctl_bool(result, "allowed");
    const char *item = ctl_text(result, "item");
    const char *account = ctl_text(result, "account");
    char *about = xasprintf("%s on %s, %s%s (%s)",
                            *ctl_text(result, "command") ? ctl_text(result, "command")
                                                         : ctl_text(result, "asked"),
                            ctl_text(result, "network"), *account ? "account " : "nobody known",
                            account, ctl_text(result, "how"));
    char *why = xasprintf("%s: %s%s%s", ctl_text(result, "step"), ctl_text(result, "sentence"),
                          *item ? ": " : "", item);
    char *clean = text_clean(about);
    char *reason = text_clean(why);
    enum paint paint = allowed ? PAINT_GOOD : PAINT_BAD;
    printf("%s%s%s: %s%s%s (%s)\n", paint_begin(screen, PAINT_BOLD), clean,
           paint_end(screen, PAINT_BOLD), paint_begin(screen, paint), allowed ? "yes" : "no",
           paint_end(screen, paint), reason);
    free(about);
    free(why);
    free(clean);
    free(reason);
}

/* Of a capability each step, of a command each name. */
static void put_steps(const struct screen *screen, const json_t *steps)
{
    size_t i;
    const json_t *step;
    struct table *table = TABLE("step", step_columns);
    json_array_foreach(steps, i, step)
    {
        const json_t *has = json_object_get(step, "has");
        const char *answer = has                         ? json_is_true(has) ? "yes" : "no"
                             : ctl_bool(step, "decides") ? "decides"
                                                         : "-";
        cell_text(table, step, "step");
        cell_text(table, step, "asked");
        table_add(table, PAINT_NONE, answer, NULL);
        cell_text(table, step, "item");
        cell_text(table, step, "sentence");
    }
    if (table_rows(table)) {
        if (screen->human)
            putchar('\n');
        table_print(table, screen);
    }
    table_free(table);
}

static enum ctl_exit show_check(const struct screen *screen, const json_t *result)
{
    if (screen->human)
        put_answer(screen, result);
    else
        printf("check\t%s\t%s\t%s\t%s\n", ctl_bool(result, "allowed") ? "yes" : "no",
               ctl_text(result, "step"), ctl_text(result, "asked"), ctl_text(result, "account"));
    put_notes(screen, result);
    put_steps(screen, json_object_get(result, "steps"));
    return CTL_OK;
}

/* ---- Sets -------------------------------------------------------------------------------------
 */

/* "alice", "default", "registered on libera", "#c on libera" */
static char *holder_name(const json_t *result)
{
    const char *user = ctl_text(result, "user");
    const char *channel = ctl_text(result, "channel");
    const char *network = ctl_text(result, "network");
    const char *name = *user ? user : *channel ? channel : ctl_text(result, "holder");
    return xasprintf("%s%s%s", name, *network ? " on " : "", network);
}

static enum ctl_exit show_set(const struct screen *screen, const json_t *result)
{
    size_t i;
    const json_t *item;
    const json_t *list = json_object_get(result, "capabilities");
    char *name = holder_name(result);
    json_array_foreach(list, i, item)
    {
        put_line(screen, name, json_string_value(item));
    }
    if (!json_array_size(list) && screen->human)
        put_line(screen, name, "(none)");
    free(name);
    return CTL_OK;
}

static enum ctl_exit show_edit(const struct screen *screen, const json_t *result)
{
    char *items = ctl_join(json_object_get(result, "items"));
    char *name = holder_name(result);
    char *text = xasprintf("%s %s%s", ctl_text(result, "done"), items,
                           ctl_number(result, "changed") ? "" : " (it was so already)");
    put_line(screen, name, text);
    put_notes(screen, result);
    free(items);
    free(name);
    free(text);
    return CTL_OK;
}

/* ---- Policies ---------------------------------------------------------------------------------
 */

static const struct column policy_columns[] = {
    {.title = "OF"},
    {.title = "ALLOW"},
    {.title = "IGNORE UNKNOWN"},
    {.title = "REGISTRATION", .rank = 1},
    {.title = "DEFAULT SET", .least = 12},
    {.title = "REGISTERED", .least = 12},
};
static const struct column channel_columns[] = {
    {.title = "CHANNEL"},
    {.title = "NETWORK"},
    {.title = "ALLOW"},
    {.title = "LOBOTOMIZED"},
    {.title = "DEFAULT SET", .least = 12},
    {.title = "IGNORES", .right = true, .rank = 1},
};

/* "-" where a network says nothing. */
static void cell_said(struct table *table, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_is_true(value)     ? "yes"
                       : json_is_false(value)  ? "no"
                       : json_is_string(value) ? json_string_value(value)
                                               : "-";
    table_add(table, PAINT_NONE, text, NULL);
}

static void cell_set(struct table *table, const json_t *object, const char *key)
{
    char *items = ctl_join(json_object_get(object, key));
    table_add(table, PAINT_NONE, items, NULL);
    free(items);
}

static void put_policies(const struct screen *screen, const json_t *policies)
{
    size_t i;
    const json_t *policy;
    struct table *table = TABLE("policy", policy_columns);
    json_array_foreach(policies, i, policy)
    {
        const char *network = ctl_text(policy, "network");
        table_add(table, PAINT_NONE, network, *network ? NULL : "the bot");
        cell_said(table, policy, "default_allow");
        cell_said(table, policy, "default_ignore");
        cell_said(table, policy, "registration");
        cell_set(table, policy, "capabilities");
        cell_set(table, policy, "registered");
    }
    if (table_rows(table))
        table_print(table, screen);
    else if (screen->human)
        puts("Nothing else than for the bot is set there.");
    table_free(table);
}

static void put_channels(const struct screen *screen, const json_t *channels)
{
    size_t i;
    const json_t *channel;
    struct table *table = TABLE("channel_policy", channel_columns);
    json_array_foreach(channels, i, channel)
    {
        cell_text(table, channel, "channel");
        cell_text(table, channel, "network");
        cell_said(table, channel, "default_allow");
        cell_said(table, channel, "lobotomized");
        cell_set(table, channel, "capabilities");
        table_add_number(table, ctl_number(channel, "ignores"));
    }
    if (table_rows(table)) {
        if (screen->human)
            putchar('\n');
        table_print(table, screen);
    }
    table_free(table);
}

static enum ctl_exit show_policy(const struct screen *screen, const json_t *result)
{
    put_policies(screen, json_object_get(result, "policies"));
    put_channels(screen, json_object_get(result, "channels"));
    put_notes(screen, result);
    return CTL_OK;
}

static enum ctl_exit show_policy_edit(const struct screen *screen, const json_t *result)
{
    const json_t *value = json_object_get(result, "value");
    const char *network = ctl_text(result, "network");
    const char *channel = ctl_text(result, "channel");
    char *place = *network ? xasprintf("%s%s%s", channel, *channel ? " on " : "", network)
                           : xstrdup("the bot");
    char *text = xasprintf("%s%s%s%s", ctl_text(result, "field"),
                           json_is_string(value) ? " = " : " is unset", ctl_text(result, "value"),
                           ctl_number(result, "changed") ? "" : " (it was so already)");
    put_line(screen, place, text);
    put_notes(screen, result);
    free(place);
    free(text);
    return CTL_OK;
}

void ctl_capability_commands(struct ctl_command *commands)
{
    commands[COMMAND_CAPABILITY_CHECK].show = show_check;
    commands[COMMAND_CAPABILITY_LIST].show = show_set;
    commands[COMMAND_CAPABILITY_ADD].show = show_edit;
    commands[COMMAND_CAPABILITY_REMOVE].show = show_edit;
    commands[COMMAND_POLICY_SHOW].show = show_policy;
    commands[COMMAND_POLICY_SET].show = show_policy_edit;
    commands[COMMAND_POLICY_UNSET].show = show_policy_edit;
}
