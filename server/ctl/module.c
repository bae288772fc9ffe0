#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "server/ctl/command.h"
#include "server/ctl/value.h"

static const struct column columns[] = {
    {.title = "MODULE"},
    {.title = "ENABLED"}, /* or that it is not registered */
    {.title = "STATE"},
    {.title = "VERSION", .rank = 3},
    {.title = "NETWORKS", .rank = 2, .least = 8},
    {.title = "COMMANDS", .rank = 1, .least = 10},
    {.title = "DESCRIPTION", .least = 24},
    {.title = "FILE", .rank = 4, .least = 20},
    {.title = "ERROR", .raw = true},
    {.title = "QUARANTINED", .raw = true},
    {.title = "REFUSED", .raw = true},
};

/* The networks where it is what `key` says, by commas; the caller frees it. *all: everywhere. */
static char *networks_that(const json_t *networks, const char *key, bool *all)
{
    struct buf out = {0};
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *net = json_array_get(networks, i);
        if (ctl_bool(net, key))
            buf_printf(&out, "%s%s", count++ ? "," : "", ctl_text(net, "network"));
    }
    *all = count && count == json_array_size(networks);
    buf_append(&out, "", 1);
    char *joined = xstrdup(buf_data(&out));
    buf_free(&out);
    return joined;
}

static void add_row(struct table *table, const json_t *module)
{
    bool all = false;
    bool enabled = ctl_bool(module, "enabled");
    char *networks = networks_that(json_object_get(module, "networks"), "enabled", &all);
    bool everywhere;
    char *quarantined =
        networks_that(json_object_get(module, "networks"), "quarantined", &everywhere);
    char *refused = networks_that(json_object_get(module, "networks"), "refused", &everywhere);
    char *commands = ctl_join(json_object_get(module, "commands"));
    const char *state = ctl_text(module, "state");
    const char *version = ctl_text(module, "version");
    table_add(table, PAINT_NONE, ctl_text(module, "name"), NULL);
    if (ctl_bool(module, "registered"))
        table_add(table, enabled ? PAINT_GOOD : PAINT_DIM, enabled ? "yes" : "no", NULL);
    else
        table_add(table, PAINT_WARN, "unregistered", NULL);
    table_add(table, paint_state(state), state, NULL);
    table_add(table, PAINT_NONE, version, *version ? NULL : "-");
    table_add(table, PAINT_NONE, networks, all ? "all" : *networks ? NULL : "-");
    table_add(table, PAINT_NONE, commands, *commands ? NULL : "-");
    table_add(table, PAINT_NONE, ctl_text(module, "description"), NULL);
    table_add(table, PAINT_DIM, ctl_text(module, "file"), NULL);
    table_add(table, PAINT_BAD, ctl_text(module, "error"), NULL);
    table_add(table, PAINT_BAD, quarantined, NULL);
    table_add(table, PAINT_BAD, refused, NULL);
    free(refused);
    free(quarantined);
    free(networks);
    free(commands);
}

/* Where something is the matter with it, and what. */
static void show_where(const struct screen *screen, const json_t *module, const char *key,
                       const char *what)
{
    bool all;
    char *name = text_clean(ctl_text(module, "name"));
    char *networks = networks_that(json_object_get(module, "networks"), key, &all);
    if (*networks)
        printf("  %s%s%s: %s %s: seshetctl module show %s\n", paint_begin(screen, PAINT_BAD), name,
               paint_end(screen, PAINT_BAD), what, networks, name);
    free(networks);
    free(name);
}

/* A person reads the errors below the table, whole. */
static void show_errors(const struct screen *screen, const json_t *modules)
{
    for (size_t i = 0; i < json_array_size(modules); i++) {
        const json_t *module = json_array_get(modules, i);
        char *name = text_clean(ctl_text(module, "name"));
        char *error = text_clean(ctl_text(module, "error"));
        if (*error)
            printf("  %s%s%s: %s\n", paint_begin(screen, PAINT_BAD), name,
                   paint_end(screen, PAINT_BAD), error);
        show_where(screen, module, "quarantined", "quarantined for its faults on");
        show_where(screen, module, "refused", "its load was refused on");
        free(error);
        free(name);
    }
}

static enum ctl_exit show_list(const struct screen *screen, const json_t *result)
{
    const json_t *modules = json_object_get(result, "modules");
    struct table *table = table_new("module", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < json_array_size(modules); i++) {
        const json_t *module = json_array_get(modules, i);
        add_row(table, module);
    }
    table_print(table, screen);
    if (screen->human && !table_rows(table))
        puts("  (none)");
    if (screen->human)
        show_errors(screen, modules);
    table_free(table);
    return CTL_OK;
}

void ctl_module_commands(struct ctl_command *commands)
{
    commands[COMMAND_MODULE_LIST].show = show_list;
}
