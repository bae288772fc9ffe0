#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "server/ctl/command.h"
#include "server/ctl/faults.h"
#include "server/ctl/status.h"
#include "server/ctl/value.h"

static const struct column server_columns[] = {
    {.title = "VERSION", .raw = true},
    {.title = "PID", .raw = true},
    {.title = "UP", .raw = true},
    {.title = "CONFIGURATION", .raw = true},
};

static const struct column registry_columns[] = {
    {.title = "REGISTRY", .raw = true},   {.title = "STATE", .raw = true},
    {.title = "GENERATION", .raw = true}, {.title = "MODULES", .raw = true},
    {.title = "REASON", .raw = true},
};

static const struct column network_columns[] = {
    {.title = "NETWORK"},
    {.title = "STATE"},
    {.title = "FOR", .right = true, .rank = 3},
    {.title = "NICK", .rank = 1, .least = 8},
    {.title = "SERVER", .rank = 2, .least = 14},
    {.title = "TLS", .rank = 5},
    {.title = "CHANNELS", .right = true, .rank = 6},
    {.title = "LAG", .right = true, .rank = 4},
    {.title = "QUEUE", .right = true, .rank = 7},
    {.title = "IN", .right = true, .rank = 8},
    {.title = "OUT", .right = true, .rank = 8},
    {.title = "REASON", .raw = true},
};

static const struct column modhost_columns[] = {
    {.title = "NETWORK"},
    {.title = "GROUP", .rank = 4},
    {.title = "PERMISSIONS", .rank = 6},
    {.title = "STATE"},
    {.title = "PID", .right = true, .rank = 3},
    {.title = "GENERATION", .right = true, .rank = 5},
    {.title = "QUEUED", .right = true, .rank = 2},
    {.title = "FAULTS", .right = true},
    {.title = "RESTARTS", .right = true, .rank = 1},
    {.title = "MODULES", .least = 10},
};

static void add_lag(struct table *table, int64_t ms)
{
    char raw[32];
    char shown[32];
    snprintf(raw, sizeof raw, "%lld", (long long)ms);
    snprintf(shown, sizeof shown, "%lldms", (long long)ms);
    if (ms >= 10000)
        snprintf(shown, sizeof shown, "%llds", (long long)ms / 1000);
    table_add(table, ms >= 5000 ? PAINT_WARN : PAINT_NONE, raw, ms < 0 ? "-" : shown);
}

/* One line for people: a table of one row would be wider and say no more. */
static void show_server(const struct screen *screen, const json_t *result)
{
    char pid[32];
    char up[32];
    snprintf(pid, sizeof pid, "%lld", (long long)ctl_number(result, "pid"));
    if (!screen->human) {
        struct table *table = TABLE("seshetd", server_columns);
        cell_text(table, result, "version");
        table_add(table, PAINT_NONE, pid, NULL);
        cell_duration(table, ctl_number(result, "uptime_ms"));
        cell_text(table, result, "config");
        table_print(table, screen);
        table_free(table);
        return;
    }
    char *version = text_clean(ctl_text(result, "version"));
    char *config = text_clean(ctl_text(result, "config"));
    printf("%sseshetd %s%s, pid %s, up %s, %s\n", paint_begin(screen, PAINT_BOLD), version,
           paint_end(screen, PAINT_BOLD), pid,
           str_duration(up, sizeof up, ctl_number(result, "uptime_ms")), config);
    free(version);
    free(config);
}

void show_registry(const struct screen *screen, const json_t *registry)
{
    const char *state = ctl_text(registry, "state");
    if (!screen->human) {
        struct table *table = TABLE("registry", registry_columns);
        cell_text(table, registry, "uri");
        cell_state(table, registry);
        table_add_number(table, ctl_number(registry, "generation"));
        table_add_number(table, ctl_number(registry, "modules"));
        cell_text(table, registry, "reason");
        table_print(table, screen);
        table_free(table);
        return;
    }
    enum paint paint = paint_state(state);
    char *clean_state = text_clean(state);
    char *uri = text_clean(ctl_text(registry, "uri"));
    printf("registry %s%s%s, %s, generation %lld, modules %lld\n", paint_begin(screen, paint),
           clean_state, paint_end(screen, paint), uri,
           (long long)ctl_number(registry, "generation"),
           (long long)ctl_number(registry, "modules"));
    free(clean_state);
    free(uri);
    put_note(screen, PAINT_WARN, "registry", ctl_text(registry, "reason"));
}

