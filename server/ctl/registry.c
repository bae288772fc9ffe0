#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/ctl/command.h"
#include "server/ctl/status.h"
#include "server/ctl/value.h"

static const struct column finding_columns[] = {
    {.title = "LEVEL"}, {.title = "KEY"}, {.title = "TEXT"}, {.title = "FIX"}};

static enum ctl_exit show_state(const struct screen *screen, const json_t *result)
{
    static const char *const numbers[][2] = {
        {"overlays", "overlays"},           {"snapshots", "swaps"},
        {"full loads", "full_loads"},       {"reconnects", "reconnects"},
        {"invalidations", "invalidations"}, {"pending commands", "pending"},
        {"flood windows", "flood_windows"}, {"ignores in memory", "ignores_in_memory"}};
    char text[32];
    const json_t *registry = json_object_get(result, "registry");
    show_registry(screen, registry);
    put_line(screen, "prefix", ctl_text(registry, "prefix"));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        snprintf(text, sizeof text, "%lld", (long long)ctl_number(registry, numbers[i][1]));
        put_line(screen, numbers[i][0], text);
    }
    int64_t age = ctl_number(registry, "heartbeat_age_ms");
    if (age >= 0)
        put_duration(screen, "last heartbeat", age);
    return CTL_OK;
}

static enum paint paint_of(const char *level)
{
    return !strcmp(level, "error") ? PAINT_BAD : !strcmp(level, "warning") ? PAINT_WARN : PAINT_DIM;
}

/* For people a finding is a sentence, and below it what to type. */
static void put_finding(const struct screen *screen, const json_t *finding)
{
    const char *level = ctl_text(finding, "level");
    char *key = text_clean(ctl_text(finding, "key"));
    char *text = text_clean(ctl_text(finding, "text"));
    char *fix = text_clean(ctl_text(finding, "fix"));
    enum paint paint = paint_of(level);
    printf("%s%s%s %s: %s\n", paint_begin(screen, paint), level, paint_end(screen, paint), key,
           text);
    if (*fix)
        printf("    %s\n", fix);
    free(key);
    free(text);
    free(fix);
}

static enum ctl_exit show_check(const struct screen *screen, const json_t *result)
{
    size_t i;
    const json_t *finding;
    int64_t errors = ctl_number(result, "errors");
    int64_t warnings = ctl_number(result, "warnings");
    struct table *table = TABLE("finding", finding_columns);
    json_array_foreach(json_object_get(result, "findings"), i, finding)
    {
        if (screen->human)
            put_finding(screen, finding);
        cell_text(table, finding, "level");
        cell_text(table, finding, "key");
        cell_text(table, finding, "text");
        cell_text(table, finding, "fix");
    }
    if (!screen->human)
        table_print(table, screen);
    else
        printf("errors: %lld, warnings: %lld, hints: %lld\n", (long long)errors,
               (long long)warnings, (long long)ctl_number(result, "hints"));
    table_free(table);
    return errors || warnings ? CTL_REFUSED : CTL_OK;
}

void ctl_registry_commands(struct ctl_command *commands)
{
    commands[COMMAND_REGISTRY_SHOW].show = show_state;
    commands[COMMAND_REGISTRY_CHECK].show = show_check;
}
