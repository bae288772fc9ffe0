#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "server/ctl/command.h"
#include "server/ctl/value.h"

/* "dice on libera: rate_user = 3/1m" */
static enum ctl_exit show_edit(const struct screen *screen, const json_t *result)
{
    const char *network = ctl_text(result, "network");
    const char *field = ctl_text(result, "field");
    const json_t *value = json_object_get(result, "value");
    char *items = ctl_join(json_object_get(result, "items"));
    char *what = *field ? xasprintf("%s%s%s", field, value ? " = " : " is unset",
                                    value ? ctl_text(result, "value") : "")
                        : xasprintf("%s: %s", ctl_text(result, "list"), items);
    char *place = xasprintf("%s%s%s", ctl_text(result, "module"), *network ? " on " : "", network);
    char *text =
        xasprintf("%s%s", what, ctl_number(result, "changed") ? "" : " (it was so already)");
    put_line(screen, place, text);
    put_notes(screen, result);
    free(items);
    free(what);
    free(place);
    free(text);
    return CTL_OK;
}

static enum ctl_exit show_registered(const struct screen *screen, const json_t *result)
{
    put_line(screen, ctl_text(result, "module"),
             ctl_bool(result, "enabled") ? "registered, enabled" : "registered, not enabled");
    put_notes(screen, result);
    return CTL_OK;
}

static enum ctl_exit show_unregistered(const struct screen *screen, const json_t *result)
{
    put_line(screen, ctl_text(result, "module"),
             ctl_bool(result, "purged") ? "not registered any more, and its definition is gone"
                                        : "not registered any more; its definition stays");
    put_notes(screen, result);
    return CTL_OK;
}

static const struct column loaded_columns[] = {
    {.title = "LOADED"},
    {.title = "VERSION", .rank = 1},
    {.title = "FILE", .rank = 2, .least = 20},
    {.title = "NETWORKS", .rank = 3, .least = 8}, /* where it runs now */
};

static enum ctl_exit judge_loaded(const json_t *result)
{
    return json_array_size(json_object_get(result, "refused")) ? CTL_REFUSED : CTL_OK;
}

static enum ctl_exit show_loaded(const struct screen *screen, const json_t *result)
{
    size_t i;
    const json_t *module;
    struct table *table = TABLE("loaded", loaded_columns);
    json_array_foreach(json_object_get(result, "loaded"), i, module)
    {
        cell_text(table, module, "module");
        cell_text(table, module, "version");
        cell_text(table, module, "file");
        char *networks = ctl_join(json_object_get(module, "networks"));
        table_add(table, PAINT_NONE, networks, *networks ? NULL : "-");
        free(networks);
    }
    if (table_rows(table))
        table_print(table, screen);
    else if (screen->human && judge_loaded(result) == CTL_OK)
        puts("No file has changed.");
    table_free(table);
    json_array_foreach(json_object_get(result, "refused"), i, module)
    {
        const char *network = ctl_text(module, "network");
        char *about = xasprintf("refused %s%s%s", ctl_text(module, "module"),
                                *network ? " on " : "", network);
        put_line(screen, about, ctl_text(module, "error"));
        free(about);
    }
    return judge_loaded(result);
}

void ctl_edit_commands(struct ctl_command *commands)
{
    static const enum command edits[] = {COMMAND_MODULE_ENABLE, COMMAND_MODULE_DISABLE,
                                         COMMAND_MODULE_SET,    COMMAND_MODULE_UNSET,
                                         COMMAND_MODULE_ADD,    COMMAND_MODULE_REMOVE};
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        commands[edits[i]].show = show_edit;
    commands[COMMAND_MODULE_REGISTER].show = show_registered;
    commands[COMMAND_MODULE_UNREGISTER].show = show_unregistered;
    commands[COMMAND_MODULE_RELOAD].show = show_loaded;
    commands[COMMAND_MODULE_RELOAD].judge = judge_loaded;
}
