#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/ctl/command.h"
#include "server/ctl/faults.h"
#include "server/ctl/value.h"

static const struct column field_columns[] = {
    {.title = "FIELD"},
    {.title = "VALUE", .least = 16},
    {.title = "FROM"},
    {.title = "SHARED", .rank = 1, .least = 8},
    {.title = "MEANS", .rank = 2, .least = 20},
};

static const struct column item_columns[] = {
    {.title = "LIST"}, {.title = "ITEM", .least = 16}, {.title = "FROM"}, {.title = "COUNTS"}};

static const struct column command_columns[] = {{.title = "COMMAND"},
                                                {.title = "USAGE", .rank = 2, .least = 8},
                                                {.title = "HELP", .rank = 1, .least = 16}};

static const struct column network_columns[] = {
    {.title = "NETWORK"}, {.title = "ENABLED"}, {.title = "PREFIX"}, {.title = "OVERLAY"}};

static const struct column host_columns[] = {
    {.title = "RUNS ON"},
    {.title = "GROUP", .rank = 3},
    {.title = "STATE"},
    {.title = "PID", .right = true, .rank = 2},
    {.title = "CURRENT"},
    {.title = "FAULTS", .right = true, .rank = 1},
    {.title = "REFUSED", .raw = true},
};

static const struct column problem_columns[] = {
    {.title = "KEY"}, {.title = "FIELD"}, {.title = "PROBLEM"}};

static void finish(struct table *table, const struct screen *screen)
{
    if (table_rows(table)) {
        if (screen->human)
            putchar('\n');
        table_print(table, screen);
    }
    table_free(table);
}

static void show_fields(const struct screen *screen, const json_t *fields)
{
    size_t i;
    const json_t *field;
    struct table *table = TABLE("field", field_columns);
    json_array_foreach(fields, i, field)
    {
        const char *from = ctl_text(field, "from");
        enum paint paint = !strcmp(from, "default")   ? PAINT_DIM
                           : !strcmp(from, "overlay") ? PAINT_WARN
                                                      : PAINT_NONE;
        cell_text(table, field, "field");
        table_add(table, paint, ctl_text(field, "value"), NULL);
        table_add(table, paint, from, NULL);
        table_add(table, PAINT_DIM, ctl_text(field, "shared"), NULL);
        table_add(table, PAINT_DIM, ctl_text(field, "help"), NULL);
    }
    finish(table, screen);
}

static void show_lists(const struct screen *screen, const json_t *lists)
{
    size_t i;
    size_t k;
    const json_t *list;
    const json_t *item;
    struct table *table = TABLE("item", item_columns);
    json_array_foreach(lists, i, list)
    {
        json_array_foreach(json_object_get(list, "items"), k, item)
        {
            cell_text(table, list, "list");
            cell_text(table, item, "item");
            cell_text(table, item, "from");
            cell_yes(table, item, "counts");
        }
    }
    finish(table, screen);
}

static void show_commands(const struct screen *screen, const json_t *commands)
{
    size_t i;
    const json_t *command;
    struct table *table = TABLE("command", command_columns);
    json_array_foreach(commands, i, command)
    {
        cell_text(table, command, "command");
        cell_text(table, command, "usage");
        cell_text(table, command, "help");
    }
    finish(table, screen);
}

static void show_places(const struct screen *screen, const json_t *result)
{
    size_t i;
    const json_t *row;
    struct table *networks = TABLE("network", network_columns);
    struct table *hosts = TABLE("host", host_columns);
    json_array_foreach(json_object_get(result, "networks"), i, row)
    {
        cell_text(networks, row, "network");
        cell_yes(networks, row, "enabled");
        cell_text(networks, row, "prefix");
        cell_yes(networks, row, "overlay");
    }
    finish(networks, screen);
    json_array_foreach(json_object_get(result, "hosts"), i, row)
    {
        cell_text(hosts, row, "network");
        cell_text(hosts, row, "group");
        cell_state(hosts, row);
        table_add_number(hosts, ctl_number(row, "pid"));
        cell_yes(hosts, row, "current");
        table_add_number(hosts, ctl_number(row, "faults"));
        table_add(hosts, PAINT_NONE, ctl_text(row, "refused"), NULL);
    }
    finish(hosts, screen);
    json_array_foreach(json_object_get(result, "hosts"), i, row)
    {
        put_note(screen, PAINT_BAD, ctl_text(row, "network"), ctl_text(row, "refused"));
    }
}

static void show_problems(const struct screen *screen, const json_t *problems)
{
    size_t i;
    const json_t *problem;
    if (screen->human && json_array_size(problems))
        put_heading(screen, "PROBLEMS");
    struct table *table = TABLE("problem", problem_columns);
    json_array_foreach(problems, i, problem)
    {
        put_note(screen, PAINT_BAD, ctl_text(problem, "field"), ctl_text(problem, "text"));
        cell_text(table, problem, "key");
        cell_text(table, problem, "field");
        cell_text(table, problem, "text");
    }
    if (!screen->human && table_rows(table))
        table_print(table, screen);
    table_free(table);
}

static enum ctl_exit show_module(const struct screen *screen, const json_t *result)
{
    char *events = ctl_join(json_object_get(result, "events"));
    char *capabilities = ctl_join(json_object_get(result, "capabilities"));
    const char *network = ctl_text(result, "network");
    char *state = xasprintf("%s%s", ctl_text(result, "state"),
                            ctl_bool(result, "registered") ? "" : ", not registered");
    put_line(screen, "module", ctl_text(result, "module"));
    put_line(screen, "overlay of", network);
    put_line(screen, "state", state);
    put_line(screen, "version", ctl_text(result, "version"));
    put_line(screen, "file", ctl_text(result, "file"));
    put_line(screen, "error", ctl_text(result, "error"));
    put_line(screen, "events", events);
    put_line(screen, "capabilities", capabilities);
    show_fields(screen, json_object_get(result, "fields"));
    show_lists(screen, json_object_get(result, "lists"));
    show_commands(screen, json_object_get(result, "commands"));
    show_places(screen, result);
    show_faults(screen, json_object_get(result, "failures"));
    show_problems(screen, json_object_get(result, "problems"));
    free(events);
    free(capabilities);
    free(state);
    return CTL_OK;
}

void ctl_show_commands(struct ctl_command *commands)
{
    commands[COMMAND_MODULE_SHOW].show = show_module;
}