void show_networks(const struct screen *screen, const json_t *networks)
{
    struct table *table = TABLE("network", network_columns);
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *net = json_array_get(networks, i);
        bool tls = ctl_bool(net, "tls");
        bool connected = *ctl_text(net, "server");
        cell_text(table, net, "network");
        cell_state(table, net);
        cell_duration(table, ctl_number(net, "since_ms"));
        cell_text(table, net, "nick");
        cell_text(table, net, "server");
        table_add(table, tls || !connected ? PAINT_NONE : PAINT_WARN, tls ? "yes" : "no",
                  connected ? NULL : "-");
        table_add_number(table, ctl_number(net, "channels"));
        add_lag(table, ctl_number(net, "lag_ms"));
        table_add_number(table, ctl_number(net, "queue"));
        table_add_number(table, ctl_number(net, "lines_in"));
        table_add_number(table, ctl_number(net, "lines_out"));
        table_add(table, PAINT_NONE, ctl_text(net, "reason"), NULL);
    }
    table_print(table, screen);
    if (!table_rows(table) && screen->human)
        puts("  (none: write a file into networks_dir)");
    table_free(table);
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *net = json_array_get(networks, i);
        put_note(screen, PAINT_WARN, ctl_text(net, "network"), ctl_text(net, "reason"));
    }
}

static void show_modhosts(const struct screen *screen, const json_t *modhosts)
{
    struct table *table = TABLE("modhost", modhost_columns);
    for (size_t i = 0; i < json_array_size(modhosts); i++) {
        const json_t *host = json_array_get(modhosts, i);
        char *modules = ctl_join(json_object_get(host, "modules"));
        int64_t faults = ctl_number(host, "faults");
        char pid[32];
        char count[32];
        snprintf(pid, sizeof pid, "%lld", (long long)ctl_number(host, "pid"));
        snprintf(count, sizeof count, "%lld", (long long)faults);
        cell_text(table, host, "network");
        cell_text(table, host, "group");
        cell_text(table, host, "permissions");
        cell_state(table, host);
        table_add(table, PAINT_NONE, pid, NULL);
        table_add_number(table, ctl_number(host, "generation"));
        table_add_number(table, ctl_number(host, "queued"));
        table_add(table, faults ? PAINT_WARN : PAINT_NONE, count, NULL);
        table_add_number(table, ctl_number(host, "restarts"));
        table_add(table, PAINT_NONE, modules, NULL);
        free(modules);
    }
    if (table_rows(table)) {
        if (screen->human)
            putchar('\n');
        table_print(table, screen);
    }
    table_free(table);
}

/* On a terminal only what is not as it should be; elsewhere a row of its own. */
static void show_sandbox(const struct screen *screen, const json_t *sandbox)
{
    const char *state = ctl_text(sandbox, "state");
    const json_t *missing = json_object_get(sandbox, "missing");
    bool whole = !strcmp(state, "on");
    if (!screen->human) {
        printf("sandbox\t%s\n", state);
    } else if (!whole) {
        printf("\n%sSANDBOX %s%s%s\n", paint_begin(screen, PAINT_WARN), state,
               paint_end(screen, PAINT_WARN),
               json_array_size(missing) ? ": the kernel lacks" : ": modules.sandbox is false");
    }
    for (size_t i = 0; i < json_array_size(missing); i++) {
        char *clean = text_clean(json_string_value(json_array_get(missing, i)));
        printf(screen->human ? "  %s\n" : "sandbox_missing\t%s\n", clean);
        free(clean);
    }
}

static void show_errors(const struct screen *screen, const json_t *errors)
{
    if (screen->human && json_array_size(errors))
        printf("\n%sERRORS%s\n", paint_begin(screen, PAINT_BOLD), paint_end(screen, PAINT_BOLD));
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const json_t *error = json_array_get(errors, i);
        const char *text = json_string_value(error);
        char *clean = text_clean(text ? text : "");
        if (screen->human)
            printf("  %s%s%s\n", paint_begin(screen, PAINT_BAD), clean,
                   paint_end(screen, PAINT_BAD));
        else
            printf("error\t%s\n", clean);
        free(clean);
    }
}

static enum ctl_exit show_status(const struct screen *screen, const json_t *result)
{
    show_server(screen, result);
    show_registry(screen, json_object_get(result, "registry"));
    if (screen->human)
        putchar('\n');
    show_networks(screen, json_object_get(result, "networks"));
    show_modhosts(screen, json_object_get(result, "modhosts"));
    show_sandbox(screen, json_object_get(result, "sandbox"));
    show_faults(screen, json_object_get(result, "faults"));
    show_errors(screen, json_object_get(result, "errors"));
    return CTL_OK;
}

void ctl_status_commands(struct ctl_command *commands)
{
    commands[COMMAND_STATUS].show = show_status;
}
