#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "server/ctl/command.h"
#include "server/ctl/status.h"
#include "server/ctl/value.h"

static const struct column channel_columns[] = {
    {.title = "CHANNEL"},
    {.title = "MEMBERS", .right = true},
    {.title = "OWN MODES", .rank = 2},
    {.title = "MODES", .rank = 1},
    {.title = "TOPIC", .least = 16},
};

static const struct column ignore_columns[] = {{.title = "MASK"},
                                               {.title = "NETWORK"},
                                               {.title = "LEFT", .right = true},
                                               {.title = "KEPT IN"},
                                               {.title = "CHANNEL"}};

static enum ctl_exit show_list(const struct screen *screen, const json_t *result)
{
    show_networks(screen, json_object_get(result, "networks"));
    return CTL_OK;
}

static void put_channels(const struct screen *screen, const json_t *channels)
{
    size_t i;
    const json_t *channel;
    struct table *table = TABLE("channel", channel_columns);
    json_array_foreach(channels, i, channel)
    {
        cell_text(table, channel, "channel");
        table_add_number(table, ctl_number(channel, "members"));
        cell_text(table, channel, "own_modes");
        cell_text(table, channel, "modes");
        table_add(table, PAINT_NONE, ctl_text(channel, "topic"), NULL);
    }
    table_print(table, screen);
    if (!table_rows(table) && screen->human)
        puts("  (in no channel)");
    table_free(table);
}

static enum ctl_exit show_channels(const struct screen *screen, const json_t *result)
{
    put_channels(screen, json_object_get(result, "channels"));
    return CTL_OK;
}

static void put_servers(const struct screen *screen, const json_t *servers)
{
    size_t i;
    const json_t *server;
    json_array_foreach(servers, i, server)
    {
        char *text =
            xasprintf("%s:%lld%s", ctl_text(server, "host"), (long long)ctl_number(server, "port"),
                      ctl_bool(server, "tls") ? "" : " (no TLS)");
        put_line(screen, "server of the file", text);
        free(text);
    }
}

static void put_number(const struct screen *screen, const char *name, int64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)n);
    put_line(screen, name, text);
}

static enum ctl_exit show_network(const struct screen *screen, const json_t *result)
{
    const json_t *net = json_object_get(result, "network");
    char *modules = ctl_join(json_object_get(net, "modules"));
    put_line(screen, "network", ctl_text(net, "network"));
    put_line(screen, "calls itself", ctl_text(net, "name"));
    put_line(screen, "state", ctl_text(net, "state"));
    put_duration(screen, "for", ctl_number(net, "since_ms"));
    put_line(screen, "reason", ctl_text(net, "reason"));
    if (ctl_number(net, "retry_ms") >= 0)
        put_duration(screen, "next try in", ctl_number(net, "retry_ms"));
    put_line(screen, "server", ctl_text(net, "server"));
    put_servers(screen, json_object_get(net, "servers"));
    put_line(screen, "tls", ctl_bool(net, "tls") ? "yes" : "no");
    put_line(screen, "nick", ctl_text(net, "nick"));
    put_line(screen, "wanted nick", ctl_text(net, "wanted_nick"));
    put_line(screen, "user", ctl_text(net, "user"));
    put_line(screen, "host", ctl_text(net, "host"));
    put_line(screen, "user modes", ctl_text(net, "user_modes"));
    put_line(screen, "casemapping", ctl_text(net, "casemapping"));
    put_line(screen, "command prefix", ctl_text(net, "command_prefix"));
    put_number(screen, "attempts", ctl_number(net, "attempts"));
    put_number(screen, "lines dropped", ctl_number(net, "dropped"));
    put_line(screen, "modules", modules);
    put_line(screen, "file", ctl_text(net, "file"));
    if (screen->human)
        putchar('\n');
    put_channels(screen, json_object_get(result, "channels"));
    free(modules);
    return CTL_OK;
}

static enum ctl_exit show_state(const struct screen *screen, const json_t *result)
{
    put_line(screen, ctl_text(result, "network"), ctl_text(result, "state"));
    return CTL_OK;
}

static enum ctl_exit show_rehash(const struct screen *screen, const json_t *result)
{
    size_t i;
    const json_t *error;
    const json_t *errors = json_object_get(result, "errors");
    put_number(screen, "networks", ctl_number(result, "networks"));
    json_array_foreach(errors, i, error)
    {
        put_line(screen, "error", json_string_value(error) ? json_string_value(error) : "");
    }
    return json_array_size(errors) ? CTL_REFUSED : CTL_OK;
}

static enum ctl_exit show_ignores(const struct screen *screen, const json_t *result)
{
    size_t i;
    const json_t *ignore;
    struct table *table = TABLE("ignore", ignore_columns);
    json_array_foreach(json_object_get(result, "ignores"), i, ignore)
    {
        const char *network = ctl_text(ignore, "network");
        int64_t left = ctl_number(ignore, "left_ms");
        cell_text(table, ignore, "mask");
        table_add(table, PAINT_NONE, *network ? network : "all", NULL);
        if (left < 0)
            table_add(table, PAINT_NONE, "-1", "for ever");
        else
            cell_duration(table, left);
        table_add(table, PAINT_NONE, ctl_bool(ignore, "in_memory") ? "memory" : "registry", NULL);
        cell_text(table, ignore, "channel");
    }
    table_print(table, screen);
    if (!table_rows(table) && screen->human)
        puts("  (nobody)");
    table_free(table);
    return CTL_OK;
}

static enum ctl_exit show_unignored(const struct screen *screen, const json_t *result)
{
    const char *network = ctl_text(result, "network");
    const char *channel = ctl_text(result, "channel");
    char *text = xasprintf("%s is not ignored any more%s%s", ctl_text(result, "mask"),
                           *channel ? " in " : "", channel);
    put_line(screen, *network ? network : "all networks", text);
    free(text);
    return CTL_OK;
}

void ctl_network_commands(struct ctl_command *commands)
{
    commands[COMMAND_NETWORK_LIST].show = show_list;
    commands[COMMAND_NETWORK_SHOW].show = show_network;
    commands[COMMAND_NETWORK_CONNECT].show = show_state;
    commands[COMMAND_NETWORK_DISCONNECT].show = show_state;
    commands[COMMAND_NETWORK_REHASH].show = show_rehash;
    commands[COMMAND_NETWORK_CHANNELS].show = show_channels;
    commands[COMMAND_NETWORK_IGNORES].show = show_ignores;
    commands[COMMAND_NETWORK_UNIGNORE].show = show_unignored;
}
